"""Pauses and limits on the command line."""

import pytest

from mindfleet.cli.exits import Exit
from mindfleet.embedded.runfile import Stack

from .conftest import Bot, Ended


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


@pytest.mark.stack
def test_whoever_looks_at_jobs_that_wait_is_told_what_is_paused_or_limited(
    bot: Bot, stack: Stack, redis_url: str
) -> None:
    def run(*words: str) -> Ended:
        return bot(*words, REDIS_URL=redis_url)

    run("pause", "queue", "sensory")
    run("limit", "queue", "social", "3")
    run("limit", "bot", "luna", "2")
    job = ("run_goal_analysis", "user_id=ana", "bot_name=luna", "interaction_text=I want to row")
    late = run("enqueue", *job, "--wait", "--timeout", "0.5", "--queue", "sensory")
    assert "queue sensory is paused; ./bot.sh resume queue sensory ends that" in late.err
    for look in ("status", "jobs sensory"):
        said = run(*look.split()).out
        assert "queue sensory is paused" in said
        assert "bot luna is limited to 2 at once" in said
        assert ("queue social is limited to 3 in each worker" in said) == (look == "status")
    rows = [line.split() for line in run("limit").out.splitlines()]
    assert ["queue", "sensory", "paused", "0", "1"] in rows
    assert ["queue", "social", "3", "each", "worker", "0", "0"] in rows
    assert {gate["kind"] for gate in run("jobs", "sensory", "--json").data["gates"]} == {"queue", "bot"}
    assert "1 job waited for that" in run("resume", "queue", "sensory").err
    run("limit", "queue", "social", "off")
    run("limit", "bot", "luna", "off")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("pause", "queue", "sensry"), "did you mean sensory?"),
        (("pause", "task", "reflexion"), "did you mean 'run_reflection'?"),
        (("pause", "everything", "now"), "is not one of"),
        (("limit", "bot", "luna"), "say how many"),
        (("limit", "bot", "luna", "0"), "./bot.sh pause"),
        (("limit", "bot", "luna", "-1"), "./bot.sh pause"),
        (("limit", "bot", "luna", "-1", "--json"), "'-1' is no number of jobs"),
    ],
)
def test_wrong_words_are_refused(bot: Bot, words: tuple[str, ...], why: str) -> None:
    ended = bot(*words)
    assert ended.code == Exit.USAGE
    assert why in ended.err
