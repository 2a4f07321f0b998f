"""Steers the fleet while it runs: what is paused, how much of what runs at once.

What is set here lies in Redis, as numbers on gates (docs/decisions/0010-engine.md), and holds until it is taken back.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Literal, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from mindfleet.lua import GATE
from mindfleet.queues import Queue

Pausable = Literal["queue", "task", "bot"]
Limited = Literal["task", "bot", "group"]

GATES = "mindfleet:gates"
KEPT = "kept:"
"""Stands there before a gate that is paused, with the limit that it had."""

AT_ONCE = 500
"""Jobs that the script lets through at most; see `lua/gate.lua`."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A number that somebody set."""

    kind: str
    """`queue`, `task`, `bot`, `group`; `slots`: how many jobs of a queue each of its workers runs at once."""

    name: str
    most: int
    """How many may run; 0: paused."""

    running: int
    """Jobs that it counts, or has let through just now."""

    waiting: int
    """Jobs that are due and wait for it alone; of a queue, all that are due, whatever else they wait for."""

    kept: int | None = None
    """While it is paused: the limit that holds again once it is not; None: none."""


class Steering:
    """Pauses, limits and their end; workers obey from the next job on that they take, and stop none that runs."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def pause(self, kind: Pausable, name: str) -> None:
        """Let no more jobs start; a limit is kept until that ends.

        Args:
            kind: whose jobs.
            name: of the queue as on the wire (`arq:sensory`), of the task, of the bot.
        """
        await self._turn("pause", f"{kind}:{name}")

    async def resume(self, kind: Pausable, name: str) -> int:
        """Take back a pause; a limit that was set before, or meanwhile, holds again.

        Returns:
            How many jobs waited for it and may start now; of a queue that was paused, how many were due.
        """
        waited = 0
        if kind == "queue" and await self._most(f"{kind}:{name}") == 0:
            waited = await self._due(name)
        return waited + await self._turn("resume", f"{kind}:{name}")

    async def set_limit(self, kind: Limited, name: str, most: int) -> int:
        """Let at most so many run at once in the whole fleet; those that run already count, and go on.

        What is paused stays so: the limit holds once it is resumed.

        Returns:
            How many jobs that waited for it may start now.

        Raises:
            ValueError: less than one, which would be a pause.
        """
        return await self._turn("limit", f"{kind}:{name}", _at_least_one(most))

    async def lift_limit(self, kind: Limited, name: str) -> int:
        """Take back a limit; a group's own then holds again, and what is paused stays so.

        Returns:
            How many jobs waited for it and may start now.
        """
        return await self._turn("lift", f"{kind}:{name}")

    async def set_max_jobs(self, queue: Queue, slots: int) -> None:
        """Let each worker of this queue run so many jobs at once, whatever its settings say; within a second.

        Raises:
            ValueError: less than one, which would be a pause.
        """
        await self._turn("limit", f"slots:{queue.value}", _at_least_one(slots))

    async def reset_max_jobs(self, queue: Queue) -> None:
        """Each worker of this queue runs again as many jobs as its settings say."""
        await self._turn("lift", f"slots:{queue.value}")

    async def gates(self) -> list[Gate]:
        """Everything that is set, by name."""
        found = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(GATES))
        numbers = {name.decode(): int(most) for name, most in found.items()}
        names = sorted(name for name in numbers if not name.startswith(KEPT))
        now = await self._now() if names else 0
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                _count(pipe, name, now)
            counts: list[int] = await pipe.execute()
        return [
            Gate(
                kind=name.partition(":")[0],
                name=name.partition(":")[2],
                most=numbers[name],
                running=running,
                waiting=waiting,
                kept=numbers.get(KEPT + name),
            )
            for name, running, waiting in zip(names, counts[::2], counts[1::2], strict=True)
        ]

    async def _most(self, gate: str) -> int | None:
        most = await cast("Awaitable[bytes | None]", self._redis.hget(GATES, gate))
        return None if most is None else int(most)

    async def _due(self, queue: str) -> int:
        return int(await self._redis.zcount(queue, "-inf", await self._now()))

    async def _now(self) -> int:
        """By Redis' clock, ms."""
        seconds, micros = await self._redis.time()
        return int(seconds * 1000 + micros // 1000)

    async def _turn(self, verb: str, gate: str, most: int | str = "") -> int:
        """The script lets some hundred through at a time; who is held by a limit of its own is not called again."""
        queues = [queue.value for queue in Queue]
        through = 0
        while (some := int(await GATE(self._redis, verb, gate, most, len(queues), *queues))) == AT_ONCE:
            through += some
        return through + some


def _count(pipe: Pipeline, gate: str, now: int) -> None:
    """How many run, and how many wait."""
    kind, _, name = gate.partition(":")
    if kind in {"queue", "slots"}:
        pipe.hlen(f"mindfleet:running:{name}")
        pipe.zcount(name, "-inf", now)
    else:
        pipe.scard(f"mindfleet:using:{gate}")
        pipe.zcard(f"mindfleet:blocked:{gate}")


def _at_least_one(most: int) -> int:
    if most < 1:
        raise ValueError(f"at most {most} is a pause: use pause")
    return most
