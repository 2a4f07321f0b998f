"""Note how a user wishes the bot to talk."""

from datetime import timedelta
from typing import ClassVar

from mindfleet.analysis.findings import Findings
from mindfleet.analysis.sources import Sources
from mindfleet.job import Done
from mindfleet.payloads import AboutText
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.journal import Analysis, Preference, Preferences
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import EXTRACTION, task


class PreferenceExtraction(AboutText):
    positional: ClassVar = ("user_id", "message", "bot_name?")


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(minutes=2),
    retry=Retry(attempts=8, first=timedelta(seconds=2)),
    priority=EXTRACTION,
)
async def run_preference_extraction(
    job: PreferenceExtraction, sources: Sources, conversations: Conversations, preferences: Preferences
) -> Done:
    """Read the message and keep the explicit wishes of the closed list; the latest of a kind holds."""
    source = await sources.of(job, task="run_preference_extraction")
    wishes = [wish for analysis in source.analyses for wish in await _wishes(analysis, conversations)]
    await preferences.withdraw([message_id for analysis in source.analyses for message_id in analysis.message_ids])
    await preferences.put(wishes)
    return Done(result={"preferences": len(wishes)}, then=source.then)


async def _wishes(analysis: Analysis, conversations: Conversations) -> list[Preference]:
    if analysis.origin is None:
        return []
    turns = {turn.id: turn for turn in await conversations.by_id(analysis.message_ids)}
    return [
        Preference(
            bot_name=turn.bot_name,
            user_id=turn.user_id,
            key=found.key,
            value=found.value,
            message_id=turn.id,
            said_at=turn.sent_at,
            visibility=turn.visibility,
            origin=analysis.origin,
        )
        for found in Findings.model_validate(analysis.findings).preferences
        if (turn := turns.get(found.turn_id))
    ]
