"""Facts as edges of the graph: a relationship type for every member of the vocabulary, `RELATED_TO` for the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from mindfleet.adapters.graph.connection import Graph, Transaction
from mindfleet.adapters.graph.records import edge_of, fact_of, instant, key, slot_key
from mindfleet.adapters.named_statements import statements_beside
from mindfleet.knowledge.timeline import thing_key
from mindfleet.knowledge.vocabulary import RELATED_TO, vocabulary
from mindfleet.ports.facts import USER, Fact, Slot


def expand(statements: Mapping[str, LiteralString]) -> dict[str, LiteralString]:
    """One statement for each kind of subject and for each member of the vocabulary, wherever these stand."""
    members = (*vocabulary().predicates, RELATED_TO)
    by_subject = _each(statements, "SUBJECT", ("User", "Entity"))
    return _each(by_subject, "PREDICATE", members)


def _each(
    statements: Mapping[str, LiteralString], placeholder: str, members: Iterable[str]
) -> dict[str, LiteralString]:
    # The members come from files of the package, as the statements do: none of it is from outside.
    return {  # pyright: ignore[reportReturnType]
        name.replace(placeholder, member): statement.replace(placeholder, member)
        for member in members
        for name, statement in statements.items()
    }


CYPHER = expand(statements_beside(__file__, ".cypher"))


class GraphFacts:
    """`Facts` in a graph whose migrations are applied."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def replace(
        self, bot_name: str, user_id: str, *, user_name: str, slot: Slot, facts: Sequence[Fact]
    ) -> list[Fact]:
        place = _Place(bot_name, user_id, user_name, slot)
        return await self._graph.transaction(lambda transaction: _replace(transaction, place, facts))

    async def about(self, bot_name: str, user_ids: Sequence[str], *, as_of: datetime | None = None) -> list[Fact]:
        owners = [key(bot_name, user_id) for user_id in dict.fromkeys(user_ids)]
        rows = await self._graph.read(CYPHER["about"], owners=owners, as_of=as_of and instant(as_of))
        return _in_order(fact_of(row["fact"]) for row in rows)

    async def forget(self, bot_name: str, user_id: str) -> int:
        owner = key(bot_name, user_id)

        async def work(transaction: Transaction) -> int:
            [row] = await transaction.run(CYPHER["count"], owner=owner)
            await transaction.run(CYPHER["forget_entities"], owner=owner)
            await transaction.run(CYPHER["forget_user"], owner=owner)
            return int(row["facts"])

        return await self._graph.transaction(work)


@dataclass(frozen=True)
class _Place:
    """Where the facts of a slot hang."""

    bot_name: str
    user_id: str
    user_name: str
    slot: Slot

    @property
    def owner(self) -> str:
        return key(self.bot_name, self.user_id)

    @property
    def label(self) -> str:
        return "User" if slot_key(self.slot.subject) == USER else "Entity"

    @property
    def subject_key(self) -> str:
        return self.owner if self.label == "User" else self.entity_key(self.slot.subject)

    @property
    def relationship_type(self) -> str:
        return self.slot.predicate if self.slot.predicate in vocabulary() else RELATED_TO

    def entity_key(self, name: str) -> str:
        return key(self.bot_name, self.user_id, thing_key(name))


async def _replace(transaction: Transaction, place: _Place, facts: Sequence[Fact]) -> list[Fact]:
    owner = {"owner": place.owner, "bot_name": place.bot_name, "user_id": place.user_id, "user_name": place.user_name}
    subject = {"subject_key": place.subject_key, "subject": place.slot.subject}
    if facts:
        edges = [{"object_key": place.entity_key(fact.object), "edge": edge_of(fact)} for fact in facts]
        await transaction.run(CYPHER["meet_user"], **owner)
        await transaction.run(
            CYPHER[f"put_{place.relationship_type}_of_{place.label}"], **owner, **subject, facts=edges
        )
    else:
        await transaction.run(CYPHER["hold_user"], **owner)
    gone = await transaction.run(
        CYPHER[f"drop_of_{place.label}"],
        **subject,
        slot=slot_key(place.slot.subject),
        predicate=place.slot.predicate,
        kept=[str(fact.id) for fact in facts],
    )
    if gone:
        await transaction.run(CYPHER["drop_lonely"], keys=[place.subject_key, *(row["object_key"] for row in gone)])
    return _in_order(fact_of(row["fact"]) for row in gone)


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.valid_from, fact.id))
