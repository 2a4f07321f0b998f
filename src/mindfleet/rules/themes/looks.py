"""Names, ages, origins, looks, languages, character and convictions."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import USER, Clause, before_second_verb
from mindfleet.rules.lexicon import known, words
from mindfleet.rules.people import NAME, is_given_name, is_name
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, lasting, now, still

COLOURS = frozenset("black white ginger orange brown grey gray tabby blonde blond red golden calico tortoiseshell spotted striped".split())


def _name(clause: Clause) -> Iterator[Statement]:
    """My name is Emily; my full name is Emily Stone; my nickname is Em."""
    if not clause.mine or clause.relation or not now(clause):
        return
    match = re.match(rf"(?:actually |really )?({NAME}(?: {NAME}){{0,3}})(?=$|[ ,.|])", clause.rest)
    topic = clause.subject.lower()
    if match and is_name(match[1].split()[0]) and topic in {"name", "full name", "real name", "first name"}:
        yield fact(clause, "HAS_NAME", match[1], subject=USER)
    if match and topic == "nickname":
        yield fact(clause, "HAS_NICKNAME", match[1], subject=USER)


def _called(clause: Clause) -> Iterator[Statement]:
    """I am Emily; everyone calls me Em; I go by Em."""
    if not clause.about_user or not now(clause):
        return
    if clause.head.lemma == "go":
        match = re.match(rf"by (?:the (?:nickname|name) )?({NAME})(?=$|[ ,|])", clause.rest)
        if match and is_name(match[1]):
            yield fact(clause, "HAS_NICKNAME", match[1])
        return
    match = re.match(rf"(?:called |named )?({NAME}(?: {NAME})?)$", re.split(r"[,|]| and ", before_second_verb(clause))[0].strip())
    if match and is_given_name(match[1].split()[0]) and is_name(match[1].split()[0]):
        yield fact(clause, "HAS_NAME", match[1])


def _age(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being or clause.mine and not clause.relation or clause.head.tense not in {"present", "past"} or clause.head.modal:
        return
    match = re.match(r"(?:now |already |only |just |about to be |turning )?(?P<age>\d{1,3}|" + "|".join(_AGES) + r")(?P<old>[- ]years?[- ]old)?(?P<rest>.*)", clause.rest, re.IGNORECASE)
    if not match or clause.head.negated or clause.rest.startswith("about"):
        return
    bare = not match["old"]
    if bare and match["rest"].strip(" |,.") and not re.match(r"\s*(?:\||,|and\b|now|this)", match["rest"]):
        return
    years = _AGES.get(match["age"].lower()) or int(match["age"])
    if clause.head.lemma == "turn" or (clause.head.tense == "present" and not match["rest"].lstrip().startswith("when")):
        if 1 <= years <= 120 and (clause.head.tense == "present" or clause.head.lemma == "turn"):  # noqa: PLR2004 - a human life
            yield fact(clause, "HAS_AGE", str(years), sure=0.8 if bare else 0.95)


def _birthday(clause: Clause) -> Iterator[Statement]:
    if clause.mine and clause.subject.lower() in {"birthday", "birth date", "date of birth", "bday", "b-day"} and not clause.head.negated:
        if clause.when and (day := _DAY.search(clause.text)):
            yield fact(clause, "BORN_ON", day.group(), subject=USER)
    born = re.match(r"born\b", clause.rest)
    if born and clause.head.tense in {"past", "present"} and not clause.head.negated and not clause.head.modal and clause.about_being:
        if day := _DAY.search(clause.text):
            yield fact(clause, "BORN_ON", day.group())
        elif not re.search(r"\b(?:in|at|near) [A-Z]", clause.rest) and (year := re.search(r"\bborn (?:and raised )?(?:[\w ]{0,20})?\bin ((?:19|20)\d\d)\b", clause.text)):
            yield fact(clause, "BORN_IN", year[1])


def _origin(clause: Clause) -> Iterator[Statement]:
    """I am Norwegian; I am half Italian; a Buddhist; a trans woman."""
    if not clause.about_being or not now(clause) or clause.elided:
        return
    rest = re.split(r"\||,|\b(?:so|but|with|by|because|who|that|from)\b", before_second_verb(clause), maxsplit=1)[0].strip()
    bare = re.sub(r"^(?:an? |half[- ]|originally |proud |ethnically |part |also |both |100% )+", "", rest, flags=re.IGNORECASE)
    citizen = re.sub(r" (?:citizen|national|by birth|guy|girl|woman|man)$", "", bare)
    for item in re.split(r" and (?:half[- ])?|,", citizen):
        if item[:1].isupper() and item.lower() in words("nationalities"):
            yield fact(clause, "HAS_NATIONALITY", item)
    believer = re.sub(r"^(?:practi[cs]ing|devout|lapsed|strict) ", "", bare)
    if believer.lower() in words("beliefs"):
        yield fact(clause, "BELIEVES_IN", believer)
    if gender := _GENDER.fullmatch(bare):
        yield fact(clause, "HAS_GENDER", gender.group())


def _believe(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"in (.+)", clause.rest)
    found = phrase(match[1], longest=3) if match else None
    if found and found.lower() in _CREEDS and now(clause):
        yield fact(clause, "BELIEVES_IN", found)


def _pronouns(clause: Clause) -> Iterator[Statement]:
    if clause.mine and clause.subject.lower() == "pronouns" and (match := re.match(r"(?:she|he|they|xe|ze)/\w+(?:/\w+)?", clause.rest)):
        yield fact(clause, "HAS_GENDER", match.group(), subject=USER)


def _speak(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.negated or head.ended or head.modal not in {None, "can"} or head.tense not in {"present", "used"}:
        return
    rest = re.sub(r"^(?:fluent(?:ly)?|a little(?: bit of)?|a bit of|some|both|basic|broken|decent|good|native|conversational|perfect) ", "", clause.rest)
    for item in phrases(rest, longest=3):
        bare = re.sub(r"^(?:fluent|native|some|basic|broken|decent|good|conversational|a little) ", "", item, flags=re.IGNORECASE)
        if known(bare, "languages"):
            yield fact(clause, "SPEAKS", bare, holds=head.tense != "used")


def _fluent(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:(?:fluent|bilingual) in|fluent (?:speaker of)?) ?(.+)", clause.rest)
    if match and now(clause) and clause.about_being:
        for item in phrases(match[1], longest=3):
            if known(item, "languages"):
                yield fact(clause, "SPEAKS", item)
    if clause.mine and clause.subject.lower() in {"native language", "mother tongue", "first language", "native tongue"} and not clause.head.negated:
        found = phrase(clause.rest, longest=2)
        if found and known(found, "languages"):
            yield fact(clause, "SPEAKS", found, subject=USER)


def _trait(clause: Clause) -> Iterator[Statement]:
    """I am shy; I am an introvert; my brother is stubborn."""
    if not clause.about_being or not now(clause) or clause.head.progressive or clause.when or clause.elided:
        return
    for item in _adjectives(clause):
        if known(item, "traits") or known(item, "trait_nouns"):
            yield fact(clause, "HAS_TRAIT", item, sure=0.85)
        elif re.fullmatch(r"(?:introverted|extroverted|shy|creative|outgoing) person", item):
            yield fact(clause, "HAS_TRAIT", item.removesuffix(" person"), sure=0.85)


def _appearance(clause: Clause) -> Iterator[Statement]:
    """Luna is black; my dog is huge; I am tall; I am 180 cm tall."""
    if not clause.about_being or not now(clause) or clause.elided:
        return
    height = re.match(r"(?:about |around )?(\d+(?:[.,]\d+)?\s?(?:cm|m|feet|ft|foot|')(?:\s?\d+(?:\"| inches| in)?)?)(?: tall| high)?", clause.rest)
    if height:
        yield fact(clause, "HAS_APPEARANCE", f"{height[1]} tall")
        return
    for item in _adjectives(clause):
        lower = item.lower()
        if lower in _LOOKS or (lower in _COLOUR_WORDS and not clause.about_user) or _COAT.fullmatch(lower):
            yield fact(clause, "HAS_APPEARANCE", item)


def _features(clause: Clause) -> Iterator[Statement]:
    """I have blue eyes; she has long brown hair."""
    if not clause.about_being or not now(clause):
        return
    for item in re.split(r",? and |, ", before_second_verb(clause)):
        match = _FEATURE.match(item.strip())
        if match:
            yield from lasting(clause, "HAS_APPEARANCE", [match["what"]])


def _adjectives(clause: Clause) -> list[str]:
    rest = re.split(r"\||\b(?:but|because|so|when|with|about|to|for|that|than|of|at|in|on|like|as)\b", before_second_verb(clause), maxsplit=1)
    cut = rest[0]
    if len(rest) > 1 and clause.rest[len(cut) :].strip().split()[:1] and clause.rest[len(cut) :].split()[0] not in {"but", "because", "so", "with", "|"}:
        return []
    items = re.split(r",? and |, ", cut.strip(" ,."))
    return [stripped for item in items if (stripped := _VERY.sub("", item).strip())]


def _hair_of_mine(clause: Clause) -> Iterator[Statement]:
    if clause.mine and clause.relation is None and clause.subject.lower() in {"hair", "eyes"} and now(clause):
        found = phrase(clause.rest, longest=3)
        if found and (found.lower().split()[-1] in _COLOUR_WORDS or found.lower() in {"long", "short", "curly", "straight", "wavy"}):
            yield fact(clause, "HAS_APPEARANCE", f"{found} {clause.subject.lower()}", subject=USER)


_AGES = {
    "eighteen": 18, "nineteen": 19, "twenty": 20, "twenty-one": 21, "twenty-five": 25, "thirty": 30, "thirty-five": 35,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_DAY = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?)(?:,? (?:19|20)\d\d)?\b|\b(?:19|20)\d\d-\d\d-\d\d\b"
)
_GENDER = re.compile(r"(?:(?:trans|transgender|cis|cisgender|nonbinary|non-binary) ?(?:woman|man|person|girl|guy)?|genderfluid|agender|genderqueer)", re.IGNORECASE)
_CREEDS = frozenset("god karma reincarnation astrology fate destiny ghosts aliens magic jesus allah buddhism christianity islam hinduism stoicism".split())
_LOOKS = frozenset("tall short bald chubby slim skinny petite bearded tattooed freckled redheaded fluffy furry tiny huge muscular blonde blond brunette ginger hairless white-haired".split())
_COLOUR_WORDS = COLOURS | frozenset("blue green yellow purple pink silver cream beige hazel dark auburn chestnut".split())
_COAT = re.compile(r"(?:(?:black|white|brown|gr[ea]y|orange|ginger|tan|cream|red|golden|spotted)[ -](?:and|&|with)?[ -]?)*(?:black|white|brown|gr[ea]y|orange|ginger|tan|cream)(?: (?:all over|spots|stripes))?")
_FEATURE = re.compile(
    r"(?:a |an )?(?P<what>(?:(?:very |really )?[a-z-]+ ){1,3}(?:hair|eyes|fur|freckles|beard|dreadlocks|curls|skin|tail|ears)|freckles|dimples|dreadlocks|a beard|a tattoo|tattoos)\b(?=$|[ ,|.])"
)
_VERY = re.compile(r"^(?:(?:an?|the|very|really|quite|pretty|so|super|extremely|incredibly|fairly|rather|such|bit|little|total|huge|big|complete|naturally|also|both|self-proclaimed|real|bit of|true|proud|always|just) )+", re.IGNORECASE)

BY_VERB: Rules = {
    "be": (_name, _called, _age, _birthday, _origin, _pronouns, _fluent, _trait, _appearance, _hair_of_mine),
    "turn": (_age,), "go": (_called,), "speak": (_speak,), "believe": (_believe,), "have": (_features,), "identify": (),
}  # fmt: skip

__all__ = ["BY_VERB", "COLOURS", "still"]
