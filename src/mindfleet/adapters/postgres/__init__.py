"""Each port that PostgreSQL keeps: one module a port, its SQL in a file beside it."""

from mindfleet.adapters.postgres.acquaintances import PostgresAcquaintances
from mindfleet.adapters.postgres.analyses import PostgresAnalyses
from mindfleet.adapters.postgres.answers import PostgresAnswers
from mindfleet.adapters.postgres.assertions import PostgresAssertions
from mindfleet.adapters.postgres.bots import PostgresBots
from mindfleet.adapters.postgres.conversations import PostgresConversations
from mindfleet.adapters.postgres.database import Database
from mindfleet.adapters.postgres.effects import PostgresEffects
from mindfleet.adapters.postgres.goals import PostgresGoals
from mindfleet.adapters.postgres.insights import PostgresInsights
from mindfleet.adapters.postgres.last_runs import PostgresLastRuns
from mindfleet.adapters.postgres.ledger import PostgresLedger
from mindfleet.adapters.postgres.lexicon import PostgresLexicon
from mindfleet.adapters.postgres.model_calls import PostgresModelCalls
from mindfleet.adapters.postgres.parked import PostgresParked
from mindfleet.adapters.postgres.preferences import PostgresPreferences
from mindfleet.adapters.postgres.summaries import PostgresSummaries

__all__ = [
    "Database",
    "PostgresAcquaintances",
    "PostgresAnalyses",
    "PostgresAnswers",
    "PostgresAssertions",
    "PostgresBots",
    "PostgresConversations",
    "PostgresEffects",
    "PostgresGoals",
    "PostgresInsights",
    "PostgresLastRuns",
    "PostgresLedger",
    "PostgresLexicon",
    "PostgresModelCalls",
    "PostgresParked",
    "PostgresPreferences",
    "PostgresSummaries",
]
