"""How somebody wants to be spoken to: explicit wishes under a closed list of keys."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from mindfleet.conversation.turn import Turn
from mindfleet.rules.earnest import message_in_earnest
from mindfleet.rules.lexicon import words
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
    "nickname": None,
    "pronouns": None,
    "language": None,
    "topics_to_avoid": None,
    "timezone": None,
    "units": ("metric", "imperial"),
}
"""The keys, each with its allowed values; None where the value is a short text (a name, a language, a topic, an IANA zone)."""

LONGEST_VALUE = 60
"""Characters of a free value."""


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
    return 0 < len(value) <= LONGEST_VALUE and re.fullmatch(r"[\w '’/+.&-]+", value) is not None


def wishes(turn: Turn) -> list[Wish]:
    """The explicit style preferences in a turn; none for a reply of the bot, and none that is only asked about."""
    if turn.role != "user" or not message_in_earnest(turn.content):
        return []
    found: dict[tuple[str, str], Wish] = {}
    for sentence in sentences(turn.content):
        quote = turn.content[sentence.start : sentence.start + len(sentence.text)].strip()
        if _NOT_MEANT.search(sentence.text) or (sentence.asks and not _POLITE.match(sentence.text.strip())):
            continue
        for key, value in _in(sentence.text):
            if allowed(key, value):
                found.setdefault(
                    (key, value if key == "topics_to_avoid" else ""), Wish(key=key, value=value, quote=quote)
                )
    return list(found.values())


def _in(sentence: str) -> Iterator[tuple[str, str]]:
    for pattern, key, value in _FIXED:
        if pattern.search(sentence):
            yield key, value
    for pattern, key, read in _FREE:
        match = pattern.search(sentence)
        if match and (value := read(match)):
            yield key, value


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NOT_MEANT = _rule(
    r"\b(?:if|would you|my (?:boss|mom|friend|teacher|sister|brother) (?:said|told|wants)|he said|she said|used to|they (?:say|call)|imagine)\b|^\W*(?:do|did|why|what|how|who|when|where|are|is|have) "
)
_POLITE = _rule(r"(?:\w+, )?(?:(?:hey|hi|ok|and|also|so)[, ]+)?(?:can|could|will|would) (?:you|we)\b|please|mind ")
_ANSWERS = r"(?:answers?|repl(?:y|ies)|responses?|messages?|texts?|explanations?|summar(?:y|ies)|it|things|that)"
_ASK = r"(?:please|can you|could you|will you|i(?:'d| would)? (?:prefer|like|want|rather)|i need|keep|make|give me|from now on|try to|just|be|let's keep|you can)"

_FIXED: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (_rule(rf"\b(?:keep|make) (?:your |all |the |all your )?{_ANSWERS} (?:\w+ )?(?:short|brief|concise|shorter|briefer|to the point|succinct)\b"), "verbosity", "short"),
    (_rule(rf"\b(?:short|shorter|brief|briefer|concise|succinct) {_ANSWERS}(?:,| please|$|[.!])"), "verbosity", "short"),
    (_rule(r"\b(?:please |just |can you |could you )(?:be|answer|reply|respond|write|explain)(?: more| a bit more| in a)? ?(?:brief(?:ly)?|concise(?:ly)?|succinct(?:ly)?|short(?:er|ly)?)\b"), "verbosity", "short"),
    (_rule(r"\bbe (?:more |a bit more )?(?:brief|concise|succinct)\b|\bget to the point\b|\bone[- ]sentence (?:answers|replies)\b|\b(?:don't|do not|no need to) (?:write|give me|send me) (?:such |so )?(?:long|huge|walls? of)\b|\btl;?dr (?:please|only)\b"), "verbosity", "short"),
    (_rule(rf"\b(?:i (?:prefer|like|want|love)) (?:short|brief|concise|shorter) {_ANSWERS}"), "verbosity", "short"),
    (_rule(rf"\b(?:i (?:prefer|like|want|love|need)) (?:long|longer|detailed|more detailed|in-depth|thorough) {_ANSWERS}"), "verbosity", "long"),
    (_rule(rf"\b(?:keep|make) (?:your |the )?{_ANSWERS} (?:long|longer|detailed|more detailed|in-depth)\b|\b(?:please |can you |could you )(?:be more detailed|go into (?:more )?detail|elaborate more|write longer|give me (?:long|detailed|more detailed) {_ANSWERS})"), "verbosity", "long"),
    (_rule(r"\b(?:no|without|stop (?:using|with)(?: the| all the)?|don't use|do not use|please avoid|skip the|fewer|less|quit the|drop the|lose the|enough with the|hate (?:it when you use )?) ?(?:any |so many |all those |these |those )?emojis?\b|\bemoji-free\b|\bi (?:don't|do not) like emojis\b"), "use_emojis", "false"),
    (_rule(r"\b(?:please use|use more|feel free to use|you can use|i (?:like|love)(?: it when you use)?|more) (?:lots of |some )?emojis?\b(?! (?:less|off))"), "use_emojis", "true"),
    (_rule(rf"\b(?:{_ASK}) .{{0,30}}\b(?:formal|formally|professional)\b(?! (?:shoes|dress|wear|event|education|training|help))|\bkeep (?:it|things|this) (?:formal|professional)\b"), "style", "formal"),
    (_rule(r"\b(?:be|talk|speak|write|keep it|keep things|keep this|stay|more)(?: more| a bit more| to me)? ?(?:casual|casually|informal|informally|relaxed|chill)\b|\b(?:don't|no need to) be so (?:formal|stiff)\b|\bless formal\b"), "style", "casual"),
    (_rule(r"\b(?:please |can you |could you )?be (?:more |a bit more )?(?:playful|silly|goofy|flirty)\b"), "style", "playful"),
    (_rule(r"\b(?:please |can you |could you )be (?:more |a bit more )?serious\b|\bkeep (?:it|this) serious\b"), "style", "serious"),
    (_rule(r"\b(?:please |can you |could you )?be (?:more |a bit more |a little )?(?:gentle|gentler|kinder|softer)(?: with me)?\b"), "style", "gentle"),
    (_rule(r"\b(?:please |can you |could you |just )be (?:more |brutally |completely )?(?:direct|blunt|straightforward|honest with me)\b|\bdon't sugar-?coat\b|\bbe blunt\b"), "style", "direct"),
    (_rule(r"\b(?:no|stop (?:making|with the|cracking)|without|fewer|enough) (?:more )?jokes\b|\bdon't (?:joke|make jokes)\b"), "humour", "false"),
    (_rule(r"\b(?:please |feel free to |you can )(?:make|crack|tell) (?:more )?jokes\b|\bi (?:like|love) (?:it when you|your) (?:joke|jokes|make jokes)\b|\bmore jokes\b"), "humour", "true"),
    (_rule(r"\b(?:please )?(?:use|give me|answer (?:in|with)|i (?:prefer|like)) (?:\w+ )?(?:bullet points|bullets|lists)\b"), "format", "lists"),
    (_rule(r"\b(?:no|don't use|stop using|without) (?:more )?(?:bullet points|bullets|lists)\b"), "format", "prose"),
    (_rule(r"\b(?:stop asking|don't ask|ask fewer|ask less|you ask too many|enough with the|no more) (?:me )?(?:so many |that many |any more )?questions\b"), "questions", "fewer"),
    (_rule(r"\b(?:ask me more|please ask(?: me)? more|ask more) questions\b"), "questions", "more"),
    (_rule(r"\b(?:don't|do not|stop) (?:give|giving) me (?:any )?advice\b|\bi (?:just )?(?:want|need) (?:you )?to (?:vent|listen)\b.{0,20}\b(?:not|no) advice\b|\bno (?:unsolicited )?advice\b"), "advice", "unwanted"),
    (_rule(r"\b(?:no|don't|stop|please don't|without) (?:swear(?:ing)?|curs(?:e|ing)|profanity|bad language)\b"), "swearing", "false"),
    (_rule(r"\b(?:feel free to|you can|i don't mind if you) (?:swear|curse)\b"), "swearing", "true"),
    (_rule(r"\b(?:don't|do not|stop|please don't) (?:message|messaging|text|texting|write|writing|contact|contacting|ping|pinging)(?: to)? me (?:first|out of the blue|unprompted|unless|on your own)\b"), "proactive", "false"),
    (_rule(r"\b(?:feel free to|you can|please|i like it when you) (?:message|text|write|write to|ping|contact) me (?:first|anytime|any time|out of the blue)\b"), "proactive", "true"),
    (_rule(r"\b(?:use|i use|i prefer|give (?:me )?(?:it|everything|temperatures|distances) in|in) (?:the )?(?:metric(?: system| units)?|celsius|kilomet(?:er|re)s)\b(?:,| please|$|[.!])"), "units", "metric"),
    (_rule(r"\b(?:use|i use|i prefer|give (?:me )?(?:it|everything|temperatures|distances) in|in) (?:the )?(?:imperial(?: system| units)?|fahrenheit|miles)\b(?:,| please|$|[.!])"), "units", "imperial"),
)  # fmt: skip


def _nickname(match: re.Match[str]) -> str | None:
    name = match["name"]
    return name if is_name(name.split()[0]) or name.isupper() else None


def _language(match: re.Match[str]) -> str | None:
    name = match["language"]
    return name.capitalize() if name.lower() in words("languages") else None


def _topic(match: re.Match[str]) -> str | None:
    found = phrase(
        re.sub(r"^(?:anything (?:about|related to)|the topic of|things like) ", "", match["topic"]),
        keep="of with in and",
        longest=5,
    )
    return (
        None
        if found is None or re.fullmatch(r"(?:it|that|this|me|you|anything|yourself|again)", found, re.IGNORECASE)
        else found
    )


def _zone(match: re.Match[str]) -> str | None:
    said = match["zone"].strip(" .,!")
    if said in available_timezones():
        return ZoneInfo(said).key
    return _ZONES.get(said.lower())


_ZONES = {
    "utc": "UTC", "gmt": "Etc/GMT", "cet": "Europe/Berlin", "cest": "Europe/Berlin", "eastern": "America/New_York", "est": "America/New_York",
    "edt": "America/New_York", "central": "America/Chicago", "cst": "America/Chicago", "mountain": "America/Denver", "mst": "America/Denver",
    "pacific": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "bst": "Europe/London",
    "jst": "Asia/Tokyo", "ist": "Asia/Kolkata", "aest": "Australia/Sydney",
}  # fmt: skip

_FREE: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str | None]], ...] = (
    (re.compile(rf"(?:^|\b[Pp]lease |\b[Jj]ust |\b[Yy]ou (?:can|may|should) |\b[Ii] (?:want|would like|'d like) you to |\bI'd like you to |[,.!-] ?)(?i:call me|address me as|refer to me as) (?P<name>{NAME})(?=$|[ ,.!)])"), "nickname", _nickname),
    (re.compile(rf"\b(?i:my nickname is|i go by|i prefer (?:to be called|the name|being called)|i'd rather be called|everyone calls me|(?:my )?friends call me) (?P<name>{NAME})(?=$|[ ,.!)])"), "nickname", _nickname),
    (_rule(r"\b(?:please |can (?:you|we) |could (?:you|we) |let's |from now on,? )(?:always )?(?:speak|talk|write|answer|reply|respond|chat|switch)(?: to me| with me)?(?: back)?(?: only)? (?:in|to) (?P<language>\w+)"), "language", _language),
    (_rule(r"\b(?:answer|reply|respond|speak|write)(?: to me)? in (?P<language>\w+)(?:,? please| from now on| only)\b"), "language", _language),
    (_rule(r"\bi (?:prefer|would prefer|'d prefer)(?: to (?:speak|talk|chat)(?: in)?)? (?P<language>\w+)(?:$|[.!]| (?:over|to) english)"), "language", _language),
    (_rule(r"\b(?:please )?(?:don't|do not|never|stop|quit|avoid|no) (?:ever )?(?:mention(?:ing)?|bring(?:ing)? up|talk(?:ing)? (?:to me )?about|ask(?:ing)? (?:me )?about|discuss(?:ing)?) (?P<topic>[^.!?,;]+)"), "topics_to_avoid", _topic),
    (_rule(r"\bi (?:don't|do not|really don't|would rather not|'d rather not|never) (?:want to|wanna|like to)? ?(?:talk|speak|hear|discuss|think)(?: about)? (?P<topic>(?:my|politics|religion|work|the|sex|death|food|spoilers)[^.!?,;]*)"), "topics_to_avoid", _topic),
    (_rule(r"\b(?:let's |can we |please )(?:not talk about|avoid(?: the topic of| talking about)?|skip) (?P<topic>[^.!?,;]+)"), "topics_to_avoid", _topic),
    (re.compile(r"(?i:\bmy time ?zone is|\bi(?:'m| am) (?:in|on) (?:the )?|\btime ?zone:) ?(?P<zone>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|(?i:utc|gmt|cet|cest|est|edt|cst|mst|pst|pdt|bst|jst|aest)\b|(?i:eastern|central|mountain|pacific)(?= time))"), "timezone", _zone),
    (re.compile(r"(?i:\bmy pronouns are|\bi use|\buse) (?P<pronouns>(?:she|he|they|xe|ze|it)/\w+(?:/\w+)?)(?: pronouns)?"), "pronouns", lambda match: match["pronouns"]),
)  # fmt: skip
