"""The head of a predicate: "haven't been living" is live, perfect, progressive, negated."""

from dataclasses import dataclass
from typing import Literal

from mindfleet.rules.lexicon import words
from mindfleet.rules.verbs import form_of, is_participle, lemma_of

Tense = Literal["present", "past", "perfect", "future", "used"]
"""`used` is "used to": true once, no longer."""

AUXILIARIES = frozenset(
    {"am", "is", "are", "was", "were", "have", "has", "had", "will", "would", "can", "could", "should", "might", "may"}
    | {"must", "do", "does", "did"}
)


@dataclass(frozen=True, kw_only=True)
class Head:
    """The verb of a clause and everything that bends it."""

    lemma: str
    tense: Tense = "present"
    progressive: bool = False
    negated: bool = False
    ended: bool = False
    """Said to be so no longer."""

    modal: str | None = None
    """can, could, would, should, might, may, must, have to."""

    adverbs: frozenset[str] = frozenset()


def head_of(tokens: list[str]) -> tuple[Head, int] | None:
    """The head that a predicate begins with, and how many of its tokens it takes; None when there is no verb."""
    return _Reading(tokens).head()


class _Reading:
    """One pass over the tokens of a predicate, auxiliaries first."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [token.lower().strip(",") for token in tokens]
        self.at = 0
        self.tense: Tense = "present"
        self.progressive = self.negated = self.ended = False
        self.modal: str | None = None
        self.adverbs: set[str] = set()

    def head(self) -> tuple[Head, int] | None:
        self._skip()
        word = self._word()
        if not word:
            return None
        if word in _MODALS:
            return self._after_modal(word)
        if word in {"do", "does", "did"} and self._is_auxiliary():
            self.tense = "past" if word == "did" else "present"
            return self._after_base()
        if word in _BE:
            self.tense = "past" if word in {"was", "were"} else "present"
            return self._after_be()
        if word in {"have", "has", "had", "been"}:
            return self._after_been() if word == "been" else self._after_have(past=word == "had")
        return self._finite(word)

    def _after_modal(self, word: str) -> tuple[Head, int] | None:
        self.at += 1
        self.modal = None if word in {"will", "shall"} else word
        self.tense = "future" if self.modal is None else "present"
        return self._after_base()

    def _is_auxiliary(self) -> bool:
        """Whether "do" stands as in "do not like", not as in "do yoga"."""
        self.at += 1
        before = self.at
        self._skip()
        if self.negated or (form_of(self._word()) and self._word() not in _DONE):
            return True
        self.at = before - 1
        return False

    def _after_base(self) -> tuple[Head, int] | None:
        self._skip()
        word = self._word()
        if not word:
            return None
        if word == "be":
            return self._after_be()
        if word == "have" and self._word(1) == "been":
            self.at += 1
            return self._after_been()
        if word == "use" and self._word(1) == "to":
            self.at, self.tense = self.at + 2, "used"
        return self._verb()

    def _after_be(self) -> tuple[Head, int]:
        self.at += 1
        before = self.at
        self._skip()
        word = self._word()
        if word == "going" and self._word(1) == "to" and self._is_base(self._word(2)):
            self.at, self.tense = self.at + 2, "future"
            return self._after_base() or self._made("be")
        if self._is_progressive(word):
            self.at, self.progressive = self.at + 1, True
            return self._made(lemma_of(word))
        if not (self.negated or self.ended):
            self.at = before
        return self._made("be")

    def _after_have(self, *, past: bool) -> tuple[Head, int]:
        self.at += 1
        before = self.at
        self._skip()
        word = self._word()
        if word == "been":
            self.tense = "past" if past else "perfect"
            return self._after_been()
        if word == "to":
            return self._obliged()
        if word == "got" and not past:
            self.at += 1
            return self._obliged() if self._word() == "to" else self._made("have")
        if is_participle(word) and not past:
            self.at, self.tense = self.at + 1, "perfect"
            return self._made(lemma_of(word))
        if not (self.negated or self.ended):
            self.at = before
        self.tense = "past" if past else "present"
        return self._made("have")

    def _after_been(self) -> tuple[Head, int]:
        self.tense = "past" if self.tense == "past" else "perfect"
        self.at += 1
        before = self.at
        self._skip()
        if self._is_progressive(self._word()):
            self.progressive = True
            return self._verb()
        self.at = before
        return self._made("be")

    def _obliged(self) -> tuple[Head, int]:
        self.at, self.modal = self.at + 1, "have to"
        return self._verb()

    def _verb(self) -> tuple[Head, int]:
        word = self._word()
        self.at += 1
        if word == "have" and self._word() == "to":
            return self._obliged()
        return self._made(lemma_of(word))

    def _finite(self, word: str) -> tuple[Head, int]:
        self.at += 1
        if word == "used" and self._word() == "to":
            self.at, self.tense = self.at + 1, "used"
            return self._after_base() or self._made("use")
        if form_of(word) in {"past", "part"} or word in _ALSO_PAST:
            self.tense = "past"
        self.progressive = form_of(word) == "ing"
        return self._made(lemma_of(word))

    def _skip(self) -> None:
        while word := self._word():
            if word in {"not", "never"}:
                self.negated = True
                self.adverbs |= {word} & {"never"}
            elif word == "no" and self._word(1) in {"longer", "more"}:
                self.ended = True
                self.at += 1
            elif word in words("adverbs"):
                self.adverbs.add(word)
            else:
                return
            self.at += 1

    def _word(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    @staticmethod
    def _is_base(word: str) -> bool:
        return word == "be" or form_of(word) == "base"

    @staticmethod
    def _is_progressive(word: str) -> bool:
        return form_of(word) == "ing" or (word.endswith("ing") and word not in _STATES)

    def _made(self, lemma: str) -> tuple[Head, int]:
        head = Head(
            lemma=lemma,
            tense=self.tense,
            progressive=self.progressive,
            negated=self.negated,
            ended=self.ended,
            modal=self.modal,
            adverbs=frozenset(self.adverbs),
        )
        return head, min(self.at, len(self.tokens))


_DONE = frozenset({"research", "work", "exercise", "dance", "sport", "paint", "film"})
"""Verbs that are nouns after "do"."""

_BE = frozenset({"am", "is", "are", "was", "were", "be"})
_MODALS = frozenset({"will", "shall", "would", "could", "should", "might", "may", "must", "can"})
_ALSO_PAST = frozenset({"quit", "split", "hurt"})
"""Base forms that are rather meant as past ones."""

_STATES = frozenset(
    {"interesting", "amazing", "boring", "exciting", "willing", "charming", "outstanding", "caring", "loving", "daring"}
    | {"understanding", "outgoing", "easygoing", "nothing", "something", "everything", "anything", "king", "ring"}
    | {"wedding", "evening", "morning", "spring", "string", "thing", "sibling", "darling", "nothing"}
)
"""Words in -ing after "am" that are no verbs."""
