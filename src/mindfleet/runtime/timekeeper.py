"""Has scheduled tasks done when their time has come. Every worker runs one; together they run each occurrence once."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Protocol

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.errors import InvalidJob, MindfleetError, StoreUnavailable
from mindfleet.job import BotJob, Job
from mindfleet.options import Said
from mindfleet.ports.journal import Bots
from mindfleet.ports.last_runs import LastRuns, ScheduledRun
from mindfleet.runtime.persisted_schedule import Claimed, Due, Entry, PersistedSchedule, Plan
from mindfleet.schedule import Occurrence, Schedule
from mindfleet.task import AnyTask
from mindfleet.task_queue import TaskQueue
from mindfleet.zones import known_zone

LOOKS_EVERY = timedelta(seconds=30)
"""How often bots and their zones are read anew."""

NAP = timedelta(seconds=5)
"""How long a timekeeper sleeps at most: Redis may lose the schedule, or another worker may add to it."""

TICK_WITHIN = timedelta(seconds=60)
"""A Redis that hangs is given up then, and asked again."""

AT_ONCE = 100
"""How many missed runs of one entry are made up for in one step."""

ZONES_APART = timedelta(hours=26)
"""Between the first place on earth to begin a date and the last."""

WHOLE_FLEET = ""
"""In the place of a bot."""

logger = logging.getLogger(__name__)


class Enqueue(Protocol):
    """What gives the fleet a job.

    It must refuse an id whose job waits, runs, or ended less than a minute ago, and decide so in the step that takes
    it: a timekeeper that dies before the schedule has moved on leaves the same occurrence to another one.
    """

    async def __call__(self, task: AnyTask, job: Job, /, *, due: datetime, job_id: str) -> bool:
        """Whether it was taken now; False when it had been before.

        Raises:
            QueueUnavailable: it may not have been taken.
            InvalidJob: it can not be.
        """
        ...


def through(queue: TaskQueue) -> Enqueue:
    """Enqueue by the facade. What has ended is told by its result, so results must be kept for a minute."""

    async def enqueue(_task: AnyTask, job: Job, *, due: datetime, job_id: str) -> bool:
        if queue.is_off(job):
            return False
        entrant = queue.entrant(job, Said(due=due, job_id=job_id))
        named = replace(entrant, name="", unique="", merge="", supersede=False, again="3")
        (receipt,) = await queue.put_all([named])
        return receipt.queued

    return enqueue


@dataclass(frozen=True)
class _Wanted:
    """What an entry should be, by the tasks and the bots that there are."""

    task: AnyTask
    schedule: Schedule
    bot_zone: str

    @property
    def spec(self) -> str:
        return f"{self.schedule.text} {self.schedule.zone_of(self.bot_zone).key}"

    def after(self, instant: datetime, ran: date | None) -> Occurrence:
        """The next occurrence; of one that comes once a day, none of a date that it ran on, whatever the zone was."""
        found = self.schedule.after(instant, bot_zone=self.bot_zone)
        while not self.is_new(found, ran):
            found = self.schedule.after(found.due, bot_zone=self.bot_zone)
        return found

    def moved_by(self, plan: Plan) -> timedelta:
        """How far back to look for what is next: further east the hour of a date that has had no run may be over."""
        has_moved = plan.ran and self.schedule.is_daily and plan.spec.startswith(f"{self.schedule.text} ")
        return ZONES_APART if has_moved else timedelta()

    def is_new(self, occurrence: Occurrence, ran: date | None) -> bool:
        return not (self.schedule.is_daily and ran and occurrence.local_date <= ran)

    def plan(self, coming: Occurrence, ran: date | None) -> Plan:
        return Plan(spec=self.spec, local_date=coming.local_date, ran=ran)


class Timekeeper:
    """Enqueues what is due.

    Args:
        tasks: those that have no schedule are left alone.
        redis: that of the queues.
        bots: for whom; and their zones.
        last_runs: knows the schedule again when Redis has lost it.
        enqueue: gives the fleet a job.
    """

    def __init__(
        self, *, tasks: Iterable[AnyTask], redis: Redis, bots: Bots, last_runs: LastRuns, enqueue: Enqueue
    ) -> None:
        self._tasks = {task.name: task for task in tasks if task.schedule}
        self._schedule = PersistedSchedule(redis)
        self._bots = bots
        self._last_runs = last_runs
        self._enqueue = enqueue
        self._wanted: dict[Entry, _Wanted] = {}
        self._looked_at: datetime | None = None
        self._nap = NAP

    async def run(self, stop: asyncio.Event) -> None:
        """Tick whenever something is due, until told to stop; what is away is asked again."""
        while self._tasks and not stop.is_set():
            try:
                async with asyncio.timeout(TICK_WITHIN.total_seconds()):
                    await self.tick()
            except (RedisError, OSError, MindfleetError) as away:
                self._nap = NAP
                logger.warning("nothing is scheduled for now: %s", away)
            await _wait(stop, self._nap)

    async def tick(self, now: datetime | None = None) -> list[ScheduledRun]:
        """Enqueue all that is due.

        Args:
            now: by default Redis' time, which is the same for every worker.

        Returns:
            The runs whose jobs were enqueued now, not those that another process had enqueued already.

        Raises:
            RedisError, OSError, QueueUnavailable: what was not enqueued is due again when the lease ends.
            StoreUnavailable: no bot is known yet.
        """
        enqueued: list[ScheduledRun] = []
        looked = False
        while self._tasks:
            claimed = await self._schedule.claim(list(self._tasks), now=now)
            if not looked and self._is_behind(claimed):
                looked = True
                await self._look(claimed.now)
            elif not claimed.due:
                self._nap = min(NAP, claimed.next_due - claimed.now) if claimed.next_due else NAP
                break
            enqueued += await self._work_off(claimed)
        await self._note()
        return enqueued

    def _is_behind(self, claimed: Claimed) -> bool:
        stale = self._looked_at is None or abs(claimed.now - self._looked_at) >= LOOKS_EVERY
        return stale or claimed.entries < len(self._wanted)

    async def _look(self, now: datetime) -> None:
        """Read what should be scheduled, and bring the schedule up to that."""
        try:
            self._wanted = await self._all_wanted()
            on_schedule = await self._schedule.plans(list(self._wanted))
            ran = await self._newest([entry for entry in self._wanted if entry not in on_schedule])
        except StoreUnavailable as away:
            if self._looked_at is None:
                raise
            logger.warning("the schedule is kept as it was: %s", away)
            return
        for entry, wanted in self._wanted.items():
            if entry not in on_schedule:
                await self._begin(entry, wanted, ran.get(entry), now)
            else:
                await self._follow(entry, wanted, *on_schedule[entry], now)
        self._looked_at = now

    async def _all_wanted(self) -> dict[Entry, _Wanted]:
        bots = {bot.name: bot.timezone for bot in await self._bots.all()}
        wanted: dict[Entry, _Wanted] = {}
        for task in self._tasks.values():
            schedule = task.schedule
            assert schedule  # noqa: S101 - others were left out
            for bot, zone in bots.items() if issubclass(task.payload, BotJob) else ((WHOLE_FLEET, "UTC"),):
                if _is_zone(zone, bot):
                    wanted[Entry(task.name, bot)] = _Wanted(task, schedule, zone)
        return wanted

    async def _newest(self, entries: Sequence[Entry]) -> dict[Entry, ScheduledRun]:
        found = await self._last_runs.newest(entries) if entries else ()
        return {Entry(run.name, run.bot): run for run in found}

    async def _begin(self, entry: Entry, wanted: _Wanted, last: ScheduledRun | None, now: datetime) -> None:
        """Put an entry on the schedule: from its last run on, if there was one, so that nothing missed is forgotten."""
        ran = last.local_date if last else None
        coming = wanted.after(last.due if last else now, ran)
        begun = None if last else ScheduledRun(name=entry.name, bot=entry.bot, due=now, local_date=None, job_id="")
        await self._schedule.put(entry, seen=None, coming=coming, plan=wanted.plan(coming, ran), begun=begun, now=now)

    async def _follow(self, entry: Entry, wanted: _Wanted, plan: Plan, due: datetime, now: datetime) -> None:
        """Follow a change of the times or of the zone; what is overdue by the old ones stays due."""
        if plan.spec == wanted.spec or due <= now:
            return
        coming = wanted.after(now - wanted.moved_by(plan), plan.ran)
        await self._schedule.put(entry, seen=plan, coming=coming, plan=wanted.plan(coming, plan.ran), now=now)

    async def _work_off(self, claimed: Claimed) -> list[ScheduledRun]:
        if any(due.entry not in self._wanted for due in claimed.due):
            await self._look(claimed.now)
        ran = await self._known_to_have_run([due.entry for due in claimed.due])
        enqueued: list[ScheduledRun] = []
        for due in claimed.due:
            enqueued += await self._run_entry(due, ran.get(due.entry), claimed.now)
        return enqueued

    async def _known_to_have_run(self, entries: Sequence[Entry]) -> dict[Entry, ScheduledRun]:
        """What the database knows, as Redis may have come back as it was a while ago."""
        try:
            return await self._newest(entries)
        except StoreUnavailable as away:
            logger.warning("what has run already is known by Redis alone: %s", away)
            return {}

    async def _run_entry(self, due: Due, last: ScheduledRun | None, now: datetime) -> list[ScheduledRun]:
        wanted = self._wanted.get(due.entry)
        if wanted is None:
            logger.info("%s is not done for %s any more: there is no such bot", *due.entry)
            await self._schedule.advance(due, None, None)
            return []
        ran = max(filter(None, (due.plan.ran, last.local_date if last else None)), default=None)
        missed = wanted.schedule.to_run(due.occurrence, now, bot_zone=wanted.bot_zone)
        new = (at for at in missed if wanted.is_new(at, ran) and not (last and at.due <= last.due))
        occurrences = list(islice(new, AT_ONCE))
        runs = [_run_of(due.entry, wanted.schedule, occurrence) for occurrence in occurrences]
        enqueued = [run for run, at in zip(runs, occurrences, strict=True) if await self._enqueue_run(wanted, run, at)]
        ran = occurrences[-1].local_date if occurrences else ran
        # After a full step the next ones may be due already: they come in the next.
        coming = wanted.after(occurrences[-1].due if len(occurrences) == AT_ONCE else now, ran)
        await self._schedule.advance(due, coming, wanted.plan(coming, ran), runs)
        return enqueued

    async def _enqueue_run(self, wanted: _Wanted, run: ScheduledRun, occurrence: Occurrence) -> bool:
        try:
            job = wanted.task.job_at(occurrence, run.bot)
            return await self._enqueue(wanted.task, job, due=run.due, job_id=run.job_id)
        except (InvalidJob, ValidationError):
            logger.exception("%s cannot be enqueued, and is left out", run.job_id)
            return False

    async def _note(self) -> None:
        """Tell the database what ran; while it is away, Redis keeps it."""
        if not (unnoted := await self._schedule.unnoted()):
            return
        try:
            await self._last_runs.note(list(unnoted.values()))
        except StoreUnavailable as away:
            logger.warning("what was scheduled is noted later: %s", away)
            return
        await self._schedule.noted(list(unnoted))


def _run_of(entry: Entry, schedule: Schedule, occurrence: Occurrence) -> ScheduledRun:
    when = occurrence.local_date.isoformat() if schedule.is_daily else f"{occurrence.due:%Y-%m-%dT%H:%M:%SZ}"
    return ScheduledRun(
        name=entry.name,
        bot=entry.bot,
        due=occurrence.due,
        local_date=occurrence.local_date,
        job_id=f"cron:{entry.name}:{entry.bot}:{when}",
    )


def _is_zone(zone: str, bot: str) -> bool:
    try:
        known_zone(zone)
    except ValueError as wrong:
        logger.error("nothing is scheduled for %s: %s", bot, wrong)  # noqa: TRY400 - the message says it all
        return False
    return True


async def _wait(stop: asyncio.Event, nap: timedelta) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(max(nap, timedelta()).total_seconds()):
            await stop.wait()
