"""Runs the scripts beside this file."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Protocol, cast

from redis.asyncio import Redis

Now = Callable[[], str]
"""What a script takes for the time, in milliseconds since 1970; empty: it asks the server."""


class Script(Protocol):
    async def __call__(self, *, keys: Sequence[str], args: Sequence[str | int]) -> Any:  # noqa: ANN401 - each its own
        """Run it; what it takes and returns stands at its head."""
        ...


def servers_time() -> str:
    """The time that all workers share."""
    return ""


def script(redis: Redis, name: str) -> Script:
    """`name`.lua."""
    text = files("mindfleet.adapters.limits").joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return cast("Script", redis.register_script(text))
