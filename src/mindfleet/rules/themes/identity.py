"""Names, ages, birthdays, origins, gender, languages and convictions."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import known, words
from mindfleet.rules.people import NAME, is_given_name, is_name
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, denied, done, fact, facts, now


def _name(clause: Clause) -> Iterator[Statement]:
    """My name is Emily Stone; my nickname is Em."""
    predicate = _NAMINGS.get(clause.subject.name.lower()) if clause.subject.thing and now(clause) else None
    match = re.match(rf"(?:actually |really )?(?P<name>{NAME}(?: {NAME}){{0,3}})(?=$|[ ,.|])", clause.rest)
    if predicate and match and is_name(match["name"].split()[0]):
        yield fact(clause, predicate, match["name"], subject=USER)


def _introduced(clause: Clause) -> Iterator[Statement]:
    """I am Emily."""
    called = re.split(r"[,|]| and ", clause.complement)[0].strip()
    match = re.fullmatch(rf"(?:called |named )?(?P<name>{NAME}(?: {NAME})?)", called)
    if match and clause.about_user and now(clause):
        first = match["name"].split()[0]
        if is_given_name(first) and is_name(first):
            yield fact(clause, "HAS_NAME", match["name"])


def _go_by(clause: Clause) -> Iterator[Statement]:
    match = re.match(rf"by (?:the (?:nickname|name) )?({NAME})(?=$|[ ,|])", clause.rest)
    if match and clause.about_user and now(clause) and is_name(match[1]):
        yield fact(clause, "HAS_NICKNAME", match[1])


def _age(clause: Clause) -> Iterator[Statement]:
    """I am 34 (years old); she just turned six."""
    head = clause.head
    described = re.match(r"an? (?P<age>\d{1,3})[- ]years?[- ]old\b", clause.rest)
    if described and clause.about_being and now(clause):
        yield fact(clause, "HAS_AGE", described["age"])
        return
    turned = head.lemma == "turn" and done(clause)
    if not clause.about_being or not (turned or (head.lemma == "be" and now(clause) and head.tense == "present")):
        return
    match = _YEARS.match(clause.rest)
    if not match or (not match["old"] and _MORE.match(match["after"])):
        return
    if not match["age"].isdigit() or 1 <= int(match["age"]) <= _OLDEST:
        yield fact(clause, "HAS_AGE", match["age"].lower(), sure=0.95 if match["old"] else 0.85)


def _birthday(clause: Clause) -> Iterator[Statement]:
    date = _DAY.search(clause.text)
    if date and clause.subject.thing and clause.subject.name.lower() in _BIRTHDAYS and not denied(clause):
        yield fact(clause, "BORN_ON", date.group(), subject=USER)


def _born(clause: Clause) -> Iterator[Statement]:
    if not re.match(r"born\b", clause.rest) or not clause.about_being or denied(clause):
        return
    date = _DAY.search(clause.text)
    year = re.search(r"\bborn (?:and raised )?(?:[\w ]{0,20})?\bin (?:the )?(?:\w+ of )?((?:19|20)\d\d)\b", clause.text)
    if date:
        yield fact(clause, "BORN_ON", date.group())
    elif year and not re.search(r"\b(?:in|at|near) [A-Z]", clause.rest):
        yield fact(clause, "BORN_IN", year[1])


def _origin(clause: Clause) -> Iterator[Statement]:
    """I am (half) Norwegian; a Buddhist; a trans woman."""
    if not clause.about_being or not now(clause) or clause.subject.elided:
        return
    said = re.split(r"\||,|\b(?:so|but|with|by|because|who|that|from|in|at|and use)\b", clause.complement, maxsplit=1)[
        0
    ].strip()
    bare = _PARTLY.sub("", said)
    citizen = re.sub(r" (?:citizen|national|by birth|guy|girl|woman|man)$", "", bare)
    nations = re.split(r" and (?:half[- ])?", citizen)
    if all(nation[:1].isupper() and known(nation, "nationalities") for nation in nations):
        yield from facts(clause, "HAS_NATIONALITY", nations)
    bare = re.sub(r" (?:now|today|these days)$", "", bare)
    believer = re.sub(r"^(?:practi[cs]ing|devout|lapsed|strict) ", "", bare)
    if believer.lower() in words("beliefs"):
        yield fact(clause, "BELIEVES_IN", believer)
    if _GENDER.fullmatch(bare) and not said.startswith("the "):
        yield fact(clause, "HAS_GENDER", bare)


def _believe(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"in (.+)", clause.rest)
    found = phrase(match[1], longest=3) if match else None
    if found and found.lower() in words("creeds") and now(clause):
        yield fact(clause, "BELIEVES_IN", found)


def _pronouns(clause: Clause) -> Iterator[Statement]:
    """My pronouns are they/them; I use they/them."""
    match = re.match(r"(?:she|he|they|xe|ze)/\w+(?:/\w+)?", clause.rest)
    mine = clause.subject.thing and clause.subject.name.lower() == "pronouns"
    if match and (mine or (clause.head.lemma == "use" and now(clause))):
        yield fact(clause, "HAS_GENDER", match.group(), subject=USER)


def _speak(clause: Clause) -> Iterator[Statement]:
    """I speak fluent Italian; I can speak Mandarin."""
    head = clause.head
    if (
        head.negated
        or head.ended
        or head.progressive
        or head.modal not in {None, "can"}
        or head.tense not in {"present", "used"}
    ):
        return
    for item in phrases(clause.rest, longest=3):
        language = _FLUENCY.sub("", item)
        if known(language, "languages"):
            yield fact(clause, "SPEAKS", language, holds=head.tense != "used")


def _grew_up_speaking(clause: Clause) -> Iterator[Statement]:
    """I grew up speaking Polish; I know some Dutch."""
    match = re.match(r"up speaking (?P<what>.+)", clause.complement) if clause.head.lemma == "grow" else None
    knows = (
        clause.head.lemma == "know" and now(clause) and not re.search(r"\b(?:is|are|was|were|people)\b", clause.rest)
    )
    spoken = match["what"] if match and done(clause) else clause.complement if knows else ""
    for item in phrases(spoken, longest=3) if spoken else []:
        if known(_FLUENCY.sub("", item), "languages"):
            yield fact(clause, "SPEAKS", _FLUENCY.sub("", item))


def _fluent(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:fluent|bilingual) in (.+)", clause.rest)
    native = clause.subject.thing and clause.subject.name.lower() in _TONGUES
    spoken = match[1] if match and clause.about_being else clause.rest if native else ""
    if spoken and now(clause):
        languages = [item for item in phrases(spoken, longest=3) if known(item, "languages")]
        for language in languages:
            yield fact(clause, "SPEAKS", language, subject=USER if native else None)


_OLDEST = 120
_NAMINGS = {
    "name": "HAS_NAME",
    "full name": "HAS_NAME",
    "real name": "HAS_NAME",
    "first name": "HAS_NAME",
    "nickname": "HAS_NICKNAME",
}
_BIRTHDAYS = frozenset({"birthday", "birth date", "date of birth", "bday", "b-day", "birthdate"})
_TONGUES = frozenset({"native language", "mother tongue", "first language", "native tongue"})
_AGES = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen"
    "|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-(?:one|two|three|four|five|six|seven|eight|nine))?"
)
_YEARS = re.compile(
    rf"(?:now |already |only |just )?(?P<age>\d{{1,3}}|{_AGES})\b(?![.:'%/])"
    r"(?P<old>[- ]years?[- ](?:old|of age))?(?P<after>.*)",
    re.IGNORECASE,
)
_MORE = re.compile(r"\s*(?!(?:\||,|and\b|now\b|this\b|$))\S")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_DAY = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?)(?:,? (?:19|20)\d\d)?\b"
    rf"|\b(?:19|20)\d\d-\d\d-\d\d\b"
)
_PARTLY = re.compile(r"^(?:(?:an?|half|originally|proud|ethnically|part|also|both|100%)[- ])+", re.IGNORECASE)
_GENDER = re.compile(
    r"(?:trans|transgender|cis|cisgender|nonbinary|non-binary)(?: (?:woman|man|person|girl|guy))?"
    r"|genderfluid|agender|genderqueer|woman|man|female|male",
    re.IGNORECASE,
)
_FLUENCY = re.compile(
    r"^(?:(?:fluent(?:ly)?|native|some|basic|broken|decent|good|conversational|perfect|a little) )+", re.IGNORECASE
)

BY_VERB: Rules = {
    "be": (_name, _introduced, _age, _birthday, _born, _origin, _pronouns, _fluent), "turn": (_age,), "go": (_go_by,),
    "speak": (_speak,), "grow": (_grew_up_speaking,), "know": (_grew_up_speaking,), "use": (_pronouns,),
    "believe": (_believe,),
}  # fmt: skip
