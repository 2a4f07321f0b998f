"""Redis and the ledger, compared and made to agree: who is missing in one is taken from the other.

Both directions look twice. First who seems to be missing; then the tail of the stream; then the ledger again, for what
was trimmed from the stream meanwhile. Who is missing still is missing indeed, however far the writer lags behind.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from redis.asyncio import Redis

from mindfleet.lua import WRITE_DOWN
from mindfleet.ports.ledger import DurableJob, Ledger
from mindfleet.runtime.ledger_entries import COUNT_BITS
from mindfleet.runtime.ledger_tail import LedgerTail

PAGE = 500
"""Jobs that are looked at together."""

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
        after = page[-1].entry
        if lost := await _lost(page, redis, ledger, tail):
            put += await put_back(lost)
    return put


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


async def _lost(page: Sequence[DurableJob], redis: Redis, ledger: Ledger, tail: LedgerTail) -> list[DurableJob]:
    missing = await _missing(page, redis)
    if not missing:
        return []
    await tail.read_on()
    states = await ledger.states([job.id for job in missing])
    return [
        job
        for job in missing
        if (state := states.get(job.id)) is not None
        and (state.entry, state.outcome) == (job.entry, None)
        and not tail.tells_end(job.id, after=job.entry)
    ]


async def _missing(page: Sequence[DurableJob], redis: Redis) -> list[DurableJob]:
    async with redis.pipeline(transaction=False) as pipe:
        for job in page:
            pipe.exists(f"arq:job:{job.id}")
        there: list[int] = await pipe.execute()
    return [job for job, is_there in zip(page, there, strict=True) if not is_there]


async def _unheard(job_ids: Sequence[str], ledger: Ledger, tail: LedgerTail) -> list[str]:
    missing = await _without_row(job_ids, ledger)
    if not missing:
        return []
    await tail.read_on()
    return [job_id for job_id in await _without_row(missing, ledger) if not tail.tells_of(job_id)]


async def _without_row(job_ids: Sequence[str], ledger: Ledger) -> list[str]:
    states = await ledger.states(job_ids)
    return [job_id for job_id in job_ids if job_id not in states or states[job_id].outcome is not None]
