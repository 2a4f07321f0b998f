"""Workers that share limits: the fake of one process, or Redis with a connection for each."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from mindfleet.ports.limits import Limits, Refusal, Reservation, Settlement, Target, Wish
from mindfleet.testing.clock import FakeClock

MakeLimits = Callable[[], Limits]

LUNA = Target(provider="openai", model="luna", scope="openai/luna")

_numbers = count(1)


def target(**limits: Any) -> Target:
    """A model with a scope that no other test has."""
    name = f"luna-{next(_numbers)}"
    fields: dict[str, Any] = {"provider": f"openai-{name}", "model": name, "scope": f"openai/{name}"}
    return Target(**(fields | limits))


def wish(of: Target, ticket: str | None = None, *, tokens: int = 10, priority: int = 5, stays: bool = True) -> Wish:
    return Wish(target=of, ticket=ticket or f"ticket-{next(_numbers)}", tokens=tokens, priority=priority, stays=stays)


async def admitted(limits: Limits, wanted: Wish) -> Reservation:
    answer = await limits.reserve(wanted)
    assert isinstance(answer, Reservation), answer
    return answer


async def refused(limits: Limits, wanted: Wish) -> Refusal:
    answer = await limits.reserve(wanted)
    assert isinstance(answer, Refusal), answer
    return answer


ANSWERED = Settlement("answered")


def milliseconds(clock: FakeClock) -> str:
    return str(round(clock.now().timestamp() * 1000))


SECOND = timedelta(seconds=1)
