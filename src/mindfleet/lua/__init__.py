"""The scripts that change the state of jobs in Redis; each file says what it takes, returns and costs.

A script names the parts that stand before it in a first line `-- with: …`. There is one Redis and no cluster: keys of
a job are found through other keys, so scripts take arguments only.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportArgumentType=false, reportGeneralTypeIssues=false
# The types that redis ships are not complete.

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha1
from importlib.resources import files
from typing import Any, cast
from weakref import WeakSet

from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from mindfleet.lua.line import line_of

Argument = str | bytes | int | float
Notice = Callable[[Redis], Awaitable[object]]


VERSIONS = 4
"""Of one script that Redis keeps for others; they come back when they are called."""

_without_functions: WeakSet[ConnectionPool] = WeakSet()
"""Where Redis is older than 7, or does not let this user have functions."""


@dataclass(frozen=True)
class Script:
    """One script, with its parts.

    Args:
        name: of its file.
        parts: what stands before it.
        body: the file.
        is_kept: whether Redis is to keep it as a function, where it can. A script is made anew by each call of it,
            with all functions of its parts, and that costs more than what many a call does.
    """

    name: str
    parts: str
    body: str
    is_kept: bool = False

    @cached_property
    def text(self) -> str:
        """As a script of its own (EVAL)."""
        return f"{self.parts}\nbegin(ARGV)\n{self.body}"

    @cached_property
    def sha(self) -> str:
        """How Redis calls it (EVALSHA)."""
        return sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    @cached_property
    def function(self) -> str:
        """How Redis calls it (FCALL); two versions are two functions."""
        return f"mindfleet_{self.name}_{self.sha[:12]}"

    @cached_property
    def library(self) -> str:
        """What makes that function (FUNCTION LOAD)."""
        head = f"#!lua name={self.function}\n{self.parts}\nlocal function run(_, arguments)\nbegin(arguments, true)\n"
        return f"{head}{self.body}\nend\nredis.register_function('{self.function}', run)\n"

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
        told = ("" if now is None else now, *arguments)
        try:
            return await _execute(redis, *self.call(redis), *told)
        except ResponseError as error:
            if not _is_unknown(error):
                raise
            if _is_denied(error):
                _without_functions.add(redis.connection_pool)
        if anew:
            await anew(redis)
        if await self._is_installed(redis):
            return await _execute(redis, *self.call(redis), *told)
        return await _execute(redis, "EVAL", self.text, 0, *told)

    def call(self, redis: Redis) -> tuple[Argument, ...]:
        """How a call of it begins there."""
        if self.is_kept and redis.connection_pool not in _without_functions:
            return ("FCALL", self.function, 0)
        return ("EVALSHA", self.sha, 0)

    async def _is_installed(self, redis: Redis) -> bool:
        """Have Redis keep it, if it can."""
        if not self.is_kept or redis.connection_pool in _without_functions:
            return False
        try:
            await _execute(redis, "FUNCTION", "LOAD", "REPLACE", self.library)
        except ResponseError as error:
            if not _is_denied(error):
                raise
            _without_functions.add(redis.connection_pool)
            return False
        with suppress(ResponseError):  # others may do the same at this time
            await self._remove_others(redis)
        return True

    async def _remove_others(self, redis: Redis) -> None:
        """Whoever needs one of them brings it again."""
        found = await _execute(redis, "FUNCTION", "LIST", "LIBRARYNAME", f"mindfleet_{self.name}_????????????")
        others = {name for [_, name, *_] in found} - {self.function.encode()}
        if len(others) > VERSIONS:
            for name in others:
                await _execute(redis, "FUNCTION", "DELETE", name)


def _is_unknown(error: ResponseError) -> bool:
    """Whether Redis has no such script or function, or gives this user none."""
    return isinstance(error, NoScriptError) or str(error).startswith("Function not found") or _is_denied(error)


def _is_denied(error: ResponseError) -> bool:
    return isinstance(error, NoPermissionError) or str(error).startswith("unknown command")


async def _execute(redis: Redis, *command: Argument) -> Any:  # noqa: ANN401 - as Redis answers
    return await redis.execute_command(*command)  # type: ignore[no-untyped-call]


Call = tuple[Script, Sequence[Argument]]


async def together(redis: Redis, calls: Sequence[Call], *, anew: Notice | None = None) -> list[Any]:
    """Run scripts one after the other in one round trip; what each returns, or the error that it raised.

    Past redis-py, whose care for a command takes longer than all that it does; `anew` as in `Script`.
    """
    line = await line_of(redis.connection_pool)
    packed = b"".join([_packed(*script.call(redis), "", *arguments) for script, arguments in calls])
    answers = await line.ask(packed, len(calls))
    for i, (script, arguments) in enumerate(calls):
        if isinstance(answers[i], ResponseError) and _is_unknown(answers[i]):
            answers[i] = await script(redis, *arguments, anew=anew)
    return answers


async def plain(redis: Redis, *command: Argument) -> Any:  # noqa: ANN401 - as Redis answers
    """One command, answered as Redis answers, lists of lists of bytes, where redis-py would make something else of it.

    Raises:
        ResponseError: Redis refuses.
    """
    line = await line_of(redis.connection_pool)
    [answer] = await line.ask(_packed(*command), 1)
    if isinstance(answer, ResponseError):
        raise answer
    return answer


def _packed(*command: Argument) -> bytes:
    packed: bytes = pack_command(cast("tuple[str]", command))  # which is typed for one word
    return packed


@cache
def load(name: str, *, is_kept: bool = False) -> Script:
    """The script of that name."""
    here = files("mindfleet.lua")
    body = here.joinpath(f"{name}.lua").read_text(encoding="utf-8")
    parts = re.match(r"-- with: (.+)\n", body)
    before = [here.joinpath(f"{part}.lua").read_text(encoding="utf-8") for part in (parts[1].split() if parts else ())]
    return Script(name, "\n".join(before), body, is_kept)


ENQUEUE = load("enqueue", is_kept=True)
CLAIM = load("claim", is_kept=True)
SETTLE = load("settle", is_kept=True)
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
