"""Runs the scripts beside this file."""

from collections.abc import Callable
from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

Now = Callable[[], str]
"""What a script takes for the time, in milliseconds since 1970; empty: it asks the server."""


def servers_time() -> str:
    """The time that all workers share."""
    return ""


def script(redis: Redis, name: str) -> AsyncScript:
    """`name`.lua, to be called with keys and arguments."""
    text = files("mindfleet.adapters.limits").joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return redis.register_script(text)
