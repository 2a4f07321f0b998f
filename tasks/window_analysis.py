"""Analyse what a user said within a window: one reading that feeds facts, preferences, goals and relationship."""

from datetime import timedelta

from mindfleet.analysis.findings import Findings
from mindfleet.analysis.reader import Reader
from mindfleet.errors import Postpone
from mindfleet.intake import Intake
from mindfleet.job import HIDDEN, BotJob, Done, Job, Name
from mindfleet.payloads import thoughts_of
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.journal import Analyses, Analysis
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import EXTRACTION, task
from tasks.goal_analysis import GoalAnalysis
from tasks.knowledge_extraction import KnowledgeExtraction
from tasks.preference_extraction import PreferenceExtraction
from tasks.relationship_update import RelationshipUpdate


class WindowAnalysis(BotJob):
    window_id: Name
    """What is to be read."""

    channel_id: Name | None = HIDDEN
    """Where it was said."""

    closed: bool = HIDDEN
    """Set when the window is known to be closed; the timer of an open one is another job."""

    edited: bool = HIDDEN
    """Set when its text was another before: then what is found no more has to be taken back."""

    def order(self) -> str | None:
        """That of the channel's thoughts."""
        return thoughts_of(self.bot_name, self.channel_id) if self.channel_id else None

    def key(self) -> str:
        """One timer a window, and one job when it is closed."""
        return f"{self.window_id}:{'closed' if self.closed else 'timer'}"


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(minutes=2),
    retry=Retry(attempts=8, first=timedelta(seconds=2)),
    priority=EXTRACTION,
)
async def run_window_analysis(
    job: WindowAnalysis, reader: Reader, intake: Intake, conversations: Conversations, analyses: Analyses, clock: Clock
) -> Done:
    """Read the window once it is over, and hand on what was found."""
    window = await conversations.window(job.window_id)
    turns = await conversations.window_turns(job.window_id)
    if window is None or not turns:  # an edit took its only message into a window of its own
        if window and window.closed:
            await analyses.window_done(window.id)
        return Done(result={"findings": 0})
    if not window.closed:
        over = min(window.last_at + intake.cutting.window, window.opened_at + intake.cutting.longest_wait)
        if clock.now() < over:
            raise Postpone("the window is still open", after=over - clock.now())
        await intake.close(window, turns[0].channel_id)
        turns = await conversations.window_turns(job.window_id)
    read = await reader.read(turns)
    await analyses.window_done(job.window_id)
    channel_id = turns[0].channel_id
    then: list[Job] = [each for analysis in read for each in _consumers(analysis, channel_id, all_of_them=job.edited)]
    return Done(
        result={"findings": len(then)},
        then=[*then, RelationshipUpdate(bot_name=window.bot_name, user_id=window.user_id, channel_id=channel_id)],
    )


def _consumers(analysis: Analysis, channel_id: str, *, all_of_them: bool) -> list[Job]:
    """Those for whom something was found."""
    found = Findings.model_validate(analysis.findings)
    about = {
        "bot_name": analysis.bot_name,
        "user_id": analysis.user_id,
        "channel_id": channel_id,
        "analysis_id": analysis.id,
    }
    jobs: list[Job] = []
    if found.facts or all_of_them:
        jobs.append(KnowledgeExtraction.model_validate(about))
    if found.preferences or all_of_them:
        jobs.append(PreferenceExtraction.model_validate(about))
    if found.goals or found.progress or all_of_them:
        jobs.append(GoalAnalysis.model_validate(about))
    return jobs
