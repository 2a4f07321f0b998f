"""A graph that is away is said to be away, and is there again when it is."""

import asyncio
import os
import socket
from collections.abc import Generator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

import pytest
from neo4j.exceptions import CypherSyntaxError

from mindfleet.adapters.graph.connection import Graph, Transaction
from mindfleet.adapters.graph.facts import GraphFacts
from mindfleet.embedded import runfile
from mindfleet.embedded.runfile import Stack
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.facts import Slot
from mindfleet.testing.stack import running_stack
from tests.conftest import Eventually
from tests.contracts.graphs import fact, graph_at


@pytest.fixture
def silent_port() -> Generator[int]:
    """Takes connections and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


def free_port() -> int:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def test_nobody_listens() -> None:
    async with Graph(f"bolt://127.0.0.1:{free_port()}", auth=None, within=timedelta(milliseconds=300)) as graph:
        with pytest.raises(StoreUnavailable, match="the graph is away"):
            await graph.read("RETURN 1")


async def test_a_server_that_hangs_is_away_when_the_time_is_over(silent_port: int) -> None:
    started = asyncio.get_running_loop().time()
    async with Graph(f"bolt://127.0.0.1:{silent_port}", auth=None, within=timedelta(milliseconds=300)) as graph:
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            await graph.read("RETURN 1")

    assert asyncio.get_running_loop().time() - started < 5


@pytest.mark.stack
async def test_a_login_that_is_refused_says_what_to_check(stack: Stack) -> None:
    async with Graph(stack.neo4j_url, auth=("nobody", "nothing-here")) as graph:
        with pytest.raises(StoreUnavailable, match="NEO4J_USER and NEO4J_PASSWORD"):
            await graph.read("RETURN 1")


@pytest.mark.stack
async def test_a_mistake_in_a_statement_is_not_taken_for_a_server_that_is_away(stack: Stack) -> None:
    async with graph_at((stack.neo4j_url, (stack.neo4j_user, stack.neo4j_password))) as graph:
        with pytest.raises(CypherSyntaxError):
            await graph.read("RETRUN 1")


@pytest.mark.stack
async def test_what_fails_in_the_middle_leaves_nothing(stack: Stack) -> None:
    async def fail(transaction: Transaction) -> None:
        await transaction.run("CREATE (:Entity {key: 'half-done'})")
        raise LookupError

    async with graph_at((stack.neo4j_url, (stack.neo4j_user, stack.neo4j_password))) as graph:
        with pytest.raises(LookupError):
            await graph.transaction(fail)

        assert await graph.read("MATCH (e:Entity {key: 'half-done'}) RETURN e.key AS key") == []


@pytest.mark.stack
async def test_a_server_that_was_killed_and_comes_back_has_lost_nothing(tmp_path: Path, eventually: Eventually) -> None:
    google = fact("nova", "Google")
    async with (
        running_stack(tmp_path) as stack,
        graph_at((stack.neo4j_url, (stack.neo4j_user, stack.neo4j_password))) as graph,
    ):
        facts = GraphFacts(graph)
        await facts.replace("nova", "u1", user_name="Alex", slot=Slot("user", "WORKS_AT"), facts=[google])
        kill_graph(stack)

        async def is_back() -> bool:
            now = runfile.read(tmp_path)
            restarted = now and now.process("graph")
            return bool(restarted and restarted.restarts and restarted.state == "up")

        await eventually(is_back)
        assert await facts.about("nova", ["u1"]) == [google]


def kill_graph(stack: Stack) -> None:
    process = stack.process("graph")
    assert process is not None
    assert process.pid is not None
    os.kill(process.pid, SIGKILL)
