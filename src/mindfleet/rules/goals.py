"""What people want to reach, and how far a goal of the bot has come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from uuid import UUID

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.lexicon import singular, words
from mindfleet.rules.statements import statements
from mindfleet.rules.spelling import plain
from mindfleet.rules.text import own_words


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
        if fact.subject == "user" and fact.predicate in {"WANTS_TO", "PLANS_TO"} and fact.holds
    ]


def advances(goal_description: str, criteria: Sequence[str], turns: Sequence[Turn]) -> Advance:
    """Which criteria of a bot's goal are met by what people said.

    A criterion that asks for a kind of fact ("the user's name", "a hobby") is met by a turn that states one; any other
    is met by one turn that holds most of its content words. Questions and small talk never count. Without criteria the
    description is the only one.
    """
    told = [turn for turn in turns if turn.role == "user" and carries_memory(turn)]
    met = [
        next((turn.id for turn in told if _meets(criterion, turn)), None)
        for criterion in criteria or [goal_description]
    ]
    evidence = list(dict.fromkeys(found for found in met if found is not None))
    return Advance(progress=sum(found is not None for found in met) / len(met), evidence=evidence)


def _meets(criterion: str, turn: Turn) -> bool:
    asked = _asked_predicates(criterion)
    if asked:
        return any(fact.predicate in asked and fact.subject == "user" for fact in statements(turn))
    wanted = _stems(criterion)
    if not wanted:
        return False
    shared = wanted & _stems(own_words(turn.content))
    return len(shared) >= max(min(2, len(wanted)), round(_SHARE * len(wanted)))


def _asked_predicates(criterion: str) -> frozenset[str]:
    lower = criterion.lower()
    return frozenset(
        predicate for pattern, predicates in _KINDS if pattern.search(lower) for predicate in predicates.split()
    )


def _stems(text: str) -> set[str]:
    return {
        _stem(word)
        for word in re.findall(r"[a-z']{3,}", plain(text).lower())
        if word not in words("stopwords") and word not in _BOT_WORDS
    }


def _stem(word: str) -> str:
    word = singular(word.removesuffix("'s"))
    for ending in ("ing", "ed", "ly", "er", "ment", "ation"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word.removesuffix(ending).rstrip("e")
    return word.rstrip("e")


_SHARE = 2 / 3
_LEAST_STEM = 4
_BOT_WORDS = frozenset(
    "user users person tell tells mention mentions name names say says talk talks speak speaks share shares shared least learn learns find bot know knows".split()
)
_KINDS = (
    (
        re.compile(
            r"\b(?:user'?s?|their|person'?s?|first|real) (?:\w+ )?name\b|\bname of the user\b|\bwhat (?:the user|they) (?:is|are) called\b"
        ),
        "HAS_NAME HAS_NICKNAME",
    ),
    (re.compile(r"\bhobb(?:y|ies)\b|\bpastimes?\b|\bfree time\b"), "HAS_HOBBY LIKES PLAYS EXERCISES_BY"),
    (re.compile(r"\b(?:job|work|occupation|profession|career|living)\b"), "HAS_ROLE WORKS_AT OWNS_BUSINESS WORKS_ON"),
    (re.compile(r"\bpets?\b"), "HAS_PET"),
    (re.compile(r"\b(?:where (?:the user|they) lives?|home ?town|city|residence)\b"), "LIVES_IN COMES_FROM"),
    (re.compile(r"\bbirthday\b"), "BORN_ON"),
    (
        re.compile(r"\b(?:family|relatives|siblings|children|parents)\b"),
        "HAS_RELATIVE SIBLING_OF PARENT_OF CHILD_OF MARRIED_TO RELATIVE_OF",
    ),
    (re.compile(r"\bfavou?rites?\b"), "HAS_FAVOURITE"),
    (re.compile(r"\b(?:allerg|diet)"), "ALLERGIC_TO EATS"),
    (re.compile(r"\b(?:goals?|dreams?|wish(?:es)?|plans?|ambitions?)\b"), "WANTS_TO PLANS_TO"),
    (re.compile(r"\b(?:likes?|tastes?|interests?|enjoys?)\b"), "LIKES INTERESTED_IN HAS_FAVOURITE FAN_OF HAS_HOBBY"),
    (re.compile(r"\bfears?\b|\bafraid\b"), "AFRAID_OF"),
    (
        re.compile(r"\bwhere (?:the user|they) (?:is|are|comes?) from\b|\borigin\b"),
        "COMES_FROM HAS_NATIONALITY BORN_IN",
    ),
)
