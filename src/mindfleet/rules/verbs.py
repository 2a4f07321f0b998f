"""Verb forms: from "haven't been living" to live, perfect, negated."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from mindfleet.rules.lexicon import words

Tense = Literal["present", "past", "perfect", "future", "used"]
"""`used` is "used to": true once, no longer."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The verb of a clause and everything that bends it."""

    lemma: str
    tense: Tense = "present"
    progressive: bool = False
    negated: bool = False
    ended: bool = False
    """ "no longer", "not … anymore"."""

    modal: str | None = None
    """can, could, would, should, might, may, must, have to."""

    adverbs: frozenset[str] = frozenset()


def head_of(tokens: list[str]) -> tuple[Head, int] | None:
    """The head that a predicate begins with, and how many of its tokens it takes; None when there is no verb."""
    return _Reading(tokens).head()


@cache
def forms() -> dict[str, tuple[str, str]]:
    """Every known form, with its lemma and kind: base, s, ing, past or part (a participle that is no past form)."""
    table: dict[str, tuple[str, str]] = {}
    for verb in sorted(words("verbs")):
        for form, kind in _regular(verb):
            table.setdefault(form, (verb, kind))
    for lemma, past, participle in _IRREGULAR:
        for form, kind in (*_regular(lemma)[:3], (past, "past"), (participle, "part")):
            table[form] = (lemma, "past" if form == past and kind == "part" else kind)
        table[lemma] = (lemma, "base")
    return table


def gerund(verb: str) -> str:
    """The -ing form: bake, baking."""
    if verb in _DOUBLING:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


ADVERBS = frozenset(
    "really just also always usually recently still currently actually absolutely totally honestly both now already"
    " finally mostly mainly often sometimes definitely truly simply generally typically lately probably especially"
    " particularly regularly occasionally normally pretty very so super quite only even ever originally officially"
    " genuinely obviously basically literally certainly secretly personally frequently rarely once all kind"
    " deeply happily proudly initially eventually mainly newly fully seriously greatly thoroughly well".split()
)


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
        if word is None:
            return None
        if word in _MODALS:
            self.at += 1
            self.modal = None if word in {"will", "shall"} else word
            self.tense = "future" if self.modal is None else "present"
            return self._after_base()
        if word in {"do", "does", "did"} and self._auxiliary_do():
            self.tense = "past" if word == "did" else "present"
            return self._after_base()
        if word in _BE:
            self.tense = "past" if word in {"was", "were"} else "present"
            return self._after_be()
        if word in {"have", "has", "had"}:
            return self._after_have()
        if word == "used" and self._word(1) == "to":
            self.at, self.tense = self.at + 2, "used"
            return self._after_base()
        return self._finite(word)

    def _auxiliary_do(self) -> bool:
        self.at += 1
        before = self.at
        self._skip()
        if self.negated or (self._word() or "") in forms():
            return True
        self.at = before - 1
        return False

    def _after_base(self) -> tuple[Head, int] | None:
        self._skip()
        word = self._word()
        if word is None:
            return None
        if word == "be":
            return self._after_be()
        if word == "have" and self._word(1) == "been":
            self.at += 1
            return self._after_been()
        if word == "use" and self._word(1) == "to":
            self.at, self.tense = self.at + 2, "used"
            word = self._word() or ""
        self.at += 1
        if word == "have" and self._word() == "to":
            return self._obliged()
        return self._made(forms().get(word, (word, "base"))[0])

    def _after_be(self) -> tuple[Head, int] | None:
        self.at += 1
        before = self.at
        self._skip()
        word = self._word()
        if word == "going" and self._word(1) == "to" and self._is_base(self._word(2)):
            self.at, self.tense = self.at + 2, "future"
            return self._after_base()
        lemma, kind = forms().get(word or "", ("", ""))
        if kind == "ing" or (word and word.endswith("ing") and word not in _STATES):
            self.at, self.progressive = self.at + 1, True
            return self._made(lemma or word or "")
        if not (self.negated or self.ended):
            self.at = before
        return self._made("be")

    def _after_have(self) -> tuple[Head, int] | None:
        past = self._word() == "had"
        self.at += 1
        before = self.at
        self._skip()
        word = self._word() or ""
        lemma, kind = forms().get(word, ("", ""))
        if word == "been":
            self.tense = "past" if past else "perfect"
            return self._after_been()
        if word == "to":
            return self._obliged()
        if word == "got" and not past:
            return self._have_got()
        if kind in {"past", "part"} and not past:
            self.at, self.tense = self.at + 1, "perfect"
            return self._made(lemma)
        if not (self.negated or self.ended):
            self.at = before
        self.tense = "past" if past else "present"
        return self._made("have")

    def _have_got(self) -> tuple[Head, int] | None:
        self.at += 1
        if self._word() == "to":
            return self._obliged()
        return self._made("have")

    def _obliged(self) -> tuple[Head, int] | None:
        self.at, self.modal = self.at + 1, "have to"
        word = self._word() or ""
        self.at += 1
        return self._made(forms().get(word, (word, "base"))[0])

    def _after_been(self) -> tuple[Head, int] | None:
        self.tense = "perfect" if self.tense != "past" else "past"
        self.at += 1
        before = self.at
        self._skip()
        lemma, kind = forms().get(self._word() or "", ("", ""))
        if kind == "ing":
            self.at, self.progressive = self.at + 1, True
            return self._made(lemma)
        self.at = before
        return self._made("be")

    def _finite(self, word: str) -> tuple[Head, int] | None:
        self.at += 1
        lemma, kind = forms().get(word, (word, "base"))
        if kind in {"past", "part"} or word in _ALSO_PAST:
            self.tense = "past"
        if kind == "ing":
            self.progressive = True
        return self._made(lemma)

    def _skip(self) -> None:
        while (word := self._word()) is not None:
            if word in {"not", "never"}:
                self.negated = True
            elif word == "no" and self._word(1) in {"longer", "more"}:
                self.ended = True
                self.at += 1
            elif word in ADVERBS:
                self.adverbs.add(word)
            else:
                return
            self.at += 1

    def _word(self, ahead: int = 0) -> str | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    @staticmethod
    def _is_base(word: str | None) -> bool:
        return word is not None and (word == "be" or forms().get(word, ("", ""))[1] == "base")

    def _made(self, lemma: str) -> tuple[Head, int]:
        return Head(
            lemma=lemma, tense=self.tense, progressive=self.progressive, negated=self.negated,
            ended=self.ended, modal=self.modal, adverbs=frozenset(self.adverbs),
        ), min(self.at, len(self.tokens))  # fmt: skip


_ALSO_PAST = frozenset({"quit", "split", "hurt"})
"""Base forms that are rather meant as past ones."""

_STATES = frozenset("interesting amazing boring exciting willing charming outstanding caring loving daring understanding outgoing easygoing".split())
_BE = frozenset({"am", "is", "are", "was", "were", "be"})
_MODALS = frozenset({"will", "shall", "would", "could", "should", "might", "may", "must", "can"})

_DOUBLING = frozenset(
    "run swim jog shop sit plan knit get quit stop travel chat win put cut begin forget skip plug bet set jam"
    " control program dig hit nap rap spin step trip blog vlog hug rub drum sketch_ ".split()
) - {"travel", "sketch_"}

_IRREGULAR = (
    ("have", "had", "had"), ("go", "went", "gone"), ("get", "got", "gotten"), ("buy", "bought", "bought"),
    ("eat", "ate", "eaten"), ("drink", "drank", "drunk"), ("speak", "spoke", "spoken"), ("drive", "drove", "driven"),
    ("ride", "rode", "ridden"), ("write", "wrote", "written"), ("read", "read", "read"), ("run", "ran", "run"),
    ("swim", "swam", "swum"), ("begin", "began", "begun"), ("quit", "quit", "quit"), ("leave", "left", "left"),
    ("lose", "lost", "lost"), ("win", "won", "won"), ("make", "made", "made"), ("build", "built", "built"),
    ("take", "took", "taken"), ("teach", "taught", "taught"), ("fly", "flew", "flown"), ("come", "came", "come"),
    ("grow", "grew", "grown"), ("see", "saw", "seen"), ("meet", "met", "met"), ("do", "did", "done"),
    ("give", "gave", "given"), ("sell", "sold", "sold"), ("keep", "kept", "kept"), ("break", "broke", "broken"),
    ("feel", "felt", "felt"), ("know", "knew", "known"), ("think", "thought", "thought"), ("lead", "led", "led"),
    ("become", "became", "become"), ("find", "found", "found"), ("sing", "sang", "sung"), ("draw", "drew", "drawn"),
    ("say", "said", "said"), ("tell", "told", "told"), ("spend", "spent", "spent"), ("lie", "lay", "lain"),
    ("put", "put", "put"), ("split", "split", "split"), ("hurt", "hurt", "hurt"), ("fall", "fell", "fallen"),
    ("cut", "cut", "cut"), ("bring", "brought", "brought"), ("stand", "stood", "stood"), ("sit", "sat", "sat"),
    ("wear", "wore", "worn"), ("throw", "threw", "thrown"), ("set", "set", "set"), ("let", "let", "let"),
    ("sleep", "slept", "slept"), ("send", "sent", "sent"), ("forget", "forgot", "forgotten"),
    ("hear", "heard", "heard"), ("dream", "dreamt", "dreamt"), ("learn", "learnt", "learnt"),
)  # fmt: skip


def _regular(verb: str) -> list[tuple[str, str]]:
    s_form = verb + "es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else verb + "s"
    past = verb + "ed"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        s_form, past = verb[:-1] + "ies", verb[:-1] + "ied"
    elif verb.endswith("e"):
        past = verb + "d"
    elif verb in _DOUBLING:
        past = verb + verb[-1] + "ed"
    return [(verb, "base"), (s_form, "s"), (gerund(verb), "ing"), (past, "past")]
