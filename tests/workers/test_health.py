"""A worker process as an operator sees it: its report, its health, its heartbeat; while it lives, drains and dies."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from redis.asyncio import Redis

from mindfleet.embedded import reports
from mindfleet.embedded.runfile import Stack
from mindfleet.observe.heartbeat import WorkerInfo, workers
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.wiring import migrate_stores
from tests.adapters.cut_wire import Wire, wire_to
from tests.private_redis import private_redis

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@dataclass(frozen=True)
class Running:
    """A worker process that is up."""

    process: Process
    report: reports.Report

    async def asked(self, path: str) -> tuple[int, dict[str, Any]]:
        return await asyncio.to_thread(get, f"{self.report.health}/{path}")

    async def status(self, path: str) -> int:
        return (await self.asked(path))[0]


def get(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(url, timeout=20) as response:  # noqa: S310 - of a server on this machine
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.fixture
async def wire(stack: Stack) -> AsyncGenerator[Wire]:
    """The way to PostgreSQL, which can be cut."""
    url = {"url": stack.database_url}
    graph = {"url": stack.neo4j_url, "user": stack.neo4j_user, "password": stack.neo4j_password}
    await migrate_stores(Settings.model_validate({"postgres": url, "graph": graph}))
    async with wire_to(stack.database_url) as wire:
        yield wire


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@asynccontextmanager
async def worker(
    stack: Stack, redis_url: str, wire: Wire, home: Path, *command: str, **more: str
) -> AsyncGenerator[Running]:
    """One that is run by hand."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MINDFLEET_", "HEALTH_"))},
        "REDIS_URL": redis_url,
        "DATABASE_URL": wire.url,
        "NEO4J_URL": stack.neo4j_url,
        "NEO4J_USER": stack.neo4j_user,
        "NEO4J_PASSWORD": stack.neo4j_password,
        "MINDFLEET_HOME": str(home),
        "MINDFLEET_ENV_FILE": os.devnull,
        "PYTHONPATH": str(ROOT),
        **more,
    }
    with (home / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, cwd=home, env=environment, stdout=log, stderr=log
        )
    try:
        yield Running(process, await _up(process, home))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _up(process: Process, home: Path) -> reports.Report:
    async with asyncio.timeout(60):
        while not (files := reports.all_by_hand(home)):
            assert process.returncode is None, (home / "log").read_text(encoding="utf-8")
            await asyncio.sleep(0.05)
    report = reports.read(files[0])
    assert report is not None
    return report


async def test_a_worker_is_listed_while_it_lives_and_tells_of_its_health(
    stack: Stack, redis_url: str, redis: Redis, wire: Wire, tmp_path: Path, eventually: Eventually
) -> None:
    async def is_there(ready: int) -> bool:
        return await running.status("readyz") == ready

    command = ("arq", "workers.social.WorkerSettings")
    async with worker(stack, redis_url, wire, tmp_path, *command, WORKER_ID="w1") as running:
        [info] = await workers(redis)
        assert (info.worker_id, info.queues, info.slots) == ("w1-social", ("social",), 10)
        assert (info.pid, info.health) == (running.process.pid, running.report.health)
        await eventually(lambda: is_there(200))
        status, body = await running.asked("health")
        assert (status, body["worker_id"], body["version"]) == (200, "w1-social", info.version)
        assert set(body["stores"]) == {"redis", "postgres", "graph", "vectors"}

        await wire.cut()
        await eventually(lambda: is_there(503))
        assert await running.status("livez") == 200
        _, body = await running.asked("health")
        assert any("postgres is lost" in reason for reason in body["reasons"])
        await wire.mend()
        await eventually(lambda: is_there(200))

        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0
        assert await workers(redis) == []
        assert reports.all_by_hand(tmp_path) == []


async def test_an_engine_that_hangs_is_no_longer_live_once_a_job_waits(
    stack: Stack, redis_url: str, wire: Wire, tmp_path: Path, eventually: Eventually
) -> None:
    async def is_live(status: int) -> bool:
        return await running.status("livez") == status

    more = {"MINDFLEET_HEALTH__CLAIM_PATIENCE": "1"}
    command = ("arq", "tests.workers.stalled.WorkerSettings")
    async with (
        worker(stack, redis_url, wire, tmp_path, *command, **more) as running,
        TaskQueue(redis_url, bot_name="luna", settings=Settings()) as queue,
    ):
        assert await is_live(200)
        running.process.send_signal(signal.SIGUSR2)
        assert await is_live(200), "nothing waits, so that nothing is wrong"

        await queue.enqueue("run_reflection", user_id="ann", _queue_name="arq:social")
        await eventually(lambda: is_live(503))
        _, body = await running.asked("livez")
        assert "social: jobs have been ready for" in body["reasons"][0]
        assert body["loop"]["silent_seconds"] < 5
        assert body["stores"]["redis"]["status"] == "pass"


@pytest.mark.parametrize("command", ["arq workers.social.WorkerSettings", "workers.cell social"])
async def test_a_worker_ends_in_time_while_redis_hangs(stack: Stack, wire: Wire, tmp_path: Path, command: str) -> None:
    async with (
        private_redis(tmp_path) as hanging,
        worker(stack, hanging.url, wire, tmp_path, *command.split()) as running,
    ):
        hanging.pause()
        running.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await running.process.wait() == 0


async def test_a_cell_is_one_process_with_one_heartbeat(
    stack: Stack, redis_url: str, redis: Redis, wire: Wire, tmp_path: Path
) -> None:
    more = {"MINDFLEET_HEALTH__LOOP_PATIENCE": "0.5"}
    async with worker(stack, redis_url, wire, tmp_path, "workers.cell", **more) as running:
        [info] = await workers(redis)
        assert info.queues == ("cognition", "sensory", "action", "social")
        assert info.slots == 43
        assert f"-{running.process.pid}-" in info.worker_id
        assert await running.status("livez") == 200


async def test_a_worker_that_is_killed_leaves_a_heartbeat_that_ends_by_itself(
    stack: Stack, redis_url: str, redis: Redis, wire: Wire, tmp_path: Path
) -> None:
    async with worker(stack, redis_url, wire, tmp_path, "workers.cell", "social", WORKER_ID="w1") as running:
        running.process.kill()
        await running.process.wait()

    found: list[WorkerInfo] = await workers(redis)
    assert [info.worker_id for info in found] == ["w1-cell"]
    assert 0 < await redis.pttl("mindfleet:worker:w1-cell") <= 15_000
    assert [reports.read(file) for file in reports.all_by_hand(tmp_path)] == [None]
