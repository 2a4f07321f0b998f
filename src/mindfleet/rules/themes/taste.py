"""What can be liked for good: things and activities, not reactions to what is at hand."""

import re

from mindfleet.rules.lexicon import words
from mindfleet.rules.phrase import phrases
from mindfleet.rules.verbs import ADVERBS, forms, gerund


def liked(text: str) -> list[str]:
    """The things and activities that `text` lists as liked; nothing when it is a reaction to something at hand."""
    text = _PURPOSE.sub("", text)
    infinitive = re.match(r"to (?=[a-z]+)", text)
    if infinitive:
        return _checked([_activity(item) for item in _listed(text[infinitive.end() :])])
    if not _tasteful(text):
        return []
    examples = _EXAMPLES.match(text)
    if examples and (named := _listed(examples["named"])):
        return _checked(named)
    return _checked(_shared_head(_listed(text)))


def _listed(text: str) -> list[str]:
    if re.match(r"\w+ing\b", text) or forms().get(text.split(" ", 1)[0], ("", ""))[1] == "base":
        found = phrases(text, keep="of in on with at to for from about by near around along under through", longest=7)
        placed = bool(found) and re.search(r"\b(?:near|around|along|under|through)\b", found[0])
        return found[:1] if placed else found
    return phrases(text, keep="of", longest=5)


def _activity(item: str) -> str:
    """ "listen to music" as something that one likes: "listening to music"."""
    verb, _, rest = item.partition(" ")
    lemma, kind = forms().get(verb.lower(), ("", ""))
    if kind != "base" or lemma in _NOT_TASTES:
        return "" if verb.lower() in ADVERBS or lemma in _NOT_TASTES else item
    return f"{gerund(lemma)} {rest}".strip()


def _checked(items: list[str]) -> list[str]:
    """Up to the first that is no taste."""
    kept: list[str] = []
    for item in items:
        if not item or not _is_taste(item):
            break
        kept.append(item)
    return kept


def _shared_head(items: list[str]) -> list[str]:
    """ "action and comedy movies" as "action movies" and "comedy movies"."""
    last = items[-1].split() if items else []
    if len(last) < len(("comedy", "movies")) or last[-1].lower() not in _SHARING:
        return items
    return [f"{item} {last[-1]}" if _is_modifier(item) else item for item in items[:-1]] + items[-1:]


def _is_modifier(item: str) -> bool:
    return " " not in item and (item.lower() in _MODIFIERS or item.lower() in words("nationalities"))


def _tasteful(text: str) -> bool:
    first = text.split()[:1]
    if not first or _REACTION.match(text):
        return False
    if first[0].lower() in {"the", "my", "our"}:
        return bool(_GENERIC_THE.match(text)) or re.match(r"the [A-Z]", text) is not None
    return True


def _is_taste(item: str) -> bool:
    parts = [word.lower() for word in item.split()]
    if _PASSING.search(item) or parts[0] in _NOT_GERUNDS or parts[0] in ADVERBS or any(word in _VERBISH for word in parts[1:]):
        return False
    return not (len(parts) == 1 and (parts[0] in _ADJECTIVES or parts[0].endswith("ly") or len(item) < _SHORTEST))


_SHORTEST = 3
_PURPOSE = re.compile(r",? to (?:relax|unwind|de-?stress|clear my (?:head|mind)|calm down|stay fit|keep fit|pass the time)\b.*")
_EXAMPLES = re.compile(
    r"(?:[\w-]+ )?(?:bands|movies|films|books|authors|artists|musicians|shows|series|games|sports|foods|dishes|singers|writers|composers|animals|activities|hobbies|things)"
    r",? (?:such as|like|including) (?P<named>.+)",
    re.IGNORECASE,
)
_SHARING = frozenset("movies films music food cuisine books novels games sports weather dishes shows songs wine art".split())
_MODIFIERS = frozenset(
    "action comedy horror sci-fi romance romantic drama thriller classical rock pop jazz indie folk historical crime fantasy mystery animated"
    " sunny warm cold hot rainy spicy sweet salty board card video outdoor indoor water winter summer team red white electronic metal country"
    " contemporary modern abstract sichuan cantonese mediterranean asian african middle-eastern".split()
)
_REACTION = re.compile(
    r"(?:how|that|this|these|those|it|you|your|when|what|where|why|who|his|her|their|its|him|them|us|me|all|every|each|a|an|some|any|"
    r"to|like|about|for|so|not|no|as|if|and|but|more|most|seeing|hearing|knowing|being able|talking to you|chatting|having|getting|"
    r"watching (?:you|them|him|her)|one|another|both of|everyone|everybody|somebody|much|many|ya|u|ur|feeling|thinking|"
    r"making (?:me|you|people|it|a difference)|helping|giving|the (?:way|idea|fact|color|colour)s?|lookin)\b",
    re.IGNORECASE,
)
_GENERIC_THE = re.compile(
    r"(?:the (?:beach|ocean|sea|mountains?|outdoors|countryside|rain|snow|cold|sun|heat|theat(?:er|re)|cinema|guitar|piano|violin|drums|gym"
    r"|forest|woods|desert|city|summer|winter|autumn|night sky|stars|opera|ballet|water|wild)|my (?:job|work|city|town|neighbou?rhood))"
    r"\b(?! (?:of|in|here|that|is|and|you)\b)",
    re.IGNORECASE,
)
_NOT_TASTES = frozenset(
    "be have think know say see hear believe get keep make call share help let give feel imagine stay take ask tell point wait look try"
    " talk use meet".split()
)
_NOT_GERUNDS = frozenset(
    "being having getting making seeing hearing feeling knowing doing keeping giving something anything everything nothing thing king helping"
    " taking letting".split()
)
_VERBISH = frozenset("is are was were am do does did will would can could should may might must makes made gets got has had have been being".split())
_PASSING = re.compile(
    r"\b(?:colou?rs?|vibes?|idea|photo|pic|picture|pics|photos|necklace|painting of|look|message|advice|support|attitude|enthusiasm|energy|smile"
    r"|quote|design|view|words|questions?|moments?|feeling|way|fact|part|today|time|times|progress|story|inclusivity|creativity|dedication"
    r"|passion|conversation|chats?|chatting|result|answer|joke|point|option|choice|suggestion|name|positive|compliment|you|it|me|them|shirt|dress"
    r"|outfit|logo|choices|variety|concept|sound|thought)\b",
    re.IGNORECASE,
)
_ADJECTIVES = frozenset(
    "good great nice bad big huge cool fun funny new old little cute beautiful lovely true real fine sure ready happy sad tired same own"
    " different special amazing awesome perfect free proud ok okay super dearly deeply well home back out around away hard lot love"
    " loved much".split()
)
