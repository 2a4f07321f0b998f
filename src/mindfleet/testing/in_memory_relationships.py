"""`Relationships` in memory, for tests without a graph."""

from mindfleet.ports.relationships import Relationship


class InMemoryRelationships:
    """Holds who knows whom for the life of the object."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Relationship] = {}

    async def put(self, relationship: Relationship) -> None:
        acquaintance = relationship.acquaintance
        self._known[acquaintance.bot_name, acquaintance.user_id] = relationship

    async def get(self, bot_name: str, user_id: str) -> Relationship | None:
        return self._known.get((bot_name, user_id))
