"""Puts parked jobs back into their queues: each once, however often and by however many it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError
from redis.exceptions import RedisError

from mindfleet import ids, options
from mindfleet.current_job import Origin
from mindfleet.errors import InvalidJob, MindfleetError, QueueUnavailable
from mindfleet.job import Job
from mindfleet.ports.clock import Clock
from mindfleet.ports.parked import Parked, ParkedJob
from mindfleet.registry import Registry
from mindfleet.task import AnyTask
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import Envelope, Unreadable, decode

Outcome = Literal["queued", "waiting", "done", "gone", "refused"]
"""`queued`: it will run. `waiting`: the same work waits or runs already, nothing was added. `done`: an earlier replay
that was cut off had put it back, and it was done since. `gone`: it is not parked (any more). `refused`: it stays."""


@dataclass(frozen=True)
class Replayed:
    """What became of one replay."""

    parked_id: str
    outcome: Outcome
    job_id: str | None = None
    """The id under which the job runs: its own again, so that effects it already had are not repeated, unless that
    belongs to other work by now."""

    reason: str = ""


class NotReplayed(MindfleetError):
    """It cannot be put back as it is, and what to do."""


@dataclass(frozen=True)
class Replay:
    """Replays parked jobs through the facade, which validates them as it does a producer's."""

    parked: Parked
    queue: TaskQueue
    tasks: Registry
    clock: Clock

    async def one(self, job_id: str, *, payload: Mapping[str, Any] | None = None, task: str | None = None) -> Replayed:
        """Put one job back; it leaves the park when Redis has it.

        Args:
            job_id: of the parked job.
            payload: takes the place of what is parked, for a job whose own cannot be read or is wrong.
            task: takes the place of the task, for the same reason.

        Raises:
            QueueUnavailable: Redis is away, or silent; the job stays parked, and replaying it again is safe.
            StoreUnavailable: so is the park.
        """
        async with self.parked.replaying(job_id) as parked:
            if parked is None:
                return Replayed(job_id, "gone")
            try:
                outcome = await self._put_back(parked, self._job_of(parked, payload, task))
            except (InvalidJob, NotReplayed) as refusal:
                return Replayed(job_id, "refused", reason=str(refusal))
            await self.parked.replayed(job_id)
            return outcome

    def _job_of(self, parked: ParkedJob, payload: Mapping[str, Any] | None, task: str | None) -> Job:
        fields = dict(parked.payload if payload is None else payload)
        if fields.keys() == {"raw"}:
            raise NotReplayed("its bytes could not be read: replay it with --payload FILE, or discard it")
        return _read(self.tasks.named(task or parked.task), fields)

    async def _put_back(self, parked: ParkedJob, job: Job) -> Replayed:
        if parked.replayed_at and await self._was_done(parked, job, parked.replayed_at):
            return Replayed(parked.job_id, "done", parked.replay_job_id)
        holder = parked.job_id
        origin = Origin(parked.origin_id, parked.call, parked.starts) if parked.call else None
        said: dict[str, Any] = {"queue": options.queue(parked.queue), "supersede": False, "origin": origin}
        for job_id in _names(parked):
            await self.parked.mark_replay(parked.job_id, job_id, self.clock.now())
            receipt = await self.queue.put(job, job_id=job_id, **said)
            if receipt.disabled:
                raise NotReplayed(receipt.reason)
            if not receipt.duplicate:
                return Replayed(parked.job_id, "queued", str(receipt))
            if self._is_same(await self._envelope(f"arq:job:{receipt}"), job):
                return Replayed(parked.job_id, "waiting", str(receipt))
            holder = str(receipt)
        raise NotReplayed(f"other work holds its name ({holder}): replay it when that has ended")

    async def _was_done(self, parked: ParkedJob, job: Job, marked: datetime) -> bool:
        """Whether an earlier replay, which was cut off before it could take the job from the park, did its work."""
        result = await self._envelope(f"arq:result:{parked.replay_job_id}")
        if not result or not result.get("s") or not self._is_same(result, job):
            return False
        return int(result.get("et") or 0) >= int(marked.timestamp() * 1000)

    async def _envelope(self, key: str) -> Envelope | None:
        try:
            data = await self.queue.redis.get(key)
            return decode(data) if data else None
        except Unreadable:
            return None
        except (RedisError, OSError) as error:
            raise QueueUnavailable(f"Redis is away ({error}): the job stays parked, replay it again") from error

    def _is_same(self, envelope: Envelope | None, job: Job) -> bool:
        if not envelope or envelope.get("f") != self.tasks.of(job).name:
            return False
        try:
            return _read(self.tasks.of(job), dict(envelope.get("k") or {})) == job
        except (InvalidJob, NotReplayed):
            return False


def _read(task: AnyTask, fields: dict[str, Any]) -> Job:
    version = fields.pop("_v", 1)
    if version > task.payload.version:
        raise NotReplayed(
            f"a payload of version {version}, but {task.name} is known here up to version {task.payload.version}: "
            "update the checkout, then replay it"
        )
    try:
        job: Job = task.payload.model_validate(fields)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise NotReplayed(
            f"not a payload of {task.name} ({wrong}): replay it with --payload FILE, or discard it"
        ) from error
    return job


def _names(parked: ParkedJob) -> list[str]:
    """Under which ids to try: the one that was tried before, its own, and one that is only this parking's."""
    another = ids.name("replay", parked.job_id, parked.parked_at.isoformat()).hex
    return list(dict.fromkeys(name for name in (parked.replay_job_id, parked.job_id, another) if name))
