"""Scripts that Redis keeps as functions, so that they are not made anew by each call."""

import re
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.entrants import Entrant
from tests.private_redis import PrivateRedis

KEPT = [lua.CLAIM, lua.ENQUEUE, lua.SETTLE]


async def _put(redis: Redis, job_id: str) -> bytes:
    """Returns the epoch."""
    entrant = Entrant(job_id=job_id, queue="arq:q", data=b"job")
    epoch, _, [[outcome, *_]] = await lua.ENQUEUE(redis, 1, *entrant.arguments())
    assert outcome == b"queued"
    return bytes(epoch)


async def _calls(redis: Redis, command: str) -> int:
    told = await redis.info("commandstats")
    return int(told.get(f"cmdstat_{command}", {}).get("calls", 0))


async def _kept(redis: Redis) -> list[str]:
    found = await redis.execute_command("FUNCTION", "LIST")  # type: ignore[no-untyped-call]
    return sorted(name.decode() for [_, name, *_] in found)


@pytest.mark.stack
async def test_redis_is_given_a_function_once_and_calls_it_from_then_on(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url) as redis:
        for number in range(3):
            await _put(redis, str(number))

        assert await _kept(redis) == [lua.ENQUEUE.function]
        assert (await _calls(redis, "fcall"), await _calls(redis, "evalsha")) == (4, 0)


@pytest.mark.stack
async def test_a_function_that_somebody_removed_comes_back(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url) as redis:
        await _put(redis, "before")
        await redis.function_flush("SYNC")
        await _put(redis, "after")
        await redis.function_flush("SYNC")

        [answer] = await lua.together(redis, [(lua.ENQUEUE, [0])])

        assert answer[2] == []
        assert await _kept(redis) == [lua.ENQUEUE.function]


@pytest.mark.stack
@pytest.mark.parametrize("denied", ["-fcall", "-function", "-function|load"])
async def test_a_user_who_may_have_no_functions_runs_scripts(server: PrivateRedis, denied: str) -> None:
    async with Redis.from_url(server.url) as redis:
        await redis.execute_command("ACL", "SETUSER", "plain", "on", "nopass", "~*", "&*", "+@all", denied)
        async with Redis.from_url(server.url, username="plain", password="") as plain:
            await _put(plain, "first")
            await _put(plain, "second")
            [answer] = await lua.together(plain, [(lua.ENQUEUE, [0])])

        assert answer[2] == []
        assert await _kept(redis) == []
        assert await _calls(redis, "evalsha") >= 2


@pytest.mark.stack
async def test_functions_of_versions_that_are_gone_do_not_pile_up(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url) as redis:
        for version in range(20):
            await replace(lua.ENQUEUE, body=f"{lua.ENQUEUE.body}\n-- {version}")(redis, 0)
            assert len(await _kept(redis)) <= lua.VERSIONS + 1
        await lua.SETTLE(redis, "w", 1, "", 0)

        await lua.ENQUEUE(redis, 0)

        assert {lua.ENQUEUE.function, lua.SETTLE.function} <= set(await _kept(redis))


@pytest.mark.stack
async def test_a_function_notices_that_the_data_are_older_than_its_server(server: PrivateRedis) -> None:
    """After a restart it is there, for the append-only file has it; so nobody is told that Redis began anew."""
    async with Redis.from_url(server.url) as redis:
        epochs = [await _put(redis, "one"), await _put(redis, "two")]
        await server.kill()
        await server.start()

        assert await _kept(redis) == [lua.ENQUEUE.function]
        epochs += [await _put(redis, "three"), await _put(redis, "four")]

    assert epochs[0] == epochs[1] != epochs[2] == epochs[3]


@pytest.mark.parametrize("script", KEPT, ids=lambda script: script.name)
def test_no_variable_of_a_function_outlives_a_call(script: lua.Script) -> None:
    """But one: the run of the server, which is the same as long as the function is there."""
    variables = _names(re.findall(r"^local ([a-z_, ]+?)(?: = .*)?(?: --.*)?$", script.parts, re.MULTILINE))
    changed = {
        name
        for name in variables
        if re.search(rf"^ +(?:[\w, ]+, )?{name}(?:, [\w, ]+)?(?:[\[.].*)? = ", script.parts, re.MULTILINE)
    }
    setting_out = re.findall(r"^before_call\[.*?\] = function\(\)\n(.*?)^end", script.parts, re.MULTILINE | re.DOTALL)
    begins = re.findall(
        r"^local function (?:begin|sweep_nothing)\(.*?\)\n(.*?)^end", script.parts, re.MULTILINE | re.DOTALL
    )
    begun = _names(re.findall(r"^ *([a-z_, ]+?) = ", "\n".join([*setting_out, *begins, script.body]), re.MULTILINE))

    assert {"seen", "now", "gone", "numbers"} <= begun
    assert changed - begun == {"its_run", "before_call"} & changed


def _names(lists: list[str]) -> set[str]:
    return {name for each in lists for name in each.split(", ")}
