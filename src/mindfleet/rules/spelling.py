"""Casual English spelt out, so that the rules need to know one form only: "I'm gonna" is "I am going to"."""

import re


def plain(clause: str) -> str:
    """`clause` as the rules read it: contractions spelt out, casual spellings mended, no emoji, single spaces."""
    text = clause if clause.isascii() else _EMOJI.sub(" ", clause)
    text = _SMILEY.sub(" ", text)
    if "'" in text:
        text = _mended(text, _CONTRACTIONS)
    return " ".join(_mended(text, _CASUAL).split()).strip(_EDGES)


def _mended(text: str, rules: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for found, replacement in rules:
        text = found.sub(replacement, text)
    return text


def _rule(found: str, replacement: str) -> tuple[re.Pattern[str], str]:
    return re.compile(found, re.IGNORECASE), replacement


_EDGES = " \t\n\"'.,!?;:~*_()-\u2013\u2014\u2026"
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u2190-\u21ff\u2300-\u23ff]+", re.UNICODE
)
_SMILEY = re.compile(r"(?<!\w)[:;]-?[)(DPpO](?!\w)|<3")
_PARTICIPLE = r"(?:been|never been|always been|had|gone|seen|lived|worked|got)"
_CONTRACTIONS = (
    _rule(r"\bI'm\b", "I am"),
    _rule(r"\bI've\b", "I have"),
    _rule(r"\bI'll\b", "I will"),
    _rule(rf"\bI'd(?= {_PARTICIPLE}\b)", "I had"),
    _rule(r"\bI'd\b", "I would"),
    _rule(r"\b(we|they|you)'re\b", r"\1 are"),
    _rule(r"\b(we|they|you)'ve\b", r"\1 have"),
    _rule(r"\b(we|they|you|he|she|it)'ll\b", r"\1 will"),
    _rule(r"\b(we|they|you|he|she|it)'d\b", r"\1 would"),
    _rule(r"\b(he|she|it|who|there|here|that|what)'s (?=been|got|had|gone|lived|worked)", r"\1 has "),
    _rule(r"\b(he|she|it|who|there|here|that|what|name|birthday|favou?rite \w+|job|goal|dream)'s(?= \w)", r"\1 is"),
    _rule(
        r"(\w+)'s (?=(?:an?|the|my|our|from|allergic|getting|going|called|named|very|really|so|too|not|now|also"
        r"|always)\b)",
        r"\1 is ",
    ),
    _rule(r"\bcan't\b", "can not"),
    _rule(r"\bwon't\b", "will not"),
    _rule(r"\bain't\b", "is not"),
    _rule(r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should|must|need)n't\b", r"\1 not"),
    _rule(r"(\w+in)'(?= )", r"\1g"),
)
_CASUAL = (
    _rule(r"\bim\b(?= \w)", "I am"),
    _rule(r"\bive\b", "I have"),
    _rule(r"\bid(?= (?:love|like|rather)\b)", "I would"),
    _rule(r"\b(do|does|did|is|was|would|could|should)nt\b", r"\1 not"),
    _rule(r"\bcan(?:not|t)\b", "can not"),
    _rule(r"\b(?:going )?gonna\b", "going to"),
    _rule(r"\bam going to going to\b", "am going to"),
    _rule(r"\b(want)na\b|\bwanna\b", "want to"),
    _rule(r"\bgotta\b", "have to"),
    _rule(r"\btryna\b", "trying to"),
    _rule(r"\b(?:kinda|kind of|sorta|sort of)\b", ""),
    _rule(r"\b(?:favorite|favs?|faves?)\b", "favourite"),
    _rule(r"(?<=\w) & (?=\w)", " and "),
    _rule(r"\bi\b", "I"),
    _rule(r"\b(\d+)\s?(?:yo|y/o|yrs? old|years? old)\b", r"\1 years old"),
)
