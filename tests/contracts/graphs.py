"""Where the contracts of the graph's ports are kept: in a fake, in the embedded server, in a real Neo4j."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from mindfleet import ids
from mindfleet.adapters.graph.connection import Graph
from mindfleet.embedded.runfile import Stack
from mindfleet.migrations.files import migrations_of
from mindfleet.ports.facts import USER, Evidence, Fact

Place = tuple[str, tuple[str, str]] | None
"""Address, user and password of a server; None for the fake."""

EMBEDDED = pytest.param("embedded", marks=pytest.mark.stack)
REAL = pytest.param(
    "neo4j",
    marks=pytest.mark.skipif(
        "MINDFLEET_TEST_NEO4J_URL" not in os.environ, reason="no Neo4j here: scripts/real-servers run pytest"
    ),
)

JAN, FEB, MAR, APR = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in range(1, 5))


def place_of(request: pytest.FixtureRequest) -> Place:
    if request.param == "embedded":
        stack: Stack = request.getfixturevalue("stack")
        return stack.neo4j_url, (stack.neo4j_user, stack.neo4j_password)
    if request.param == "neo4j":
        login = os.environ["MINDFLEET_TEST_NEO4J_USER"], os.environ["MINDFLEET_TEST_NEO4J_PASSWORD"]
        return os.environ["MINDFLEET_TEST_NEO4J_URL"], login
    return None


@asynccontextmanager
async def graph_at(place: Place) -> AsyncGenerator[Graph]:
    """The server's graph, migrated; tests keep apart by the names of their bots."""
    assert place is not None
    url, login = place
    async with Graph(url, auth=login, within=timedelta(seconds=30)) as graph:
        for migration in migrations_of("graph"):
            for statement in migration.statements:
                await graph.write(statement)
        yield graph


def fact(
    bot_name: str,
    what: str,
    *,
    predicate: str = "WORKS_AT",
    subject: str = USER,
    user_id: str = "u1",
    valid_from: datetime = JAN,
    valid_to: datetime | None = None,
    said_in: Sequence[str] = ("dm:u1",),
) -> Fact:
    return Fact(
        id=ids.name("fact", bot_name, user_id, subject.casefold(), predicate, what.casefold(), valid_from.isoformat()),
        bot_name=bot_name,
        user_id=user_id,
        subject=subject,
        predicate=predicate,
        object=what,
        confidence=0.1 + 0.2,
        valid_from=valid_from,
        valid_to=valid_to,
        evidence=tuple(
            Evidence(message_id=ids.name("message", channel, what), channel_id=channel, visibility="dm")
            for channel in said_in
        ),
        provider="offline-rules",
        answer_key=ids.name("answer", what),
    )
