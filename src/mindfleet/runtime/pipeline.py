"""One job of the fleet's tasks, from claim to settlement: read, admit, perform, settle."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from mindfleet import ids, lua
from mindfleet.current_job import JobContext, current_job
from mindfleet.entrants import Entrant
from mindfleet.errors import GiveUp, InvalidJob, LeaseLost, OnHold, Postpone, StoreUnavailable
from mindfleet.job import Done, FollowUp, Job
from mindfleet.options import Said
from mindfleet.ports.clock import Clock
from mindfleet.queues import Queue
from mindfleet.runtime.attempt import Attempt, read_attempt
from mindfleet.runtime.attempt_log import log_end, log_loss
from mindfleet.runtime.claims import Again as AgainLater
from mindfleet.runtime.claims import Back, End, Settled
from mindfleet.runtime.executor import CutShort, Executor, decode
from mindfleet.runtime.failure import Failure, brief
from mindfleet.runtime.held import Held, Stop, heeded
from mindfleet.runtime.outcomes import AGAIN, POSTPONED
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.remains import remains
from mindfleet.runtime.results import Keeping, failed, succeeded
from mindfleet.runtime.verdict import Again, Cancelled, Dead, Dying, Expired, Finished, Skipped, Verdict
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import JobFailed

PARK_AGAIN = timedelta(seconds=5)
"""How long a dead job waits in Redis when the park is away."""

LANE_WAITS = timedelta(minutes=5)
"""How long the jobs behind one that waits out its retries wait with it, in all; then they overtake it."""

MOST_FAILURES = 100
"""After which no policy of a task has another attempt made."""

GRACE = timedelta(seconds=10)
"""How long a job that does not heed its cancellation keeps its lease after its time."""


class Poisonous(GiveUp):
    """The job's workers died under it, one after the other."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How the jobs of one queue are run."""

    queue: Queue
    limit: timedelta
    """Caps the time limit of every task."""

    keep_result: timedelta
    most_deaths: int = 5
    """Leases that a job may lose before it is parked: to a worker's death, but also to a pause of worker or Redis."""


@dataclass(frozen=True)
class Fleet:
    """What all jobs of a process share."""

    executor: Executor
    follow_ups: TaskQueue
    parking: Parking
    clock: Clock


def _nobody(_job_id: str, _enqueued: int) -> bool:
    return False


class Pipeline:
    """Runs the jobs of one queue; see `engine.Run`."""

    def __init__(self, fleet: Fleet, rules: Rules, *, aborted: Callable[[str, int], bool] = _nobody) -> None:
        self._fleet = fleet
        self._rules = rules
        self._aborted = aborted

    async def __call__(self, held: Held) -> Settled | None:
        """See one claim through."""
        attempt = read_attempt(held, self._rules.queue, self._fleet.executor.tasks)
        held.enqueued = attempt.enqueued
        token = current_job.set(_context(attempt))
        try:
            if await self._is_filed_anew(attempt):
                return None
            verdict = self._admit(attempt) or await self._parked_before(attempt) or await self._perform(attempt)
            return await self._settle(attempt, verdict)
        except LeaseLost:
            if held.stopped is not Stop.WISH:
                return None
            await heeded()
            return self._cancelled(attempt, held.wish)
        except asyncio.CancelledError:
            return await self._stopped(attempt)
        finally:
            current_job.reset(token)

    async def _is_filed_anew(self, attempt: Attempt) -> bool:
        """A stock producer's job is filed by what our producer would have said of it."""
        claim = attempt.held.claim
        if not claim.is_stock or attempt.trouble:
            return False
        task = self._fleet.executor.tasks[attempt.task]
        try:
            entrant = self._fleet.follow_ups.entrant(decode(task, attempt.arguments))
        except (GiveUp, InvalidJob):
            return False  # it is judged as it is
        about: list[lua.Argument] = [entrant.task, entrant.bot_name, entrant.user, entrant.priority, entrant.lane]
        is_durable = entrant.durable and "\0" not in claim.job_id  # the ledger would know it by another name
        told = [*about, " ".join(entrant.gates), int(is_durable)]
        await lua.REFILE(self._fleet.follow_ups.redis, claim.job_id, claim.token, *told)
        return True

    def _admit(self, attempt: Attempt) -> Verdict | None:
        """Whether it is to be performed at all; None: it is."""
        claim = attempt.held.claim
        if claim.wish:
            return Cancelled(claim.wish)
        if self._aborted(claim.job_id, attempt.enqueued or 0):
            return Cancelled()
        if claim.dying:
            return Dying(Failure.heard(claim.dying))
        if hopeless := self._hopeless(attempt):
            return Dead(hopeless)
        return Expired() if attempt.is_late else None

    def _hopeless(self, attempt: Attempt) -> GiveUp | None:
        claim = attempt.held.claim
        if attempt.trouble:
            return GiveUp(attempt.trouble)
        if claim.failures >= MOST_FAILURES:
            return GiveUp(f"it has failed {claim.failures} times, or could not even be judged")
        if claim.deaths >= self._rules.most_deaths:
            return Poisonous(f"{claim.deaths} workers died under it, or lost it")
        return None

    async def _parked_before(self, attempt: Attempt) -> Dying | None:
        """Whoever has parked it died, or lost it, before Redis heard of that: it is not run again."""
        if not attempt.held.claim.deaths:
            return None
        failure = await self._fleet.parking.failure_of(attempt)
        return Dying(failure) if failure else None

    async def _perform(self, attempt: Attempt) -> Verdict:
        claim, limit = attempt.held.claim, self._rules.limit
        if claim.deaths:
            log_loss(attempt)
        attempt.was_performed = True
        attempt.held.until = attempt.held.renewed + (limit + GRACE).total_seconds()
        return await self._fleet.executor.run(
            attempt.task, attempt.arguments, later=attempt.later, limit=limit, failures=claim.failures
        )

    async def _stopped(self, attempt: Attempt) -> Settled | None:
        match attempt.held.stopped:
            case Stop.LOST:
                return None
            case Stop.WISH:
                return self._cancelled(attempt, attempt.held.wish)
            case Stop.SHUTDOWN:
                log_end(attempt, "handed back")
                return Back()
            case None:
                return await self._cut_itself_short(attempt)

    async def _cut_itself_short(self, attempt: Attempt) -> Settled:
        """Nobody of ours has cancelled it: that is an error like any other, or it would run for ever."""
        running = asyncio.current_task()
        while running and running.cancelling():
            running.uncancel()
        error = CutShort(f"{attempt.task} was cancelled from within")
        verdict = self._fleet.executor.judge(attempt.task, error, attempt.held.claim.failures + 1)
        return await self._settle(attempt, verdict)

    async def _settle(self, attempt: Attempt, verdict: Verdict) -> Settled:
        match verdict:
            case Finished(done):
                return await self._finish(attempt, done)
            case Skipped(reason):
                log_end(attempt, "skipped", reason)
                return succeeded(attempt, "skipped", {"reason": reason}, self._keeping(attempt))
            case Cancelled(outcome):
                return self._cancelled(attempt, outcome)
            case Expired():
                return self._expired(attempt)
            case Again():
                return _again(attempt, verdict)
            case Dead() | Dying():
                return await self._park(attempt, verdict.failure)

    def _expired(self, attempt: Attempt) -> End:
        log_end(attempt, "expired")
        return failed(attempt, "expired", JobFailed("Expired", "its deadline passed"), self._keeping(attempt))

    async def _finish(self, attempt: Attempt, done: Done) -> Settled:
        try:
            return self._finished(attempt, done)
        except (ValueError, TypeError) as error:  # a result or a follow-up that cannot be told
            return await self._park(attempt, Failure.of(error))

    def _finished(self, attempt: Attempt, done: Done) -> End:
        following = [
            entrant
            for number, each in enumerate(done.then)
            if (entrant := self._follow_up(attempt, number, each)) is not None
        ]
        log_end(attempt, "done")
        return succeeded(attempt, "done", done.result, self._keeping(attempt), following)

    def _follow_up(self, attempt: Attempt, number: int, following: Job | FollowUp) -> Entrant | None:
        """What follows has an id of its own, so that it follows once however often this job runs."""
        follow_up = following if isinstance(following, FollowUp) else FollowUp(job=following)
        due = follow_up.at or (self._fleet.clock.now() + follow_up.after if follow_up.after else None)
        made_up = None if follow_up.job.key() else ids.name("follow-up", attempt.job_id, number).hex
        if self._fleet.follow_ups.is_off(follow_up.job):
            return None
        return self._fleet.follow_ups.entrant(follow_up.job, Said(due=due, job_id=made_up))

    def _cancelled(self, attempt: Attempt, outcome: str) -> End:
        log_end(attempt, outcome)
        reason = "a newer one took its place" if outcome == "superseded" else "somebody asked for its end"
        return failed(attempt, outcome, JobFailed(outcome.capitalize(), reason), self._keeping(attempt))

    async def _park(self, attempt: Attempt, because: Failure) -> Settled:
        try:
            for job in remains(attempt, because, self._fleet.executor.tasks, self._fleet.clock.now()):
                await self._fleet.parking.park(job)
        except StoreUnavailable as away:
            log_end(attempt, AGAIN, f"the park is away ({away}), the job stays in Redis: {because.brief}")
            return _dying(attempt, because)
        log_end(attempt, "parked", because.brief)
        return failed(attempt, "parked", JobFailed(because.error, because.message), self._keeping(attempt))

    def _keeping(self, attempt: Attempt) -> Keeping:
        task = self._fleet.executor.tasks.get(attempt.task)
        own = task.keep_result if task else None
        return Keeping(self._fleet.follow_ups.encode, self._rules.keep_result if own is None else own)


def _context(attempt: Attempt) -> JobContext:
    held = attempt.held
    return JobContext(
        held.claim.job_id,
        attempt.task,
        attempt.start,
        priority=held.claim.priority,
        limit=held.limit,
        call=attempt.call,
        origin=attempt.origin,
        still_ours=held.is_ours,
        token=held.claim.token,
    )


def _again(attempt: Attempt, verdict: Again) -> AgainLater:
    because = verdict.because
    outcome = AGAIN if verdict.failed else POSTPONED
    log_end(attempt, outcome, f"in {verdict.after.total_seconds():.1f} s: {_brief(because)}")
    gate = because.gate if isinstance(because, OnHold) else ""
    # What only came too early lets others pass: it may wait for one of them.
    lets_others_pass = isinstance(because, Postpone) and not gate
    hold = timedelta() if lets_others_pass else LANE_WAITS
    return _later(outcome, verdict.after, _brief(because), hold=hold, failed=verdict.failed, gate=gate)


def _dying(attempt: Attempt, of: Failure) -> AgainLater:
    """It is parked later. What was not run is judged anew by then, maybe by a worker that can run it."""
    ran = attempt.was_performed
    dying = of.told() if ran else ""
    return replace(_later(POSTPONED, PARK_AGAIN, of.brief, hold=LANE_WAITS, ran=ran), dying=dying)


def _later(
    outcome: str,
    after: timedelta,
    why: str,
    *,
    hold: timedelta,
    failed: bool = False,
    ran: bool = True,
    gate: str = "",
) -> AgainLater:
    return AgainLater(outcome=outcome, delay=_ms(after), failed=failed, hold=_ms(hold), ran=ran, why=why, gate=gate)


def _ms(span: timedelta) -> int:
    return max(int(span.total_seconds() * 1000), 0)


def _brief(error: Exception) -> str:
    return brief(type(error).__name__, str(error))
