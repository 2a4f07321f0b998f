"""What `scripts/real-servers` starts, it ends; and nothing else."""

import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.servers import machine
from scripts.servers.machine import CannotStart, Home, birth_of, program

SCRIPT = Path(__file__).parents[2] / "scripts" / "real-servers"


@pytest.fixture
def home() -> Generator[Home]:
    made = Home.make(dies_with_us=True)
    yield made
    made.clear()


def launch(home: Home, *command: str, ready_when: tuple[str, ...] = ("true",)) -> machine.Server:
    home.launch("sleeper", command, ready_when=ready_when, exports={"MINDFLEET_TEST_SLEEPER": "here"})
    return home.servers[-1]


def test_stops_what_it_started_and_removes_its_data(home: Home) -> None:
    server = launch(home, "sleep", "60")
    home.wait_for(server)
    assert server.alive()

    home.clear()

    assert not server.alive()
    assert not home.path.exists()


def test_leaves_alone_who_has_the_pid_of_a_server_that_ended(home: Home) -> None:
    server = launch(home, "sleep", "60")
    home.servers = [replace(server, birth="another")]
    home.clear()
    assert server.alive()

    home.servers = [server]
    home.clear()
    assert not server.alive()


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    server = launch(home, "sh", "-c", "echo no room at the inn; exit 3", ready_when=("false",))

    with pytest.raises(SystemExit):
        home.wait_for(server)

    assert "no room at the inn" in capsys.readouterr().err


def test_who_is_dead_has_no_birth() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert birth_of(ended.pid) is None
    ended.wait()

    assert birth_of(ended.pid) is None
    assert birth_of(os.getpid())


def test_a_missing_program_names_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(CannotStart, match="apt-get install redis-server"):
        program("redis-server-that-is-not-there", package="redis-server")


def test_a_wrong_word_shows_how_to_use_it() -> None:
    asked = subprocess.run([sys.executable, SCRIPT, "dance"], capture_output=True, text=True, check=False)

    assert asked.returncode == 2
    assert "scripts/real-servers run CMD" in asked.stdout
