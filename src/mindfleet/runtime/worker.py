"""`FleetWorker`: what `arq module.WorkerSettings` runs. arq's arguments and arq's wire, our engine.

Built with arq's arguments alone it runs arq's functions as arq documents it; with a `runner` it runs the fleet's tasks.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from inspect import Parameter, signature
from secrets import token_hex
from signal import SIGUSR1, Signals
from socket import gethostname
from time import monotonic
from typing import Any, ClassVar

from arq.connections import RedisSettings, log_redis_info
from arq.worker import Worker

from mindfleet import lua
from mindfleet.queues import Queue
from mindfleet.runtime.aborts import Aborts
from mindfleet.runtime.arq_cron import ArqCron
from mindfleet.runtime.arq_functions import arq_functions
from mindfleet.runtime.arq_pool import close_pool, fluent, open_pool, words
from mindfleet.runtime.away import BETWEEN_TURNS, unless_away
from mindfleet.runtime.beside import beside
from mindfleet.runtime.counting import Counted
from mindfleet.runtime.engine import Engine, Run
from mindfleet.runtime.exchange import Terms
from mindfleet.runtime.held import Stop
from mindfleet.runtime.wake import CANCEL, RELEASED, is_heard, listen, wake_channel
from mindfleet.vitals import Vitals

LEASE = timedelta(seconds=3)
"""How long a dead worker's job waits for another; renewed four times as often."""

ABORTS_EVERY = 0.2
"""Seconds between two looks of a fleet's worker at what arq's `Job.abort` asks for; ours is heard of at once."""

WAIT_COMPLETE = "shutdown on %s, wait complete ◆ %d jobs complete ◆ %d failed ◆ %d retries ◆ %d ongoing to cancel"

UNSEEN = "%s watches arq's own worker and not this one: call mindfleet.runtime.worker_settings.install() before it"

logger = logging.getLogger("arq.worker")

OpenRunner = Callable[["FleetWorker"], AbstractAsyncContextManager[Run]]


class FleetWorker(Worker):
    """Works off one queue.

    Args:
        *args: `functions`, as in `arq.worker.Worker`.
        runner: opens what runs the jobs, instead of arq's functions.
        worker_id: its name in Redis; by default host, process and a random part.
        lease: how long a dead worker's job waits for another.
        results: what becomes of the fleet's results, see `waiting.lua`; empty: it is no fleet's, and tells nothing.
        recovers: whether a ledger brings back what Redis loses, so that lanes wait for that.
        vitals: the signs by which the health of its process is judged.
        **kwargs: all others of `arq.worker.Worker`; JSON is the default of both serializers.
    """

    __signature__: ClassVar[Any]  # arq's command reads from it which settings there are

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - arq's own
        runner: OpenRunner | None = None,
        worker_id: str | None = None,
        lease: timedelta = LEASE,
        results: str = "",
        recovers: bool = False,
        vitals: Vitals | None = None,
        **kwargs: Any,  # noqa: ANN401 - arq's own
    ) -> None:
        super().__init__(*args, **kwargs)
        if Worker.run_job.__module__ != Worker.__module__:
            logger.warning(UNSEEN, Worker.run_job.__module__)
        self._words = words(self._pool, self.job_serializer, self.job_deserializer)  # pyright: ignore[reportUnknownArgumentType]
        self.job_serializer, self.job_deserializer = self._words
        if self._pool is not None:
            self._pool = fluent(self._pool, *self._words)
        self.worker_id = (worker_id or f"{gethostname()}-{os.getpid()}-{token_hex(3)}").replace(" ", "_")
        self._open_runner = runner or partial(arq_functions, aborted=self.is_aborted)
        self._lease = lease
        self._results, self._recovers, self._vitals = results, recovers, vitals
        self._aborts = Aborts()
        self._released: set[str] = set()
        self._look_for_aborts, self._leaves = 0.0, False
        # arq's own default is the machine's offset of today, which is wrong from the next change of clocks on.
        self._crons = ArqCron(self.cron_jobs, kwargs.get("timezone"), queue=self.queue_name)
        self._open = AsyncExitStack()
        self.engine: Engine | None = None
        self._counted: Counted | None = None

    async def main(self) -> None:
        """Work until the burst is over, or for ever."""
        if self._pool is None:
            where, extra, is_fleets = self.redis_settings or RedisSettings(), self.expires_extra_ms, bool(self._results)
            self._pool = await open_pool(
                where, *self._words, queue=self.queue_name, expires_extra_ms=extra, waits=is_fleets
            )
        logger.info("Starting worker for %d functions: %s", len(self.functions), ", ".join(self.functions))
        await log_redis_info(self.pool, logger.info)
        self.ctx["redis"] = self.pool
        if self.on_startup:
            await self.on_startup(self.ctx)
        self._leaves = False
        run = await self._open.enter_async_context(self._open_runner(self))
        signs = self._vitals.queue(Queue(self.queue_name)) if self._vitals else None
        self._counted = counted = Counted(
            run, self, counts=bool(self._results), wraps=type(self).run_job is not RUN_JOB
        )
        self.engine = engine = Engine(self.pool, counted, self._terms(), signs, may_claim=self._takes_jobs)
        async with beside(self._keep_leases(engine), self._listen(engine), *self._further_hands(engine)):
            await self._work(engine)
        await self._open.aclose()

    def _takes_jobs(self) -> bool:
        return self.allow_pick_jobs and not self._leaves

    def _further_hands(self, engine: Engine) -> list[Awaitable[None]]:
        return [] if self.burst and self.max_burst_jobs >= 0 else [engine.lend_a_hand()]

    def handle_sig(self, signum: Signals) -> None:
        """Stop at once, and hand back what runs."""
        self._leave()
        super().handle_sig(signum)

    def handle_sig_wait_for_completion(self, signum: Signals) -> None:
        """Take no more jobs, and stop when those that run have had their time."""
        self._say_that_it_drains()
        super().handle_sig_wait_for_completion(signum)

    async def _wait_for_tasks_to_complete(self, signum: Signals) -> None:
        """Called by arq once it takes no more jobs: what does not end in time is handed back."""
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()), timeout=self._job_completion_wait)
        counts: tuple[int, ...] = (self.jobs_complete, self.jobs_failed, self.jobs_retried, len(self.tasks))
        logger.info(WAIT_COMPLETE, signum.name, *counts)  # pyright: ignore[reportUnknownArgumentType]
        self.handle_sig(signum)

    def _leave(self) -> None:
        """What is stopped from now on is handed back."""
        self._say_that_it_drains()
        self._leaves = True
        for held in list(self.engine.held.values()) if self.engine else ():
            held.stop(Stop.SHUTDOWN)

    def _say_that_it_drains(self) -> None:
        if self._vitals:
            self._vitals.drains()

    def _terms(self) -> Terms:
        return Terms(
            queue=self.queue_name,
            worker=self.worker_id,
            slots=self.max_jobs,
            lease=self._lease.total_seconds(),
            tick=min(max(self.poll_delay_s, 0.01), 0.5),
            results=self._results,
            recovers=self._recovers,
            waits=not self.burst,
            expires_extra_ms=self.expires_extra_ms,
        )

    async def _work(self, engine: Engine) -> None:
        while True:
            await self._see_to_aborts(engine)
            await self._call_in()
            await engine.turn(self._most())
            await self._tend()
            if self.burst and await self._burst_is_over(engine):
                return
            await engine.rest()

    async def _call_in(self) -> None:
        """Jobs that waited for a model, and whose turn it is."""
        while self._released:
            await unless_away(lua.CALL_IN(self.pool, self._released.pop()), BETWEEN_TURNS)

    async def run_job(self, job_id: str, score: int) -> None:
        """See the job through that this task has claimed; called if it is overridden or replaced, as it is in arq.

        Args:
            job_id: of it.
            score: its due time, ms.
        """
        if self._counted is None or not await self._counted.run_wrapped():
            await super().run_job(job_id, score)  # called by arq's `start_jobs`, which nobody calls here

    def _jobs_started(self) -> int:
        """Called by arq's own methods, too."""
        return self._counted.started if self._counted else super()._jobs_started()

    def _most(self) -> int | None:
        """How many jobs may be claimed at most; None: as many as there is room for."""
        if self.burst and self.max_burst_jobs >= 0:
            return max(self.max_burst_jobs - self._jobs_started(), 0)
        return None

    async def _burst_is_over(self, engine: Engine) -> bool:
        if not engine.is_idle:
            return False
        if 0 <= self.max_burst_jobs <= self._jobs_started():
            return True
        left: int | None = await unless_away(self.pool.zcard(self.queue_name))
        return left == 0

    async def _tend(self) -> None:
        """Arq's sign of life, and its cron jobs."""
        await unless_away(self.heart_beat())

    async def _take_sign_back(self) -> None:
        """All workers of a queue give one sign of life: the last one takes it back."""
        if not await is_heard(self.pool, wake_channel(self.queue_name)):
            await self.pool.delete(self.health_check_key)

    async def run_cron(self, n: datetime, delay: float, num_windows: int = 2) -> None:
        """Called by arq at each sign of life; the windows are its own and not needed."""
        del delay, num_windows
        await self._crons.enqueue_due(n, self.pool, self._enqueue_cron)

    async def _enqueue_cron(self, name: str, *, job_id: str | None, defer_until: datetime | None) -> None:
        await self.pool.enqueue_job(name, _job_id=job_id, _queue_name=self.queue_name, _defer_until=defer_until)

    async def _see_to_aborts(self, engine: Engine) -> None:
        if not self.allow_abort_jobs or monotonic() < self._look_for_aborts:
            return
        self._look_for_aborts = monotonic() + (ABORTS_EVERY if self._results else 0.0)
        await unless_away(self._aborts.look(self.pool), BETWEEN_TURNS)
        for held in list(engine.held.values()):
            if self._aborts.wants(held.claim.job_id, held.enqueued):
                held.stop(Stop.WISH, "cancelled")

    def is_aborted(self, job_id: str, enqueued: int) -> bool:
        """Whether a job was aborted before its start."""
        return self.allow_abort_jobs and self._aborts.wants(job_id, enqueued)

    async def _keep_leases(self, engine: Engine) -> None:
        pause = self._lease.total_seconds() / 4
        while True:
            await asyncio.sleep(pause)
            await unless_away(engine.renew())

    async def _listen(self, engine: Engine) -> None:
        def wake(_: str) -> None:
            engine.stir()

        def cancel(told: str) -> None:
            wish, _, job_id = told.partition(" ")
            engine.stop_job(job_id, wish)

        def released(gate: str) -> None:
            self._released.add(gate)
            engine.stir()

        ears = {wake_channel(self.queue_name): wake, CANCEL: cancel, RELEASED: released}
        await listen(self.pool, ears, deafened=engine.stir)

    async def close(self) -> None:
        """Stop what runs and hand it back, settle, and close what was opened."""
        if not self._handle_signals:
            self.handle_sig(SIGUSR1)
        if not self._pool:
            return
        if self.engine:
            async with beside(self._keep_leases(self.engine)):
                await self.engine.hand_back()
            await unless_away(self.engine.close())
        await self._open.aclose()
        if self.engine is None or self.engine.answers:
            await unless_away(self._take_sign_back())
        try:
            if self.on_shutdown:
                await self.on_shutdown(self.ctx)
        finally:
            await close_pool(self.pool)
            self._pool = None


def _arqs_and_ours() -> Any:  # noqa: ANN401 - a Signature, whatever typeshed says
    arqs = signature(Worker)
    ours = [each for each in signature(FleetWorker.__init__).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    return arqs.replace(parameters=[*arqs.parameters.values(), *ours])


RUN_JOB = FleetWorker.run_job
"""As it is unless somebody puts something around it."""

FleetWorker.__signature__ = _arqs_and_ours()
