"""The real stores under a real supervisor."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

import asyncpg
import psutil
import pytest
from neo4j import AsyncDriver, AsyncGraphDatabase
from redis.asyncio import Redis

from mindfleet.embedded import runfile, stack
from mindfleet.embedded.home import Home
from mindfleet.embedded.runfile import ProcessRecord, Stack
from mindfleet.testing.stack import running_stack

from .conftest import Soon

pytestmark = pytest.mark.stack

STORES = ["graph", "postgres", "valkey"]


def current(home: Path) -> Stack:
    running = stack.status(home)
    assert running is not None
    return running


def record(home: Path, name: str) -> ProcessRecord:
    found = current(home).process(name)
    assert found is not None
    return found


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, SIGKILL)


def is_back(home: Path, name: str, killed: ProcessRecord) -> bool:
    now = record(home, name)
    return now.state == "up" and now.pid != killed.pid


def children(running: Stack) -> list[psutil.Process]:
    """The stores and the watchdog."""
    return psutil.Process(running.pid).children()


def everything(running: Stack) -> list[psutil.Process]:
    """The supervisor, its children and theirs."""
    supervisor = psutil.Process(running.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def watchdogs(running: Stack) -> list[psutil.Process]:
    return [process for process in children(running) if "mindfleet.embedded.watchdog" in words(process)]


def words(process: psutil.Process) -> list[str]:
    """Its command line; none of one that has just died, and that nobody has buried."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def none_lives(processes: list[psutil.Process]) -> bool:
    return not any(map(lives, processes))


@asynccontextmanager
async def graph(running: Stack) -> AsyncGenerator[AsyncDriver]:
    login = (running.neo4j_user, running.neo4j_password)
    async with AsyncGraphDatabase.driver(running.neo4j_url, auth=login) as driver:
        yield driver


async def write(running: Stack, what: str) -> None:
    """One item into each store."""
    async with Redis.from_url(running.redis_url) as redis:
        await redis.set("what", what)
    connection = await asyncpg.connect(running.database_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS what (what text)")
    await connection.execute("TRUNCATE what")
    await connection.execute("INSERT INTO what VALUES ($1)", what)
    await connection.close()
    async with graph(running) as driver:
        await driver.execute_query("MERGE (n:What {one: true}) SET n.what = $what", what=what, database_="neo4j")


async def read(running: Stack) -> list[str]:
    """The item of each store."""
    async with Redis.from_url(running.redis_url, decode_responses=True) as redis:
        in_valkey = await redis.get("what")
    connection = await asyncpg.connect(running.database_url)
    in_postgres = await connection.fetchval("SELECT what FROM what")
    await connection.close()
    async with graph(running) as driver:
        in_graph = await driver.execute_query("MATCH (n:What) RETURN n.what AS what", database_="neo4j")
    return [in_valkey, in_postgres, *(row["what"] for row in in_graph.records)]


async def test_a_second_start_joins_the_first(shared_home: Path) -> None:
    before = current(shared_home)
    after = await stack.start(shared_home)
    assert after.pid == before.pid
    assert [process.pid for process in after.processes] == [process.pid for process in before.processes]


@pytest.mark.parametrize("name", STORES)
async def test_a_killed_store_is_back_on_the_same_port_with_its_data(shared_home: Path, soon: Soon, name: str) -> None:
    before = current(shared_home)
    await write(before, f"before {name} was killed")
    killed = record(shared_home, name)
    kill(killed.pid)
    await soon(lambda: is_back(shared_home, name, killed))
    after = current(shared_home)
    assert (after.redis_url, after.database_url, after.neo4j_url, after.neo4j_password) == (
        before.redis_url, before.database_url, before.neo4j_url, before.neo4j_password
    )  # fmt: skip
    assert await read(after) == 3 * [f"before {name} was killed"]
    assert "SIGKILL" in str(record(shared_home, name).last_error)


async def test_postgres_has_vectors_and_knows_the_letters_of_all_languages(shared_home: Path) -> None:
    connection = await asyncpg.connect(current(shared_home).database_url)
    await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    assert await connection.fetchval("SELECT '[1,0]'::vector <=> '[0,1]'::vector") == 1
    assert await connection.fetchval("SELECT lower('ÅSE ÉVA ЖАННА')") == "åse éva жанна"
    assert await connection.fetchval("SHOW timezone") == "UTC"
    await connection.close()


async def test_valkey_keeps_everything_and_evicts_nothing(shared_home: Path) -> None:
    async with Redis.from_url(current(shared_home).redis_url) as redis:
        assert await redis.config_get("appendonly", "save", "maxmemory-policy") == {
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }


def test_listens_on_the_loopback_interface_only(shared_home: Path) -> None:
    listening = [
        connection.laddr.ip.removeprefix("::ffff:")
        for process in children(current(shared_home))
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == 4
    assert set(listening) == {"127.0.0.1"}


def test_no_password_can_be_read_by_another_user(shared_home: Path) -> None:
    running = current(shared_home)
    passwords = [
        running.neo4j_password,
        *(url.split("@")[0].split(":")[-1] for url in (running.redis_url, running.database_url)),
    ]
    for process in [psutil.Process(running.pid), *children(running)]:
        assert not any(password in " ".join(process.cmdline()) for password in passwords)
    assert shared_home.stat().st_mode & 0o077 == 0
    for file in (path for path in shared_home.rglob("*") if path.is_file()):
        if any(password.encode() in file.read_bytes() for password in passwords):
            assert file.stat().st_mode & 0o777 == 0o600, file


async def test_a_killed_watchdog_is_replaced(shared_home: Path, soon: Soon) -> None:
    (before,) = watchdogs(current(shared_home))
    before.kill()
    await soon(lambda: watchdogs(current(shared_home)) not in ([], [before]))


async def test_two_homes_do_not_disturb_each_other(shared_home: Path, home: Path) -> None:
    await write(current(shared_home), "one")
    async with running_stack(home) as other:
        await write(other, "other")
        assert await read(current(shared_home)) == 3 * ["one"]
        assert await read(other) == 3 * ["other"]
    assert await read(current(shared_home)) == 3 * ["one"]


async def test_a_stopped_stack_leaves_no_process_and_comes_back_as_it_was(home: Path) -> None:
    async with running_stack(home) as before:
        await write(before, "kept")
        processes = everything(before)
    assert none_lives(processes)
    assert runfile.read_unverified(home) is None
    assert not Path(before.control).parent.exists()
    async with running_stack(home) as after:
        assert after.redis_url == before.redis_url
        assert await read(after) == 3 * ["kept"]
    assert not await stack.stop(home)


async def test_starts_that_race_give_one_stack(home: Path) -> None:
    first, second = await asyncio.gather(stack.start(home), stack.start(home))
    assert first.pid == second.pid
    await stack.stop(home)


async def test_nothing_outlives_a_killed_supervisor(own_stack: Stack, home: Path, soon: Soon) -> None:
    await write(own_stack, "kept")
    processes = everything(own_stack)
    kill(own_stack.pid)
    await soon(lambda: none_lives(processes))
    assert runfile.path(home).exists()
    assert stack.status(home) is None
    assert await read(await stack.start(home)) == 3 * ["kept"]


async def test_a_stack_whose_home_is_removed_ends(home: Path, soon: Soon) -> None:
    running = await stack.start(home)
    processes = everything(running)
    shutil.rmtree(home)
    await soon(lambda: none_lives(processes))
    assert not Path(running.control).parent.exists()


async def test_what_supervisor_and_watchdog_left_behind_is_ended_by_the_next_start(
    own_stack: Stack, home: Path
) -> None:
    supervisor, *others = everything(own_stack)
    supervisor.suspend()  # so that it does not replace the watchdog
    for watchdog in watchdogs(own_stack):
        watchdog.kill()
    supervisor.kill()
    after = await stack.start(home)
    assert none_lives(others)
    assert after.redis_url == own_stack.redis_url


async def test_a_stack_that_cannot_start_says_why_and_leaves_nothing(home: Path) -> None:
    Home.at(home).create()
    home.joinpath("postgres").mkdir()
    home.joinpath("credentials.json").write_text('{"postgres": {"password": "x", "ports": []}}')
    with pytest.raises(stack.StackFailed, match=r"postgres does not stay up: ended with 2: (?s:.*)postgresql.conf"):
        await stack.start(home, within=timedelta(seconds=30))
    assert runfile.read_unverified(home) is None
