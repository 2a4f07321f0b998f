"""A `Lexicon` in memory: exact BM25 over English words, for tests and measurements without a database."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from uuid import UUID

from mindfleet.ports.memories import Document, Hit, Kind, Scope
from mindfleet.testing.english import English
from mindfleet.testing.scope import is_heard


@dataclass(frozen=True)
class BM25:
    """How documents are weighed (Robertson and Zaragoza 2009; IDF never negative, as in Lucene)."""

    k1: float = 1.2
    """How soon a word that stands there again stops counting."""

    b: float = 0.75
    """How much longer documents count less, from 0 to 1."""

    def score(self, count: int, length: int, *, mean_length: float, found_in: int, of: int) -> float:
        """What one word of the question adds to one document.

        Args:
            count: how often it stands there.
            length: how many words the document has, without stop words.
            mean_length: of all documents in scope.
            found_in: how many documents in scope hold the word.
            of: how many documents are in scope.
        """
        idf = log(1 + (of - found_in + 0.5) / (found_in + 0.5))
        return idf * count * (self.k1 + 1) / (count + self.k1 * (1 - self.b + self.b * length / mean_length))


class InMemoryLexicon:
    """Holds documents and their words for the life of the object."""

    def __init__(self, weighing: BM25 | None = None) -> None:
        self._weighing = weighing or BM25()
        self._english = English()
        self._documents: dict[UUID, Document] = {}
        self._words: dict[UUID, Counter[str]] = {}

    async def index(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._documents[document.id] = document
            self._words[document.id] = Counter(self._english.words(document.text))

    async def remove(self, ids: Sequence[UUID]) -> None:
        for found in ids:
            self._documents.pop(found, None)
            self._words.pop(found, None)

    async def matching(self, words: str, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        """The documents in scope that hold one of the words, by BM25, best first, ties by id."""
        in_scope = {d.id: self._words[d.id] for d in self._documents.values() if is_heard(d, scope, kinds)}
        asked = set(self._english.words(words))
        hits = sorted(self._hits(asked, in_scope), key=lambda hit: (-hit.score, hit.id))
        return hits[:limit]

    async def documents(self, ids: Sequence[UUID]) -> list[Document]:
        """In the order of `ids`; unknown ones are left out."""
        return [self._documents[found] for found in ids if found in self._documents]

    def _hits(self, asked: set[str], in_scope: dict[UUID, Counter[str]]) -> Iterator[Hit]:
        mean_length = sum(words.total() for words in in_scope.values()) / max(len(in_scope), 1)
        found_in = {word: sum(word in words for words in in_scope.values()) for word in asked}
        for document, words in in_scope.items():
            shares = [
                self._weighing.score(
                    words[word], words.total(), mean_length=mean_length, found_in=found_in[word], of=len(in_scope)
                )
                for word in sorted(asked & words.keys())
            ]
            if shares:
                yield Hit(document, sum(shares))
