"""Pauses and limits on the command line."""

import pytest

from mindfleet.cli.exits import Exit
from mindfleet.embedded.runfile import Stack

from .conftest import Bot


@pytest.mark.stack
def test_what_is_set_is_shown_until_it_is_taken_back(bot: Bot, stack: Stack, redis_url: str) -> None:
    def run(*words: str) -> list[tuple[str, str, int]]:
        ended = bot(*words, REDIS_URL=redis_url)
        assert ended.code == Exit.OK, ended.err
        shown = bot("limit", "--json", REDIS_URL=redis_url).data["gates"]
        return [(gate["kind"], gate["name"], gate["most"]) for gate in shown]

    assert run("pause", "queue", "sensory") == [("queue", "arq:sensory", 0)]
    assert run("resume", "queue", "arq:sensory") == []
    assert run("pause", "task", "reflection") == [("task", "run_reflection", 0)]
    assert run("resume", "task", "run_reflection") == []
    assert run("limit", "bot", "luna", "2") == [("bot", "luna", 2)]
    assert run("limit", "bot", "luna", "off") == []
    assert run("limit", "bot", "luna", "2") == [("bot", "luna", 2)]
    assert run("pause", "bot", "luna") == [("bot", "luna", 0)]
    assert "paused (2)" in bot("limit", REDIS_URL=redis_url).out
    assert run("resume", "bot", "luna") == [("bot", "luna", 2)]
    assert run("limit", "bot", "luna", "off") == []
    assert run("limit", "queue", "social", "3") == [("slots", "arq:social", 3)]
    assert run("limit", "queue", "social", "off") == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("pause", "queue", "sensry"), "did you mean sensory?"),
        (("pause", "task", "reflexion"), "did you mean 'run_reflection'?"),
        (("pause", "everything", "now"), "is not one of"),
        (("limit", "bot", "luna"), "say how many"),
        (("limit", "bot", "luna", "0"), "./bot.sh pause"),
        (("limit", "bot", "luna", "-1"), "No such option"),
    ],
)
def test_wrong_words_are_refused(bot: Bot, words: tuple[str, ...], why: str) -> None:
    ended = bot(*words)
    assert ended.code == Exit.USAGE
    assert why in ended.err
