"""What stands in compose.yaml keeps the stores to themselves and the workers small."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mindfleet.queues import Queue

STORES = ("redis", "postgres", "neo4j", "qdrant")
WITH_A_WRITABLE_ROOT = {"neo4j": "its start script writes the configuration into the image's own folder"}


def compose() -> dict[str, Any]:
    text = (Path(__file__).resolve().parents[2] / "compose.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_nothing_is_published_and_no_engine_is_handed_in(name: str) -> None:
    service = SERVICES[name]

    assert "ports" not in service
    assert "docker.sock" not in str(service.get("volumes"))
    assert service.get("network_mode") is None
    assert service.get("privileged") is None


@every_service
def test_every_service_is_held_in_bounds(name: str) -> None:
    service = SERVICES[name]

    assert service["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) is (name not in WITH_A_WRITABLE_ROOT)
    assert "restart" in service
    assert "logging" in service


def test_no_password_has_a_default(root: Path) -> None:
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    asked_for = set(re.findall(r"(?<!\$)\$\{(\w+)", text))

    assert asked_for == set(re.findall(r"\$\{(\w+):\?", text))
    example = (root / "deploy" / "secrets.env.example").read_text(encoding="utf-8")
    assert asked_for == set(re.findall(r"^(\w+)=$", example, flags=re.MULTILINE))


@pytest.mark.parametrize("store", STORES)
def test_a_store_is_pinned_watched_kept_and_inside(store: str) -> None:
    service = SERVICES[store]

    assert re.search(r":v?\d+\.\d+(\.\d+)?[-\w]*$", service["image"])
    assert service["healthcheck"]["test"]
    assert service["networks"] == ["stores"]
    assert any(volume.startswith(f"{store}:") for volume in service["volumes"] if isinstance(volume, str))


def test_the_stores_network_leads_nowhere() -> None:
    assert compose()["networks"]["stores"]["internal"] is True


def test_redis_neither_forgets_nor_evicts(root: Path) -> None:
    lines = (root / "deploy" / "valkey.conf").read_text(encoding="utf-8").splitlines()

    assert {"appendonly yes", "maxmemory-policy noeviction"} <= set(lines)


@pytest.mark.parametrize("worker", ["insight-worker", *(queue.short for queue in Queue)])
def test_a_worker_waits_for_every_store_and_for_the_migrations(worker: str) -> None:
    service = SERVICES[worker]
    waits_for = {name: how["condition"] for name, how in service["depends_on"].items()}

    assert waits_for == {
        **dict.fromkeys(STORES, "service_healthy"),
        "migrate": "service_completed_successfully",
    }
    assert service["stop_grace_period"] == "60s"
    assert service["init"] is True


@pytest.mark.parametrize("queue", Queue)
def test_each_queue_can_have_a_process_of_its_own(queue: Queue) -> None:
    assert SERVICES[queue.short]["command"] == ["arq", f"workers.{queue.short}.WorkerSettings"]
    assert SERVICES[queue.short]["profiles"] == ["split"]


@pytest.mark.parametrize("name", ["Dockerfile.tasks", "Dockerfile.app"])
def test_an_image_runs_as_an_ordinary_user_from_locked_packages(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    last_stage = text.rpartition("\nFROM ")[2]

    assert "\nUSER 1000:1000\n" in last_stage
    assert "\nHEALTHCHECK " in last_stage
    assert "--chown" not in last_stage
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps wheel/" in line for line in installs)
