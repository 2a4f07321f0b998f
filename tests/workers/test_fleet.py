"""The whole fleet on real stores: what goes in through the facade comes out of memory."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mindfleet import Queue, TaskQueue
from mindfleet.embedded.runfile import Stack
from mindfleet.settings import Settings
from mindfleet.wiring import Opened, migrate_stores, open_stores
from workers.cell import run_cell

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture(scope="session")
async def settings(stack: Stack) -> Settings:
    settings = Settings.model_validate(
        {
            "redis": {"url": stack.redis_url},
            "postgres": {"url": stack.database_url},
            "graph": {"url": stack.neo4j_url, "user": stack.neo4j_user, "password": stack.neo4j_password},
            "bots": ROOT / "src" / "mindfleet" / "cli" / "sample",
        }
    )
    await migrate_stores(settings)
    return settings


@pytest.fixture
async def opened(settings: Settings) -> AsyncGenerator[Opened]:
    async with open_stores(settings, connections=4) as opened:
        yield opened


@pytest.fixture
async def queue(settings: Settings) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(settings=settings) as queue:
        yield queue


@asynccontextmanager
async def cell(settings: Settings) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(run_cell(settings, list(Queue), stop=stop))
    try:
        yield
    finally:
        stop.set()
        await running


@pytest.fixture
def bot() -> str:
    return f"bot-{uuid4().hex[:8]}"


async def talk(queue: TaskQueue, bot: str, *texts: str, start: datetime) -> None:
    for number, text in enumerate(texts):
        sent_at = start + timedelta(seconds=20 * number)
        await queue.enqueue_message(bot, "ana", "dm-ana", f"m{number}", "user", text, sent_at, user_name="Ana")


LONG_AGO = datetime(2026, 3, 2, 18, tzinfo=UTC)


async def test_a_conversation_becomes_memory(
    settings: Settings, opened: Opened, queue: TaskQueue, bot: str, eventually: Eventually
) -> None:
    async with cell(settings):
        await talk(queue, bot, "I work at Google as an engineer", "my cat Luna is black", start=LONG_AGO)
        await queue.end_session(bot, "dm-ana")

        async def learnt() -> bool:
            return len(await opened.facts.about(bot, ["ana"])) >= 4

        await eventually(learnt)

        async def known() -> bool:
            return await opened.relationships.get(bot, "ana") is not None

        await eventually(known)

    facts = {(fact.subject, fact.predicate, fact.object) for fact in await opened.facts.about(bot, ["ana"])}
    assert {
        ("user", "WORKS_AT", "Google"),
        ("user", "HAS_ROLE", "engineer"),
        ("Luna", "HAS_APPEARANCE", "black"),
    } <= facts
    recalled = await opened.remembering.recall(bot, "ana", "Where does Ana work?", 800, audience="dm")
    assert "Ana works at Google" in recalled.context


async def test_a_turn_is_recallable_within_a_second(
    settings: Settings, opened: Opened, queue: TaskQueue, bot: str, eventually: Eventually
) -> None:
    async with cell(settings):
        await talk(queue, bot, "the first one warms everything up", start=datetime.now(UTC))

        async def warm() -> bool:
            return bool((await opened.remembering.recall(bot, "ana", "warm", 400, audience="dm")).sources)

        await eventually(warm)
        waits: list[float] = []
        for word in ("blinked", "leaned", "hummed"):  # three, as a machine may be busy with something else for a moment
            before = asyncio.get_running_loop().time()
            now = datetime.now(UTC)
            await queue.enqueue_message(bot, "ana", "dm-ana", word, "user", f"the lighthouse {word}", now)

            async def recallable(said: str = f"lighthouse {word}") -> bool:
                known = await opened.remembering.recall(bot, "ana", f"what? the {said}", 400, audience="dm")
                return said in known.context

            await eventually(recallable)
            waits.append(asyncio.get_running_loop().time() - before)

    assert min(waits) < 1.0


async def test_a_result_can_be_waited_for(settings: Settings, queue: TaskQueue, bot: str) -> None:
    async with cell(settings):
        result = await queue.wait(await queue.enqueue_knowledge_extraction("ana", "I live in Oslo", bot))

    assert result == {"outcome": "done", "facts": 1}


async def test_the_workers_run_by_arqs_own_command(
    stack: Stack, opened: Opened, queue: TaskQueue, bot: str, tmp_path: Path, eventually: Eventually
) -> None:
    environment = {
        **os.environ,
        "REDIS_URL": stack.redis_url,
        "DATABASE_URL": stack.database_url,
        "NEO4J_URL": stack.neo4j_url,
        "NEO4J_USER": stack.neo4j_user,
        "NEO4J_PASSWORD": stack.neo4j_password,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "arq", "workers.sensory.WorkerSettings"]
    with (tmp_path / "log").open("wb") as log:
        worker = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            receipt = await queue.enqueue_knowledge_extraction("ana", "I live in Oslo", bot)
            assert (await queue.wait(receipt, 60))["facts"] == 1
        finally:
            worker.terminate()
            code = await worker.wait()

    assert code == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert sum("job ends" in line and receipt in line for line in lines) == 1
    assert [line for line in lines if "Oslo" in line] == []


async def test_what_cannot_be_done_is_parked_in_postgresql(
    settings: Settings, opened: Opened, queue: TaskQueue, bot: str, eventually: Eventually
) -> None:
    async with cell(settings):
        receipt = await queue.enqueue_summarization("ana", bot, "no such session")

        async def parked() -> bool:
            return any(job.job_id == receipt for job in await opened.parked.all())

        await eventually(parked)

    [job] = [job for job in await opened.parked.all() if job.job_id == receipt]
    assert job.error == "GiveUp"
    assert job.payload["session_id"] == "no such session"


def test_a_worker_logs_nothing_but_json_where_that_is_wanted() -> None:
    environment = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1", "USE_JSON_LOGGING": "1", "WORKER_ID": "w"}
    command = [sys.executable, "-m", "arq", "workers.social.WorkerSettings"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as worker:
        assert worker.stderr
        try:
            first = json.loads(worker.stderr.readline())
        finally:
            worker.kill()

    assert first["event"].startswith("Redis at 127.0.0.1:1 does not answer")
    assert first["worker"] == "w-social"


def test_settings_of_all_queues_can_be_imported(stack: Stack) -> None:
    code = "from workers import action, cognition, sensory, social; print(cognition.WorkerSettings.job_timeout)"
    environment: dict[str, Any] = {**os.environ, "REDIS_URL": stack.redis_url, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert float(run.stdout) >= 300
