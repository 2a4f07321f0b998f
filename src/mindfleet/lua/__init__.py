"""The scripts that change the state of jobs in Redis; each file says what it takes, returns and costs.

A script names the parts that stand before it in a first line `-- with: …`. There is one Redis and no cluster: keys of
a job are found through other keys, so scripts take arguments only.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportArgumentType=false, reportGeneralTypeIssues=false
# The types that redis ships are not complete.

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha1
from importlib.resources import files
from typing import Any, cast

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, ResponseError

Argument = str | bytes | int | float
Notice = Callable[[Redis], Awaitable[object]]


@dataclass(frozen=True)
class Script:
    """One script, with its parts."""

    name: str
    text: str

    @cached_property
    def sha(self) -> str:
        """How Redis calls it (EVALSHA)."""
        return sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(
        self, redis: Redis, *arguments: Argument, now: int | None = None, anew: Notice | None = None
    ) -> Any:  # noqa: ANN401 - each script has its own
        """Run it; Redis is given its text when it has none, as after a restart.

        Args:
            redis: where.
            *arguments: those after the time.
            now: the time, ms; by default the script asks Redis.
            anew: is done first when Redis does not know the script: it may have begun anew, with other data.
        """
        time = "" if now is None else now
        try:
            return await _execute(redis, "EVALSHA", self.sha, 0, time, *arguments)
        except NoScriptError:
            if anew:
                await anew(redis)
            return await _execute(redis, "EVAL", self.text, 0, time, *arguments)


async def _execute(redis: Redis, *command: Argument) -> Any:  # noqa: ANN401 - as Redis answers
    return await redis.execute_command(*command)  # type: ignore[no-untyped-call]


Call = tuple[Script, Sequence[Argument]]


async def together(redis: Redis, calls: Sequence[Call], *, anew: Notice | None = None) -> list[Any]:
    """Run scripts one after the other in one round trip; what each returns, or the error that it raised.

    Past redis-py's pipeline, whose packing of commands takes longer than all that they do; `anew` as in `Script`.
    """
    packed = [_packed("EVALSHA", script.sha, 0, "", *arguments) for script, arguments in calls]
    answers = await _exchange(redis, packed)
    for i, (script, arguments) in enumerate(calls):
        if isinstance(answers[i], NoScriptError):
            answers[i] = await script(redis, *arguments, anew=anew)
    return answers


def _packed(*command: Argument) -> bytes:
    packed: bytes = pack_command(cast("tuple[str]", command))  # which is typed for one word
    return packed


async def _exchange(redis: Redis, packed: Sequence[bytes]) -> list[Any]:
    """Send commands, and read as many answers; a connection on which that ends half way is of no use any more."""
    pool = redis.connection_pool
    connection = await pool.get_connection()
    answers: list[Any] = []
    try:
        await connection.send_packed_command(packed)
        while len(answers) < len(packed):
            answers.append(await _answer(connection))
    finally:
        if len(answers) < len(packed):
            await connection.disconnect(nowait=True)
        await pool.release(connection)
    return answers


async def _answer(connection: AbstractConnection) -> Any:  # noqa: ANN401 - an answer or an error
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error


@cache
def load(name: str) -> Script:
    """The script of that name."""
    here = files("mindfleet.lua")
    text = here.joinpath(f"{name}.lua").read_text(encoding="utf-8")
    parts = re.match(r"-- with: (.+)\n", text)
    before = [here.joinpath(f"{part}.lua").read_text(encoding="utf-8") for part in (parts[1].split() if parts else ())]
    return Script(name, "\n".join([*before, text]))


ENQUEUE = load("enqueue")
CLAIM = load("claim")
SETTLE = load("settle")
RENEW = load("renew")
ADRIFT = load("adrift")
CANCEL = load("cancel")
GATE = load("gate")
REFILE = load("refile")
CALL_IN = load("call_in")
SCHEDULE_CLAIM = load("schedule_claim")
SCHEDULE_ADVANCE = load("schedule_advance")
SCHEDULE_PUT = load("schedule_put")
LOCK = load("lock")
UNLOCK = load("unlock")
WATERMARK = load("watermark")
ABSENT = load("absent")
WRITE_DOWN = load("write_down")
PUT_BACK = load("put_back")
MERGE_BACK = load("merge_back")
EPOCH = load("epoch")
REPORT = load("report")


async def notice(redis: Redis) -> tuple[str, str]:
    """Notice other data than before; the epoch of the data, and of what is whole."""
    server = await redis.info("server")
    epoch, whole = await EPOCH(redis, server["run_id"])
    return epoch.decode(), whole.decode()
