"""While what Redis lost is put back, nobody starts whose lane may have an earlier job among it."""

from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.entrants import Entrant
from mindfleet.ports.ledger import Queued
from mindfleet.runtime.exchange import Exchange, Terms
from mindfleet.runtime.putting_back import putting_back
from mindfleet.runtime.recovery import REHYDRATED, WAITS, Recovery
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis, private_redis
from tests.runtime.desk import QUEUE, Desk
from tests.runtime.floor import Floor, Worker, ends, is_so

pytestmark = pytest.mark.stack


async def _started(desk: Desk) -> list[str]:
    """By a worker that has a ledger."""
    return [claim.job_id for claim in await desk.claim(recovers=True)]


async def test_after_a_loss_only_what_has_no_order_starts(desk: Desk) -> None:
    await desk.put("in order", lane="l")
    await desk.put("as it comes")

    assert await _started(desk) == ["as it comes"]
    await desk.redis.copy("mindfleet:epoch", REHYDRATED)
    desk.now += 250
    assert await _started(desk) == ["in order"]


async def test_lanes_wait_for_two_seconds_and_no_longer(desk: Desk) -> None:
    await desk.put("in order", lane="l")

    desk.now += 1900
    assert await _started(desk) == []
    desk.now += 300
    assert await _started(desk) == ["in order"]


async def test_lanes_wait_longer_while_postgresql_is_away_but_not_for_ever(desk: Desk) -> None:
    await desk.put("in order", lane="l")
    await desk.redis.set(WAITS, 1)

    desk.now += 29_000
    assert await _started(desk) == []
    desk.now += 1500
    assert await _started(desk) == ["in order"]


async def test_a_worker_without_a_ledger_waits_for_nothing(desk: Desk) -> None:
    await desk.put("in order", lane="l")

    assert await desk.started() == ["in order"]


async def test_whoever_puts_jobs_back_says_that_it_waits_for_postgresql(desk: Desk) -> None:
    seen: list[int] = []

    class Watched(InMemoryLedger):
        async def last_entry(self) -> int:
            seen.append(await desk.redis.pttl(WAITS))
            return await super().last_entry()

    await _recovery(desk.redis, Watched()).rehydrate()

    assert 9000 < seen[0] <= 10_000
    assert not await desk.redis.exists(WAITS)


def _has_begun(worker: Worker, job_id: str) -> bool:
    return job_id in worker.ids


def _recovery(redis: Redis, ledger: InMemoryLedger) -> Recovery:
    return Recovery(redis=redis, ledger=ledger, put_back=putting_back(redis), queues=[QUEUE], owner="a")


def _row(job_id: str, entry: int) -> Queued:
    return Queued(entry, job_id, QUEUE, "run_x", "juniper", "ana", 7, "l", "", entry, entry, None, "", "", "", b"job")


async def test_what_comes_after_a_loss_starts_after_what_was_lost(floor: Floor, eventually: Eventually) -> None:
    """Through a worker and a recovery that are at work, as in a process of the fleet."""
    ledger = InMemoryLedger()
    async with _recovery(floor.redis, ledger).running():
        worker = await floor.worker(ends(), recovers=True)
        for number in range(5):
            await ledger.write([_row(f"lost {number}", 10 + number)])
            await floor.redis.flushdb()
            await floor.put(f"after {number}", lane="l")
            await eventually(is_so(partial(_has_begun, worker, f"after {number}")))

    order = [each for each in worker.ids if each.startswith(("lost", "after"))]
    late = [n for n in range(5) if order.index(f"lost {n}") > order.index(f"after {n}")]
    assert late == []


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[PrivateRedis]:
    async with private_redis(tmp_path) as server:
        yield server


@pytest.mark.parametrize("recovers", [True, False])
async def test_the_first_claim_after_a_restart_notices_it(server: PrivateRedis, recovers: bool) -> None:
    """The file has the epoch of before, and may lack the last second."""
    async with Redis.from_url(server.url) as redis:
        exchange = Exchange(redis, Terms(queue=QUEUE, worker="w", slots=5, recovers=recovers), hand="w~1")
        epoch, _ = await lua.notice(redis)
        await redis.set(REHYDRATED, epoch)
        await exchange.turn([], 5)
        await server.kill()
        await server.start()
        entrant = Entrant(job_id="in order", queue=QUEUE, lane="l", data=b"job")
        await redis.eval(
            lua.ENQUEUE.text, 0, "", 1, *entrant.arguments()
        )  # which does not look at whose data these are

        claimed = await exchange.turn([], 5)

        assert [claim.job_id for claim in claimed.jobs] == ([] if recovers else ["in order"])
        assert (await redis.get("mindfleet:epoch") == epoch.encode()) != recovers
