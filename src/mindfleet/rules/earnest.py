"""What is not meant as a statement about oneself: questions, ifs and wishes, other people's words, jokes, commands."""

import re

from mindfleet.rules.lexicon import pattern


def message_in_earnest(content: str) -> bool:
    """False when the whole message is a command to the machine, a song, or meant as a joke."""
    return not (pattern("machine").search(content) or pattern("joke").search(content) or _is_verse(content))


def sentence_in_earnest(sentence: str) -> bool:
    """False when nothing in the sentence is claimed to be so."""
    return not pattern("unreal_sentence").search(sentence)


def clause_in_earnest(clause: str) -> bool:
    """False when this clause (spelt out) is supposed, doubted, or somebody else's words."""
    return not (pattern("unreal").search(clause) or pattern("reported").search(clause))


_VERSE_LINES = 4
_LONGEST_VERSE = 9
_SLASHED = re.compile(r"\w ?/ ?\w[^/\n]{8,}/ ?\w")


def _is_verse(content: str) -> bool:
    """Many short lines without a full stop, or lines parted by slashes."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    short = all(len(line.split()) <= _LONGEST_VERSE and line[-1] not in ".!?:" for line in lines)
    return (len(lines) >= _VERSE_LINES and short) or _SLASHED.search(content) is not None
