import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mindfleet.embedded import runfile
from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.embedded.runfile import ProcessRecord, Stack

RECORD = ProcessRecord(name="valkey", kind="store", state="up", restarts=0, log="valkey.log", stop_signal=15)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    Home.at(tmp_path).create()
    return tmp_path


def described_by(supervisor: Identity) -> Stack:
    return Stack(
        pid=supervisor.pid,
        birth=supervisor.birth,
        create_time=1.0,
        control="control.sock",
        redis_url="redis://:secret@127.0.0.1:1/0",
        database_url="postgresql://u:secret@127.0.0.1:2/d",
        neo4j_url="bolt://127.0.0.1:3",
        neo4j_user="neo4j",
        neo4j_password="secret",  # noqa: S106 - not one
        processes=(RECORD,),
    )


def this_process() -> Identity:
    me = Identity.of(os.getpid())
    assert me is not None
    return me


def test_a_home_without_a_stack_has_none(place: Path) -> None:
    assert runfile.read(place) is None


def test_reads_what_was_written_while_its_supervisor_lives(place: Path) -> None:
    written = described_by(this_process())
    runfile.write(place, written)
    assert runfile.read(place) == written


def test_does_not_believe_the_file_of_a_dead_supervisor(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        supervisor = Identity.of(process.pid)
        assert supervisor is not None
        runfile.write(place, described_by(supervisor))
        assert runfile.read(place) is not None
        process.kill()
        process.wait()
        assert runfile.read(place) is None


def test_does_not_believe_a_file_whose_pid_went_to_another_process(place: Path) -> None:
    earlier = replace(this_process(), birth="another boot:1")
    runfile.write(place, described_by(earlier))
    assert runfile.read(place) is None


def test_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Identity.of(process.pid) is None


def test_only_the_owner_may_read_it(place: Path) -> None:
    runfile.write(place, described_by(this_process()))
    assert runfile.path(place).stat().st_mode & 0o777 == 0o600


def test_names_that_a_later_version_adds_are_passed_over(place: Path) -> None:
    runfile.write(place, described_by(this_process()))
    raw = json.loads(runfile.path(place).read_text())
    raw["processes"][0]["colour"] = raw["colour"] = "blue"
    runfile.path(place).write_text(json.dumps(raw))
    assert runfile.read(place) == described_by(this_process())


def test_refuses_the_file_of_another_schema(place: Path) -> None:
    runfile.write(place, replace(described_by(this_process()), schema=2))
    with pytest.raises(ValueError, match="schema 2"):
        runfile.read(place)


def test_reading_needs_the_standard_library_only() -> None:
    """The package itself is left out: it is imported by everybody who reads the file."""
    script = """
import sys, types, pathlib
package = types.ModuleType("mindfleet")
package.__path__ = [sys.argv[1]]
sys.modules["mindfleet"] = package
import mindfleet.embedded.runfile
print(*{name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names - {"__main__", "mindfleet"})
"""
    package = Path(runfile.__file__).parents[1]
    command = [sys.executable, "-S", "-c", script, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
