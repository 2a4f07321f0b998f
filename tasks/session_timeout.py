"""End a session in which nothing was said for a while."""

from datetime import timedelta

from mindfleet.intake import Intake
from mindfleet.job import BotJob, Done, Name, intake_of
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import task


class SessionTimeout(BotJob):
    channel_id: Name
    """Of the session."""

    session_id: Name
    """The fleet's own id of it."""

    def order(self) -> str:
        """That of taking in the channel."""
        return intake_of(self.bot_name, self.channel_id)

    def key(self) -> str:
        """One timer a session; it puts itself off while the session goes on."""
        return self.session_id


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=30), retry=Retry(attempts=20))
async def run_session_timeout(job: SessionTimeout, intake: Intake) -> Done:
    """End the session unless something was said since; then look again when it would be over."""
    taken = await intake.end_idle(job.bot_name, job.channel_id, job.session_id)
    return Done(then=taken.then)
