"""What a person finds out about effects, on the command line, in a real PostgreSQL."""

from collections.abc import AsyncGenerator
from functools import partial
from uuid import UUID, uuid4

import pytest

from mindfleet.adapters.postgres import Database, PostgresEffects
from mindfleet.cli.exits import Exit
from mindfleet.embedded.runfile import Stack
from tests.contracts.databases import migrated_database

from .conftest import Bot

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
async def database_url(stack: Stack) -> AsyncGenerator[str]:
    async with migrated_database(stack.database_url) as url:
        yield url


@pytest.fixture
async def effects(database_url: str) -> AsyncGenerator[PostgresEffects]:
    async with await Database.open(database_url, size=2) as database:
        await database.execute("TRUNCATE effects")
        yield PostgresEffects(database)


@pytest.fixture
def here(bot: Bot, database_url: str) -> Bot:
    return partial(bot, DATABASE_URL=database_url)


async def left_unknown(effects: PostgresEffects, job_id: str) -> UUID:
    key = uuid4()
    await effects.intend(key=key, job_id=job_id, kind="discord.message", payload={"text": "hello ✨"}, fence=1)
    await effects.unknown(key, fence=1)
    return key


async def test_lists_what_nobody_knows_of_and_the_rest_when_it_is_asked_for(
    here: Bot, effects: PostgresEffects
) -> None:
    assert "it is known whether it arrived" in here("effects").err
    one, other = await left_unknown(effects, "greet-1"), await left_unknown(effects, "greet-2")
    sent = uuid4()
    await effects.intend(key=sent, job_id="greet-3", kind="mail", payload={}, fence=1)
    await effects.sent(sent, "m3", fence=1)

    listed = here("effects").out
    assert str(one) in listed
    assert "greet-2" in listed
    assert str(sent) not in listed
    assert [effect["key"] for effect in here("effects", "--all", "--json").data["effects"]] == list(
        map(str, (one, other, sent))
    )
    limited = here("effects", "list", "--limit", "1", "--json").data
    assert ([effect["job_id"] for effect in limited["effects"]], limited["more"]) == (["greet-1"], True)


async def test_shows_one_with_what_was_to_be_sent(here: Bot, effects: PostgresEffects) -> None:
    key = await left_unknown(effects, "greet-1")
    shown = here("effects", "show", str(key))
    assert "hello ✨" in shown.out
    assert "greet-1" in shown.out
    assert here("effects", "show", str(key), "--json").data["effect"]["payload"] == {"text": "hello ✨"}


@pytest.mark.parametrize(
    ("said", "state", "provider_id"), [(("--sent", "m1"), "sent", "m1"), (("--not-sent",), "withdrawn", None)]
)
async def test_says_what_became_of_one_and_what_to_do_next(
    here: Bot, effects: PostgresEffects, said: tuple[str, ...], state: str, provider_id: str | None
) -> None:
    key = await left_unknown(effects, "greet-1")
    ended = here("effects", "resolve", str(key), *said)

    assert ended.code == Exit.OK, ended.err
    assert "./bot.sh parked replay greet-1" in ended.err
    found = await effects.one(key)
    assert found
    assert (found.state, found.provider_id) == (state, provider_id)
    again = here("effects", "resolve", str(key), *said)
    assert again.code == Exit.FAILED
    assert f"is {state}" in again.err


async def test_the_beginning_of_a_key_is_enough_when_only_one_begins_so(here: Bot, effects: PostgresEffects) -> None:
    keys = [UUID(f"{start}-0000-4000-8000-000000000000") for start in ("aa00ff00", "aa00ff01", "bb000000")]
    for key in keys:
        await effects.intend(key=key, job_id=f"of-{key}", kind="discord.message", payload={}, fence=1)
        await effects.unknown(key, fence=1)

    for start in ("b", "BB00", "bb000000-00…", str(keys[2])):
        assert here("effects", "show", start, "--json").data["effect"]["key"] == str(keys[2])
    for words in (("show", "aa00"), ("resolve", "aa00", "--not-sent")):
        torn = here("effects", *words)
        assert torn.code == Exit.USAGE
        assert f"2 effects begin with 'aa00': {keys[0]}, {keys[1]}" in " ".join(torn.err.split())
    assert here("effects", "resolve", "aa00ff01", "--not-sent", "--json").data["effect"]["key"] == str(keys[1])
    gone = here("effects", "show", "cc")
    assert (gone.code, "no effect cc is on record" in gone.err) == (Exit.FAILED, True)
    for nothing in ("", "…", "-", str(keys[2]) + "0"):
        assert here("effects", "resolve", "--not-sent", "--", nothing).code == Exit.USAGE


async def test_says_nothing_that_was_not_meant(here: Bot, effects: PostgresEffects) -> None:
    key = await left_unknown(effects, "greet-1")
    for words in ((), ("--sent", "m1", "--not-sent"), ("--sent", "")):
        assert here("effects", "resolve", str(key), *words).code == Exit.USAGE
    assert here("effects", "resolve", "no-key", "--not-sent").code == Exit.USAGE
    missing = here("effects", "resolve", str(uuid4()), "--not-sent")
    assert (missing.code, "on record" in missing.err) == (Exit.FAILED, True)
    found = await effects.one(key)
    assert found
    assert found.state == "unknown"
