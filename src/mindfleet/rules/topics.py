"""What a conversation is about: a handful of noun phrases in the people's own words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.lexicon import known, singular, words
from mindfleet.rules.spelling import plain
from mindfleet.rules.statement import Statement
from mindfleet.rules.statements import statements
from mindfleet.rules.text import sentences
from mindfleet.rules.verbs import form_of


def topics(turns: Sequence[Turn], *, facts: Sequence[Statement] | None = None, most: int = 5) -> list[str]:
    """Up to `most` topics, the weightiest first: what is stated as a fact, and nouns that come up in several turns.

    Args:
        turns: what was said, in order.
        facts: what `statements` finds in them, if that is known already.
        most: how many topics at most.
    """
    people = [turn for turn in turns if turn.role == "user" and carries_memory(turn)]
    if facts is None:
        facts = [fact for turn in people for fact in statements(turn)]
    names = {part.lower() for turn in turns for part in turn.speaker.split()}
    weights: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for turn in people:
        terms = {singular(term): term for term in _terms(turn.content) if not _is_name(term, names)}
        weights.update(terms.keys())
        spelt = terms | spelt
    recurring: dict[str, float] = {spelt[term]: n * len(term.split()) for term, n in weights.items() if n >= _RECURRING}
    stated = Counter(_topic_of(fact) for fact in facts if fact.predicate not in _NO_TOPIC)
    for topic, count in stated.items():
        if not _is_name(topic.lower(), names):
            recurring[topic] = recurring.get(topic, 0) + _STATED * count
    return _distinct(sorted(recurring, key=lambda term: -recurring[term]), most)


def _terms(content: str) -> Iterator[str]:
    """Nouns and pairs of them, as far as spelling and the stop words tell."""
    for sentence in sentences(content):
        run: list[str] = []
        for token in _TOKEN.findall(plain(sentence.text).replace("'s ", " ")):
            word = token.lower()
            if _is_noun(word):
                yield word
                if run:
                    yield f"{run[-1]} {word}"
                run.append(word)
            else:
                run = []


def _is_noun(word: str) -> bool:
    if not word[0].isalpha() or word in words("stopwords") or len(word) < _SHORTEST:
        return False
    if known(word, "hobbies", "events", "fields", "animals"):
        return True
    return not form_of(word) and not word.endswith(_NOT_NOUNS)


def _is_name(term: str, names: set[str]) -> bool:
    """Whether the term is how somebody here is called: "mel" for Melanie."""
    return any(name.startswith(part) for part in term.split() for name in names)


def _topic_of(fact: Statement) -> str:
    """The thing of a fact, without what it is for."""
    thing = re.split(r" (?:for|about|with|to) ", fact.object.split(": ", 1)[-1], maxsplit=1)[0]
    return " ".join(thing.split()[-4:])


def _distinct(candidates: list[str], most: int) -> list[str]:
    """The first ones that share no word."""
    kept: list[str] = []
    for candidate in candidates:
        parts = {singular(part) for part in candidate.lower().split()}
        if not any(parts & {singular(part) for part in other.lower().split()} for other in kept):
            kept.append(candidate)
    return kept[:most]


_RECURRING = 2
"""Turns in which a noun must come up."""

_STATED = 1.5
"""What a fact weighs against a noun that came up in so many turns."""

_SHORTEST = 4
_NO_TOPIC = frozenset(
    {
        "HAS_AGE",
        "HAS_NAME",
        "BORN_ON",
        "HAS_GENDER",
        "HAS_RELATIONSHIP_STATUS",
        "HAS_NICKNAME",
        "IS_A",
        "WANTS_TO",
        "PLANS_TO",
    }
)
_NOT_NOUNS = ("ly", "ed", "ful", "ous", "able", "ible", "less", "est", "ive", "'t", "'re", "'ve", "'ll", "ing")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z'+-]*|[^\sA-Za-z]")
