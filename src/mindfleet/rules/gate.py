"""Whether a message can hold anything worth remembering, told before a model is paid to read it."""

import re
from collections.abc import Sequence

from mindfleet.conversation.turn import Turn
from mindfleet.rules.spelling import plain
from mindfleet.rules.text import own_words

_SMALL_TALK = re.compile(
    r"(?:(?:hi+|hey+|hello+|yo|hiya|howdy|good (?:morning|evening|night|afternoon|day)|morning|night|bye+|goodbye|see (?:you|ya)(?: (?:later|soon|tomorrow|then|around))?"
    r"|cya|ttyl|talk (?:to you )?(?:soon|later)|take care|thanks?(?: (?:you|a lot|so much|again|much|for (?:that|this|the \w+|your \w+|everything|asking|sharing)))*|thx|ty|cheers|much appreciated"
    r"|ok(?:ay)?|k|kk|sure|yes|yeah|yep|yup|no|nope|nah|right|true|exactly|indeed|absolutely|definitely|totally|of course|alright|all right|fine|great|good|nice|cool|awesome|amazing"
    r"|perfect|wonderful|fantastic|lovely|sweet|wow|oh|ah|aw+|hmm+|uh+|um+|lol|lmao|rofl|ha(?:ha)+|hehe(?:he)*|omg|same|me too|same here|i see|got it|gotcha|i know|i agree|agreed|totally agree"
    r"|no (?:problem|worries|way)|you(?:'re| are) welcome|you too|likewise|sounds (?:good|great|fun|nice|lovely|awesome|amazing)|good (?:one|point|idea|luck|to (?:see|hear from|know) you)"
    r"|congrats|congratulations|well done|how are you(?: doing)?|how(?:'s| is) it going|what(?:'s| is) up|sup|long time no (?:see|talk|chat)|nice to (?:meet|see|hear from) you"
    r"|i'?m (?:fine|good|ok(?:ay)?|great|here|back|sure|sorry|happy for you|so happy for you|proud of you|so proud of you|glad)|sorry|my bad|please|go on|tell me more|never ?mind|nvm|idk|i don'?t know|dunno|brb|test(?:ing)?|ping"
    r"|there|so|very|much|and|again|friend|buddy|guys|everyone|all|man|dude|it|that|too|my|dear|mate|really|here|today|for|you|u)[\s,.!?;:~)(-]*)+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|hey|hi|oh|wow|ok|okay|well|also|please|bot|by the way|btw)\W+)*(?:\w+,\s+)?(?:do|does|did|is|are|was|were|can|could|will|would|should|have|has|what|what's|who|who's|where|where's|when|why|how"
    r"|how's|which|any|am|shall|may|might|isn't|aren't|don't|doesn't|didn't|haven't|can't|won't|wouldn't|couldn't|ever|you|got|tell me|show me|give me|explain|remind me|anything)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:i|i'm|im|i've|ive|i'd|i'll|my|me|mine|we|we're|we've|our|us)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:()—–]|\s-\s|\b(?:but|because|and|so)\b")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_WORDS = re.compile(r"[a-z0-9']+")
_ECHO = 0.85
_LEAST_ECHO_WORDS = 3


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
    words = _WORDS.findall(plain(own).lower())
    if not words or _SMALL_TALK.fullmatch(own.strip()) or _is_forwarded(turn.content):
        return False
    if any(_echoes(words, other) for other in recent):
        return False
    return any(_tells(sentence) for sentence in _SENTENCE.findall(own))


def _tells(sentence: str) -> bool:
    """Whether a sentence is more than small talk or a question."""
    text = sentence.strip()
    if not any(letter.isalnum() for letter in text) or _SMALL_TALK.fullmatch(text):
        return False
    asks = text.endswith("?")
    if not asks and not _ASKS.match(text):
        return True
    told = [part for part in _CLAUSE.split(text) if part.strip()]
    if _ASKS.match(text):
        told = told[1:]
    return any(_OWN.match(part.strip()) for part in (told[:-1] if asks else told))


def _echoes(words: list[str], other: str) -> bool:
    if len(words) < _LEAST_ECHO_WORDS:
        return False
    heard = _WORDS.findall(plain(other).lower())
    if " ".join(words) in " ".join(heard):
        return True
    shared = sum(word in set(heard) for word in words)
    return shared / len(words) >= _ECHO and len(words) >= _ECHO * len(heard)


def _is_forwarded(content: str) -> bool:
    return re.match(
        r"\s*(?:fwd?:|forwarded|-+ ?forwarded|\[forwarded|>|shared (?:a )?(?:post|message|link))",
        content,
        re.IGNORECASE,
    ) is not None and not re.search(
        r"^\s*[^>\s-].*\b(?:I|my)\b",
        re.sub(r"(?im)^\s*(?:fwd?:|forwarded|-+ ?forwarded|\[forwarded|shared).*", "", content),
        re.MULTILINE,
    )
