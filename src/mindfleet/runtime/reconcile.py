"""Redis and the ledger, compared and made to agree: who is missing in one is taken from the other.

Both directions look twice. First who seems to be missing; then the tail of the stream; then the ledger again, for what
was trimmed from the stream meanwhile. Who is missing still is missing indeed, however far the writer lags behind.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from redis.asyncio import Redis

from mindfleet import ids
from mindfleet.lua import ABSENT, MERGE_BACK, WRITE_DOWN
from mindfleet.ports.ledger import DurableJob, Ledger, Merged
from mindfleet.runtime.ledger_entries import COUNT_BITS
from mindfleet.runtime.ledger_tail import LedgerTail

PAGE = 2000
"""Jobs that are looked at together."""

AT_ONCE = 100
"""Jobs that are put back together; each has its whole payload with it."""

PutBack = Callable[[Sequence[DurableJob]], Awaitable[int]]
"""Enqueues each unless it is there, and tells the ledger nothing; returns how many were not there."""


async def put_back_missing(redis: Redis, ledger: Ledger, put_back: PutBack, *, older_than: timedelta) -> int:
    """Put every job back that has not ended and is not in Redis; returns how many.

    Args:
        redis: where they should be.
        ledger: who there are.
        put_back: how they get there.
        older_than: jobs that were enqueued less long ago are left alone.
    """
    tail, after, put = LedgerTail(redis), 0, 0
    until = await _newest(redis, ledger, older_than)
    while page := await ledger.unfinished(after=after, until=until, limit=PAGE):
        after, _ = page[-1]
        async for lost in _lost([job_id for _, job_id in page], redis, ledger, tail):
            put += await put_back(lost)
    await merge_back_missing(redis, ledger)
    return put


async def merge_back_missing(redis: Redis, ledger: Ledger) -> int:
    """Give every job that is in Redis what was merged into it; returns how many payloads were missing.

    Those that are not there were put back with theirs, or have ended.
    """
    after, missing = 0, 0
    while page := await ledger.merged(after=after, limit=AT_ONCE):
        after = page[-1].entry
        told = [argument for each in page for argument in _merged(each)]
        missing += await MERGE_BACK(redis, len(page), *told)
    return missing


def _merged(each: Merged) -> tuple[str, bytes, str]:
    return each.id, each.envelope, ids.name("merged", each.id, each.entry).hex


async def write_down_missing(redis: Redis, ledger: Ledger, queues: Iterable[str]) -> int:
    """Enter every durable job of these queues into the ledger's stream of which there is no row; returns how many."""
    tail, written = LedgerTail(redis), 0
    for queue in queues:
        cursor = -1
        while cursor:
            cursor, members = await redis.zscan(queue, max(cursor, 0), count=PAGE)
            if unheard := await _unheard([member.decode() for member, _ in members], ledger, tail):
                written += await WRITE_DOWN(redis, len(unheard), *unheard)
    return written


async def _newest(redis: Redis, ledger: Ledger, older_than: timedelta) -> int:
    """Up to which entry to look; with no least age also past a clock that was set back."""
    seconds, micros = await redis.time()
    now = timedelta(seconds=seconds, microseconds=micros)
    newest = int((now - older_than).total_seconds() * 1000) << COUNT_BITS
    return newest if older_than else max(newest, await ledger.last_entry())


async def _lost(
    job_ids: Sequence[str], redis: Redis, ledger: Ledger, tail: LedgerTail
) -> AsyncGenerator[list[DurableJob]]:
    absent = [raw.decode() for raw in await ABSENT(redis, len(job_ids), *job_ids)]
    if absent:
        await tail.read_on()
    for start in range(0, len(absent), AT_ONCE):
        jobs = await ledger.of_unfinished(absent[start : start + AT_ONCE])
        if lost := [job for job in jobs if not tail.tells_end(job.id, after=job.entry)]:
            yield lost


async def _unheard(job_ids: Sequence[str], ledger: Ledger, tail: LedgerTail) -> list[str]:
    missing = await ledger.without_row(job_ids)
    if not missing:
        return []
    await tail.read_on()
    return [job_id for job_id in await ledger.without_row(missing) if not tail.tells_of(job_id)]
