"""Processes of the whole fleet that ask one model: real engines, gateways and limits, on a real Redis."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

from arq.connections import RedisSettings
from redis.asyncio import Redis

from mindfleet import BotJob, Done, Queue, Receipt, Retry, TaskQueue, ids, task
from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.limits.redis_budgets import RedisBudgets
from mindfleet.adapters.limits.redis_limits import Breaking, RedisLimits
from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.llm.gate import Gate
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.prices import Price, Prices
from mindfleet.llm.purse import Purse
from mindfleet.ports.budgets import Caps
from mindfleet.ports.limits import Target
from mindfleet.ports.llm import LLM
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.model_server import Answers, Exchange, ScriptedModelServer
from mindfleet.wire import ENCODERS
from tests.llm.moods import ask_for, right_answer

DEAR, CHEAP = "dear", "cheap"
PRICES = Prices({DEAR: Price(input=1.0, output=1.0), CHEAP: Price(input=0.1, output=0.1)})
TIMEOUT = timedelta(seconds=1)


class Question(BotJob):
    about: str


class Pauses:
    """Where a job that asks twice waits in between, until it is let go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def between(self) -> None:
        self.reached.set()
        await self.go_on.wait()


class Thought(BotJob):
    about: str


class Patience(BotJob):
    about: str


ONCE = Retry(attempts=1)


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=60), retry=ONCE)
async def run_question(job: Question, llm: LLM) -> Done:
    """Ask a model. A lost attempt parks the job."""
    await llm.answer(question(job, job.about, 1))
    return Done(result={"about": job.about})


@task(queue=Queue.SENSORY, timeout=TIMEOUT, retry=ONCE)
async def run_patience(job: Patience, llm: LLM, pauses: Pauses) -> Done:
    """Ask twice, and have little time. A lost attempt parks the job."""
    await llm.answer(question(job, job.about, 1))
    await pauses.between()
    await llm.answer(question(job, job.about, 2))
    return Done(result={"about": job.about})


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(seconds=60),
    retry=Retry(attempts=2, first=timedelta(milliseconds=20)),
)
async def run_thought(job: Thought, llm: LLM) -> Done:
    """Ask a model that may fail once."""
    await llm.answer(question(job, job.about, 1))
    return Done(result={"about": job.about})


def question(job: BotJob, about: str, number: int) -> Any:
    key = ids.name("question", about, number)
    return ask_for(key, values={"name": about}, tier="main", bot_name=job.bot_name)


TASKS = Registry([run_question, run_patience, run_thought])


class Thinking:
    """A model that answers when it is told to, and notes who asked when."""

    def __init__(self, server: ScriptedModelServer) -> None:
        self.asked: list[str] = []
        self.arrived: list[float] = []
        self.answered: list[float] = []
        self.now = self.most = 0
        self.models: list[str] = []
        self._server = server
        self._turns = asyncio.Semaphore(0)

    async def respond(self, exchange: Exchange) -> None:
        body = self._server.requests[-1].body
        self.asked.append(body["messages"][-1]["content"].removeprefix("How does ").removesuffix(" feel?"))
        self.models.append(body["model"])
        self.arrived.append(monotonic())
        self.now += 1
        self.most = max(self.most, self.now)
        await self._turns.acquire()
        self.now -= 1
        await Answers().respond(exchange)
        self.answered.append(monotonic())

    def answer(self, many: int = 1) -> None:
        for _ in range(many):
            self._turns.release()


@dataclass
class Process:
    """Workers of all four queues, and what they share."""

    workers: list[FleetWorker]
    pauses: Pauses
    calls: ModelCallsInMemory

    @property
    def stood_still(self) -> float:
        """For how many seconds the time of a job that runs here has stood still."""
        engines = [worker.engine for worker in self.workers if worker.engine]
        return max((held.limit.added for engine in engines for held in engine.held.values()), default=0.0)


@dataclass
class Crew:
    """Several processes, and a producer."""

    url: str
    redis: Redis
    queue: TaskQueue
    server: ScriptedModelServer
    park: InMemoryParked
    stack: AsyncExitStack
    processes: list[Process] = field(default_factory=list[Process])

    async def process(self, target: Target, *, breaking: Breaking | None = None, caps: Caps | None = None) -> Process:
        """One more, at work."""
        process = await self.stack.enter_async_context(self._working(target, breaking, caps or Caps()))
        self.processes.append(process)
        return process

    async def ask(
        self,
        about: str,
        queue: Queue = Queue.SENSORY,
        *,
        priority: int = 5,
        kind: type[Question | Patience | Thought] = Question,
        bot: str = "luna",
    ) -> Receipt:
        job = kind(bot_name=bot, about=about)
        return await self.queue.put(job, queue=queue, job_id=about, priority=priority)

    async def waiting(self) -> int:
        """How many jobs are on hold, without a slot."""
        keys = [key async for key in self.redis.scan_iter("mindfleet:blocked:hold:*")]
        return sum([await self.redis.zcard(key) for key in keys])

    async def running(self) -> int:
        return sum([await self.redis.hlen(f"mindfleet:running:{queue.value}") for queue in Queue])  # type: ignore[misc]

    async def counted(self, outcome: str) -> int:
        """How many attempts ended so, over all queues."""
        found = [await self.redis.hget(f"mindfleet:counts:{queue.short}", outcome) for queue in Queue]  # type: ignore[misc]
        return sum(int(many or 0) for many in found)

    async def results(self, receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(self.queue.wait(receipt, 30) for receipt in receipts)))

    @asynccontextmanager
    async def _working(self, target: Target, breaking: Breaking | None, caps: Caps) -> AsyncGenerator[Process]:
        async with AsyncExitStack() as stack:
            redis = await stack.enter_async_context(Redis.from_url(self.url, socket_timeout=5))
            limits = RedisLimits(redis, breaking=breaking)
            stack.push_async_callback(limits.close)
            calls, pauses = ModelCallsInMemory(), Pauses()
            gateway = self._gateway(target, redis, limits, calls, caps, stack)
            tasks = {LLM: gateway, Pauses: pauses}
            fleet = Fleet(
                Executor(TASKS, tasks, enabled=lambda _: True),
                self.queue,
                Parking(self.park, WallClock(), TASKS),
                WallClock(),
            )
            workers = [self._worker(queue, fleet) for queue in Queue]
            running = [asyncio.create_task(worker.async_run()) for worker in workers]
            try:
                yield Process(workers, pauses, calls)
            finally:
                pauses.go_on.set()
                await asyncio.gather(
                    *(stopped(worker, its, timedelta()) for worker, its in zip(workers, running, strict=True))
                )

    def _gateway(
        self,
        target: Target,
        redis: Redis,
        limits: RedisLimits,
        calls: ModelCallsInMemory,
        caps: Caps,
        stack: AsyncExitStack,
    ) -> Gateway:
        chat = OpenAIChat(base_url=self.server.url, api_key=None, clock=WallClock())
        stack.push_async_callback(chat.close)
        main, cheaper = TierModel(chat, DEAR, target), TierModel(chat, CHEAP, target)
        budgets = RedisBudgets(redis, caps, calls, WallClock())
        return Gateway(
            tiers={"main": main, "reflective": main, "utility": cheaper},
            answers=AnswersInMemory(),
            calls=calls,
            clock=WallClock(),
            prices=PRICES,
            gate=Gate(limits),
            purse=Purse(PRICES, budgets=budgets, cheaper=cheaper),
        )

    def _worker(self, queue: Queue, fleet: Fleet) -> FleetWorker:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[Fleet]:
            yield fleet

        settings = QueueSettings(
            queue=queue,
            max_jobs=5,
            job_timeout=timedelta(seconds=10),
            keep_result=timedelta(minutes=1),
            drain=timedelta(0),
            worker_id=f"{queue.short}-{len(self.processes)}",
        )
        redis = RedisSettings.from_dsn(self.url)
        return made(
            worker_settings(settings, TASKS, redis=redis, encode=ENCODERS["json"], fleet=opened), handle_signals=False
        )


@asynccontextmanager
async def crew_on(url: str) -> AsyncGenerator[Crew]:
    """A producer and a model, and whatever processes a test wants."""
    async with (
        Redis.from_url(url) as redis,
        TaskQueue(url, settings=Settings(), tasks=TASKS) as queue,
        ScriptedModelServer(answer=right_answer) as server,
        AsyncExitStack() as stack,
    ):
        yield Crew(url, redis, queue, server, InMemoryParked(), stack)
