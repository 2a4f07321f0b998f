"""End the sessions of a channel now: the user said goodbye, or a replay is over."""

from datetime import timedelta
from typing import ClassVar

from pydantic import AwareDatetime, Field

from mindfleet.intake import Intake
from mindfleet.job import Done, OrderedJob
from mindfleet.payloads import just_now
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import INTERACTIVE, task


class SessionEnd(OrderedJob):
    positional: ClassVar = ("bot_name", "channel_id")

    asked_at: AwareDatetime = Field(default_factory=just_now, json_schema_extra={"producers": "hidden"})
    """Written at enqueue: for how long it waits for what was sent before it."""


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(seconds=30),
    retry=Retry(attempts=8),
    facade="end_session",
    priority=INTERACTIVE,
)
async def run_session_end(job: SessionEnd, intake: Intake) -> Done:
    """Close the channel's windows and end its sessions, after what its producer said before."""
    taken = await intake.end_sessions(job.bot_name, job.channel_id, after=job.after, asked_at=job.asked_at)
    return Done(result={"ended": len(taken.then) > 0}, then=taken.then)
