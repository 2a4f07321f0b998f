"""Making things findable: one document for each turn, fact and summary, by words and by meaning."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from mindfleet import ids
from mindfleet.conversation.turn import Turn, Visibility
from mindfleet.knowledge.timeline import thing_key
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.ports.embedder import Embedder
from mindfleet.ports.facts import USER, Fact
from mindfleet.ports.journal import Summary
from mindfleet.ports.memories import Document, Lexicon, Memories


class Index:
    """Writes documents to the lexicon and, with their vectors, to the memories."""

    def __init__(self, lexicon: Lexicon, memories: Memories, embedder: Embedder) -> None:
        self._lexicon = lexicon
        self._memories = memories
        self._embedder = embedder

    async def write(self, documents: Sequence[Document]) -> None:
        """Writing the same document again changes nothing."""
        if not documents:
            return
        await self._lexicon.index(documents)
        vectors = await self._embedder.passages([document.text for document in documents])
        await self._memories.index(documents, vectors)

    async def remove(self, document_ids: Sequence[UUID]) -> None:
        if document_ids:
            await self._memories.remove(document_ids)
            await self._lexicon.remove(document_ids)


def document_of_turn(turn: Turn) -> Document:
    return Document(
        id=turn.id,
        bot_name=turn.bot_name,
        channel_id=turn.channel_id,
        visibility=turn.visibility,
        kind="turn",
        user_id=turn.user_id,
        speaker=turn.speaker,
        said_at=turn.sent_at,
        text=_dated(turn.speaker, turn.sent_at, turn.content),
        sources=(turn.id,),
    )


def documents_of_fact(fact: Fact, *, user_name: str) -> Iterator[Document]:
    """One for each place where it was said, so that what is private elsewhere does not show here."""
    places: dict[tuple[str, Visibility], list[UUID]] = {}
    for evidence in fact.evidence:
        places.setdefault((evidence.channel_id, evidence.visibility), []).append(evidence.message_id)
    for (channel_id, visibility), said_here in places.items():
        yield Document(
            id=_fact_document(fact, channel_id, visibility),
            bot_name=fact.bot_name,
            channel_id=channel_id,
            visibility=visibility,
            kind="fact",
            user_id=fact.user_id,
            speaker=user_name,
            said_at=fact.valid_from,
            text=_dated(user_name, fact.valid_from, in_words(fact, user_name=user_name)),
            sources=tuple(said_here),
        )


def _fact_document(fact: Fact, channel_id: str, visibility: Visibility) -> UUID:
    """Of what is said to be so, not of when: in each place it may have been so at other times."""
    what = (fact.subject.casefold(), fact.predicate, thing_key(fact.object))
    return ids.name("document", fact.bot_name, fact.user_id, *what, channel_id, visibility)


def document_of_summary(summary: Summary, *, speakers: str) -> Document:
    return Document(
        id=summary.id,
        bot_name=summary.bot_name,
        channel_id=summary.channel_id,
        visibility=summary.visibility,
        kind="summary",
        user_id=summary.user_ids[0] if summary.user_ids else "",
        speaker=speakers,
        said_at=summary.ended_at,
        text=_dated(speakers, summary.ended_at, summary.content),
        sources=summary.message_ids,
    )


def in_words(fact: Fact, *, user_name: str) -> str:
    """`Ana works at Google`."""
    subject = user_name if fact.subject == USER else fact.subject
    return f"{subject} {vocabulary().of(fact.predicate).in_words} {fact.object}"


def _dated(speaker: str, at: datetime, text: str) -> str:
    """As it is indexed: speaker and date are the greatest help to finding by meaning (see decision 0003)."""
    return f"{speaker} ({at.day} {at:%B %Y}): {text}"
