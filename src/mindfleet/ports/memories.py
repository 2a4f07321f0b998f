"""What can be found again: by meaning (`Memories`) and by words (`Lexicon`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from mindfleet.conversation.turn import Visibility
from mindfleet.ports.embedder import Vector

Kind = Literal["turn", "fact", "summary"]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One thing that can be recalled, with where it was said and what it rests on."""

    id: UUID
    bot_name: str
    channel_id: str
    visibility: Visibility
    kind: Kind
    user_id: str
    """Whose turn, fact or summary it is."""

    speaker: str
    said_at: datetime
    text: str
    """As it is indexed: with speaker and date in front."""

    sources: tuple[UUID, ...]
    """The messages that it comes from."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Who may hear: only documents of this bot, said in these channels, no more private than this."""

    bot_name: str
    channels: tuple[str, ...]
    visibilities: tuple[Visibility, ...]
    until: datetime | None = None
    """Nothing that was said after this instant."""


@dataclass(frozen=True)
class Hit:
    id: UUID
    score: float
    """Higher is better; comparable within one search only."""


class Memories(Protocol):
    """Vectors of documents. Writing the same document twice changes nothing."""

    async def index(self, documents: Sequence[Document], vectors: Sequence[Vector]) -> None: ...

    async def remove(self, ids: Sequence[UUID]) -> None: ...

    async def nearest(self, vector: Vector, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        """The documents in scope that are nearest by cosine, best first, ties by id."""
        ...


class Lexicon(Protocol):
    """Documents and their words. Writing the same document twice changes nothing."""

    async def index(self, documents: Sequence[Document]) -> None: ...

    async def remove(self, ids: Sequence[UUID]) -> None: ...

    async def matching(self, words: str, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        """The documents in scope by BM25 (stemmed, IDF of the scope), best first, ties by id."""
        ...

    async def documents(self, ids: Sequence[UUID]) -> list[Document]:
        """In the order of `ids`; unknown ones are left out."""
        ...
