"""A worker made by hand: it claims and settles when a test says so, by the real scripts."""

import json
from datetime import timedelta
from time import time
from typing import Any

from redis.asyncio import Redis

from mindfleet import NEVER, BotJob, Queue, lua, task
from mindfleet.registry import Registry
from mindfleet.runtime.claims import Again, Claim, End, Settled, read_claim
from mindfleet.wire import JobFailed, encode_json


class Note(BotJob):
    text: str = ""


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=NEVER)
async def run_note(job: Note) -> None:
    """Write a line."""


class Mood(BotJob):
    def key(self) -> str:
        return self.bot_name


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=NEVER, supersede=True)
async def run_mood(job: Mood) -> None:
    """Only the newest matters."""


TASKS = Registry([run_note, run_mood])

LEASE = 4000
HOUR = 3_600_000


class Hand:
    """Works by hand on one queue."""

    def __init__(self, redis: Redis, *, queue: str = "arq:sensory", results: str = "10000", lease: int = LEASE) -> None:
        self.redis = redis
        self.queue = queue
        self.results = results
        self.lease = lease

    async def claim(self, room: int = 1) -> list[Claim]:
        asked = (self.queue, "hand", room, self.lease, 1, 5, 86_400_000, 1, 0)
        *_, rows = await lua.CLAIM(self.redis, *asked)
        return [read_claim(row) for row in rows]

    async def settle(self, *settled: tuple[Claim, Settled]) -> list[int]:
        told = [part for claim, each in settled for part in (claim.job_id, claim.token, *each.arguments())]
        answers: list[int] = await lua.SETTLE(self.redis, "hand", 1, self.results, len(settled), *told)
        return answers

    async def finish(self, *claims: Claim, keep: int = HOUR, **said: Any) -> None:
        assert await self.settle(*[(claim, done(claim, keep=keep, **said)) for claim in claims]) == [1] * len(claims)

    async def work(self, **said: Any) -> Claim:
        """Claim one job and finish it."""
        [claim] = await self.claim()
        await self.finish(claim, **said)
        return claim


def done(claim: Claim, *, keep: int = HOUR, **said: Any) -> End:
    """As `runtime/results.py` says it."""
    result = {"outcome": "done", **said}
    return End(outcome="done", result=envelope(claim, result), keep=keep, text=json.dumps(result))


def parked(claim: Claim, kind: str, message: str, *, keep: int = HOUR) -> End:
    """As `runtime/results.py` says it."""
    told = json.dumps({"error": kind, "message": message})
    return End(outcome="parked", result=envelope(claim, JobFailed(kind, message)), keep=keep, text=told)


def later(delay: int) -> Again:
    """A retry."""
    return Again(outcome="retried", delay=delay, failed=True, hold=HOUR, why="away")


def envelope(claim: Claim, result: object) -> bytes:
    """A result in arq's form."""
    now, ok = int(time() * 1000), not isinstance(result, JobFailed)
    about: dict[str, Any] = {
        "t": claim.tries,
        "f": "run_note",
        "a": [],
        "k": {},
        "et": now,
        "q": "arq:sensory",
        "id": claim.job_id,
    }
    return encode_json({**about, "s": ok, "r": result, "st": now, "ft": now})
