"""The model answers what Redis answers, and holds what it holds; whatever the commands."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.simulation.dump import Held, dump
from scripts.simulation.redis_model import Model
from tests.simulation.commands import COMMANDS, Command
from tests.simulation.real_server import RealServer, Words, answer_of, comparable

pytestmark = pytest.mark.stack

many_times = settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
CLOCKS_MAY_DIFFER_BY = 60_000  # ms; the lifetimes of these tests are longer, and further from each other

RUN_ALL = """
local replies, place = {}, 1
while ARGV[place] do
  local count = tonumber(ARGV[place])
  local reply = redis.pcall(unpack(ARGV, place + 1, place + count))
  replies[#replies + 1] = { type(reply), type(reply) == 'table' and #reply or 0, reply }
  place = place + count + 1
end
return replies
"""

RUN_UNTIL_ERROR = RUN_ALL.replace("redis.pcall", "redis.call")


@many_times
@given(st.lists(COMMANDS, max_size=40))
def test_commands_answer_and_leave_the_same(server: RealServer, commands: list[Command]) -> None:
    model = _fresh(server)

    real = server.execute_all(commands)
    modelled = [answer_of(model, command) for command in commands]

    _assert_equal(commands, real, modelled)
    _assert_same_keys(server, model)


@pytest.mark.parametrize("script", [RUN_ALL, RUN_UNTIL_ERROR], ids=["every error caught", "up to the first error"])
@many_times
@given(commands=st.lists(COMMANDS, max_size=25))
def test_scripts_see_and_leave_the_same(server: RealServer, script: str, commands: list[Command]) -> None:
    model = _fresh(server)
    arguments = [word for command in commands for word in (str(len(command)), *command)]
    call: Words = ("EVAL", script, 0, *arguments)

    _assert_equal([call], [server.execute(*call)], [answer_of(model, call)])
    _assert_same_keys(server, model)


def _fresh(server: RealServer) -> Model:
    server.execute("FLUSHDB")
    return Model(now_ms=server.now_ms())


def _assert_equal(commands: Sequence[Any], real: list[Any], modelled: list[Any]) -> None:
    for command, theirs, ours in zip(commands, real, modelled, strict=True):
        assert comparable(ours) == comparable(theirs), command


def _assert_same_keys(server: RealServer, model: Model) -> None:
    real, modelled = server.dump(), dump(model)
    assert {key: (held.type, held.value) for key, held in modelled.items()} == {
        key: (held.type, held.value) for key, held in real.items()
    }
    assert [key for key in real if not _live_as_long(real[key], modelled[key])] == []


def _live_as_long(one: Held, other: Held) -> bool:
    if one.ttl_ms is None or other.ttl_ms is None:
        return one.ttl_ms == other.ttl_ms
    return abs(one.ttl_ms - other.ttl_ms) < CLOCKS_MAY_DIFFER_BY
