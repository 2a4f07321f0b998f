"""arq's own cron jobs (`arq.cron`): at the times that arq documents, right where clocks change, and once for a fleet.

The fields mean what they mean there; one that is left out is every one, so a job without a minute runs sixty times an
hour. Ids have arq's form, `<name>:<ms>`, and jobs are enqueued up to a second early, as arq does: where stock workers
serve the same queue, whoever comes second finds the job there.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from arq.cron import CronJob
from arq.typing import WEEKDAYS
from arq.utils import to_unix_ms
from redis.asyncio import Redis

from mindfleet.schedule import ScheduleInvalid
from mindfleet.schedule.machine_zone import MachineZone
from mindfleet.schedule.wall import Wall

EARLY = timedelta(seconds=1)
"""How long before its time a job is enqueued, deferred until then."""

PUNCTUAL = timedelta(minutes=1)
"""A worker that is behind by less enqueues each run."""

LATE = timedelta(hours=1)
"""A worker that is behind by less enqueues the newest run; arq makes up for nothing else that was missed."""

LEASE = timedelta(seconds=10)
"""How long a run belongs to the worker that is about to enqueue it."""

REMEMBERED = timedelta(days=1)
"""How long a run is known to be enqueued: longer than any worker is late."""

ENQUEUED = b"enqueued"

START_LASTS = timedelta(seconds=60)
"""Workers that start within this time start together."""

FIELDS = {
    "months": ("month", range(1, 13)),
    "days": ("day", range(1, 32)),
    "weekdays": ("weekday", range(7)),
    "hours": ("hour", range(24)),
    "minutes": ("minute", range(60)),
    "seconds": ("second", range(60)),
}
"""The field of `Wall`, that of arq, and what it can hold."""


@dataclass(frozen=True)
class CronRun:
    """One run of a cron job that is to be enqueued."""

    cron_job: CronJob
    at: datetime
    """The time of the run, aware, in UTC."""

    once: str | None
    """Names the run for the whole fleet; None where each worker runs it."""

    at_startup: bool = False

    @property
    def job_id(self) -> str | None:
        """The id that the job wants; None: any."""
        return self.cron_job.job_id or self.once


class EnqueueCron(Protocol):
    """What puts the job of a cron job on the worker's queue, as arq's `enqueue_job` does."""

    async def __call__(self, name: str, *, job_id: str | None, defer_until: datetime | None) -> object: ...


class ArqCron:
    """The cron jobs of one worker.

    Args:
        cron_jobs: as `arq.cron.cron` makes them.
        timezone: of their times; by default that of the machine, in summer and in winter.
        queue: of the worker.

    Raises:
        ScheduleInvalid: a cron job's date is in no year, or a field holds what it cannot.
    """

    def __init__(self, cron_jobs: Sequence[CronJob], timezone: tzinfo | None = None, *, queue: str = "") -> None:
        self._zone = _zone(timezone)
        self._queue = queue
        self._jobs = [(job, _wall(job)) for job in cron_jobs]
        self._waiting: list[CronRun] = []

    def due(self, now: datetime) -> list[CronRun]:
        """The runs to enqueue now; each is named once, and the jobs' `next_run` moves on."""
        return [run for job, wall in self._jobs for run in self._due(job, wall, now.astimezone(UTC))]

    async def enqueue_due(self, now: datetime, redis: Redis, enqueue: EnqueueCron) -> None:
        """Enqueue what is due; to be called twice a second at least. What fails is tried again at the next call.

        Raises:
            RedisError, OSError: Redis is away.
        """
        self._waiting += self.due(now)
        for run in list(self._waiting):
            if run.at <= now - LATE or await self._see_to(run, now, redis, enqueue):
                self._waiting.remove(run)

    async def _see_to(self, run: CronRun, now: datetime, redis: Redis, enqueue: EnqueueCron) -> bool:
        """Whether the run is enqueued, by us or by another worker; one that another is about to enqueue is not yet.

        An id alone does not do: a quick job has ended before the second worker looks.
        """
        run = await self._agreed(run, redis)
        defer_until = run.at if run.at > now else None
        if run.once is None:
            await enqueue(run.cron_job.name, job_id=run.job_id, defer_until=defer_until)
            return True
        key = f"mindfleet:cron:run:{self._queue}:{run.once}"
        if not await redis.set(key, "", nx=True, px=LEASE):
            return cast("bytes | None", await redis.get(key)) == ENQUEUED
        await enqueue(run.cron_job.name, job_id=run.job_id, defer_until=defer_until)
        await redis.set(key, ENQUEUED, px=REMEMBERED)
        return True

    def _due(self, job: CronJob, wall: Wall, now: datetime) -> Iterator[CronRun]:
        if job.next_run is None:
            self._set_next(job, wall, now)
            if job.run_at_startup:
                yield _run(job, now, at_startup=True)
            return
        at = job.next_run.astimezone(UTC)
        if at <= now - LATE:
            at = _after(job, wall, now - LATE, self._zone)
        found: list[datetime] = []
        while at <= now + EARLY:
            found.append(at)
            at = _after(job, wall, at, self._zone)
        job.next_run = at.astimezone(self._zone)
        yield from (_run(job, at) for at in [at for at in found if at > now - PUNCTUAL] or found[-1:])

    def _set_next(self, job: CronJob, wall: Wall, now: datetime) -> None:
        job.next_run = _after(job, wall, now, self._zone).astimezone(self._zone)

    async def _agreed(self, run: CronRun, redis: Redis) -> CronRun:
        """The run under the name that all workers know it by: a start has that of the worker that started first."""
        if run.once is None or not run.at_startup:
            return run
        key = f"mindfleet:cron:start:{self._queue}:{_name(run.cron_job)}"
        await redis.set(key, run.once, nx=True, px=START_LASTS)
        first = cast("bytes | None", await redis.get(key))
        return replace(run, once=first.decode()) if first else run


def _run(job: CronJob, at: datetime, *, at_startup: bool = False) -> CronRun:
    return CronRun(job, at, f"{_name(job)}:{to_unix_ms(at)}" if job.unique else None, at_startup)


def _name(job: CronJob) -> str:
    """What makes it the same as another one, as for arq: its id, if it wants one of its own."""
    return job.job_id or job.name


def _after(job: CronJob, wall: Wall, instant: datetime, zone: tzinfo) -> datetime:
    within_second = timedelta(microseconds=job.microsecond)
    return wall.after(instant - within_second, zone).due + within_second


def _wall(job: CronJob) -> Wall:
    try:
        if not 0 <= job.microsecond < 1_000_000:  # noqa: PLR2004 - of a second
            raise ValueError(f"microsecond: there is no {job.microsecond}")  # noqa: TRY301 - one message for all
        read = {field: _numbers(name, getattr(job, name), known) for field, (name, known) in FIELDS.items()}
        return Wall(**read)
    except (TypeError, ValueError) as wrong:
        raise ScheduleInvalid(f"the cron job {job.name} can never run: {wrong}") from wrong


def _numbers(name: str, given: object, known: range) -> frozenset[int]:
    """What a field of arq means: a number, several, None for all, or the name of a weekday."""
    if given is None:
        return frozenset(known)
    is_one = not isinstance(given, (set, frozenset, list, tuple))
    several = (given,) if is_one else cast("Collection[object]", given)
    found = [_weekday(one) if name == "weekday" else one for one in several]
    wrong = [one for one in found if not (isinstance(one, int) and one in known)]
    if wrong or not found:
        raise ValueError(f"{name} is {given!r}, but can be {known[0]} to {known[-1]}, or several of these")
    return frozenset(cast("list[int]", found))


def _weekday(given: object) -> object:
    """The number of a weekday that is given by arq's name for it."""
    return WEEKDAYS.index(given.lower()) if isinstance(given, str) and given.lower() in WEEKDAYS else given


def _zone(timezone: tzinfo | None) -> tzinfo:
    """A zone of the standard library also for one of pytz, which counts otherwise."""
    if timezone is None:
        return MachineZone()
    return ZoneInfo(str(timezone)) if hasattr(timezone, "localize") else timezone
