from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from mindfleet.embedded import control
from mindfleet.embedded.control import CommandRefused, Message
from mindfleet.embedded.home import Home


async def answer(message: Message) -> Message:
    if message["command"] == "no":
        raise CommandRefused("I will not")
    return {"heard": message["command"]}


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncGenerator[Path]:
    path = tmp_path / "control.sock"
    server = await control.serve(path, answer)
    yield path
    server.close()


async def test_a_command_is_answered(listening: Path) -> None:
    assert await control.ask(listening, {"command": "yes"}) == {"heard": "yes"}


async def test_a_command_may_be_long(listening: Path) -> None:
    assert await control.ask(listening, {"command": "yes", "env": 2_000_000 * "x"}) == {"heard": "yes"}


async def test_a_refusal_reaches_who_asked(listening: Path) -> None:
    with pytest.raises(CommandRefused, match="I will not"):
        await control.ask(listening, {"command": "no"})


async def test_what_is_no_command_is_refused(listening: Path) -> None:
    with pytest.raises(CommandRefused, match="not a command"):
        await control.ask(listening, {"comand": "yes"})


def test_nobody_else_may_connect(listening: Path) -> None:
    assert listening.stat().st_mode & 0o777 == 0o600


async def test_nobody_listens_on_a_path_without_a_supervisor(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await control.ask(tmp_path / "control.sock", {"command": "yes"})


def test_the_socket_is_in_the_home_if_its_path_is_short_enough(tmp_path: Path) -> None:
    assert control.socket_for(Home.at("/h")) == Path("/h/run/control.sock")
    elsewhere = control.socket_for(Home.at(tmp_path / ("x" * 100)))
    assert len(str(elsewhere)) < 100
    assert elsewhere.parent.stat().st_mode & 0o777 == 0o700
    elsewhere.parent.rmdir()
