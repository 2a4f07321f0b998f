"""`Facts` in memory, for tests without a graph."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from mindfleet.ports.facts import Fact, Slot


class InMemoryFacts:
    """Holds the facts of every user for the life of the object."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], dict[UUID, Fact]] = {}

    async def replace(
        self,
        bot_name: str,
        user_id: str,
        *,
        user_name: str,  # noqa: ARG002 - only a graph shows it
        slot: Slot,
        facts: Sequence[Fact],
    ) -> list[Fact]:
        known = self._facts.setdefault((bot_name, user_id), {})
        kept = {fact.id for fact in facts}
        gone = [fact for fact in known.values() if _answers(fact, slot) and fact.id not in kept]
        for fact in gone:
            del known[fact.id]
        known.update((fact.id, fact) for fact in facts)
        return _in_order(gone)

    async def about(self, bot_name: str, user_ids: Sequence[str], *, as_of: datetime | None = None) -> list[Fact]:
        found = (fact for user_id in set(user_ids) for fact in self._facts.get((bot_name, user_id), {}).values())
        return _in_order(fact for fact in found if as_of is None or _is_true(fact, as_of))

    async def forget(self, bot_name: str, user_id: str) -> int:
        return len(self._facts.pop((bot_name, user_id), {}))


def _answers(fact: Fact, slot: Slot) -> bool:
    return (fact.subject.casefold(), fact.predicate) == (slot.subject.casefold(), slot.predicate)


def _is_true(fact: Fact, at: datetime) -> bool:
    return fact.valid_from <= at and (fact.valid_to is None or at < fact.valid_to)


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.valid_from, fact.id))
