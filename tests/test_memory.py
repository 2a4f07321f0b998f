"""`memory` holds its connections for a bot that never thinks of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from mindfleet import memory, wiring
from mindfleet.errors import StoreUnavailable
from mindfleet.recall.remembering import Remembering


class Stores:
    """Stores that count how often they were opened and closed, one context inside the other as the real ones are."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.away = False

    @asynccontextmanager
    async def open_remembering(self) -> AsyncGenerator[Remembering]:
        async with self._open_stores() as remembering:
            yield remembering

    @asynccontextmanager
    async def _open_stores(self) -> AsyncGenerator[Remembering]:
        if self.away:
            raise StoreUnavailable("PostgreSQL is away")
        self.opened += 1
        try:
            yield cast("Remembering", self)
        finally:
            await asyncio.sleep(0)
            self.closed += 1

    async def facts(self, *_: object, **__: object) -> list[str]:
        return ["a fact"]


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    stores = Stores()
    monkeypatch.setattr(wiring, "open_remembering", stores.open_remembering)
    return stores


async def ask() -> object:
    return await memory.facts("luna", "ana", audience="dm")


async def in_a_loop_of_its_own(bot: Callable[[], Awaitable[None]]) -> list[dict[str, Any]]:
    """Runs a bot as `asyncio.run` does; returns what its event loop complained of."""
    complaints: list[dict[str, Any]] = []

    async def listened() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await bot()

    await asyncio.to_thread(asyncio.run, listened())
    return complaints


async def test_a_bot_that_never_closes_ends_in_silence_with_everything_closed(stores: Stores) -> None:
    async def bot() -> None:
        await ask()

    assert await in_a_loop_of_its_own(bot) == []
    assert (stores.opened, stores.closed) == (1, 1)


async def test_calls_at_the_same_time_share_the_connections(stores: Stores) -> None:
    async def bot() -> None:
        await asyncio.gather(ask(), ask(), ask())

    assert await in_a_loop_of_its_own(bot) == []
    assert stores.opened == 1


async def test_a_call_after_close_opens_again(stores: Stores) -> None:
    async def bot() -> None:
        await ask()
        await memory.close()
        assert stores.closed == 1
        await ask()

    assert await in_a_loop_of_its_own(bot) == []
    assert (stores.opened, stores.closed) == (2, 2)


async def test_a_budget_below_nothing_is_refused_before_any_store_is_asked(stores: Stores) -> None:
    with pytest.raises(ValueError, match="from 0 on, not -3"):
        await memory.recall("luna", "ana", "where?", -3, audience="dm")
    assert stores.opened == 0


async def test_a_store_that_was_away_is_tried_again_by_the_next_call(stores: Stores) -> None:
    async def bot() -> None:
        stores.away = True
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await ask()
        stores.away = False
        await ask()

    assert await in_a_loop_of_its_own(bot) == []
    assert stores.opened == 1


async def test_a_call_given_up_while_opening_leaves_the_connections_to_the_others(stores: Stores) -> None:
    async def bot() -> None:
        impatient, patient = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == ["a fact"]

    assert await in_a_loop_of_its_own(bot) == []
    assert stores.opened == 1
