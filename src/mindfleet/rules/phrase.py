"""Noun phrases: where one ends, what it is without its wrapping, and how many are listed."""

import re
from itertools import zip_longest

from mindfleet.rules.lexicon import alternatives, words

BOUNDARY = "|"
"""Stands where time words were taken out."""


def phrase(text: str, *, keep: str = "of", longest: int = 6) -> str | None:
    """The noun phrase that `text` begins with, unwrapped; None when it is no usable one.

    Args:
        text: spelt out (`spelling.plain`).
        keep: prepositions that may stand inside; others end it.
        longest: more words than this are a sentence, not a phrase.
    """
    inside = set(keep.split())
    kept: list[str] = []
    tokens = _STOP.split(text, maxsplit=1)[0].split()
    for token, after in zip_longest(tokens, tokens[1:], fillvalue=""):
        word = token.lower()
        if (word in words("phrase_ends") or word in words("prepositions")) and word not in inside:
            break
        if not (kept and word in _WHOSE and after != "own"):
            kept.append(token)
    return unwrapped(" ".join(kept), longest=longest)


def phrases(text: str, *, keep: str = "of", longest: int = 6) -> list[str]:
    """The phrases of a list, "hiking, sushi and tea", up to the first unusable one."""
    found: list[str] = []
    for item in _items(text):
        named = phrase(item, keep=keep, longest=longest)
        if named is None:
            break
        found.append(named)
        if any(token.lower() in words("phrase_ends") for token in item.split()):
            break
    return found


def unwrapped(text: str, *, longest: int = 6) -> str | None:
    """`text` without articles, possessives and adverbs at its ends; None when it names nothing by itself."""
    previous = None
    while previous != text:
        previous = text
        text = _FRONT.sub("", _BACK.sub("", text.strip(_EDGES))).strip()
    tokens = text.lower().split()
    if not tokens or len(tokens) > longest or not any(letter.isalnum() for letter in text):
        return None
    pointing = any(token.strip("'\",") in words("empty") for token in tokens)
    return None if pointing or tokens[0] in words("no_start") or tokens[-1] in words("no_end") else text


def _items(text: str) -> list[str]:
    head = _HARD_STOP.split(text, maxsplit=1)[0]
    head = _TOGETHER.sub(lambda match: match.group().replace(" ", _GLUE), head)
    parts = _AND.split(head)
    first_of_last = parts[-1].split(",", 1)[0]
    items = [item for part in parts[:-1] for item in part.split(",")]
    return [item.strip().replace(_GLUE, " ") for item in (*items, first_of_last) if item.strip()]


_GLUE = "\u00a0"
_WHOSE = frozenset({"my", "our"})
_EDGES = " ,.!?;:\"'()*~-"
_STOP = re.compile(r"[,;:.!?|()](?:\s|$)|\||\s[-\u2013\u2014]+\s|\"$")
_HARD_STOP = re.compile(r"[;:!?|()]|\.(?:\s|$)|\s[-\u2013\u2014]+\s")
_AND = re.compile(r",?\s+(?:and also|and|as well as|plus|or|nor)\s+(?:also\s+|then\s+)?", re.IGNORECASE)
_TOGETHER = re.compile(rf"(?<!\w)(?:{alternatives('together')}|[A-Z]\w+ and the [A-Z]\w+)(?!\w)", re.IGNORECASE)
_FRONT = re.compile(rf"^(?:{alternatives('front')}\s+)+", re.IGNORECASE)
_BACK = re.compile(rf"(?:^|[\s,]+){alternatives('back')}$", re.IGNORECASE)
