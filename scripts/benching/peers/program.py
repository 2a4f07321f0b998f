"""The command line that every system's program has; run in that system's environment, so it imports nothing else.

    python -m scripts.benching.peers.NAME single --jobs N --seconds S [--in-flight K]
    python -m scripts.benching.peers.NAME bulk --jobs N --seconds S
    python -m scripts.benching.peers.NAME pickups --jobs N --gap S --hold S
    python -m scripts.benching.peers.NAME work --slots C

The first three print one JSON object. Where Redis is, which queue it is and where to note that jobs ran, stands in
the environment.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol, cast

from scripts.benching.peers.probe import Probe

REDIS_URL = os.environ.get("BENCH_REDIS", "redis://127.0.0.1:6379/0")
QUEUE = os.environ.get("BENCH_QUEUE", "bench")
SLOTS = int(os.environ.get("BENCH_SLOTS", "32"))
"""For systems whose worker is configured by a module rather than by a call."""

AT_ONCE = 1000
"""Jobs in one bulk call."""

JOB_TIMEOUT_S = 300
"""Where a system asks for one: arq's default."""


def probe() -> Probe:
    """Where this process notes its jobs."""
    return Probe(Path(os.environ["BENCH_PROBES"]))


class Peer(Protocol):
    """A system under test."""

    async def open(self) -> None:
        """Connect as a producer does."""

    async def close(self) -> None: ...

    async def enqueue(self) -> None:
        """One job that does nothing; returns when the system says it was accepted."""

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        """One job that notes its start and then sleeps."""

    async def bulk(self, jobs: int) -> None:
        """As many jobs that do nothing, by the system's own bulk call."""

    def work(self, slots: int) -> None:
        """Be a worker, until killed."""


class Crowd(Protocol):
    """A system of which one process can be many workers."""

    def work_as_many(self, slots: int, workers: int) -> None:
        """Be so many workers with so many slots each, until killed."""


def main(peer: Peer, *, run: Any = asyncio.run) -> None:  # noqa: ANN401 - asyncio.run, or uvloop's
    """Do what the command line asks.

    Args:
        peer: the system.
        run: what runs its coroutines: the loop that the system recommends.
    """
    asked = _parser().parse_args()
    if asked.command == "work":
        work(peer, asked)
        return
    measure = {"single": _single, "bulk": _bulk, "pickups": _pickups}[asked.command]
    print(json.dumps(run(_connected(peer, measure(peer, asked)))))


def work(peer: Peer, asked: argparse.Namespace) -> None:
    """Be one worker, or many."""
    if asked.workers > 1:
        cast("Crowd", peer).work_as_many(asked.slots, asked.workers)
    else:
        peer.work(asked.slots)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("single", "bulk", "pickups", "work"))
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--gap", type=float, default=0.05)
    parser.add_argument("--hold", type=float, default=0.0)
    parser.add_argument("--lognormal", type=float, nargs=4, metavar=("MU", "SIGMA", "FROM", "TO"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slots", type=int, default=SLOTS)
    return parser


async def _connected(peer: Peer, measurement: Coroutine[Any, Any, dict[str, float]]) -> dict[str, float]:
    await peer.open()
    try:
        return await measurement
    finally:
        await peer.close()


async def _single(peer: Peer, asked: argparse.Namespace) -> dict[str, float]:
    """Jobs one by one, from as many loops as may be in flight, until there are enough or time is up."""
    await peer.enqueue()  # opens what is opened once
    left = asked.jobs
    ends = time.monotonic() + asked.seconds

    async def send() -> None:
        nonlocal left
        while left > 0 and time.monotonic() < ends:
            left -= 1
            await peer.enqueue()

    started, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(send() for _ in range(asked.in_flight)))
    return _took(asked.jobs - left, started, cpu)


async def _bulk(peer: Peer, asked: argparse.Namespace) -> dict[str, float]:
    await peer.bulk(1)
    sent = 0
    started, cpu = time.monotonic(), time.process_time()
    while sent < asked.jobs and time.monotonic() - started < asked.seconds:
        batch = min(AT_ONCE, asked.jobs - sent)
        await peer.bulk(batch)
        sent += batch
    return _took(sent, started, cpu)


def _took(jobs: int, started: float, cpu: float) -> dict[str, float]:
    return {"jobs": jobs, "seconds": time.monotonic() - started, "cpu_s": time.process_time() - cpu}


async def _pickups(peer: Peer, asked: argparse.Namespace) -> dict[str, float]:
    """Jobs at random times: a Poisson process, which does not wait for the jobs before."""
    random_ = random.Random(os.getpid())  # noqa: S311 - arrival times
    due = started = time.monotonic()
    cpu = time.process_time()
    sending: set[asyncio.Task[None]] = set()
    late = 0.0
    for _ in range(asked.jobs):
        due += random_.expovariate(1 / asked.gap) if asked.gap else 0.0
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        task = asyncio.create_task(peer.enqueue_hold(time.monotonic_ns(), _hold(asked, random_)))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    return {**_took(asked.jobs, started, cpu), "latest_s": late}


def _hold(asked: argparse.Namespace, random_: random.Random) -> float:
    if not asked.lognormal:
        return float(asked.hold)
    mu, sigma, shortest, longest = asked.lognormal
    return float(min(longest, max(shortest, random_.lognormvariate(mu, sigma))))
