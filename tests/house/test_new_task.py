"""`scripts/new-task` gives a task that runs, is tested, is in the facade and passes the checks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDED = (
    "pyproject.toml",
    "scripts",
    "src",
    "tasks",
    "tests/conftest.py",
    "tests/kept_logging.py",
    "tests/private_redis.py",
    "tests/tasks",
    "tests/house",
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this one, with a new task."""
    copy = tmp_path_factory.mktemp("checkout")
    original = Path(__file__).resolve().parents[2]
    for name in NEEDED:
        (copy / name).parent.mkdir(exist_ok=True)
        if (original / name).is_dir():
            shutil.copytree(original / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(original / name, copy / name)
    run(copy, "scripts/new-task", "mood_reading", "--queue", "social", "--does", "Read the mood of a message.")
    return copy


def run(checkout: Path, *command: str) -> str:
    """Run a Python program in the checkout, on its own sources."""
    env = {**os.environ, "PYTHONPATH": f"{checkout / 'src'}{os.pathsep}{checkout}"}
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_test_passes(checkout: Path) -> None:
    assert "2 passed" in run(
        checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/tasks/test_mood_reading.py"
    )


def test_it_is_in_the_facade(checkout: Path) -> None:
    assert "async def enqueue_mood_reading(" in (checkout / "src/mindfleet/enqueue_methods.py").read_text(
        encoding="utf-8"
    )
    run(checkout, "scripts/generate-facade", "--check")


def test_it_is_linted_and_typed(checkout: Path) -> None:
    files = ("tasks/mood_reading.py", "tests/tasks/test_mood_reading.py", "src/mindfleet/enqueue_methods.py")

    run(checkout, "-m", "ruff", "check", *files)
    run(checkout, "-m", "ruff", "format", "--check", *files)
    run(checkout, "-m", "mypy", *files)


def test_it_is_whole_by_the_rules_for_tasks(checkout: Path) -> None:
    run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/house/test_tasks.py", "-k", "mood_reading")


def test_a_name_that_is_taken_is_refused(checkout: Path) -> None:
    again = subprocess.run(
        [sys.executable, "scripts/new-task", "mood_reading"], cwd=checkout, capture_output=True, text=True, check=False
    )

    assert again.returncode == 2
    assert "is already there" in again.stderr
