"""The limits of models, counted in Redis for the whole fleet."""

import asyncio
import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.adapters.limits.released import RELEASED, Releases
from mindfleet.adapters.limits.scripts import Now, script, servers_time
from mindfleet.ending import end
from mindfleet.ports.limits import Opening, Rank, Refusal, Reservation, Settlement, Target, Why, Wish

WINDOW = timedelta(seconds=61)
"""A minute, and a second because requests are on their way for a while."""

PATIENCE = timedelta(seconds=1)
"""How long a caller waits before it looks again; nobody's place in the line is lost within twice that."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Breaking:
    """When a model is left alone because it fails."""

    failures: int = 5
    """So many in a row."""

    pause: timedelta = timedelta(seconds=20)
    """Then nobody asks for so long; and after that one, until it has an answer."""


class RedisLimits:
    """`Limits` in Redis. Belongs to one event loop."""

    def __init__(
        self,
        redis: Redis,
        *,
        breaking: Breaking | None = None,
        lease: timedelta = timedelta(seconds=10),
        now: Now = servers_time,
    ) -> None:
        """Ask nothing yet.

        Args:
            redis: a client whose calls end by themselves when the server hangs.
            breaking: when a failing model is left alone.
            lease: how long the calls of a dead worker count; living ones are renewed four times as often.
            now: for simulations.
        """
        self._breaking = breaking or Breaking()
        self._lease = lease
        self._now = now
        self._reserve, self._settle, self._renew = (script(redis, name) for name in ("reserve", "settle", "renew"))
        self._redis = redis
        self._releases = Releases(redis)
        self._held: dict[str, Reservation] = {}
        self._renewing = asyncio.Lock()
        self._renewer: asyncio.Task[None] | None = None

    async def reserve(self, wish: Wish) -> Reservation | Refusal:
        token = uuid4().hex
        try:
            answer = await self._reserve(keys=_reserve_keys(wish.target), args=self._reserve_arguments(wish, token))
        except (RedisError, OSError) as away:
            logger.warning("limits cannot be counted, as Redis is away: %s", away)
            return Refusal("away", _gate(wish.target), PATIENCE)
        if answer[0] == 0:
            return _refusal(wish.target, answer[1].decode(), int(answer[2]))
        return self._hold(Reservation(wish.target, token, wish.tokens))

    async def settle(self, reservation: Reservation, how: Settlement) -> None:
        """Give the place back. When Redis is away the lease ends it, and the estimate stands."""
        async with self._renewing:
            self._held.pop(reservation.token, None)
            try:
                await self._settle(keys=_settle_keys(reservation.target), args=self._settle_arguments(reservation, how))
            except (RedisError, OSError) as away:
                logger.warning("a call of %s is not settled, as Redis is away: %s", reservation.target.scope, away)

    async def leave(self, wish: Wish) -> None:
        line, soon, wants = _keys(wish.target.scope, "line", "soon", "wants")
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrem(line, wish.ticket)
                pipe.zrem(soon, wish.ticket)
                pipe.hdel(wants, wish.ticket)
                await pipe.execute()
        except (RedisError, OSError) as away:
            logger.warning("a place in the line of %s is left to lapse: %s", wish.target.scope, away)

    def watching(self, target: Target, rank: Rank) -> AbstractContextManager[Opening]:
        return self._releases.watching(_gate(target), rank)

    async def close(self) -> None:
        """Stop listening and renewing."""
        await self._releases.close()
        await end(self._renewer)

    def _hold(self, reservation: Reservation) -> Reservation:
        self._held[reservation.token] = reservation
        if self._renewer is None or self._renewer.done():
            self._renewer = asyncio.create_task(self._renew_all(), name="leases of model calls")
        return reservation

    async def _renew_all(self) -> None:
        while self._held:
            await asyncio.sleep(self._lease.total_seconds() / 4)
            async with self._renewing:
                await self._renew_once()

    async def _renew_once(self) -> None:
        keys = [_keys(one.target.scope, "held")[0] for one in self._held.values()]
        if not keys:
            return
        try:
            lost = await self._renew(keys=keys, args=[self._now(), _ms(self._lease), *self._held])
        except (RedisError, OSError) as away:
            logger.warning("%d calls of models are not renewed, as Redis is away: %s", len(keys), away)
            return
        if lost:
            logger.warning("%d calls of models had lost their place, and others may have taken it", lost)

    def _reserve_arguments(self, wish: Wish, token: str) -> list[str | int]:
        target = wish.target
        limits = (target.concurrency, target.requests, target.tokens)
        return [
            self._now(),
            token,
            wish.ticket,
            wish.priority,
            int(wish.stays),
            *(target.may_use(limit, wish.priority) or 0 for limit in limits),
            wish.tokens,
            _ms(self._lease),
            _ms(WINDOW),
            _ms(PATIENCE),
            self._breaking.failures,
        ]

    def _settle_arguments(self, reservation: Reservation, how: Settlement) -> list[str | int]:
        return [
            self._now(),
            reservation.token,
            how.ending,
            "" if how.tokens is None else how.tokens,
            max(1, _ms(how.pause)),
            self._breaking.failures,
            _ms(self._breaking.pause),
            _ms(PATIENCE),
            reservation.target.concurrency or 0,
            RELEASED,
            _gate(reservation.target),
        ]


def _reserve_keys(target: Target) -> list[str]:
    return [
        *_keys(target.provider, "hold"),
        *_keys(target.breaker, "breaker"),
        *_keys(target.scope, "held", "line", "soon", "wants", "number", "calls", "tokens"),
    ]


def _settle_keys(target: Target) -> list[str]:
    return [
        *_keys(target.provider, "hold"),
        *_keys(target.breaker, "breaker"),
        *_keys(target.scope, "held", "line", "soon", "tokens"),
    ]


def _keys(of: str, *kinds: str) -> list[str]:
    return [f"mindfleet:limit:{kind}:{of}" for kind in kinds]


def _refusal(target: Target, why: Why, after: int) -> Refusal:
    gate = f"hold:{target.provider}" if why == "hold" else _gate(target)
    return Refusal(why, gate, timedelta(milliseconds=after))


def _gate(target: Target) -> str:
    return f"hold:{target.scope}"


def _ms(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)
