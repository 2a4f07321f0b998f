"""Corners of names and ids that seldom meet by chance: what is sent again after a loss, and ids that are taken."""

from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.runtime.claims import End
from mindfleet.wire import ENCODERS, Encode
from tests.runtime.desk import Desk

pytestmark = pytest.mark.stack


async def ends(redis: Redis) -> list[tuple[str, str]]:
    """Of which jobs the ledger was told that they are over, and how."""
    entries = await redis.xrange("mindfleet:ledger")
    return [
        (name.decode().removeprefix("id:"), outcome.decode())
        for _, fields in entries
        if fields[b"e"] == b"ended"
        for name, outcome in fields.items()
        if name != b"e"
    ]


async def test_what_is_sent_again_and_meets_the_window_of_one_that_ended_is_over(desk: Desk) -> None:
    about = {"name": "n", "unique": "60000"}
    await desk.put("new", **about)
    [new] = await desk.claim()
    await desk.settle(new)

    assert await desk.put("old", **about, durable=True, again="2") == "duplicate"
    assert await desk.put("unknown", **about, durable=True) == "duplicate"
    assert await desk.put("fleeting", **about, again="2") == "duplicate"
    assert await desk.put("new", **about, durable=True, again="2") == "duplicate"
    assert await ends(desk.redis) == [("old", "superseded")]


async def test_what_is_sent_again_does_not_take_the_place_of_a_newer_one(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "supersede": True}
    await desk.put("new", **about)

    assert await desk.put("old", **about, durable=True, again="2") == "duplicate"
    assert await desk.put("fleeting", **about, again="2") == "duplicate"
    assert await ends(desk.redis) == [("old", "superseded")]
    assert await desk.started() == ["new"]


async def test_who_does_not_come_in_for_its_id_is_taken_takes_nobodys_place(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "supersede": True}
    await desk.put("holder", **about)
    await desk.put("taken")

    assert await desk.put("taken", **about, data=b"other bytes") == "duplicate"
    assert await ends(desk.redis) == []
    assert await desk.put("holder", **about) == "queued"  # the same call once more
    assert await desk.redis.exists("mindfleet:job:holder") == 1
    assert await desk.redis.execute_command("HGET", "mindfleet:counts:sensory", "superseded") is None  # type: ignore[no-untyped-call]
    assert sorted(await desk.started()) == ["holder", "taken"]


async def test_what_is_sent_again_and_has_a_result_is_done(desk: Desk) -> None:
    await desk.put("a")
    [a] = await desk.claim()
    await desk.settle(a, End(outcome="done", result=b"said", keep=60_000))

    assert await desk.put("a", again="2") == "duplicate"
    assert await desk.started() == []
    assert await desk.put("a") == "queued"  # an id is free when its job has ended


@pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS)
async def test_the_result_of_an_earlier_job_of_its_id_does_not_stand_for_one_that_redis_lost(
    desk: Desk, encode: Encode
) -> None:
    """Redis came back as it was a second ago: what it was told since was not kept, and what it forgot then is there."""
    earlier, job = encode({"f": "run_x", "k": {"et": 7}, "et": 1}), encode({"f": "run_x", "k": {"et": 7}, "et": 2})
    await desk.redis.set("arq:result:a", encode({"et": 1, "s": True, "r": None}))

    assert await desk.put("a", data=earlier, again="1") == "duplicate"
    assert await desk.put("a", data=job, again="3") == "duplicate"  # it is the same work, whoever enqueued it when
    for again in "1", "2":
        assert await desk.put("a", data=job, again=again) == "queued"
        assert await desk.redis.get("arq:result:a") is None
        [a] = await desk.claim()
        await desk.settle(a, End(outcome="done", result=encode({"et": 2}), keep=60_000))
        assert await desk.put("a", data=job, again=again) == "duplicate"
        await desk.redis.set("arq:result:a", encode({"et": 1}))


async def test_a_trigger_does_not_put_a_retry_off(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:60000"}
    await desk.put("a", **about)
    desk.now += 1001
    [a] = await desk.claim()
    await desk.retry(a, 500)

    assert await desk.put("b", **about) == "merged"
    desk.now += 501
    [again] = await desk.claim()
    assert again.merged == (b"b",)


async def test_a_stock_job_of_an_id_that_has_just_run_is_dropped_whole(desk: Desk) -> None:
    await desk.redis.set("arq:in-progress:a", "over", px=60_000)
    await desk.redis.set("arq:job:a", "late")
    await desk.redis.zadd("arq:sensory", {"a": desk.now})

    assert await desk.claim() == []
    assert await desk.redis.exists("arq:job:a", "mindfleet:job:a") == 0
    assert await desk.redis.zcard("arq:sensory") == 0


async def test_a_job_with_a_lock_that_is_not_its_own_is_looked_at_again(desk: Desk) -> None:
    await desk.redis.set("arq:in-progress:a", "stock", px=60_000)
    await desk.redis.set("arq:job:a", "theirs")
    await desk.redis.zadd("arq:sensory", {"a": desk.now})
    await desk.redis.set("arq:in-progress:b", "over", px=60_000)
    await desk.put("b", due=datetime.fromtimestamp(desk.now / 1000 + 1, UTC))  # ours, of an id that somebody else has
    desk.now += 1000

    assert await desk.claim() == []
    again = desk.now + 1000  # whatever is left of the lock
    assert [await desk.redis.zscore("arq:sensory", job_id) for job_id in ("a", "b")] == [again, again]


async def test_what_an_id_told_before_is_not_told_of_the_next_job(desk: Desk) -> None:
    await desk.put("a")
    [a] = await desk.claim()
    await desk.settle(a)
    await desk.put("a")

    assert await desk.redis.exists("task:a:progress") == 0
    epoch, whole = await lua.EPOCH(desk.redis, "f" * 40, now=desk.now)
    await desk.redis.set("mindfleet:rehydrated", epoch)
    assert await lua.EPOCH(desk.redis, "f" * 40, now=desk.now) == [epoch, epoch]
    assert whole == b""
