"""What people want to reach, and how far a goal of the bot has come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from math import ceil
from uuid import UUID

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.lexicon import labelled, singular, words
from mindfleet.rules.spelling import plain
from mindfleet.rules.statements import statements
from mindfleet.rules.subjects import USER
from mindfleet.rules.text import own_words
from mindfleet.rules.verbs import lemma_of


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Something that the speaker of a turn wants to do."""

    text: str
    """A phrase that starts with a verb: "run a marathon"."""

    quote: str
    """The clause that it rests on, verbatim."""

    by: date | None = None
    """The last day that was named for it."""


@dataclass(frozen=True, kw_only=True)
class Advance:
    """How far a goal has come, and the turns that show it."""

    progress: float
    """The share of the criteria that are met, 0 to 1."""

    evidence: list[UUID]


def goals(turn: Turn, *, context: Sequence[Turn] = (), zone: tzinfo = UTC) -> list[Goal]:
    """The goals that a turn states for its speaker; arguments as for `statements`."""
    return [
        Goal(text=fact.object, quote=fact.quote, by=fact.until or fact.since)
        for fact in statements(turn, context=context, zone=zone)
        if fact.subject == USER and fact.predicate in {"WANTS_TO", "PLANS_TO"} and fact.holds
    ]


def advances(goal_description: str, criteria: Sequence[str], turns: Sequence[Turn]) -> Advance:
    """Which criteria of a bot's goal are met by what people said.

    A criterion that asks for a kind of fact ("the user's name", "a hobby") is met by a turn that states one; any other
    is met by one turn that holds three quarters of its content words. Questions and small talk never count.
    Without criteria the description is the only one.
    """
    told = [turn for turn in turns if turn.role == "user" and carries_memory(turn)]
    wanted = list(criteria) or [goal_description]
    met = [next((turn.id for turn in told if _meets(criterion, turn)), None) for criterion in wanted]
    evidence = list(dict.fromkeys(found for found in met if found is not None))
    return Advance(progress=sum(found is not None for found in met) / len(met), evidence=evidence)


def _meets(criterion: str, turn: Turn) -> bool:
    asked = {
        name for names, words_of in labelled("asked_facts") if words_of.search(criterion) for name in names.split()
    }
    if asked:
        return any(fact.predicate in asked and fact.subject == USER and fact.holds for fact in statements(turn))
    wanted = _stems(criterion)
    shared = wanted & _stems(own_words(turn.content))
    return bool(wanted) and len(shared) >= ceil(_SHARE * len(wanted))


def _stems(text: str) -> set[str]:
    dull = words("stopwords") | words("criteria_words")
    return {_stem(word) for word in _WORD.findall(plain(text).lower()) if word not in dull}


def _stem(word: str) -> str:
    word = singular(lemma_of(word.removesuffix("'s")))
    for ending in ("ing", "ed", "ly", "er", "ment", "ation"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word.removesuffix(ending).rstrip("e")
    return word.rstrip("e")


_SHARE = 0.75
_LEAST_STEM = 4
_WORD = re.compile(r"[a-z']{3,}")
