"""A command line of its own for each test: no settings of the machine, and a home that is gone afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        assert found["schema"] == 1
        return found


Bot = Callable[..., Ended]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def bot(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """Runs `python -m mindfleet.cli` as bot.sh does, from a folder of no meaning."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: str, folder: Path = elsewhere, **environment: str) -> Ended:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(elsewhere),
            "MINDFLEET_HOME": str(home),
            "MINDFLEET_ENV_FILE": os.devnull,
            **environment,
        }
        command = [sys.executable, "-P", "-m", "mindfleet.cli", *arguments]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
