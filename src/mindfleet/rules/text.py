"""From a message to its sentences: what is quoted, decorated or run by machines is blanked, never moved."""

import re
from dataclasses import dataclass

from mindfleet.rules.lexicon import pattern


@dataclass(frozen=True)
class Sentence:
    """A sentence, and where in the message it begins."""

    text: str
    start: int
    asks: bool
    """It ends with a question mark."""


def sentences(content: str) -> list[Sentence]:
    """What the author says in their own words, sentence by sentence.

    Code, links, quoted lines, quoted speech and *stage directions* are blanked; titles in quotation marks stay.
    """
    return [
        Sentence(match.group(), match.start(), "?" in match[2])
        for match in _SENTENCE.finditer(own_words(content))
        if _WORD.search(match[1])
    ]


def own_words(content: str) -> str:
    """`content` with everything blanked that its author only shows or repeats; of the same length."""
    text = _FOREIGN.sub(_blank, content.translate(_STRAIGHT))
    if '"' not in text:
        return text
    return _QUOTED.sub(lambda match: match.group() if _is_title(match) else _blank(match), text)


_STRAIGHT = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00a0": " ", "\u200b": " "}
)
_FOREIGN = re.compile(
    r"```.*?```|`[^`\n]*`"
    r"|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]{1,200}|<[^>\n]{1,60}>"
    r"|(?m:^[ \t]*>.*$)"
    r"|(?<!\*)\*(?!\*)(?=[^*\n]* )[^*\n]+\*(?!\*)"
    r"|\*\*|__|(?m:^[ \t]*(?:[-*•]|\d+[.)])[ \t])",
    re.DOTALL,
)
_QUOTED = re.compile(r'(?P<before>\w*[ ,:]*)"(?P<inside>[^"\n]{1,400})"')
_ABBREVIATION = r"(?:\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|Sr|Jr|vs|etc|approx|dept|e\.g|i\.e)\.)"
_SENTENCE = re.compile(rf"((?:{_ABBREVIATION}|\d\.\d|\.\w|[^.!?\n\U0001f300-\U0001faff\u2600-\u27bf])+)([.!?\u2026]*)")
_WORD = re.compile(r"[^\W\d_]|\d")
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|my|me|we|you|your)\b", re.IGNORECASE)
_TITLE_WORDS = 7


def _is_title(match: re.Match[str]) -> bool:
    inside = match["inside"]
    if pattern("speech").match(match["before"].strip(" ,:")):
        return False
    few = len(inside.split()) <= _TITLE_WORDS
    return few and inside[0].isupper() and (inside.istitle() or not _FIRST_PERSON.search(inside))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
