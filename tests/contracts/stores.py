"""The ports that PostgreSQL keeps, over a database or in memory, and what the tests of their contracts say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from mindfleet import ids
from mindfleet.adapters.postgres import (
    Database,
    PostgresAcquaintances,
    PostgresAnalyses,
    PostgresAnswers,
    PostgresAssertions,
    PostgresBots,
    PostgresConversations,
    PostgresEffects,
    PostgresGoals,
    PostgresInsights,
    PostgresLastRuns,
    PostgresLedger,
    PostgresLexicon,
    PostgresModelCalls,
    PostgresParked,
    PostgresPreferences,
    PostgresSummaries,
)
from mindfleet.conversation.sessions import Cutting, end, place
from mindfleet.conversation.turn import Role, Turn
from mindfleet.ports.answers import Answers, StoredAnswer
from mindfleet.ports.budgets import Spending
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.effects import Effects
from mindfleet.ports.facts import Assertions
from mindfleet.ports.journal import Analyses, Bots, Goals, Insights, Origin, Preferences, Summaries
from mindfleet.ports.last_runs import LastRuns
from mindfleet.ports.ledger import Ledger
from mindfleet.ports.memories import Lexicon
from mindfleet.ports.model_calls import ModelCalls
from mindfleet.ports.parked import Parked
from mindfleet.ports.relationships import Acquaintances
from mindfleet.testing.in_memory_acquaintances import InMemoryAcquaintances
from mindfleet.testing.in_memory_assertions import InMemoryAssertions
from mindfleet.testing.in_memory_conversations import InMemoryConversations
from mindfleet.testing.in_memory_effects import InMemoryEffects
from mindfleet.testing.in_memory_journal import (
    InMemoryAnalyses,
    InMemoryBots,
    InMemoryGoals,
    InMemoryInsights,
    InMemoryPreferences,
    InMemorySummaries,
)
from mindfleet.testing.in_memory_last_runs import InMemoryLastRuns
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.testing.lexicon import InMemoryLexicon
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory

IDLE = timedelta(minutes=30)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the tests' conversations begin."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The ports of one keeper."""

    conversations: Conversations
    analyses: Analyses
    summaries: Summaries
    preferences: Preferences
    goals: Goals
    insights: Insights
    bots: Bots
    assertions: Assertions
    acquaintances: Acquaintances
    answers: Answers
    model_calls: ModelCalls
    last_runs: LastRuns
    spending: Spending
    parked: Parked
    lexicon: Lexicon
    ledger: Ledger
    effects: Effects

    async def say(self, turn: Turn, *, external_id: str | None = None) -> Turn:
        """Record a turn and put it into its session and window."""
        async with self.conversations.channel(turn.bot_name, turn.channel_id) as log:
            await log.record(turn)
            step = place(turn, await log.state(turn.sent_at), Cutting(idle=IDLE), external_id=external_id)
            await log.apply(step)
        assert step.turn is not None
        return step.turn

    async def end(self, turn: Turn) -> None:
        """End the session of a turn."""
        async with self.conversations.channel(turn.bot_name, turn.channel_id) as log:
            channel = await log.state(turn.sent_at)
            await log.apply(end(channel.sessions[turn.session_id or ""], channel))

    async def origin(self, bot: str) -> Origin:
        """An answer of a model that something may rest on."""
        answer = an_answer(bot)
        await self.answers.put(answer)
        return Origin(provider=answer.provider, answer_key=answer.key)


def a_turn(
    bot: str,
    text: str,
    *,
    minute: float = 0,
    channel: str = "dm:ana",
    user: str = "ana",
    role: Role = "user",
    name: str | None = None,
    timezone: str | None = None,
) -> Turn:
    """Something that was said so many minutes after noon."""
    return Turn(
        id=ids.name("message", bot, channel, user, role, text, minute),
        bot_name=bot,
        channel_id=channel,
        user_id=user,
        role=role,
        speaker=name or (user.title() if role == "user" else bot),
        content=text,
        sent_at=NOON + timedelta(minutes=minute),
        visibility="dm",
        message_id=f"{text} {minute}",
        user_timezone=timezone,
    )


def an_answer(bot: str, *, key: UUID | None = None, text: str = "{}") -> StoredAnswer:
    return StoredAnswer(
        key=key or uuid4(),
        text=text,
        provider="offline-rules",
        model="rules-1",
        prompt="reading",
        prompt_version="0123456789ab",
        input_tokens=120,
        output_tokens=30,
        cost_usd=None,
        bot_name=bot,
        user_id="ana",
        at=NOON,
    )


def in_memory() -> Stores:
    conversations = InMemoryConversations(idle=IDLE)
    goals = InMemoryGoals()
    calls = ModelCallsInMemory()
    effects = InMemoryEffects()
    return Stores(
        conversations=conversations,
        analyses=InMemoryAnalyses(conversations),
        summaries=InMemorySummaries(),
        preferences=InMemoryPreferences(),
        goals=goals,
        insights=InMemoryInsights(),
        bots=InMemoryBots(goals),
        assertions=InMemoryAssertions(),
        acquaintances=InMemoryAcquaintances(conversations),
        answers=AnswersInMemory(),
        model_calls=calls,
        spending=calls,
        last_runs=InMemoryLastRuns(),
        parked=InMemoryParked(),
        lexicon=InMemoryLexicon(),
        ledger=InMemoryLedger(starts_of=effects.starts_of),
        effects=effects,
    )


def in_postgres(database: Database) -> Stores:
    return Stores(
        conversations=PostgresConversations(database, idle=IDLE),
        analyses=PostgresAnalyses(database),
        summaries=PostgresSummaries(database),
        preferences=PostgresPreferences(database),
        goals=PostgresGoals(database),
        insights=PostgresInsights(database),
        bots=PostgresBots(database),
        assertions=PostgresAssertions(database),
        acquaintances=PostgresAcquaintances(database),
        answers=PostgresAnswers(database),
        model_calls=PostgresModelCalls(database),
        last_runs=PostgresLastRuns(database),
        spending=PostgresModelCalls(database),
        parked=PostgresParked(database),
        lexicon=PostgresLexicon(database, language="english"),
        ledger=PostgresLedger(database),
        effects=PostgresEffects(database),
    )
