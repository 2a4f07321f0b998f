"""A job that breaks a script, by a key that somebody else has written, holds up no others and is not lost."""

import pytest

from tests.runtime.desk import QUEUE, Desk

pytestmark = pytest.mark.stack

AGAIN = 5000


async def test_one_that_cannot_be_started_lets_the_others_start_and_is_tried_again(desk: Desk) -> None:
    await desk.open()
    await desk.redis.set("mindfleet:using:group:a", "no set")
    await desk.put("before")
    await desk.put("broken", gates=("group:a=1",))
    await desk.put("after")

    assert await desk.started() == ["before", "after"]
    assert await desk.started() == []

    await desk.redis.delete("mindfleet:using:group:a")
    desk.now += AGAIN
    await desk.redis.delete("arq:in-progress:before", "arq:in-progress:after")
    assert "broken" in await desk.started()


async def test_one_that_cannot_be_filed_lets_the_others_be_filed_and_is_tried_again(desk: Desk) -> None:
    await desk.open()
    await desk.redis.zadd(QUEUE, {"broken": desk.now - 2, "fine": desk.now - 1})  # as a stock producer does
    await desk.redis.set("arq:job:broken", b"{}")
    await desk.redis.set("arq:job:fine", b"{}")
    await desk.redis.set("mindfleet:job:broken", "no hash")

    assert await desk.started() == ["fine"]
    assert await desk.redis.zscore(QUEUE, "broken") == desk.now + AGAIN  # and takes no place among those that are due

    await desk.redis.delete("mindfleet:job:broken")
    desk.now += AGAIN
    await desk.redis.delete("arq:in-progress:fine")
    assert "broken" in await desk.started()


async def test_one_that_breaks_while_it_is_started_has_lost_no_lease(desk: Desk) -> None:
    await desk.open()
    await desk.put("broken", name="n", unique="done", merge="0:0")
    await desk.redis.set("mindfleet:more:broken", "no list")

    assert await desk.started() == []
    assert await desk.redis.execute_command("HGET", "mindfleet:job:broken", "state") == b"held"  # type: ignore[no-untyped-call]

    await desk.redis.delete("mindfleet:more:broken", "arq:in-progress:broken")
    desk.now += AGAIN
    [claim] = await desk.claim()
    assert (claim.job_id, claim.deaths) == ("broken", 0)
