"""A bot pays little for `import mindfleet`, in time and in what it must have installed."""

import subprocess
import sys
from pathlib import Path

RUNS = 7
ALLOWED = 0.150
"""Seconds more than what the base install's own dependencies cost."""

HEAVY = ("neo4j", "qdrant_client", "asyncpg", "openai", "numpy", "onnxruntime", "tokenizers", "httpx", "yaml", "typer")

TIMED = "import time; start = time.process_time(); {what}; print(time.process_time() - start)"
"""By the processor's clock: on a busy machine that of the wall measures the neighbours."""


def test_importing_mindfleet_pulls_no_driver(tmp_path: Path) -> None:
    loaded = _run("import sys, mindfleet; print(*sys.modules)", tmp_path).split()

    assert [name for name in HEAVY if name in loaded] == []


def test_importing_mindfleet_imports_no_task_and_reads_no_setting(tmp_path: Path) -> None:
    loaded = _run("import sys, mindfleet; print(*sys.modules)", tmp_path).split()

    assert [name for name in loaded if name.split(".")[0] in {"tasks", "workers"}] == []
    assert [name for name in loaded if name.startswith("mindfleet.settings")] == []


def test_importing_mindfleet_costs_little(tmp_path: Path) -> None:
    base, ours = [], []
    for _ in range(RUNS):
        base.append(float(_run(TIMED.format(what="import redis.asyncio, pydantic"), tmp_path)))
        ours.append(float(_run(TIMED.format(what="import mindfleet"), tmp_path)))

    # Where the base alone takes longer than that, the machine is slow or busy: there we may cost as much again.
    allowed = max(ALLOWED, min(base))
    assert min(ours) - min(base) <= allowed, f"best of {RUNS}: {min(ours):.3f} s against {min(base):.3f} s"


def _run(code: str, directory: Path) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout
