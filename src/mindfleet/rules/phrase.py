"""Noun phrases: where one ends, what it is without its wrapping, and how many are listed."""

import re

BOUNDARY = "|"
"""Stands where time words were taken out."""


def phrase(text: str, *, keep: str = "of", longest: int = 6) -> str | None:
    """The noun phrase that `text` begins with, unwrapped; None when it is no usable one.

    Args:
        text: spelt out (`text.plain`).
        keep: prepositions that may stand inside, others end it.
        longest: more words than this are a sentence, not a phrase.
    """
    inside = set(keep.split())
    kept: list[str] = []
    for token in _STOP.split(text, maxsplit=1)[0].split():
        word = token.lower()
        if (word in _ENDS or word in _PREPOSITIONS) and word not in inside:
            break
        kept.append(token)
    return unwrapped(" ".join(kept), longest=longest)


def phrases(text: str, *, keep: str = "of", longest: int = 6) -> list[str]:
    """The phrases of a list: "hiking, sushi and tea"; empty when one of its first is unusable."""
    found: list[str] = []
    for item in _items(text):
        unwrapped_item = phrase(item, keep=keep, longest=longest)
        if unwrapped_item is None:
            break
        found.append(unwrapped_item)
        if len(unwrapped_item.split()) < len(item.split()) and _cut_short(item):
            break
    return found


def unwrapped(text: str, *, longest: int = 6) -> str | None:
    """`text` without articles, possessives and adverbs at its ends; None when it names nothing by itself."""
    previous = None
    while previous != text:
        previous = text
        text = _FRONT.sub("", _BACK.sub("", text.strip(" ,.!?;:\"'()*~-"))).strip()
    tokens = text.split()
    if not tokens or len(tokens) > longest or any(token.lower().strip("'\",") in _EMPTY for token in tokens):
        return None
    if not any(letter.isalnum() for letter in text) or tokens[0].lower() in _NO_START or tokens[-1].lower() in _NO_END:
        return None
    return text


def _items(text: str) -> list[str]:
    head = _HARD_STOP.split(text, maxsplit=1)[0]
    for together in _TOGETHER:
        head = re.sub(together, lambda match: match.group().replace(" ", "\u00a0"), head, flags=re.IGNORECASE)
    parts = _AND.split(head)
    if len(parts) == 1:
        return [re.split(r",", head, maxsplit=1)[0].replace("\u00a0", " ")]
    items = [item for part in parts[:-1] for item in part.split(",")]
    last = re.split(r",", parts[-1], maxsplit=1)[0]
    return [item.strip().replace("\u00a0", " ") for item in (*items, last) if item.strip()]


def _cut_short(item: str) -> bool:
    return any(token.lower() in _ENDS for token in item.split())


_STOP = re.compile(r"[,;:.!?|()](?:\s|$)|\||\s[-–—]+\s|\"$")
_HARD_STOP = re.compile(r"[;:!?|()]|\.(?:\s|$)|\s[-–—]+\s")
_AND = re.compile(r",?\s+(?:and also|and|as well as|plus|or|nor)\s+(?:also\s+|then\s+)?", re.IGNORECASE)
_TOGETHER = (
    r"\brock and roll\b", r"\bmac and cheese\b", r"\bfish and chips\b", r"\barts and crafts\b", r"\bsalt and pepper\b",
    r"\bbed and breakfast\b", r"\br and b\b", r"\bdrum and bass\b", r"\bdungeons and dragons\b", r"\bblack and white\b",
    r"\bpeanut butter and jelly\b", r"\bben and jerry's\b", r"\bcats and dogs\b", r"\bsearch and rescue\b",
    r"\bbus and train\b", r"\btrinidad and tobago\b", r"\bresearch and development\b", r"\bsales and marketing\b",
    r"\bwine and cheese\b", r"\bback and forth\b", r"\bBosnia and Herzegovina\b", r"\bPride and Prejudice\b",
    r"\bcountry and western\b", r"\bRick and Morty\b", r"\bParks and Recreation\b", r"\bPark and Rec\b",
    r"\b[A-Z]\w+ and the [A-Z]\w+", r"\bfriends and family\b", r"\bfamily and friends\b",
)  # fmt: skip

_PREPOSITIONS = frozenset(
    "of at in on for with from to by about near around during into over under through between without within after"
    " before as like than across behind beside outside inside against along towards toward via per until till".split()
)
_ENDS = frozenset(
    "because cause that which who whose whom when where while if so since but although though and or nor then is are"
    " was were am be been has have had will would can could should may might do does did not cuz despite except unless"
    " whenever wherever how why what just right really i we he she they it you me us them him instead lol haha tho"
    " anymore thanks thank makes make made became becomes due both".split()
)
_EMPTY = frozenset(
    "i we he she it they you me us him her them this that these those my your his its our their mine yours myself"
    " yourself who what which how why where when something anything everything nothing someone anyone everyone"
    " somebody anybody everybody nobody thing things stuff one ones lot lots such same other others another else"
    " here there whatever ya y'all yall ur whole each every both way ways kinds kind sort sorts certain any"
    " several many much few more most less all bunch couple bit".split()
)
_NO_START = frozenset("to of and or but not no so too very for with at in on from by as than if much the".split())
_NO_END = frozenset("the a an of and or to for with at in on from by as than my is are be very so too more".split())
_FRONT = re.compile(
    r"^(?:(?:all kinds of|all sorts of|all types of|different types of|kinds of|all things|lots of|a lot of|a bit of|a little bit of|a little"
    r"|little bit of|bit of|plenty of|good old|a couple of|a|an|the|my|our|some|also|even|just|really|very|quite|pretty|so|super|such|especially|particularly|mostly|mainly"
    r"|currently|actually|about|like|both|either|other|any)\s+)+",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:^|[\s,]+)(?:too|also|as well|a lot|so much|very much|that much|much|right now|now|these days|lately|again|actually|though|tho|lol"
    r"|haha|hehe|either|anyway|in general|the most|most|more than anything|at all|honestly|tbh|every ?day|every week(?:end)?|every night"
    r"|every morning|every year|on weekends|on the weekends?|on sundays|sometimes|a bit|a little|all the time|together|nowadays|currently"
    r"|recently|here|there|still|always|ever|often|daily|weekly|regularly|already|at the moment|at the time|today|tonight|yet|before"
    r"|once|twice|of course|you know|btw|please|indeed|obviously|probably|anymore|forever|instead|for sure|for fun|myself|etc"
    r"|in my (?:free|spare) time|when I can|in the (?:mornings?|evenings?|summer|winter)|at night|at home|a while|for a while"
    r"|first|finally|for now|until now|so far|by myself|on my own|to death|dearly|the best|best|full[- ]time|part[- ]time"
    r"|and|or|but|with|for|at|in|on|to|of|the|a|an)$",
    re.IGNORECASE,
)
