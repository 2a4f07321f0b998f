"""The read side: what the fleet has learnt, for the bot's next prompt.

    from mindfleet import memory

    known = await memory.recall(
        bot_name="luna", user_id="ana", query="Where does Ana live?", token_budget=800, audience="dm"
    )
    prompt = known.context

Needs the extra `recall` (`pip install "mindfleet[recall]"`); importing this module does not. Every function reads one
bot's memory of what one user took part in, and `audience` says where the answer will be given: what was said in
private is never returned for a channel. Usable from several event loops; each has its own connections.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mindfleet.conversation.turn import Visibility
from mindfleet.errors import ExtraMissing

if TYPE_CHECKING:
    from mindfleet.ports.facts import Fact
    from mindfleet.ports.journal import Summary
    from mindfleet.recall.context import Recollection
    from mindfleet.recall.remembering import GoalState, Profile, Remembering

Audience = Visibility
"""`dm`: the user alone; `channel`: those of a closed channel; `public`: anyone."""


@dataclass(frozen=True)
class _Held:
    """The connections of one event loop, and the task that holds them open."""

    opened: "asyncio.Future[Remembering]"
    closing: asyncio.Event
    keeping: "asyncio.Task[None]"


_held: WeakKeyDictionary[asyncio.AbstractEventLoop, _Held] = WeakKeyDictionary()


async def recall(
    bot_name: str,
    user_id: str,
    query: str,
    token_budget: int = 1200,
    *,
    audience: Audience,
    as_of: datetime | None = None,
) -> "Recollection":
    """What helps to answer `query`: a block of text for the prompt, and the messages that it rests on.

    Args:
        bot_name: whose memory.
        user_id: who is spoken with; only what this user took part in is searched.
        query: what was just said or asked.
        token_budget: the most that the block may cost, by estimate.
        audience: where the answer will be given.
        as_of: as if it were that instant, aware; by default now.

    Raises:
        ExtraMissing: the extra `recall` is not installed.
        StoreUnavailable: a store is away.
        ValueError: `audience` is none of the three, `as_of` has no time zone, or `token_budget` is less than 0.
    """
    _check(audience, as_of)
    if token_budget < 0:
        raise ValueError(f"token_budget is a number of tokens from 0 on, not {token_budget}")
    remembering = await _remembering()
    return await remembering.recall(bot_name, user_id, query, token_budget, audience=audience, as_of=as_of)


async def facts(bot_name: str, user_id: str, *, audience: Audience, as_of: datetime | None = None) -> "list[Fact]":
    """The user's facts with their validity and evidence; with `as_of` only those that are true at that instant."""
    _check(audience, as_of)
    return await (await _remembering()).facts(bot_name, user_id, audience=audience, as_of=as_of)


async def summaries(bot_name: str, user_id: str, *, audience: Audience, limit: int = 20) -> "list[Summary]":
    """Summaries of the sessions that the user took part in, the newest first."""
    _check(audience, None)
    return await (await _remembering()).summaries(bot_name, user_id, audience=audience, limit=limit)


async def goals(bot_name: str, user_id: str, *, audience: Audience) -> "list[GoalState]":
    """The bot's own goals and those that the user stated, with their progress for this user."""
    _check(audience, None)
    return await (await _remembering()).goals(bot_name, user_id, audience=audience)


async def profile(bot_name: str, user_id: str, *, audience: Audience) -> "Profile":
    """All that is known of the user and may be said to this audience."""
    _check(audience, None)
    return await (await _remembering()).profile(bot_name, user_id, audience=audience)


async def close() -> None:
    """Close the connections of the running event loop; the next call opens new ones."""
    held = _held.pop(asyncio.get_running_loop(), None)
    if held:
        held.closing.set()
        await asyncio.wait([held.keeping])


def _check(audience: str, as_of: datetime | None) -> None:
    if audience not in ("dm", "channel", "public"):
        raise ValueError(f"audience is 'dm', 'channel' or 'public', not {audience!r}")
    if as_of is not None and as_of.tzinfo is None:
        raise ValueError(f"as_of={as_of.isoformat()} has no time zone: use an aware datetime")


async def _remembering() -> "Remembering":
    loop = asyncio.get_running_loop()
    if loop not in _held:
        _held[loop] = _hold(loop)
    held = _held[loop]
    await asyncio.wait((held.opened, held.keeping), return_when=asyncio.FIRST_COMPLETED)
    if not held.opened.done():
        held.keeping.result()  # raises why they could not be opened
    return held.opened.result()


def _hold(loop: asyncio.AbstractEventLoop) -> _Held:
    try:
        from mindfleet.wiring import open_remembering  # noqa: PLC0415 - the drivers are an extra
    except ImportError as error:
        raise ExtraMissing(
            f"memory needs {error.name}, which the extra `recall` brings: pip install 'mindfleet[recall]'"
        ) from error
    opened: asyncio.Future[Remembering] = loop.create_future()
    closing = asyncio.Event()

    async def keep() -> None:
        """Opens and closes in one task, which the end of the event loop cancels: so a bot need not call `close`."""
        async with open_remembering() as remembering:
            opened.set_result(remembering)
            await closing.wait()

    held = _Held(opened, closing, loop.create_task(keep(), name="mindfleet.memory"))
    held.keeping.add_done_callback(partial(_let_go, held))
    return held


def _let_go(held: _Held, ended: "asyncio.Task[None]") -> None:
    """The next call opens anew; an error of the opening was raised where it was waited for."""
    loop = ended.get_loop()
    if _held.get(loop) is held:
        del _held[loop]
    if not ended.cancelled():
        ended.exception()
