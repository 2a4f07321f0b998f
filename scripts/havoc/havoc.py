"""One run: start everything, break it for some minutes, let it drain, and ask the stores what became of the jobs."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import time
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.task_queue import TaskQueue
from scripts.havoc.accounting import Accepted, Known, Loss
from scripts.havoc.events import USUAL_FAULTS, Events
from scripts.havoc.fleet import Fleet
from scripts.havoc.models import Faulty
from scripts.havoc.stage import Stage, lines, staged

DRAINED_WITHIN = 100.0
MISSED_FOR = 10.0
"""Seconds that jobs may be unknown to both stores: until producers have sent them again, and the ledger was written."""

LOOKS_EVERY = 0.5


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that the accounting needs."""

    accepted: dict[str, Accepted]
    queues: dict[str, str]
    """By job id."""

    records: list[dict[str, Any]]
    losses: list[Loss]
    deaths: dict[str, float]
    events: dict[str, int]
    known: Known
    duplicated_effects: int
    carried_out: frozenset[str]
    repeated_requests: int
    began: float
    chaos_s: float
    drained_s: float


async def run(home: Path, *, seconds: float, rate: float, seed: int, say: Callable[[str], None]) -> Found:
    """The whole of it; nothing is left when it returns, or is cancelled."""
    say(f"seed {seed}; starting stores")
    async with staged(home, seed) as stage:
        fleet = Fleet(home, stage.environment, rate, seed)
        try:
            return await _with(stage, fleet, seconds, seed, say)
        finally:
            await fleet.end()


async def _with(stage: Stage, fleet: Fleet, seconds: float, seed: int, say: Callable[[str], None]) -> Found:
    random = Random(seed)  # noqa: S311 - a seeded choice
    stage.models.script([], then=Faulty(random, USUAL_FAULTS))
    say("starting workers")
    await fleet.start_workers()
    await fleet.start_producers()
    began = time()
    async with TaskQueue(settings=stage.settings) as queue:
        events = Events(stage, fleet, random, queue, said=lambda what: say(f"{time() - began:6.1f} s  {what}"))
        try:
            await events.go_on(seconds)
        finally:
            await events.let_go()
    await fleet.stop_producers()
    chaos_s = time() - began
    say("letting everything drain")
    accepted, queues = _accepted(fleet)
    known = await _drained(stage, accepted)
    return Found(
        accepted=accepted,
        queues=queues,
        records=list(lines(stage.journal.glob("*.jsonl"))),
        losses=events.losses,
        deaths={each.name: each.killed_at for each in fleet.producers if each.killed_at is not None},
        events=events.done,
        known=known,
        duplicated_effects=stage.receiver.duplicates,
        carried_out=frozenset(stage.receiver.carried_out),
        repeated_requests=stage.receiver.repeated,
        began=began,
        chaos_s=chaos_s,
        drained_s=time() - began - chaos_s,
    )


def _accepted(fleet: Fleet) -> tuple[dict[str, Accepted], dict[str, str]]:
    accepted: dict[str, Accepted] = {}
    queues: dict[str, str] = {}
    for producer in fleet.producers:
        for line in lines([producer.log]):
            job_id = line["id"]
            told = {"lane": "lane", "number": "number", "identity": "effect"}
            more = {ours: line[its] for its, ours in told.items() if its in line}
            accepted[job_id] = Accepted(job_id, line["at"], producer.name, **more)
            queues[job_id] = line["queue"] or ""
    return accepted, queues


async def _drained(stage: Stage, accepted: Iterable[str]) -> Known:
    """What the stores know once every accepted job has ended, or nothing more is waited for."""
    ids, until, known = list(accepted), time() + DRAINED_WITHIN, Known({})
    while True:
        with suppress(asyncpg.PostgresError, RedisError, OSError):  # PostgreSQL may have no connection to spare yet
            known = await _ask(stage, ids)
        waiting = [job_id for job_id in ids if known.outcomes.get(job_id, "") is None]
        missing = [job_id for job_id in ids if job_id not in known.outcomes and job_id not in known.told]
        if time() > until or (not waiting and (not missing or time() > until - DRAINED_WITHIN + MISSED_FOR)):
            return known
        await asyncio.sleep(LOOKS_EVERY)


async def _ask(stage: Stage, ids: list[str]) -> Known:
    connection = await asyncpg.connect(stage.stores.database_url)
    try:
        rows = await connection.fetch("SELECT id, state, outcome FROM jobs WHERE id = ANY ($1)", ids)
        parked = await connection.fetch("SELECT job_id, task, error, message FROM parked_jobs")
    finally:
        await connection.close()
    async with Redis.from_url(stage.stores.redis_url, decode_responses=True) as redis:
        told = await redis.xrange("mindfleet:results")
    return Known(
        {row["id"]: row["outcome"] if row["state"] == "ended" else None for row in rows},
        {row["job_id"]: f"{row['task']}: {row['error']}: {row['message'][:80]}" for row in parked},
        {fields["task_id"]: fields["outcome"] for _, fields in told},
    )
