"""Many verdicts in one script: each is told to the ledger, in an order that loses nothing, whatever the others are."""

from typing import Any, cast

import pytest
from redis.exceptions import ResponseError

from mindfleet import lua
from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from mindfleet.runtime.claims import Claim, End, Settled
from tests.runtime.desk import QUEUE, Desk

pytestmark = pytest.mark.stack

VERY_MANY = 2700
"""Jobs: more than Lua hands on the keys of in one piece, so that `sweep` of common.lua comes between."""

Entries = list[tuple[bytes, dict[bytes, bytes]]]


async def settle_together(desk: Desk, *verdicts: tuple[Claim, Settled]) -> list[Any]:
    told: list[Argument] = [desk.now, "worker", 1, 100, len(verdicts)]
    for claim, settled in verdicts:
        told += [claim.job_id, claim.token, *settled.arguments()]
    answer = desk.redis.execute_command("EVAL", lua.SETTLE.text, 0, *told)  # type: ignore[no-untyped-call]
    return cast("list[Any]", await answer)


async def ledger(desk: Desk) -> list[dict[bytes, bytes]]:
    entries = cast("Entries", await desk.redis.xrange("mindfleet:ledger"))
    return [fields for _, fields in entries]


async def test_the_ledger_hears_the_end_of_each_of_very_many(desk: Desk) -> None:
    ids = [f"job-{number}" for number in range(VERY_MANY)]
    told = [word for job_id in ids for word in Entrant(job_id=job_id, queue=QUEUE, data=b"x").arguments()]
    await desk.redis.execute_command("EVAL", lua.ENQUEUE.text, 0, desk.now, len(ids), *told)  # type: ignore[no-untyped-call]
    claims = await desk.claim(VERY_MANY)

    answers = await settle_together(desk, *((claim, End(outcome="done")) for claim in claims))

    assert answers == [1] * VERY_MANY
    ended = [name for fields in await ledger(desk) if fields[b"e"] == b"ended" for name in fields if name != b"e"]
    assert sorted(ended) == sorted(f"id:{job_id}".encode() for job_id in ids)


async def test_the_ledger_hears_what_follows_a_job_before_it_hears_of_its_end(desk: Desk) -> None:
    for number in range(2):
        await desk.put(f"first-{number}", durable=True)
    claims = await desk.claim()

    entrants = [Entrant(job_id=f"then-{number}", queue=QUEUE, data=b"x") for number in range(2)]
    await settle_together(
        desk,
        *((claim, End(outcome="done", following=[then])) for claim, then in zip(claims, entrants, strict=True)),
    )

    told = [(fields[b"e"], fields.get(b"id")) for fields in await ledger(desk)]
    assert told[2:] == [(b"queued", b"then-0"), (b"queued", b"then-1"), (b"ended", None)]


async def test_what_follows_a_job_may_have_its_id(desk: Desk) -> None:
    await desk.put("one", durable=True)
    [claim] = await desk.claim()

    await desk.settle(claim, End(outcome="done", following=[Entrant(job_id="one", queue=QUEUE, data=b"the next")]))

    assert [fields[b"e"] for fields in await ledger(desk)] == [b"queued", b"ended", b"queued"]
    [following] = await desk.claim()
    assert (following.job_id, following.data) == ("one", b"the next")


async def test_a_verdict_that_breaks_leaves_nobody_behind_the_others(desk: Desk) -> None:
    for job_id in ("head", "next"):
        await desk.put(job_id, lane="lane")
    await desk.put("broken", lane="spoiled")
    claims = {claim.job_id: claim for claim in await desk.claim()}
    await desk.redis.set("mindfleet:lane:spoiled", "no sorted set")

    done = End(outcome="done")
    [first, second] = await settle_together(desk, (claims["head"], done), (claims["broken"], done))

    assert first == 1
    assert second.startswith(b"WRONGTYPE")
    assert await desk.started() == ["next"]


async def test_the_first_verdict_is_an_error_when_it_breaks(desk: Desk) -> None:
    await desk.put("broken", lane="spoiled")
    [claim] = await desk.claim()
    await desk.redis.set("mindfleet:lane:spoiled", "no sorted set")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await desk.settle(claim)


async def test_of_a_first_verdict_that_breaks_what_was_settled_is_written(desk: Desk) -> None:
    await desk.put("broken", durable=True)
    [claim] = await desk.claim()
    await desk.redis.set("mindfleet:results", "no stream")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await desk.settle(claim)

    assert await desk.redis.exists("mindfleet:job:broken", "arq:job:broken") == 0  # nobody runs it again
    assert [fields[b"e"] for fields in await ledger(desk)] == [b"queued", b"ended"]


async def test_what_others_put_where_a_job_tells_of_itself_keeps_no_queue_from_going_on(desk: Desk) -> None:
    for job_id in ("spoiled", "other"):
        await desk.put(job_id)
    await desk.redis.set("task:spoiled:progress", "no stream")
    assert await desk.started() == ["spoiled", "other"]

    await desk.redis.set("task:spoiled:progress", "no stream")
    await desk.outlast_leases()
    await desk.put("fresh")
    assert sorted(await desk.started()) == ["fresh", "other", "spoiled"]
    told = [fields[b"event"] for _, fields in await desk.redis.xrange("task:spoiled:progress")]
    assert told == [b"retrying", b"started"]
