"""What the tests of the house look at."""

from pathlib import Path

import pytest

from tests.house.source import ROOT, Module, tracked


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked_files() -> tuple[Path, ...]:
    return tracked()


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """All of src, tasks and workers."""
    of_the_fleet = (path for path in tracked() if path.suffix == ".py" and path.parts[0] in ("src", "tasks", "workers"))
    return [Module(path) for path in of_the_fleet]
