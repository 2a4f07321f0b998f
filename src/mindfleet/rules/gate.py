"""Whether a message can hold anything worth remembering, told before a model is paid to read it."""

import re
from collections.abc import Sequence

from mindfleet.conversation.turn import Turn
from mindfleet.rules.lexicon import alternatives
from mindfleet.rules.spelling import plain
from mindfleet.rules.statements import statements
from mindfleet.rules.text import own_words
from mindfleet.rules.wishes import wishes


def carries_memory(turn: Turn, *, recent: Sequence[str] = ()) -> bool:
    """False for what teaches nothing about its speaker: greetings, thanks, quotations, echoes, emoji, bare questions.

    Args:
        turn: what was said, by either side; a reply of the bot carries none.
        recent: texts that were on the screen just before: the other's messages, what was recalled. A message that
            only repeats one of them is an echo.
    """
    if turn.role != "user":
        return False
    own = own_words(turn.content)
    words = _words(own)
    if not words or _SMALL_TALK.fullmatch(own.strip()) or _is_forwarded(turn.content):
        return False
    if any(_echoes(words, other) for other in recent):
        return False
    # What the rules understand is never held back, however oddly it is written.
    return any(_tells(sentence) for sentence in _SENTENCE.findall(own)) or bool(wishes(turn)) or bool(statements(turn))


def _tells(sentence: str) -> bool:
    """Whether a sentence is more than small talk or a question."""
    text = sentence.strip()
    if not any(letter.isalnum() for letter in text) or _SMALL_TALK.fullmatch(text):
        return False
    asks, begins_to_ask = text.endswith("?"), _ASKING.match(text) is not None
    if not asks and not begins_to_ask:
        return True
    told = [part.strip() for part in _CLAUSE.split(text) if part.strip()]
    if begins_to_ask:
        told = told[1:]
    return any(_OWN.match(part) for part in (told[:-1] if asks else told))


def _echoes(words: list[str], other: str) -> bool:
    if len(words) < _LEAST_ECHO_WORDS:
        return False
    heard = _words(other)
    if f" {' '.join(words)} " in f" {' '.join(heard)} ":
        return True
    shared = sum(word in set(heard) for word in words)
    return shared / len(words) >= _ECHO and len(words) >= _ECHO * len(heard)


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text).lower())


def _is_forwarded(content: str) -> bool:
    """It begins as a forwarded or quoted text, and no line below it is the sender's own."""
    lines = [line for line in content.splitlines() if line.strip()]
    return (
        bool(lines)
        and _FORWARDED.match(lines[0]) is not None
        and not any(_OWN.match(line.strip()) and not line.lstrip().startswith(">") for line in lines[1:])
    )


_SMALL_TALK = re.compile(rf"(?:{alternatives('small_talk')}[\s,.!?;:~)(-]*)+", re.IGNORECASE)
_ASKING = re.compile(
    rf"^\W*(?:(?:and|so|but|hey|hi|oh|wow|ok|okay|well|also|please|bot|by the way|btw)\W+)*(?:\w+,\s+)?"
    rf"(?:{alternatives('asking')}|tell me|show me|give me|explain|remind me|anything|can't|won't|wouldn't"
    rf"|couldn't)(?!\w)",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:i|i'm|im|i've|ive|i'd|i'll|my|me|mine|we|we're|we've|our|us)\b", re.IGNORECASE)
_FORWARDED = re.compile(
    r"\s*(?:fwd?:|forwarded|-+ ?forwarded|\[forwarded|>|shared (?:a )?(?:post|message|link))", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:()\u2014\u2013]|\s-\s|\b(?:but|because|and|so)\b")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_WORD = re.compile(r"[a-z0-9']+")
_ECHO = 0.85
_LEAST_ECHO_WORDS = 3
