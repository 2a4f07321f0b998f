"""Where ports meet their drivers, for the read side, the command line and the workers.

The client of Qdrant takes a second to import, so it is imported where a setting asks for it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.graph.facts import GraphFacts
from mindfleet.adapters.graph.relationships import GraphRelationships
from mindfleet.adapters.pgvector_memories import PgvectorMemories
from mindfleet.adapters.postgres import (
    Database,
    PostgresAcquaintances,
    PostgresAnalyses,
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
from mindfleet.conversation.sessions import Cutting
from mindfleet.errors import SettingsInvalid
from mindfleet.migrations.collections import declare_collection
from mindfleet.migrations.files import Migration
from mindfleet.migrations.runner import migrate, pending
from mindfleet.models import open_models
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.effects import Effects
from mindfleet.ports.embedder import Embedder
from mindfleet.ports.facts import Assertions, Facts
from mindfleet.ports.journal import Analyses, Bots, Goals, Insights, Preferences, Summaries
from mindfleet.ports.last_runs import LastRuns
from mindfleet.ports.ledger import Ledger
from mindfleet.ports.llm import LLM
from mindfleet.ports.memories import Lexicon, Memories
from mindfleet.ports.model_calls import ModelCalls
from mindfleet.ports.parked import Parked
from mindfleet.ports.relationships import Acquaintances, Relationships
from mindfleet.recall.remembering import Remembering
from mindfleet.registry import Registry
from mindfleet.replay import Replay
from mindfleet.settings import Settings, load
from mindfleet.task_queue import TaskQueue

if TYPE_CHECKING:
    from mindfleet.adapters.qdrant_memories import QdrantMemories


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Every port of one process, with its driver behind it."""

    settings: Settings
    pings: Mapping[str, Callable[[], Awaitable[None]]]
    """Asks each store, by name, for nothing; raises `StoreUnavailable` when it does not answer."""

    database: Database
    graph: Graph
    clock: Clock
    conversations: Conversations
    analyses: Analyses
    summaries: Summaries
    preferences: Preferences
    goals: Goals
    insights: Insights
    bots: Bots
    assertions: Assertions
    acquaintances: Acquaintances
    facts: Facts
    relationships: Relationships
    lexicon: Lexicon
    memories: Memories
    embedder: Embedder
    last_runs: LastRuns
    parked: Parked
    ledger: Ledger
    effects: Effects
    calls: ModelCalls
    llm: LLM

    @property
    def remembering(self) -> Remembering:
        """The read side over these stores."""
        return Remembering(self)


@asynccontextmanager
async def open_stores(settings: Settings, *, connections: int = 10) -> AsyncGenerator[Opened]:
    """Connect to every store that the settings name.

    Args:
        settings: addresses, models, limits.
        connections: of PostgreSQL, at most.

    Raises:
        SettingsInvalid: an address is missing.
        StoreUnavailable: PostgreSQL or Qdrant is away.
        DimensionMismatch: the vectors there were made by another embedder.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(await Database.open(settings.postgres.address(), size=connections))
        graph = await stack.enter_async_context(_graph(settings))
        clock = WallClock()
        models = await open_models(settings, database, clock, stack)
        memories = await _memories(settings, database, models.embedder, stack)
        yield Opened(
            settings=settings,
            pings={"postgres": database.ping, "graph": graph.ping, "vectors": memories.ping},
            database=database,
            graph=graph,
            clock=clock,
            conversations=PostgresConversations(database, idle=settings.conversation.session_idle),
            analyses=PostgresAnalyses(database),
            summaries=PostgresSummaries(database),
            preferences=PostgresPreferences(database),
            goals=PostgresGoals(database),
            insights=PostgresInsights(database),
            bots=PostgresBots(database),
            assertions=PostgresAssertions(database),
            acquaintances=PostgresAcquaintances(database),
            facts=GraphFacts(graph),
            relationships=GraphRelationships(graph),
            lexicon=PostgresLexicon(database, language=settings.recall.language),
            memories=memories,
            embedder=models.embedder,
            last_runs=PostgresLastRuns(database),
            parked=PostgresParked(database),
            ledger=PostgresLedger(database),
            effects=PostgresEffects(database),
            calls=PostgresModelCalls(database),
            llm=models.llm,
        )


@asynccontextmanager
async def open_remembering(settings: Settings | None = None) -> AsyncGenerator[Remembering]:
    """The read side over the stores that the settings name."""
    async with open_stores(settings or load(), connections=5) as opened:
        yield opened.remembering


@asynccontextmanager
async def open_conversations(settings: Settings) -> AsyncGenerator[Conversations]:
    """The transcripts alone."""
    async with await Database.open(settings.postgres.address(), size=2) as database:
        yield PostgresConversations(database, idle=settings.conversation.session_idle)


async def parked_counts(settings: Settings) -> dict[str, int]:
    """How many jobs need a person, by queue; none before the stores were migrated.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    async with await Database.open(settings.postgres.address(), size=2) as database:
        if any(migration.store == "postgres" for migration in await pending(database, graph=False, pgvector=False)):
            return {}
        return await PostgresParked(database).counts()


@asynccontextmanager
async def open_parked(settings: Settings) -> AsyncGenerator[Parked]:
    """The parked jobs alone.

    Raises:
        SettingsInvalid: the stores were not migrated.
        StoreUnavailable: PostgreSQL is away, here or in the body.
    """
    async with await Database.open(settings.postgres.address(), size=4) as database:
        await _refuse_an_old_schema(database)
        yield PostgresParked(database)


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncGenerator[Ledger]:
    """The ledger of jobs alone; raises as `open_parked`."""
    async with await Database.open(settings.postgres.address(), size=4) as database:
        await _refuse_an_old_schema(database)
        yield PostgresLedger(database)


@asynccontextmanager
async def open_effects(settings: Settings) -> AsyncGenerator[Effects]:
    """The ledger of effects alone; raises as `open_parked`."""
    async with await Database.open(settings.postgres.address(), size=2) as database:
        await _refuse_an_old_schema(database)
        yield PostgresEffects(database)


async def _refuse_an_old_schema(database: Database) -> None:
    if due := await pending(database, graph=False, pgvector=False):
        names = ", ".join(map(str, due))
        raise SettingsInvalid(f"the stores lack {len(due)} migrations ({names}): run ./bot.sh migrate")


@asynccontextmanager
async def open_replay(settings: Settings) -> AsyncGenerator[Replay]:
    """The parked jobs, and the queues that they came from; raises as `open_parked`."""
    tasks = Registry.load(settings.tasks)
    async with open_parked(settings) as parked, TaskQueue(settings=settings, tasks=tasks) as queue:
        yield Replay(parked, queue, tasks, WallClock())


async def pending_migrations(settings: Settings) -> list[Migration]:
    """What `migrate_stores` would apply; raises as that does."""
    async with await Database.open(settings.postgres.address(), size=2) as database:
        return await pending(database, graph=True, pgvector=settings.vectors.adapter == "pgvector")


async def migrate_stores(settings: Settings) -> list[Migration]:
    """Bring the schema of every store up to date; returns what was applied."""
    async with (
        await Database.open(settings.postgres.address(), size=2) as database,
        _graph(settings) as graph,
    ):
        return await migrate(database, graph, pgvector=settings.vectors.adapter == "pgvector")


def cutting(settings: Settings) -> Cutting:
    """Where conversations are cut."""
    return Cutting(
        idle=settings.conversation.session_idle,
        window=settings.conversation.extraction_window,
        longest_wait=settings.conversation.extraction_max_wait,
        span=settings.conversation.summary_threshold,
    )


def _graph(settings: Settings) -> Graph:
    return Graph(settings.graph.address(), auth=settings.graph.login(), database=settings.graph.database)


async def _memories(
    settings: Settings, database: Database, embedder: Embedder, stack: AsyncExitStack
) -> "PgvectorMemories | QdrantMemories":
    collection = f"memories in {settings.vectors.adapter}"
    await declare_collection(database, collection, embedder=embedder.name, dimensions=embedder.dimensions)
    if settings.vectors.adapter == "pgvector":
        return PgvectorMemories(database, embedder=embedder.name, dimensions=embedder.dimensions)
    from mindfleet.adapters.qdrant_memories import QdrantMemories  # noqa: PLC0415 - see above

    return await stack.enter_async_context(
        QdrantMemories.open(
            url=settings.vectors.url.get_secret_value() if settings.vectors.url else None,
            api_key=settings.vectors.api_key.get_secret_value() if settings.vectors.api_key else None,
            path=settings.vectors.path,
            embedder=embedder.name,
            dimensions=embedder.dimensions,
        )
    )
