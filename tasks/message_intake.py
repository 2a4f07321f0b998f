"""Take in one message of a conversation: transcript, session, window, and what they trigger."""

from datetime import timedelta
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from mindfleet.conversation.turn import Turn, Visibility
from mindfleet.intake import Intake, message_uuid
from mindfleet.job import Done, Name, OrderedJob
from mindfleet.payloads import Content, SpeakerRole
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import INTERACTIVE, task
from mindfleet.zones import ZoneName


class MessageIntake(OrderedJob):
    """A message as the bot's platform delivered it; on a reply `user_id` is the addressee."""

    positional: ClassVar = ("bot_name", "user_id", "channel_id", "message_id", "role", "content", "sent_at")

    user_id: Name
    """Who said it; on a reply of the bot whom it answers."""

    message_id: Name
    """Names the message in its channel for ever: the same id again is the same message, with another text an edit."""

    role: SpeakerRole
    """`human` and `ai` are taken too."""

    content: Content
    """What was said."""

    sent_at: AwareDatetime
    """When it was said; aware. Sessions, facts and words such as "next Friday" follow it, not the wall clock."""

    user_name: Name | None = None
    """The user's name, as it is to be printed."""

    reply_to: Name | None = None
    """The id of the message that it answers."""

    timezone: ZoneName | None = None
    """The user's IANA time zone, such as Europe/Oslo."""

    visibility: Visibility = "dm"
    """Where it may be repeated: to the user alone, in closed channels too, or anywhere."""

    def key(self) -> str:
        """The same message is one job; an edit is another."""
        return f"{self.step}:{sha256(self.content.encode()).hexdigest()[:12]}"

    @property
    def step(self) -> UUID:
        return message_uuid(self.bot_name, self.channel_id, self.message_id)


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(seconds=30),
    retry=Retry(attempts=8, cap=timedelta(minutes=1)),
    facade="enqueue_message",
    priority=INTERACTIVE,
)
async def run_message_intake(job: MessageIntake, intake: Intake) -> Done:
    """Record a message, place it in its session, and trigger what follows from it."""
    taken = await intake.message(_turn(job), after=job.after)
    return Done(result={"message": str(job.step)}, then=taken.then)


def _turn(job: MessageIntake) -> Turn:
    return Turn(
        id=job.step,
        bot_name=job.bot_name,
        channel_id=job.channel_id,
        user_id=job.user_id,
        role=job.role,
        speaker=job.bot_name if job.role == "assistant" else job.user_name or job.user_id,
        content=job.content,
        sent_at=job.sent_at,
        visibility=job.visibility,
        message_id=job.message_id,
        reply_to=job.reply_to,
        user_timezone=job.timezone,
    )
