"""A session of `redis-cli` in a document: lines that begin with `> ` are sent, the others are what comes back."""

import os
import shlex
from collections.abc import Iterator, Sequence

from redis.asyncio import Redis
from redis.exceptions import ResponseError

PROMPT = "> "

Reply = bytes | int | Sequence["Reply"] | None


async def play(text: str) -> str:
    """The session with the answers that a server gives, as `redis-cli` writes them."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(PROMPT):
            lines += [line, *_in_words(await _answer(shlex.split(line.removeprefix(PROMPT))))]
    return "\n".join(lines)


async def _answer(command: Sequence[str]) -> Reply | ResponseError:
    """Below the client's own reading of replies, which depends on the command."""
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        connection = await redis.connection_pool.get_connection()
        try:
            await connection.send_command(*command)
            reply: Reply = await connection.read_response()
        except ResponseError as error:
            return error
        finally:
            await redis.connection_pool.release(connection)
        return reply


def _in_words(reply: Reply | ResponseError) -> Iterator[str]:
    match reply:
        case ResponseError():
            yield f"(error) {reply}"
        case None:
            yield "(nil)"
        case int():
            yield f"(integer) {reply}"
        case bytes():
            text = reply.decode().replace('"', '\\"')
            yield f'"{text}"'
        case []:
            yield "(empty array)"
        case _:
            yield from _elements(reply)


def _elements(replies: Sequence[Reply]) -> Iterator[str]:
    width = len(str(len(replies)))
    for number, reply in enumerate(replies, start=1):
        first, *rest = _in_words(reply)
        yield f"{number:>{width}}) {first}"
        yield from (" " * (width + 2) + line for line in rest)
