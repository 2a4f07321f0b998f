"""How much a stretch of conversation matters, and what is felt in it.

The rubric counts points over the turns of people; what the bot says scores nothing:

- 1 point for each fact that somebody states about themselves or theirs, 1 more when it is dated, a wish or a plan;
- 1 point for each turn that tells at length (20 words and more) of oneself;
- 1 point for each emotion of one's own, 2 for a grave one (grief, fear, sadness, guilt, loneliness);
- 2 points for each turn of disclosure: illness, death, love, identity, loss, "I have never told anyone".

No point is a 1 (nothing), up to 2 are a 2 (small talk), up to 12 a 3 (worth keeping), up to 28 a 4, more a 5. Three
disclosures with a grave emotion are never less than a 4.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.lexicon import any_of, groups, pattern
from mindfleet.rules.statement import Statement
from mindfleet.rules.statements import statements
from mindfleet.rules.text import own_words, sentences


def meaningfulness(turns: Sequence[Turn], *, facts: Sequence[Statement] | None = None) -> int:
    """1 (nothing) to 5 (would change how one speaks to this person); the module's docstring has the rubric.

    Args:
        turns: what was said, in order.
        facts: what `statements` finds in them, if that is known already.
    """
    people = [turn for turn in turns if turn.role == "user"]
    if facts is None:
        facts = [fact for turn in people for fact in statements(turn)]
    felt = {emotion for turn in people for emotion in _felt(turn)}
    disclosures = sum(1 for turn in people if _discloses(turn))
    points = (
        sum(1 + (fact.since is not None or fact.predicate in _INTENT) for fact in facts)
        + sum(1 for turn in people if _tells_at_length(turn))
        + sum(2 if emotion in _GRAVE else 1 for emotion in felt)
        + 2 * disclosures
    )
    score = next((score for limit, score in _STEPS if points <= limit), 5)
    return max(score, 4) if disclosures >= _MANY_DISCLOSURES and felt & _GRAVE else score


def emotions(turns: Sequence[Turn], *, most: int = 5) -> list[str]:
    """What the people say they feel, most frequent first; at most `most`."""
    felt = Counter(emotion for turn in turns if turn.role == "user" for emotion in _felt(turn))
    return [emotion for emotion, _ in felt.most_common(most)]


def _felt(turn: Turn) -> list[str]:
    """The emotions that a turn speaks of as its author's own."""
    found: dict[str, None] = {}
    for sentence in sentences(turn.content):
        if sentence.asks or (_ABOUT_OTHERS.search(sentence.text) and not _OWN.search(sentence.text)):
            continue
        for match in _feelings().finditer(sentence.text):
            if not _NEGATED.search(sentence.text[: match.start()]):
                found[_emotion_of()[match.group().lower()]] = None
    return list(found)


def _discloses(turn: Turn) -> bool:
    return _OWN.search(turn.content) is not None and pattern("disclosures").search(own_words(turn.content)) is not None


def _tells_at_length(turn: Turn) -> bool:
    text = own_words(turn.content)
    return len(text.split()) >= _TELLING_WORDS and _OWN.search(text) is not None and carries_memory(turn)


@cache
def _emotion_of() -> dict[str, str]:
    return {word: emotion for emotion, listed in groups("emotions").items() for word in listed}


@cache
def _feelings() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(frozenset(_emotion_of()))}\b", re.IGNORECASE)


_STEPS = ((0, 1), (2, 2), (12, 3), (28, 4))
"""Up to so many points: the score."""

_GRAVE = frozenset({"grief", "fear", "sadness", "guilt", "loneliness"})
_INTENT = frozenset({"PLANS_TO", "WANTS_TO"})
_TELLING_WORDS = 20
_MANY_DISCLOSURES = 3
_OWN = re.compile(r"\b(?:I|I'm|I've|my|me|we|our|us|im)\b", re.IGNORECASE)
_ABOUT_OTHERS = re.compile(r"\b(?:you|your|you're|you've|that's|sounds|must|he|she|they)\b", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|n't|never|no|without|less)\b[\w' ]{0,12}$", re.IGNORECASE)
