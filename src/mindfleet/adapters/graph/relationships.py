"""How well a bot and a user know each other, as an edge between the two."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.graph.records import instant, key
from mindfleet.adapters.named_statements import statements_beside
from mindfleet.ports.relationships import Acquaintance, Relationship

CYPHER = statements_beside(__file__, ".cypher")


class GraphRelationships:
    """`Relationships` in a graph whose migrations are applied."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def put(self, relationship: Relationship) -> None:
        acquaintance = relationship.acquaintance
        await self._graph.write(
            CYPHER["put"],
            owner=key(acquaintance.bot_name, acquaintance.user_id),
            bot_name=acquaintance.bot_name,
            user_id=acquaintance.user_id,
            user_name=acquaintance.user_name,
            knows=_edge(relationship),
        )

    async def get(self, bot_name: str, user_id: str) -> Relationship | None:
        rows = await self._graph.read(CYPHER["get"], owner=key(bot_name, user_id))
        return _relationship(rows[0]["knows"]) if rows else None


def _edge(relationship: Relationship) -> dict[str, object]:
    acquaintance = relationship.acquaintance
    return {
        "bot_name": acquaintance.bot_name,
        "user_id": acquaintance.user_id,
        "user_name": acquaintance.user_name,
        "user_turns": acquaintance.user_turns,
        "bot_turns": acquaintance.bot_turns,
        "sessions": acquaintance.sessions,
        "days": acquaintance.days,
        "first_at": instant(acquaintance.first_at),
        "last_at": instant(acquaintance.last_at),
        "familiarity": relationship.familiarity,
    }


def _relationship(edge: Mapping[str, Any]) -> Relationship:
    acquaintance = Acquaintance(
        bot_name=edge["bot_name"],
        user_id=edge["user_id"],
        user_name=edge["user_name"],
        user_turns=edge["user_turns"],
        bot_turns=edge["bot_turns"],
        sessions=edge["sessions"],
        days=edge["days"],
        first_at=datetime.fromisoformat(edge["first_at"]),
        last_at=datetime.fromisoformat(edge["last_at"]),
    )
    return Relationship(acquaintance=acquaintance, familiarity=edge["familiarity"])
