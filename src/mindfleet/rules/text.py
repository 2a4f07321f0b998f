"""From a message to its sentences: what is quoted, decorated or run by machines is blanked, never moved."""

import re
from dataclasses import dataclass


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
    text = content.translate(_STRAIGHT)
    text = _FOREIGN.sub(_blank, text)
    return _QUOTED.sub(lambda match: match.group() if _is_title(match) else _blank(match), text)


def plain(clause: str) -> str:
    """`clause` as the rules read it: contractions spelt out, casual spellings mended, no emoji, single spaces."""
    text = _EMOJI.sub(" ", clause)
    for pattern, replacement in _SPELT_OUT:
        text = pattern.sub(replacement, text)
    return _SPACES.sub(" ", text).strip(" \t\n\".,!?;:~*_()-–—…")


_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "\u200b": " "})

_FOREIGN = re.compile(
    r"```.*?```|`[^`\n]*`|https?://\S+|www\.\S+|\S+@\S+\.\w+|<[^>\n]{1,60}>"
    r"|(?m:^[ \t]*>.*$)"
    r"|(?<!\*)\*(?!\*)(?=[^*\n]* )[^*\n]+\*(?!\*)"
    r"|\*\*|__|(?m:^[ \t]*(?:[-*•]|\d+[.)])[ \t])",
    re.DOTALL,
)
_QUOTED = re.compile(r'(?P<before>\w*[ ,:]*)"(?P<inside>[^"\n]{1,400})"')
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u2190-\u21ff\u2300-\u23ff]+|(?<!\\w)[:;]-?[)(DPpO](?!\\w)|<3"
)
_ABBREVIATION = r"(?:\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|Sr|Jr|vs|etc|approx|dept|no|No|e\.g|i\.e)\.)"
_SENTENCE = re.compile(
    rf"((?:{_ABBREVIATION}|\d\.\d|\.\w|[^.!?\n\U0001f300-\U0001faff\u2600-\u27bf])+)([.!?…]*)", re.UNICODE
)
_WORD = re.compile(r"[^\W\d_]|\d")
_SPACES = re.compile(r"\s+")
_SPEECH = re.compile(r"\b(?:said|says|say|told|asked|was like|wrote|replied|yelled|texted|sang|sings|goes)[ ,:]*$")
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|my|me|we|you|your)\b", re.IGNORECASE)
_TITLE_WORDS = 7


def _is_title(match: re.Match[str]) -> bool:
    inside = match["inside"]
    if _SPEECH.search(match["before"]):
        return False
    few = len(inside.split()) <= _TITLE_WORDS
    return few and inside[0].isupper() and (inside.istitle() or not _FIRST_PERSON.search(inside))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _rule(pattern: str, replacement: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), replacement


_PARTICIPLE = r"(?:been|never been|always been|had|gone|seen|lived|worked|got)"
_SPELT_OUT = (
    _rule(r"[’‘]", "'"),
    _rule(r"\bI'?m(?: a)? gonna\b", "I am going to"),
    _rule(r"\bI'm\b|\bim\b(?= \w)", "I am"),
    _rule(r"\bI've\b|\bive\b", "I have"),
    _rule(r"\bI'll\b", "I will"),
    _rule(rf"\bI'd(?= {_PARTICIPLE}\b)", "I had"),
    _rule(r"\bI'd\b|\bid(?= (?:love|like|rather)\b)", "I would"),
    _rule(r"\bwe're\b", "we are"),
    _rule(r"\b(we|they|you)'ve\b", r"\1 have"),
    _rule(r"\b(they|you)'re\b", r"\1 are"),
    _rule(r"\b(we|they|you|he|she|it)'ll\b", r"\1 will"),
    _rule(r"\b(we|they|you|he|she|it)'d\b", r"\1 would"),
    _rule(r"\b(he|she|it|who|there|here|that|what)'s (?=been|got|had|gone|lived|worked)", r"\1 has "),
    _rule(r"\b(he|she|it|who|there|here|that|what|name|birthday|favou?rite \w+|job|goal|dream)'s(?= \w)", r"\1 is"),
    _rule(r"\bcan'?t\b|\bcannot\b", "can not"),
    _rule(r"\bwon't\b", "will not"),
    _rule(r"\bain't\b", "is not"),
    _rule(r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should|must|need)n'?t\b", r"\1 not"),
    _rule(r"\bgonna\b", "going to"),
    _rule(r"\bwanna\b", "want to"),
    _rule(r"\bgotta\b", "have to"),
    _rule(r"\b(kinda|kind of|sorta|sort of)\b", ""),
    _rule(r"\btryna\b", "trying to"),
    _rule(r"(\w+in)'(?= )", r"\1g"),
    _rule(r"\bfavorite\b|\bfav\b|\bfave\b", "favourite"),
    _rule(r"(?<=\w) & (?=\w)", " and "),
    _rule(r"\bi\b", "I"),
    _rule(r"\b(\d+)\s?(?:yo|y/o|yrs old|yr old|years? old)\b", r"\1 years old"),
)
