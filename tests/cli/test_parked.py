"""What a person does with parked jobs, on the command line, in a real PostgreSQL and a real Valkey."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.postgres import Database, PostgresParked
from mindfleet.cli.exits import Exit
from mindfleet.embedded.runfile import Stack
from mindfleet.ports.parked import ParkedFilter, ParkedJob
from tests.contracts.databases import fresh_database, migrated_database

from .conftest import Bot

pytestmark = pytest.mark.stack

OLD = datetime.now(UTC) - timedelta(days=120)
REFLECTION = ParkedJob(
    job_id="reflect-1",
    task="run_reflection",
    queue="arq:cognition",
    payload={"bot_name": "luna", "user_id": "ana"},
    error="ModelRefused",
    message="the key is wrong\nand more",
    traceback="Traceback (most recent call last): …",
    attempts=3,
    enqueued_at=None,
    parked_at=datetime.now(UTC) - timedelta(hours=1),
)
UNREADABLE = replace(
    REFLECTION, job_id="odd-1", task="unreadable", payload={"raw": "gASV"}, error="GiveUp", parked_at=OLD
)


@pytest.fixture(scope="module")
async def database_url(stack: Stack) -> AsyncGenerator[str]:
    async with migrated_database(stack.database_url) as url:
        yield url


@pytest.fixture
async def parked(database_url: str) -> AsyncGenerator[PostgresParked]:
    """A reflection of an hour ago, one about another user, and an old job that nobody can read."""
    async with await Database.open(database_url, size=2) as database:
        await database.execute("TRUNCATE parked_jobs")
        parked = PostgresParked(database)
        for job in (REFLECTION, replace(REFLECTION, job_id="reflect-2", payload={"user_id": "ben"}), UNREADABLE):
            await parked.park(job)
        yield parked


@pytest.fixture
def here(bot: Bot, database_url: str, redis_url: str, parked: PostgresParked) -> Bot:
    return partial(bot, REDIS_URL=redis_url, DATABASE_URL=database_url)


async def queued(redis_url: str) -> list[str]:
    async with Redis.from_url(redis_url) as redis:
        return sorted(member.decode() for member in await redis.zrange("arq:cognition", 0, -1))


def test_lists_the_newest_first_with_or_without_the_word(here: Bot) -> None:
    shown = here("parked")
    assert shown.code == Exit.OK
    assert "ModelRefused: the key is wrong" in shown.out
    assert "and more" not in shown.out
    data = here("parked", "list", "--json").data
    assert data["count"] == 3
    assert [job["job_id"] for job in data["jobs"]] == ["reflect-1", "reflect-2", "odd-1"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--user", "ben"), ["reflect-2"]),
        (("--bot", "luna"), ["reflect-1"]),
        (("--error", "GiveUp"), ["odd-1"]),
        (("--task", "run_reflection", "--since", "2h"), ["reflect-1", "reflect-2"]),
        (("--until", "30d"), ["odd-1"]),
        (("--queue", "sensory"), []),
    ],
)
def test_lists_those_that_are_asked_for(here: Bot, words: tuple[str, ...], found: list[str]) -> None:
    assert [job["job_id"] for job in here("parked", *words, "--json").data["jobs"]] == found


def test_shows_one_with_all_that_is_known(here: Bot) -> None:
    shown = here("parked", "show", "reflect-1")
    assert "the key is wrong\nand more" in shown.out
    assert "Traceback (most recent call last)" in shown.out
    assert '"user_id": "ana"' in shown.out
    assert here("parked", "show", "reflect-1", "--json").data["job"]["attempts"] == 3
    gone = here("parked", "show", "nobody")
    assert gone.code == Exit.FAILED
    assert "no job 'nobody' is parked" in gone.err


def test_a_job_that_is_parked_is_shown_as_such(here: Bot) -> None:
    job = here("job", "reflect-1", "--json").data["job"]
    assert (job["state"], job["task"], job["failures"]) == ("parked", "run_reflection", 3)
    shown = here("job", "reflect-1")
    assert shown.code == Exit.OK
    assert "ModelRefused: the key is wrong" in shown.out
    assert "./bot.sh parked show reflect-1" in shown.err


async def test_the_beginning_of_an_id_is_enough_when_only_one_begins_so(here: Bot, parked: PostgresParked) -> None:
    assert here("parked", "show", "odd", "--json").data["job"]["job_id"] == "odd-1"
    for verb in ("show", "replay", "discard"):
        torn = here("parked", verb, "reflect")
        assert torn.code == Exit.USAGE
        assert "2 parked jobs begin with 'reflect': reflect-1, reflect-2" in torn.err
    await parked.park(replace(REFLECTION, job_id="reflect"))
    assert here("parked", "discard", "reflect", "odd-1…", "--yes").code == Exit.OK
    assert await parked.ids() == ["reflect-1", "reflect-2"]
    assert here("parked", "discard", "reflect-2", "--yes").code == Exit.OK
    assert here("parked", "replay", "r").code == Exit.OK
    assert await parked.ids() == []


async def test_replays_one_by_its_id_once(here: Bot, parked: PostgresParked, redis_url: str) -> None:
    first = here("parked", "replay", "reflect-1", "--json")
    assert first.code == Exit.OK
    assert first.data["queued"] == 1
    assert first.data["jobs"][0]["job_id"] == "reflect-1"
    again = here("parked", "replay", "reflect-1")
    assert again.code == Exit.FAILED
    assert "is not parked" in again.out

    assert await queued(redis_url) == ["reflect-1"]
    assert await parked.ids() == ["odd-1", "reflect-2"]


async def test_two_who_replay_everything_at_the_same_time_put_each_job_back_once(
    here: Bot, parked: PostgresParked, redis_url: str
) -> None:
    job_ids = [f"reflect-{number:02}" for number in range(30)]
    for job_id in job_ids:
        await parked.park(replace(REFLECTION, job_id=job_id))
    together = [asyncio.to_thread(here, "parked", "replay", "--bot", "luna", "--yes", "--json") for _ in range(2)]
    first, second = [ended.data for ended in await asyncio.gather(*together)]

    assert first["queued"] + second["queued"] == 31
    assert first["waiting"] + second["waiting"] + first["refused"] + second["refused"] == 0
    assert await queued(redis_url) == sorted([*job_ids, "reflect-1"])
    assert await parked.count(ParkedFilter(bot_name="luna")) == 0


async def test_replays_all_and_tells_who_stays_and_why(here: Bot, parked: PostgresParked, redis_url: str) -> None:
    await parked.park(replace(REFLECTION, job_id="reflect-3", payload={"bot_name": "wren", "user_id": "ben"}))
    ended = here("parked", "replay", "--all", "--yes", "--json")
    assert ended.code == Exit.FAILED
    assert (ended.data["queued"], ended.data["refused"]) == (2, 2)
    reasons = {job["parked_id"]: job["reason"] for job in ended.data["jobs"]}
    assert "replay it with --payload FILE, or discard it" in reasons["odd-1"]
    assert "bot_name: Field required" in reasons["reflect-2"]

    assert await queued(redis_url) == ["reflect-1", "reflect-3"]
    assert await parked.ids() == ["odd-1", "reflect-2"]


async def test_replays_an_unreadable_one_with_a_payload_from_a_file(
    here: Bot, parked: PostgresParked, redis_url: str, tmp_path: Path
) -> None:
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps({"bot_name": "luna", "user_id": "ana"}), encoding="utf-8")
    ended = here("parked", "replay", "odd-1", "--payload", str(mended), "--as", "run_reflection")
    assert ended.code == Exit.OK
    assert await queued(redis_url) == ["odd-1"]


@pytest.mark.parametrize("verb", ["replay", "discard"])
async def test_says_how_many_and_does_nothing_where_nobody_can_be_asked(
    here: Bot, parked: PostgresParked, redis_url: str, verb: str
) -> None:
    ended = here("parked", verb, "--task", "run_reflection")
    assert ended.code == Exit.USAGE
    assert f"this would {verb} 2 parked jobs" in ended.err
    assert "--yes" in ended.err
    assert here("parked", verb, "--all", "--json").code == Exit.USAGE

    assert await parked.count() == 3
    assert await queued(redis_url) == []


async def test_discards_what_is_meant_and_names_what_was_not_there(here: Bot, parked: PostgresParked) -> None:
    assert here("parked", "discard", "--user", "ana", "--yes", "--json").data["discarded"] == 1
    ended = here("parked", "discard", "odd-1", "nobody", "--yes", "--json")
    assert ended.code == Exit.FAILED
    assert (ended.data["discarded"], ended.data["gone"]) == (1, ["nobody"])
    gone = here("parked", "discard", "nobody")
    assert gone.code == Exit.FAILED
    assert "nobody  is not parked" in gone.out
    assert here("parked", "purge", "--older-than", "100d", "--yes").code == Exit.OK
    assert await parked.ids() == ["reflect-2"]


async def test_purges_what_was_kept_long_enough(here: Bot, parked: PostgresParked) -> None:
    assert here("parked", "purge", "--yes", "--json").data["discarded"] == 1
    assert await parked.ids() == ["reflect-1", "reflect-2"]
    assert here("parked", "purge", "--older-than", "30m", "--yes", "--json").data["discarded"] == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("replay",), "say which"),
        (("discard",), "say which"),
        (("replay", "--all", "--as", "run_reflection"), "for one job"),
        (("--since", "yesterday"), "is no time"),
        (("--queue", "sensry"), "did you mean sensory?"),
        (("purge", "--parked.keep", "0"), "kept for ever"),
    ],
)
def test_wrong_words_are_refused(here: Bot, words: tuple[str, ...], why: str) -> None:
    ended = here("parked", *words)
    assert ended.code == Exit.USAGE
    assert why in ended.err


async def test_a_store_that_was_not_migrated_is_told_in_a_line(bot: Bot, stack: Stack) -> None:
    async with fresh_database(stack.database_url) as url:
        ended = bot("parked", DATABASE_URL=url)
    assert ended.code == Exit.CONFIG
    assert "run ./bot.sh migrate" in ended.err
