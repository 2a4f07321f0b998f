"""`scripts/chaos` counts what became of every job; what is counted is tried here, the havoc itself is not."""

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scripts.havoc import report
from scripts.havoc.accounting import (
    Accepted,
    Known,
    Loss,
    Run,
    account,
    blocks_in,
    missing_effects,
    order_violations,
    percentile,
    recoveries,
    runs_of,
)
from scripts.havoc.havoc import Found
from scripts.havoc.producer import Mind
from scripts.havoc.receiver import Receiver

SCRIPT = Path(__file__).parents[2] / "scripts" / "chaos"
KILLED = Loss("kill", 10.0, 10.0, 1)
FLUSHED = Loss("redis data", 10.0, 10.1)


def a_job(job_id: str, at: float = 9.9, **more: Any) -> Accepted:
    return Accepted(job_id, at, "producer-1", **more)


def seconds(runs: list[Run], losses: list[Loss]) -> list[float]:
    return [each.seconds for each in recoveries(runs, losses)]


def test_every_accepted_job_is_done_parked_or_lost() -> None:
    known = Known(
        {"a": "done", "b": "skipped", "c": "parked", "e": None}, parked={"c": "why", "d": "why"}, told={"f": "done"}
    )

    found = account(map(a_job, "abcdefg"), known, {}, [])

    assert (found.done, found.parked) == (3, 2)
    assert (found.lost, found.lost_with_producer) == (["e", "g"], [])


@pytest.mark.parametrize(
    ("at", "death", "losses", "took_it"),
    [
        (9.9, 10.2, [FLUSHED], True),
        (9.9, None, [FLUSHED], False),  # it lives, and should have sent it again
        (9.9, 30.0, [FLUSHED], False),  # it lived long enough to do so
        (5.0, 10.2, [FLUSHED], False),  # PostgreSQL should have had it
        (9.9, 10.2, [], False),  # Redis lost nothing
        (9.9, 10.2, [KILLED], False),
        (5.0, 10.2, [FLUSHED, Loss("postgres", 4.0, 9.0, 0)], True),  # PostgreSQL was away
    ],
)
def test_only_what_a_producer_took_into_its_death_within_the_lag_was_lost_with_it(
    at: float, death: float | None, losses: list[Loss], took_it: bool
) -> None:
    deaths = {"producer-1": death} if death else {}

    found = account([a_job("x", at)], Known({}), deaths, losses)

    assert (found.lost, found.lost_with_producer) == (([], ["x"]) if took_it else (["x"], []))


def test_what_postgresql_knew_was_not_lost_with_its_producer() -> None:
    assert account([a_job("x")], Known({"x": None}), {"producer-1": 10.2}, [FLUSHED]).lost == ["x"]


def test_a_job_recovers_when_it_is_started_again_after_its_worker_died() -> None:
    assert seconds([Run(1, 9.0), Run(2, 13.5)], [KILLED]) == [3.5]


@pytest.mark.parametrize(
    "before",
    [
        Run(2, 9.0),  # on another worker
        Run(1, 11.0),  # after it
        Run(1, 9.0, 9.5, "done"),  # before it
        Run(1, 9.0, 12.0, "raised"),  # it failed by itself, and waited out its backoff
    ],
)
def test_what_lost_no_worker_does_not_recover(before: Run) -> None:
    assert seconds([before, Run(3, 13.5)], [KILLED]) == []


def test_who_loses_its_worker_for_the_third_time_in_a_row_waits_to_run_apart() -> None:
    kills = [Loss("kill", at, at, int(at)) for at in (10.0, 20.0, 30.0, 50.0)]
    runs = [Run(10, 9.0), Run(20, 13.0), Run(30, 24.0), Run(40, 39.0, 40.0, "raised"), Run(50, 41.0), Run(60, 53.0)]

    assert seconds(runs, kills) == [3.0, 4.0, 3.0]


def test_a_stopped_worker_loses_its_jobs_though_it_ends_them_later() -> None:
    assert seconds([Run(1, 9.0, 18.0, "done"), Run(2, 14.0)], [Loss("stop", 10.0, 10.0, 1)]) == [4.0]


def test_the_time_of_a_store_begins_when_it_answers_again() -> None:
    away = Loss("redis", 11.0, 13.0)

    assert seconds([Run(1, 9.0), Run(2, 14.0)], [away]) == [1.0]
    assert seconds([Run(1, 9.0), Run(2, 14.0)], [KILLED, away]) == [1.0]


def test_what_redis_lost_can_come_back_only_from_a_postgresql_that_answers() -> None:
    away = Loss("postgres", 9.5, 12.0, 0)

    assert seconds([Run(1, 9.0), Run(2, 14.0)], [FLUSHED, away]) == [2.0]
    assert seconds([Run(1, 9.0), Run(2, 14.0)], [KILLED, away]) == [4.0]


def test_what_a_drain_hands_back_was_with_its_worker_until_then() -> None:
    drained = Loss("drain", 10.0, 10.0, 1)

    assert seconds([Run(1, 9.0, 13.0, "cancelled"), Run(2, 13.25)], [drained]) == [0.25]


def test_runs_are_read_from_what_jobs_noted_wherever_they_ran() -> None:
    records = [
        {"event": "start", "at": 3.0, "pid": 2, "job": "a", "start": 2},
        {"event": "blocks", "at": 1.5, "pid": 1, "seconds": 5},
        {"event": "start", "at": 1.0, "pid": 1, "job": "a", "start": 1},
        {"event": "end", "at": 4.0, "pid": 1, "job": "a", "start": 1, "how": "done"},
    ]

    assert runs_of(records) == {"a": [Run(1, 1.0, 4.0, "done"), Run(2, 3.0)]}
    assert blocks_in(records) == [Loss("block", 1.5, 1.5, 1)]


def test_a_percentile_is_one_of_the_values_and_nothing_of_nothing() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.99) == 4.0


def test_a_lane_is_out_of_order_where_the_later_one_was_started_first() -> None:
    lane = [a_job(name, lane="l", number=number) for number, name in enumerate("abcd")]

    assert order_violations(lane, {"a": 1.0, "b": 3.0, "c": 2.0, "d": 4.0}) == [("b", "c")]
    assert order_violations(lane, {"a": 1.0, "c": 2.0, "d": 4.0}) == []


def test_a_known_key_is_answered_from_memory_and_an_effect_under_another_key_is_one_too_many() -> None:
    receiver = Receiver(Random(1))  # noqa: S311 - a seeded choice

    assert receiver.take("key", "greeting") == receiver.take("key", "greeting")
    assert (receiver.duplicates, receiver.repeated) == (0, 1)

    receiver.take("another key", "greeting")
    assert receiver.duplicates == 1


def test_an_effect_is_missing_where_its_job_was_done() -> None:
    sent = [a_job(name, effect=f"effect of {name}") for name in "abc"]

    missing = missing_effects(sent, Known({"a": "done", "b": "done", "c": "parked"}), {"effect of a"})

    assert missing == ["b"]


def test_half_of_what_is_enqueued_are_the_fleets_own_tasks() -> None:
    mind = Mind("p", Random(1))  # noqa: S311 - a seeded choice
    names = [mind.wish().task for _ in range(2000)]

    own = [name for name in names if name in {"run_message_intake", "run_reflection"} or "_extraction" in name]
    assert 900 < len(own) + names.count("run_goal_analysis") < 1100
    assert set(names) > {"run_quick", "run_in_lane", "run_sent", "run_sleeper", "run_changed"}


def found(**more: Any) -> Found:
    told: dict[str, Any] = {
        "accepted": {"a": a_job("a")},
        "queues": {"a": "arq:action"},
        "records": [
            {"event": "start", "at": 9.0, "pid": 1, "job": "a", "start": 1},
            {"event": "start", "at": 14.0, "pid": 2, "job": "a", "start": 2},
        ],
        "losses": [KILLED],
        "deaths": {},
        "events": {"kill_worker": 1},
        "known": Known({"a": "done"}),
        "duplicated_effects": 0,
        "carried_out": frozenset({"greeting"}),
        "repeated_requests": 0,
        "began": 0.0,
        "chaos_s": 60.0,
        "drained_s": 5.0,
    }
    return Found(**{**told, **more})


def test_the_report_is_one_json_object_with_the_keys_that_are_promised() -> None:
    told = json.loads(json.dumps(report.as_json(found(), seed=7, minutes=1.0)))

    counts = ("accepted", "done", "parked", "lost", "lost_with_producer", "duplicated_effects", "order_violations")
    assert [told[name] for name in counts] == [1, 1, 0, 0, 0, 0, 0]
    for name in ("recovery_p50_s", "recovery_p99_s"):
        assert told[name] == {"arq:cognition": None, "arq:sensory": None, "arq:action": 4.0, "arq:social": None}
    assert told["slowest_recoveries"] == ["4.00 s: a on arq:action, lost at 10.0 s by kill, started at 14.0 s"]


@pytest.mark.parametrize(
    ("more", "is_good"),
    [
        ({}, True),
        ({"known": Known({"a": None})}, False),
        ({"duplicated_effects": 1}, False),
        ({"losses": [Loss("kill", 8.9, 8.9, 1), Loss("kill", 9.0, 8.0, 1)]}, False),
    ],
    ids=["all is well", "one is lost", "one effect twice", "one recovered after six seconds"],
)
def test_a_broken_promise_makes_the_script_fail(more: dict[str, Any], is_good: bool) -> None:
    assert report.is_good(report.as_json(found(**more), seed=7, minutes=1.0)) is is_good


def test_the_script_runs_without_an_activated_environment() -> None:
    bare = {"PATH": "/usr/bin:/bin"}
    answer = subprocess.run([SCRIPT, "--help"], env=bare, capture_output=True, text=True, check=True)

    assert "--minutes" in answer.stdout
