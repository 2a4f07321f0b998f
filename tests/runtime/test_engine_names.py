"""Jobs that are the same as another one: unique, merged, superseded; and jobs that may be too late, or too many."""

from datetime import UTC, datetime, timedelta

import pytest

from mindfleet import lua
from mindfleet.runtime.claims import End
from tests.runtime.desk import START, Desk

pytestmark = pytest.mark.stack


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(START / 1000, UTC) + timedelta(milliseconds=ms)


async def test_a_name_is_taken_until_its_job_is_done(desk: Desk) -> None:
    assert await desk.put("a", name="n", unique="done") == "queued"
    assert await desk.put("b", name="n", unique="done") == "duplicate"
    [a] = await desk.claim()
    assert await desk.put("c", name="n", unique="done") == "duplicate"
    await desk.settle(a)

    assert await desk.put("d", name="n", unique="done") == "queued"


async def test_a_name_is_taken_until_its_job_has_started(desk: Desk) -> None:
    await desk.put("a", name="n", unique="started")
    assert await desk.put("b", name="n", unique="started") == "duplicate"
    [a] = await desk.claim()

    assert await desk.put("c", name="n", unique="started") == "queued"
    await desk.settle(a)
    assert await desk.put("d", name="n", unique="started") == "duplicate"


@pytest.mark.parametrize(("outcome", "afterwards"), [("done", "duplicate"), ("parked", "queued"), ("failed", "queued")])
async def test_a_name_is_taken_for_a_time_unless_its_job_failed(desk: Desk, outcome: str, afterwards: str) -> None:
    await desk.put("a", name="n", unique="60000")
    [a] = await desk.claim()
    assert await desk.put("b", name="n", unique="60000") == "duplicate"

    await desk.settle(a, End(outcome=outcome))

    assert await desk.put("c", name="n", unique="60000") == afterwards


async def test_a_retry_keeps_the_name(desk: Desk) -> None:
    await desk.put("a", name="n", unique="done")
    [a] = await desk.claim()
    await desk.retry(a, 1000)

    assert await desk.put("b", name="n", unique="done") == "duplicate"


async def test_three_triggers_make_one_run_that_sees_all(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:5000"}
    assert await desk.put("a", **about) == "queued"
    for name in ("b", "c"):
        desk.now += 900
        assert await desk.put(name, **about) == "merged"
    desk.now += 900
    assert await desk.claim() == []
    desk.now += 101

    [a] = await desk.claim()

    assert (a.job_id, a.data, a.merged) == ("a", b"a", (b"b", b"c"))


async def test_a_trigger_that_says_what_the_job_says_is_no_other_payload(desk: Desk) -> None:
    await desk.put("a", name="n", unique="done", merge="1000:3000", data=b"same")

    assert await desk.put("b", name="n", unique="done", merge="1000:3000", data=b"same") == "merged"
    desk.now += 3000
    [claim] = await desk.claim()
    assert (claim.job_id, claim.merged) == ("a", ())


async def test_triggers_put_a_run_off_only_so_long(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:2500"}
    for number in range(4):
        await desk.put(f"a{number}", **about)
        desk.now += 800

    [a] = await desk.claim()
    assert len(a.merged) == 3


async def test_a_trigger_brings_no_run_forward_that_is_due_later(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:2500"}
    await desk.put("a", **about, due=at(60_000))
    await desk.put("b", **about)

    desk.now += 5000
    assert await desk.claim() == []
    desk.now += 55_000
    [a] = await desk.claim()
    assert (a.job_id, a.merged) == ("a", (b"b",))


async def test_triggers_that_come_while_it_runs_make_exactly_one_more_run(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:5000"}
    await desk.put("a", **about)
    desk.now += 1001
    [a] = await desk.claim()
    assert await desk.put("b", **about) == "queued"
    assert await desk.put("c", **about) == "merged"
    desk.now += 1001

    assert await desk.claim() == []  # not before the one that runs has ended
    await desk.settle(a)
    [b] = await desk.claim()
    assert (b.job_id, b.merged) == ("b", (b"c",))
    await desk.settle(b)
    assert await desk.claim() == []


async def test_a_run_takes_up_only_so_many_and_a_further_one_takes_up_the_others(desk: Desk) -> None:
    """One that waits for long, at a gate that is paused say, must not grow without end."""
    about = {"name": "n", "unique": "done", "merge": "1000:5000"}
    outcomes = [await desk.put(str(number), **about) for number in range(203)]
    assert outcomes == ["queued", *["merged"] * 200, "queued", "merged"]

    desk.now += 5000
    [first] = await desk.claim()
    assert len(first.merged) == 200
    await desk.settle(first)
    [second] = await desk.claim()
    assert (second.job_id, second.merged) == ("201", (b"202",))
    await desk.settle(second)
    assert await desk.put("next", **about) == "queued"


async def test_the_newest_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "supersede": True}
    await desk.put("a", **about)
    await desk.put("b", **about)

    assert await desk.started() == ["b"]
    assert await desk.redis.hget("mindfleet:counts:sensory", "superseded") == b"1"  # type: ignore[misc]


async def test_the_newest_has_one_that_runs_stopped_and_starts_after_it(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "supersede": True}
    await desk.put("a", **about)
    [a] = await desk.claim()
    await desk.put("b", **about)

    assert await desk.renew(a) == "superseded"
    assert await desk.claim() == []
    await desk.settle(a, End(outcome="superseded"))
    assert await desk.started() == ["b"]


async def test_a_deadline_comes_with_the_claim(desk: Desk) -> None:
    await desk.put("a", deadline=at(500))

    [a] = await desk.claim()

    assert a.deadline == START + 500


async def test_a_gate_lets_so_many_through_in_the_whole_fleet(desk: Desk) -> None:
    for number in range(5):
        await desk.put(f"a{number}", gates=("group:a=2",))
    await desk.put("free")

    first = await desk.claim(10)
    assert [claim.job_id for claim in first] == ["a0", "a1", "free"]
    assert await desk.started() == []
    await desk.settle(first[0])
    assert await desk.started() == ["a2"]


async def test_a_gate_is_left_by_whoever_retries_dies_or_is_handed_back(desk: Desk) -> None:
    for number in range(4):
        await desk.put(f"a{number}", gates=("group:a=1",))
    [a0] = await desk.claim()
    await desk.retry(a0, 60_000)
    [a1] = await desk.claim()
    await desk.hand_back(a1)
    [again] = await desk.claim()
    assert again.job_id == "a1"
    await desk.outlast_leases()

    [cut_off] = await desk.claim()

    assert (cut_off.job_id, cut_off.deaths) == ("a1", 1)
    assert await desk.redis.smembers("mindfleet:using:group:a") == {b"a1"}  # type: ignore[misc]


async def test_each_part_of_a_payload_has_a_gate_of_its_own(desk: Desk) -> None:
    for number in range(2):
        for user in ("one", "two"):
            await desk.put(f"{user}-{number}", gates=(f"group:a:{user}=1",))

    assert await desk.started() == ["one-0", "two-0"]


async def test_an_enqueue_that_is_repeated_after_its_answer_was_lost_is_the_same_call(desk: Desk) -> None:
    assert await desk.put("a", again="2") == "queued"
    assert await desk.put("a", again="2") == "queued"
    [a] = await desk.claim()
    assert await desk.put("a", again="2") == "queued"
    await desk.settle(a, End(outcome="done", result=b"r", keep=10_000))

    assert await desk.put("a", again="2") == "duplicate"
    assert await desk.claim() == []


async def test_whoever_settles_under_an_old_token_changes_nothing(desk: Desk) -> None:
    await desk.put("a")
    [old] = await desk.claim(worker="old")
    await desk.outlast_leases()
    [new] = await desk.claim(worker="new")

    assert not await desk.settle(old, End(outcome="done", result=b"late", keep=10_000))
    assert not await desk.retry(old, 0)
    assert await desk.renew(old) == "lost"
    assert not await desk.redis.exists("arq:result:a")
    assert await desk.renew(new) == "held"
    assert await desk.settle(new)


async def test_a_job_that_runs_is_not_missing_when_its_envelope_has_expired(desk: Desk) -> None:
    await desk.put("a")
    await desk.claim()
    await desk.redis.delete("arq:job:a")  # as it goes when a stock producer said `_expires`

    assert await lua.ABSENT(desk.redis, 2, "a", "b", now=desk.now) == [b"b"]


async def test_what_is_settled_twice_in_one_call_is_settled_once(desk: Desk) -> None:
    await desk.put("a")
    [a] = await desk.claim()
    told = (a.job_id, a.token, *End(outcome="done").arguments())

    answer = await lua.SETTLE(desk.redis, "worker", 1, 100, 2, *told, *told, now=desk.now)

    assert answer == [1, 0]
    assert await desk.redis.execute_command("HGET", "mindfleet:counts:sensory", "done") == b"1"  # type: ignore[no-untyped-call]
