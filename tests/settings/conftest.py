"""A small world to read settings from: a working directory, a checkout and a home, with what a test puts there."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mindfleet.embedded import runfile
from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.settings import Loaded, Surroundings, load_with_origins


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("directory", "checkout", "home")}
    for folder in made.values():
        folder.mkdir()
    return made


@pytest.fixture
def read(folders: dict[str, Path]) -> Callable[..., Loaded]:
    """Reads the settings of the small world; `MINDFLEET_HOME` is its home unless a test names another."""

    def read(env: Mapping[str, str] | None = None, flags: Mapping[str, str] | None = None) -> Loaded:
        environ = {"MINDFLEET_HOME": str(folders["home"]), **(env or {})}
        return load_with_origins(flags, around=Surroundings(environ, folders["directory"], folders["checkout"]))

    return read


@pytest.fixture
def stack(folders: dict[str, Path]) -> runfile.Stack:
    """The run file of a stack whose supervisor is this very process, so that it is believed."""
    me = Identity.of(os.getpid())
    assert me is not None
    Home.at(folders["home"]).create()
    content = runfile.Stack(
        pid=me.pid,
        birth=me.birth,
        create_time=0.0,
        control="control.sock",
        redis_url="redis://:r@127.0.0.1:7001/0",
        database_url="postgresql://m:p@127.0.0.1:7002/mindfleet",
        neo4j_url="bolt://127.0.0.1:7003",
        neo4j_user="neo4j",
        neo4j_password="of the run file",  # noqa: S106 - a made-up one
    )
    runfile.write(folders["home"], content)
    return content
