"""What was spent on models today, in Redis, and read from the ledger of calls where Redis does not know it."""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.adapters.limits.scripts import Now, script, servers_time
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.budgets import Cap, Caps, Estimate, Kind, Overdrawn, Payer, SetAside, Spending, Unit, gate_of
from mindfleet.ports.clock import Clock

SET_ASIDE_FOR = timedelta(minutes=10)
"""How long money that a dead worker had set aside is kept from others; longer than any call takes."""

SUMS_KEPT = timedelta(days=2)

LOOK_AGAIN = timedelta(seconds=1)

_BILLION = 1_000_000_000

Counted = list[tuple[Kind, str, Cap]]

logger = logging.getLogger(__name__)


class RedisBudgets:
    """`Budgets` in Redis."""

    def __init__(self, redis: Redis, caps: Caps, spending: Spending, clock: Clock, *, now: Now = servers_time) -> None:
        """Ask nothing yet.

        Args:
            redis: a client whose calls end by themselves when the server hangs.
            caps: how much may be spent.
            spending: what is asked for the sums of a day that Redis does not have.
            clock: which day it is.
            now: for simulations.
        """
        self._redis = redis
        self._caps = caps
        self._spending = spending
        self._clock = clock
        self._now = now
        self._afford, self._spend = script(redis, "afford"), script(redis, "spend")

    async def set_aside(self, payer: Payer, estimate: Estimate) -> SetAside | Overdrawn:
        at, counted, token = self._clock.now(), self._caps.of(payer), uuid4().hex
        if not counted:
            return _aside(token, at, payer, estimate, downgraded=False)
        answer, *details = await self._asked(counted, at, token, estimate)
        while answer == b"unknown":
            await self._look_up([counted[int(number) - 1] for number in details], at)
            answer, *details = await self._asked(counted, at, token, estimate)
        if answer == b"yes":
            return _aside(token, at, payer, estimate, downgraded=bool(details[0]))
        kind, name, _ = counted[int(details[0]) - 1]
        for_today = answer == b"spent"
        after = _until_midnight(at) if for_today else LOOK_AGAIN
        unit: Unit = "usd" if details[1] == b"usd" else "tokens"
        return Overdrawn(kind, name, unit, gate_of(kind, name), after, for_today)

    async def spend(self, aside: SetAside, *, usd: float, tokens: int) -> None:
        counted = self._caps.of(aside.payer)
        if not counted:
            return
        member = f"{aside.token}:{_billionths(aside.usd)}:{aside.tokens}"
        try:
            await self._spend(keys=_keys(counted, aside.at), args=[member, _billionths(usd), tokens])
        except (RedisError, OSError) as away:
            logger.warning("a call of %s is in no budget, as Redis is away: %s", aside.payer.bot_name, away)

    async def _asked(self, counted: Counted, at: datetime, token: str, estimate: Estimate) -> list[bytes | int]:
        cheaper = "" if estimate.cheaper_usd is None else _billionths(estimate.cheaper_usd)
        lease = round(SET_ASIDE_FOR.total_seconds() * 1000)
        limits = [limit for _, _, cap in counted for limit in _limits(cap, self._caps.soft_share)]
        about: list[int | str] = [self._now(), token, lease, _billionths(estimate.usd), estimate.tokens, cheaper]
        try:
            answer: list[bytes | int] = await self._afford(keys=_keys(counted, at), args=[*about, *limits])
        except (RedisError, OSError) as away:
            raise StoreUnavailable(f"budgets cannot be read, as Redis is away: {away}") from away
        return answer

    async def _look_up(self, unknown: Counted, at: datetime) -> None:
        """Tell Redis what the ledger knows of the day, unless somebody has meanwhile."""
        midnight = _midnight(at)
        for one in unknown:
            spent = await self._spending.spent(one[0], one[1], since=midnight)
            key = _keys([one], at)[0]
            try:
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.hsetnx(key, "usd", str(_billionths(spent.usd)))
                    pipe.hsetnx(key, "tokens", str(spent.tokens))
                    pipe.pexpire(key, SUMS_KEPT)
                    await pipe.execute()
            except (RedisError, OSError) as away:
                raise StoreUnavailable(f"budgets cannot be kept, as Redis is away: {away}") from away


def _aside(token: str, at: datetime, payer: Payer, estimate: Estimate, *, downgraded: bool) -> SetAside:
    usd = estimate.cheaper_usd if downgraded and estimate.cheaper_usd is not None else estimate.usd
    return SetAside(token=token, at=at, payer=payer, usd=usd, tokens=estimate.tokens, downgraded=downgraded)


def _keys(counted: Counted, at: datetime) -> list[str]:
    """Of each budget of that day: what was spent, and what is set aside."""
    days = [f"{at:%Y-%m-%d}:{kind}:{name}" for kind, name, _ in counted]
    return [f"mindfleet:budget:{part}:{day}" for day in days for part in ("spent", "aside")]


def _limits(cap: Cap, soft_share: float) -> list[int | str]:
    """The end in both units, and where the cheaper model begins."""
    most = [None if cap.usd is None else _billionths(cap.usd), cap.tokens]
    return ["" if limit is None else int(limit * share) for share in (1, soft_share) for limit in most]


def _billionths(usd: float) -> int:
    return round(usd * _BILLION)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _until_midnight(at: datetime) -> timedelta:
    return _midnight(at) + timedelta(days=1) - at
