"""Both ways not to be root, whichever of them this machine would take."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mindfleet.embedded import unprivileged
from mindfleet.embedded.unprivileged import Disguise

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root takes a disguise")

NOBODY = pwd.getpwnam("nobody")

WAYS = {
    "seem": Disguise(unprivileged._seem(NOBODY), 0, 0),
    "become": Disguise(unprivileged._become(NOBODY), NOBODY.pw_uid, NOBODY.pw_gid),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Disguise:
    chosen = WAYS[request.param]
    if not unprivileged._works(chosen, ["true"]):
        pytest.skip(f"this machine does not let root {request.param} somebody else")
    return chosen


@pytest.fixture
def run(way: Disguise) -> Callable[..., str]:
    def output(*command: str) -> str:
        done = subprocess.run(command, preexec_fn=way.before_exec, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return output


def test_the_program_does_not_see_itself_as_root(run: Callable[..., str]) -> None:
    assert run("id", "-u") == str(NOBODY.pw_uid)
    assert run("id", "-un") == "nobody"


def test_the_program_reads_what_only_root_may_read(run: Callable[..., str], tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").write_text("content")
    (closed / "file").chmod(0o600)
    assert run("cat", str(closed / "file")) == "content"


def test_the_programs_files_belong_to_the_owner(run: Callable[..., str], way: Disguise, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    way.hand_over(data)
    run("touch", str(data / "file"))
    assert (data / "file").stat().st_uid == data.stat().st_uid == way.owner


def test_data_change_hands_when_the_way_does(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "below").mkdir(parents=True)
    (data / "below" / "file").touch()
    for way in (*WAYS.values(), *WAYS.values()):
        way.hand_over(data)
        assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {way.owner}


def test_says_so_when_no_way_is_open() -> None:
    with pytest.raises(PermissionError, match="run as an ordinary user"):
        unprivileged.disguise(["false"])
