"""See what a user wants to reach, and how far the bot's goals have come."""

import re
from datetime import timedelta
from typing import ClassVar

from mindfleet import ids
from mindfleet.analysis.findings import Findings
from mindfleet.analysis.sources import Sources
from mindfleet.job import HIDDEN, Done
from mindfleet.payloads import AboutText, Content
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.journal import Analysis, Bots, Goal, GoalProgress, Goals
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import EXTRACTION, task


class GoalAnalysis(AboutText):
    positional: ClassVar = ("user_id", "bot_name", "interaction_text")

    interaction_text: Content | None = None
    """What was said, by one or both; evidence, but no turn of the conversation."""

    message: Content | None = HIDDEN

    @property
    def text(self) -> str | None:
        """The user's part of the interaction."""
        return self.message or (self.interaction_text and _said_by_user(self.interaction_text, self.bot_name))


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(minutes=2),
    retry=Retry(attempts=8, first=timedelta(seconds=2)),
    priority=EXTRACTION,
)
async def run_goal_analysis(
    job: GoalAnalysis, sources: Sources, conversations: Conversations, goals: Goals, bots: Bots
) -> Done:
    """Read the interaction; keep the goals that the user states, and the evidence for the bot's own."""
    if job.text == "":
        return Done(result={"goals": 0, "progress": 0})
    source = await sources.of(job, task="run_goal_analysis", evidence_only=True)
    await goals.withdraw([message_id for analysis in source.analyses for message_id in analysis.message_ids])
    stated = [goal for analysis in source.analyses for goal in await _stated(analysis, conversations)]
    await goals.put(stated)
    own = {goal.slug: goal for goal in (await bots.get(job.bot_name)).goals}
    steps = [step for analysis in source.analyses for step in await _steps(analysis, conversations, own)]
    await goals.advance(steps)
    return Done(result={"goals": len(stated), "progress": len(steps)}, then=source.then)


def _said_by_user(interaction: str, bot_name: str) -> str:
    """The lines that do not begin with the bot's name, without the names in front of them."""
    bots = {bot_name.casefold(), "assistant", "ai", "bot"}
    lines = [SPEAKER.match(line.strip()) for line in interaction.splitlines()]
    kept = [line["said"] for line in lines if line and (line["who"] or "").casefold() not in bots]
    return "\n".join(said for said in kept if said)


SPEAKER = re.compile(r"(?:(?P<who>[^\W_][\w .-]{0,30}): )?(?P<said>.*)")
"""`Ana: I practised today.`"""


async def _stated(analysis: Analysis, conversations: Conversations) -> list[Goal]:
    if analysis.origin is None:
        return []
    turns = {turn.id: turn for turn in await conversations.by_id(analysis.message_ids)}
    return [
        Goal(
            id=ids.name("goal", turn.bot_name, turn.user_id, slug(found.goal)),
            bot_name=turn.bot_name,
            user_id=turn.user_id,
            slug=slug(found.goal),
            description=found.goal,
            due=found.by,
            message_id=turn.id,
            said_at=turn.sent_at,
            visibility=turn.visibility,
            origin=analysis.origin,
        )
        for found in Findings.model_validate(analysis.findings).goals
        if (turn := turns.get(found.turn_id))
    ]


async def _steps(analysis: Analysis, conversations: Conversations, own: dict[str, Goal]) -> list[GoalProgress]:
    if analysis.origin is None:
        return []
    turns = {turn.id: turn for turn in await conversations.by_id(analysis.message_ids)}
    return [
        GoalProgress(
            goal_id=own[found.slug].id,
            user_id=turn.user_id,
            message_id=turn.id,
            status=found.status,
            progress=found.progress,
            reasoning=found.reasoning,
            said_at=turn.sent_at,
            origin=analysis.origin,
        )
        for found in Findings.model_validate(analysis.findings).progress
        if found.slug in own and (turn := turns.get(found.turn_id))
    ]


def slug(text: str) -> str:
    """`run-a-marathon`: a goal said twice in the same words is one goal."""
    return "-".join(re.findall(r"[^\W_]+", text.casefold()))[:80]
