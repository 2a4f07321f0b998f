"""See how well a bot and a user know each other by now."""

import math
from datetime import timedelta
from typing import ClassVar

from mindfleet.job import HIDDEN, BotJob, Done, Name
from mindfleet.payloads import thoughts_of
from mindfleet.ports.relationships import Acquaintance, Acquaintances, Relationship, Relationships
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import task


class RelationshipUpdate(BotJob):
    positional: ClassVar = ("user_id", "bot_name?")

    user_id: Name
    """Whom the bot knows."""

    channel_id: Name | None = HIDDEN
    """Where they talked last."""

    def order(self) -> str | None:
        """That of the channel's thoughts."""
        return thoughts_of(self.bot_name, self.channel_id) if self.channel_id else None


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=30), retry=Retry(attempts=8))
async def run_relationship_update(
    job: RelationshipUpdate, acquaintances: Acquaintances, relationships: Relationships
) -> Done:
    """Recompute the familiarity from the transcripts; nothing is added up, so that a retry changes nothing."""
    acquaintance = await acquaintances.of(job.bot_name, job.user_id)
    if acquaintance is None:
        return Done(result={"familiarity": 0.0})
    relationship = Relationship(acquaintance=acquaintance, familiarity=familiarity(acquaintance))
    await relationships.put(relationship)
    return Done(result={"familiarity": relationship.familiarity})


def familiarity(known: Acquaintance) -> float:
    """From 0 to 1: one minus e to the minus (exchanges/75 + sessions/25 + days/40), to three digits.

    An exchange is a turn that the bot answered. Saturating, so that many words in one night count less than coming
    back: 0.28 after one evening of twenty exchanges, 0.73 after ten days of five each.
    """
    exchanges = min(known.user_turns, known.bot_turns)
    weight = exchanges / 75 + known.sessions / 25 + known.days / 40
    return round(1 - math.exp(-weight if exchanges else -weight * LISTENING), 3)


LISTENING = 0.2
"""What a session counts in which the bot only listened."""
