"""Analyses, summaries, preferences, goals, insights and bots without a database, for the life of the object."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mindfleet.conversation.sessions import Span
from mindfleet.conversation.turn import Visibility
from mindfleet.ports.journal import Analysis, Bot, Goal, GoalProgress, Insight, Preference, Summary
from mindfleet.testing.in_memory_conversations import InMemoryConversations


class InMemoryAnalyses:
    """`Analyses` in memory; windows that are done are noted in `conversations`."""

    def __init__(self, conversations: InMemoryConversations) -> None:
        self._conversations = conversations
        self._analyses: dict[UUID, Analysis] = {}

    async def put(self, analysis: Analysis) -> None:
        self._analyses.setdefault(analysis.id, analysis)

    async def get(self, analysis_id: UUID) -> Analysis | None:
        return self._analyses.get(analysis_id)

    async def covering(self, message_ids: Sequence[UUID]) -> list[Analysis]:
        return [analysis for analysis in self._analyses.values() if set(message_ids) & set(analysis.message_ids)]

    async def discard(self, message_ids: Sequence[UUID]) -> None:
        for analysis in await self.covering(message_ids):
            del self._analyses[analysis.id]

    async def window_done(self, window_id: str) -> None:
        self._conversations.window_done(window_id)


class InMemorySummaries:
    """`Summaries` in memory."""

    def __init__(self) -> None:
        self._summaries: dict[tuple[str, int, int], Summary] = {}

    async def put(self, summary: Summary) -> None:
        self._summaries.setdefault((summary.session_id, summary.first_turn, summary.last_turn), summary)

    async def of_span(self, session_id: str, first_turn: int, last_turn: int) -> Summary | None:
        return self._summaries.get((session_id, first_turn, last_turn))

    async def of_session(self, session_id: str) -> list[Summary]:
        return [self._summaries[span] for span in sorted(self._summaries) if span[0] == session_id]

    async def spans(self, session_ids: Sequence[str]) -> list[Span]:
        return [
            Span(session_id=session_id, first=first, last=last)
            for session_id, first, last in sorted(self._summaries)
            if session_id in session_ids
        ]

    async def in_channels(
        self,
        bot_name: str,
        channels: Sequence[str],
        *,
        visibilities: Sequence[Visibility],
        until: datetime | None = None,
        kept_only: bool = True,
        limit: int = 20,
    ) -> list[Summary]:
        heard = [
            summary
            for summary in sorted(self._summaries.values(), key=lambda summary: summary.id)
            if summary.bot_name == bot_name
            and summary.channel_id in channels
            and summary.visibility in visibilities
            and (until is None or summary.ended_at <= until)
            and (summary.kept or not kept_only)
        ]
        return sorted(heard, key=lambda summary: summary.ended_at, reverse=True)[:limit]


class InMemoryPreferences:
    """`Preferences` in memory."""

    def __init__(self) -> None:
        self._stated: dict[tuple[str, str, str, UUID], Preference] = {}

    async def put(self, preferences: Sequence[Preference]) -> None:
        for said in preferences:
            self._stated[said.bot_name, said.user_id, said.key, said.message_id] = said

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        self._stated = {key: said for key, said in self._stated.items() if said.message_id not in message_ids}

    async def of(self, bot_name: str, user_id: str) -> list[Preference]:
        own = [said for said in self._stated.values() if (said.bot_name, said.user_id) == (bot_name, user_id)]
        latest = {said.key: said for said in sorted(own, key=lambda said: (said.said_at, said.message_id))}
        return [latest[key] for key in sorted(latest)]


class InMemoryGoals:
    """`Goals` in memory."""

    def __init__(self) -> None:
        self._goals: dict[UUID, Goal] = {}
        self._progress: dict[tuple[UUID, str, UUID], GoalProgress] = {}

    async def put(self, goals: Sequence[Goal]) -> None:
        for goal in goals:
            if goal.id not in self._goals or _is_newer(goal, self._goals[goal.id]):
                self._goals[goal.id] = goal

    async def advance(self, progress: Sequence[GoalProgress]) -> None:
        for step in progress:
            if step.goal_id in self._goals:
                self._progress[step.goal_id, step.user_id, step.message_id] = step

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        self._goals = {goal_id: goal for goal_id, goal in self._goals.items() if goal.message_id not in message_ids}
        self._progress = {key: step for key, step in self._progress.items() if step.message_id not in message_ids}

    async def of_bot(self, bot_name: str) -> list[Goal]:
        own = [goal for goal in self._goals.values() if goal.bot_name == bot_name and goal.user_id is None]
        return sorted(own, key=lambda goal: goal.slug)

    async def of_user(self, bot_name: str, user_id: str) -> list[Goal]:
        stated = [goal for goal in self._goals.values() if (goal.bot_name, goal.user_id) == (bot_name, user_id)]
        return sorted(stated, key=lambda goal: (_said(goal)[0], goal.id))

    async def progress(self, bot_name: str, user_id: str | None = None) -> list[GoalProgress]:
        steps = [
            step
            for step in self._progress.values()
            if self._goals[step.goal_id].bot_name == bot_name and user_id in (None, step.user_id)
        ]
        return sorted(steps, key=lambda step: (step.goal_id, step.said_at, step.message_id))

    def replace_own(self, bot_name: str, goals: Sequence[Goal]) -> None:
        """Make these the goals of the bot itself; `InMemoryBots` does."""
        named = {goal.id for goal in goals}
        gone = {g.id for g in self._goals.values() if g.bot_name == bot_name and g.user_id is None} - named
        self._goals = {goal_id: goal for goal_id, goal in self._goals.items() if goal_id not in gone}
        self._goals |= {goal.id: goal for goal in goals}
        self._progress = {key: step for key, step in self._progress.items() if step.goal_id not in gone}


class InMemoryInsights:
    """`Insights` in memory."""

    def __init__(self) -> None:
        self._insights: dict[UUID, Insight] = {}

    async def revise(
        self, bot_name: str, user_id: str, *, read: Sequence[UUID], until: datetime, insights: Sequence[Insight]
    ) -> None:
        own = self._own(bot_name, user_id)
        if any(insight.read_until > until for insight in own):
            return
        for outdated in (insight for insight in own if set(insight.message_ids) <= set(read)):
            del self._insights[outdated.id]
        self._insights |= {insight.id: insight for insight in insights}

    async def of(self, bot_name: str, user_id: str, *, limit: int = 20) -> list[Insight]:
        by_id = sorted(self._own(bot_name, user_id), key=lambda insight: insight.id)
        return sorted(by_id, key=lambda insight: insight.made_at, reverse=True)[:limit]

    def _own(self, bot_name: str, user_id: str) -> list[Insight]:
        return [seen for seen in self._insights.values() if (seen.bot_name, seen.user_id) == (bot_name, user_id)]


class InMemoryBots:
    """`Bots` in memory; their own goals are kept in `goals`."""

    def __init__(self, goals: InMemoryGoals) -> None:
        self._goals = goals
        self._bots: dict[str, Bot] = {}

    async def get(self, name: str) -> Bot:
        bot = self._bots.setdefault(name, Bot(name=name))
        return replace(bot, goals=tuple(await self._goals.of_bot(name)))

    async def put(self, bot: Bot) -> None:
        self._bots[bot.name] = bot
        self._goals.replace_own(bot.name, bot.goals)

    async def all(self) -> list[Bot]:
        return [await self.get(name) for name in sorted(self._bots)]


def _is_newer(goal: Goal, known: Goal) -> bool:
    """What was said later holds. A goal of a bot was never said: its file holds."""
    return known.said_at is None or (goal.said_at is not None and _said(goal) >= _said(known))


def _said(goal: Goal) -> tuple[datetime, UUID]:
    if goal.said_at is None or goal.message_id is None:
        raise ValueError(f"the goal {goal.slug!r} of a user names no message: give it message_id and said_at")
    return goal.said_at, goal.message_id
