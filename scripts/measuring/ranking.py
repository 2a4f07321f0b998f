"""Ways to rank what was said by a question, and how many of the turns that answer it come out on top."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from mindfleet.ports.embedder import Embedder
from mindfleet.ports.memories import Hit, Lexicon, Memories, Scope
from mindfleet.recall.fusion import Ranking, fuse, fuse_for, without_names
from mindfleet.recall.indexing import Index
from scripts.measuring.questions import BOT, Conversation, Question

TOPS = (5, 10, 20)


@dataclass(frozen=True)
class Found:
    """What the searches bring for one question, best first."""

    words: list[UUID]
    meaning: list[UUID]
    meaning_without_names: list[UUID]


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the searches become one ranking."""

    name: str
    words: float = 0
    """The weight of what was found by words."""

    meaning: float = 0
    without_names: bool = False
    speaker: bool = False
    """Whether what the named speaker said comes first."""

    k: int

    def rank(self, question: Question, found: Found, conversation: Conversation) -> list[UUID]:
        meaning = found.meaning_without_names if self.without_names else found.meaning
        rankings = [Ranking(found.words, self.words), Ranking(meaning, self.meaning)]
        rankings = [ranking for ranking in rankings if ranking.weight]
        if not self.speaker:
            return fuse(rankings, self.k)
        said_by = {document.id: document.speaker for document in conversation.documents}
        return fuse_for(question.text, rankings, speakers=conversation.speakers, said_by=said_by, k=self.k)


@dataclass(frozen=True)
class Recall:
    """The share of questions for which one turn, or every turn, that answers them is among the first."""

    questions: int
    one: dict[int, float]
    every: dict[int, float]


async def search(
    conversation: Conversation, *, lexicon: Lexicon, memories: Memories, embedder: Embedder, depth: int
) -> list[Found]:
    """What the ports find for each question of the conversation."""
    await Index(lexicon, memories, embedder).write(conversation.documents)
    scope = Scope(bot_name=BOT, channels=(conversation.name,), visibilities=("channel",))

    async def by_meaning(text: str) -> list[Hit]:
        return await memories.nearest(await embedder.query(text), scope=scope, kinds=["turn"], limit=depth)

    async def for_question(question: Question) -> Found:
        words = await lexicon.matching(question.text, scope=scope, kinds=["turn"], limit=depth)
        meaning = await by_meaning(question.text)
        nameless = await by_meaning(without_names(question.text, conversation.speakers))
        return Found(_ids(words), _ids(meaning), _ids(nameless))

    return await asyncio.gather(*(for_question(question) for question in conversation.questions))


def recall(ranked: Iterable[tuple[Question, Sequence[UUID]]], categories: frozenset[str]) -> Recall:
    """Over the questions of these categories."""
    counted = [(question.evidence, ranking) for question, ranking in ranked if question.category in categories]
    number = len(counted)
    one = {top: sum(bool(evidence & set(ranking[:top])) for evidence, ranking in counted) for top in TOPS}
    every = {top: sum(evidence <= set(ranking[:top]) for evidence, ranking in counted) for top in TOPS}
    return Recall(number, _shares(one, number), _shares(every, number))


def _shares(hits: dict[int, int], number: int) -> dict[int, float]:
    return {top: hit / number if number else 0.0 for top, hit in hits.items()}


def _ids(hits: Sequence[Hit]) -> list[UUID]:
    return [hit.id for hit in hits]
