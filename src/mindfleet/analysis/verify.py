"""The check of a model's reading: what no message of the user backs is refused.

The model's answer is data. It names messages by handles, quotes them, and proposes; this module decides.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from mindfleet.analysis.findings import (
    Findings,
    FoundFact,
    FoundGoal,
    FoundPreference,
    FoundStep,
    GoalStep,
    Reading,
    StatedFact,
    StatedGoal,
    StatedPreference,
)
from mindfleet.conversation.turn import Turn
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.ports.facts import USER
from mindfleet.rules.earnest import message_in_earnest, sentence_in_earnest
from mindfleet.rules.verbs import lemma_of
from mindfleet.rules.wishes import ALLOWED, allowed

LONGEST_OBJECT = 120
FREE_PREDICATE = re.compile(r"[A-Z][A-Z_]{2,40}")
YEARS = range(1900, 2101)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


class Refused(Exception):
    """This finding is not backed; the message says why."""


@dataclass(frozen=True)
class Evidence:
    """What a reading may rest on."""

    handles: Mapping[str, Turn]
    user_id: str
    goals: frozenset[str]
    """The slugs of the bot's goals."""

    def turn(self, handle: str) -> Turn:
        """The user's own message of that handle."""
        turn = self.handles.get(handle.strip().strip("[]").lower())
        if turn is None:
            raise Refused(f"there is no message {handle!r}")
        if turn.role != "user" or turn.user_id != self.user_id:
            raise Refused(f"message {handle} is not the user's own")
        if not message_in_earnest(turn.content):
            raise Refused(f"message {handle} gives orders to the machine, or is not meant in earnest")
        return turn


Stated = TypeVar("Stated")
Found = TypeVar("Found", bound=BaseModel)


def verified(reading: Reading, evidence: Evidence) -> Findings:
    """What of the reading is backed by the user's own messages."""
    refused: list[str] = []
    return Findings(
        facts=_backed_ones(reading.facts, _fact, evidence, refused),
        preferences=_backed_ones(reading.preferences, _preference, evidence, refused),
        goals=_backed_ones(reading.goals, _goal, evidence, refused),
        progress=_backed_ones(reading.progress, _step, evidence, refused),
        refused=refused,
    )


def _backed_ones(
    items: Sequence[Stated], check: Callable[[Stated, Evidence], Found], evidence: Evidence, refused: list[str]
) -> list[Found]:
    """Each item once, unless the check refuses it."""
    found: dict[str, Found] = {}
    for item in items:
        try:
            good = check(item, evidence)
        except Refused as reason:
            refused.append(f"{type(item).__name__}: {reason}")
        else:
            found.setdefault(good.model_dump_json(exclude={"confidence", "quote", "reasoning"}), good)
    return list(found.values())


def _fact(stated: StatedFact, evidence: Evidence) -> FoundFact:
    turn = evidence.turn(stated.message)
    subject, thing = _tidy(stated.subject), _tidy(stated.object)
    if not subject or not thing or len(thing) > LONGEST_OBJECT:
        raise Refused(f"{subject!r} or {thing!r} is empty or too long")
    if not (math.isfinite(stated.confidence) and 0 < stated.confidence <= 1):
        raise Refused(f"a confidence of {stated.confidence}")
    subject = USER if _is_user(subject, turn) else subject
    if subject != USER:
        _backed(subject, turn)
    _backed(thing, turn)
    _claimed(thing, turn)
    if subject.casefold() == thing.casefold():
        raise Refused(f"{subject!r} of itself")
    if stated.since and stated.until and stated.until < stated.since:
        raise Refused("it ends before it begins")
    return FoundFact(
        turn_id=turn.id,
        subject=subject,
        predicate=_predicate(stated.predicate),
        object=thing,
        confidence=stated.confidence,
        quote=_quote(stated.quote, turn),
        holds=stated.holds,
        since=_plausible(stated.since),
        until=_plausible(stated.until),
    )


def _preference(stated: StatedPreference, evidence: Evidence) -> FoundPreference:
    turn = evidence.turn(stated.message)
    key, value = stated.key.strip().lower(), stated.value.strip()
    value = value.lower() if ALLOWED.get(key) else value
    if not allowed(key, value):
        raise Refused(f"{key}={value!r} is no preference that there is")
    if key in OWN_WORDS:
        _backed(value, turn)
    return FoundPreference(turn_id=turn.id, key=key, value=value)


OWN_WORDS = frozenset({"nickname", "topics_to_avoid"})
"""Preferences whose value is the user's own words, which therefore have to be among them."""


def _goal(stated: StatedGoal, evidence: Evidence) -> FoundGoal:
    turn = evidence.turn(stated.message)
    goal = _tidy(stated.goal)
    if not goal or len(goal) > LONGEST_OBJECT:
        raise Refused(f"goal {goal[:40]!r} is empty or too long")
    _backed(goal, turn, share=0.6)
    return FoundGoal(turn_id=turn.id, goal=goal, by=_plausible(stated.by))


def _step(stated: GoalStep, evidence: Evidence) -> FoundStep:
    if stated.slug not in evidence.goals:
        raise Refused(f"the bot has no goal {stated.slug!r}")
    if not (math.isfinite(stated.progress) and 0 <= stated.progress <= 1):
        raise Refused(f"a progress of {stated.progress}")
    turn = evidence.turn(stated.message)
    return FoundStep(
        turn_id=turn.id,
        slug=stated.slug,
        status=stated.status,
        progress=1.0 if stated.status == "completed" else stated.progress,
        reasoning=stated.reasoning.strip()[:500],
    )


def _predicate(name: str) -> str:
    upper = re.sub(r"[\s-]+", "_", name.strip()).upper()
    if upper not in vocabulary() and not FREE_PREDICATE.fullmatch(upper):
        raise Refused(f"predicate {name[:40]!r}")
    return upper


def _is_user(subject: str, turn: Turn) -> bool:
    return subject.casefold() in {
        USER,
        "i",
        "me",
        "the user",
        "speaker",
        turn.speaker.casefold(),
        turn.user_id.casefold(),
    }


def _backed(words: str, turn: Turn, *, share: float = 1.0) -> None:
    """Refuse words that the message does not have: at least `share` of the content words must stand there."""
    wanted = _content_words(words)
    there = [_stem(word) for word in _words(turn.content)]
    missing = [word for word in wanted if not any(_same(_stem(word), other) for other in there)]
    if not wanted or len(missing) > len(wanted) * (1 - share) + 1e-9:
        raise Refused(f"{words!r} is not in the message")


def _claimed(words: str, turn: Turn) -> None:
    """Refuse what stands only in questions and suppositions."""
    wanted = {_stem(word) for word in _content_words(words)}
    sentences = [
        sentence for sentence in SENTENCE.findall(turn.content) if wanted & {_stem(w) for w in _words(sentence)}
    ]
    if sentences and not any(_is_claim(sentence) for sentence in sentences):
        raise Refused(f"{words!r} is asked or supposed, not said")


def _is_claim(sentence: str) -> bool:
    return not sentence.rstrip().endswith("?") and sentence_in_earnest(sentence)


def _quote(quote: str, turn: Turn) -> str:
    """The quote where it is verbatim, otherwise the whole message: what is kept was said."""
    flat = " ".join(_words(quote))
    if flat and flat in " ".join(_words(turn.content)):
        return quote.strip()
    return turn.content


def _plausible(day: date | None) -> date | None:
    return day if day and day.year in YEARS else None


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(" .,;:!?\"'")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold().replace("\u2019", "'").replace("'s", ""))


SMALL_WORDS = frozenset(
    {"a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "with", "by", "from", "as", "is", "are", "was"}
    | {"my", "your", "his", "her", "their", "our", "its", "some"}
)


def _content_words(text: str) -> list[str]:
    words = _words(text)
    return [word for word in words if word not in SMALL_WORDS] or words


def _stem(word: str) -> str:
    """What the forms of a word share: "run" of "running", "break" of "broken"."""
    word = lemma_of(word)
    for suffix in ("ing", "ies", "es", "ed", "s", "y", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:  # noqa: PLR2004 - shorter is no stem
            return word.removesuffix(suffix)
    return word


def _same(word: str, other: str) -> bool:
    """Equal stems, or a number with its ordinal ending."""
    return word == other or (word.isdigit() and re.fullmatch(rf"{word}(st|nd|rd|th)", other) is not None)


def handles(turns: Sequence[Turn]) -> dict[str, Turn]:
    """`m1`, `m2`, …: what the messages are called in the prompt; ids of ours never go to a model."""
    return {f"m{number}": turn for number, turn in enumerate(turns, start=1)}


def handle_of(turn_id: UUID, turns: Mapping[str, Turn]) -> str:
    return next(handle for handle, turn in turns.items() if turn.id == turn_id)
