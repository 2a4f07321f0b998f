"""How somebody wants to be spoken to: explicit wishes under a closed list of keys."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from mindfleet.conversation.turn import Turn
from mindfleet.rules.earnest import message_in_earnest
from mindfleet.rules.lexicon import groups, labelled, words
from mindfleet.rules.people import NAME, is_name
from mindfleet.rules.phrase import phrase
from mindfleet.rules.text import sentences

ALLOWED: dict[str, tuple[str, ...] | None] = {
    "verbosity": ("short", "medium", "long"),
    "style": ("casual", "formal", "playful", "serious", "gentle", "direct", "poetic"),
    "humour": ("true", "false"),
    "use_emojis": ("true", "false"),
    "format": ("lists", "prose"),
    "questions": ("fewer", "more"),
    "advice": ("wanted", "unwanted"),
    "swearing": ("true", "false"),
    "proactive": ("true", "false"),
    "units": ("metric", "imperial"),
    "nickname": None,
    "pronouns": None,
    "language": None,
    "topics_to_avoid": None,
    "timezone": None,
}
"""The keys, each with its allowed values; None where it is a short text: a name, a language, a topic, an IANA zone."""

LONGEST_VALUE = 60
"""Characters of a free value."""

MANY_VALUED = frozenset({"topics_to_avoid"})
"""Keys under which several values hold at once."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One preference, as said."""

    key: str
    """A key of `ALLOWED`."""

    value: str
    quote: str
    """The sentence that it rests on, verbatim."""


def allowed(key: str, value: str) -> bool:
    """Whether a preference may be stored: a known key, a value of its list or a short plain text."""
    if key not in ALLOWED:
        return False
    values = ALLOWED[key]
    if values is not None:
        return value in values
    if key == "timezone":
        return value in available_timezones()
    return 0 < len(value) <= LONGEST_VALUE and _PLAIN.fullmatch(value) is not None


def wishes(turn: Turn) -> list[Wish]:
    """The explicit style preferences in a turn; none for a reply of the bot, and none that is only asked about."""
    if turn.role != "user" or not message_in_earnest(turn.content):
        return []
    found: dict[tuple[str, str], Wish] = {}
    for sentence in sentences(turn.content):
        if _NOT_MEANT.search(sentence.text) or (sentence.asks and not _POLITE.match(sentence.text.strip())):
            continue
        quote = turn.content[sentence.start : sentence.start + len(sentence.text)].strip()
        for key, value in _asked(sentence.text):
            if allowed(key, value):
                found.setdefault((key, value if key in MANY_VALUED else ""), Wish(key=key, value=value, quote=quote))
    return list(found.values())


def _asked(sentence: str) -> Iterator[tuple[str, str]]:
    for label, wish in labelled("wishes", _ANSWERS):
        if wish.search(sentence):
            key, _, value = label.partition(" ")
            yield key, value
    for key, found, read in _FREE:
        match = found.search(sentence)
        free = read(match["value"].strip(" .,!")) if match else None
        if free:
            yield key, free


def _nickname(name: str) -> str | None:
    return name if is_name(name.split(maxsplit=1)[0]) else None


def _language(name: str) -> str | None:
    return name.capitalize() if name.lower() in words("languages") else None


def _topic(said: str) -> str | None:
    found = phrase(_ABOUT.sub("", said), keep="of with in and", longest=5)
    return None if found is None or _POINTING.fullmatch(found) else found


def _zone(said: str) -> str | None:
    return said if said in available_timezones() else _zones().get(said.lower())


@cache
def _zones() -> dict[str, str]:
    return {name: zone for zone, names in groups("zones").items() for name in names}


def _rule(found: str) -> re.Pattern[str]:
    return re.compile(found, re.IGNORECASE)


_REPLIES = r"(?:answers?|repl(?:y|ies)|responses?|messages?|texts?|explanations?|summar(?:y|ies)|it|things|that)"
_REQUESTS = (
    r"(?:please|can you|could you|will you|i(?:'d| would)? (?:prefer|like|want|rather)|i need|keep|make|give me"
    r"|from now on|try to|just|be|let's keep|you can)"
)
_ANSWERS = (("{answers}", _REPLIES), ("{ask}", _REQUESTS))
"""What stands for these names in the patterns."""

_PLAIN = re.compile(r"[\w '/+.&\u2019-]+")
_NOT_MEANT = _rule(
    r"\b(?:if|would you|my (?:boss|mom|friend|teacher|sister|brother) (?:said|told|wants)|he said|she said|used to"
    r"|they (?:say|call)|imagine)\b|^\W*(?:do|did|why|what|how|who|when|where|are|is|have) "
)
_POLITE = _rule(r"(?:\w+, )?(?:(?:hey|hi|ok|and|also|so)[, ]+)?(?:can|could|will|would) (?:you|we)\b|please|mind ")
_ABOUT = _rule(r"^(?:anything (?:about|related to)|the topic of|things like) ")
_POINTING = _rule(r"it|that|this|me|you|anything|yourself|again")
_NAMED = rf"(?P<value>{NAME})(?=$|[ ,.!)])"
_FREE: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None]], ...] = (
    (
        "nickname",
        re.compile(
            r"(?:^|(?i:please |just |and |you (?:can|may|should) |i (?:want|would like|'d like) you to "
            r"|i'd like you to )|[,.!-] ?)"
            rf"(?i:call me|address me as|refer to me as) {_NAMED}"
        ),
        _nickname,
    ),
    (
        "nickname",
        re.compile(
            r"\b(?i:my nickname is|i go by|i prefer (?:to be called|the name|being called)|i'd rather be called"
            rf"|everyone calls me|(?:my )?friends call me) {_NAMED}"
        ),
        _nickname,
    ),
    (
        "language",
        _rule(
            r"\b(?:please |can (?:you|we) |could (?:you|we) |let's |from now on,? )(?:always )?"
            r"(?:speak|talk|write|answer|reply|respond|chat|switch)(?: to me| with me)?(?: back)?(?: only)? (?:in"
            r"|to) (?P<value>\w+)"
        ),
        _language,
    ),
    (
        "language",
        _rule(r"\b(?:answer|reply|respond|speak|write)(?: to me)? in (?P<value>\w+)(?:,? please| from now on| only)\b"),
        _language,
    ),
    (
        "language",
        _rule(
            r"\bi(?:'d| would)? prefer(?: to (?:speak|talk|chat)(?: in)?)? (?P<value>\w+)(?:$|[.!]| (?:over"
            r"|to) english)"
        ),
        _language,
    ),
    (
        "topics_to_avoid",
        _rule(
            r"\b(?:please )?(?:don't|do not|never|stop|quit|avoid|no) (?:ever )?(?:mention(?:ing)?|bring(?:ing)? up"
            r"|talk(?:ing)? (?:to me )?about|ask(?:ing)? (?:me )?about|discuss(?:ing)?) (?P<value>[^.!?,;]+)"
        ),
        _topic,
    ),
    (
        "topics_to_avoid",
        _rule(
            r"\bi (?:don't|do not|really don't|would rather not|'d rather not|never) (?:want to|wanna|like to)? ?"
            r"(?:talk|speak|hear|discuss|think)(?: about)? (?P<value>(?:my|politics|religion|work|the|sex|death|food"
            r"|spoilers)[^.!?,;]*)"
        ),
        _topic,
    ),
    (
        "topics_to_avoid",
        _rule(
            r"\b(?:let's |can we |please )(?:not talk about|avoid(?: the topic of"
            r"| talking about)?) (?P<value>[^.!?,;]+)"
        ),
        _topic,
    ),
    (
        "timezone",
        re.compile(
            r"(?i:\bmy time ?zone is|\bi(?:'m| am) (?:in|on)(?: the)?|\btime ?zone:) ?"
            r"(?P<value>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|(?i:utc|gmt|cet|cest|est|edt|cst|mst|pst|pdt|bst|jst|aest)\b"
            r"|(?i:eastern|central|mountain|pacific)(?= time))"
        ),
        _zone,
    ),
    (
        "pronouns",
        _rule(r"(?:\bmy pronouns are|\bi use|\buse) (?P<value>(?:she|he|they|xe|ze|it)/\w+(?:/\w+)?)(?: pronouns)?"),
        str.lower,
    ),
)
"""For keys with free values: where the value stands, and how it is read."""
