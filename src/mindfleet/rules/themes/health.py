"""Allergies, conditions, injuries and medicine."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import alternatives, known, pattern
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, ahead, day, denied, done, fact, lasting, now


def _allergic(clause: Clause) -> Iterator[Statement]:
    """I am allergic to peanuts; I am lactose intolerant."""
    if not clause.about_being:
        return
    match = _ALLERGIC.match(clause.rest)
    if match:
        yield from lasting(clause, "ALLERGIC_TO", _allergens(match["what"]))
    intolerant = re.match(
        r"(?:\w+ly |very |really |also )*(?P<what>lactose|gluten|dairy|histamine|fructose)[- ]intolerant", clause.rest
    )
    if intolerant:
        yield from lasting(clause, "ALLERGIC_TO", [intolerant["what"]])


def _ill(clause: Clause) -> Iterator[Statement]:
    """I am diabetic."""
    match = _ILL.match(clause.rest)
    if match and clause.about_being and not clause.subject.elided and not clause.when:
        yield from lasting(clause, "HAS_CONDITION", [match["what"]])


def _has(clause: Clause) -> Iterator[Statement]:
    """I have asthma and a peanut allergy."""
    got = clause.head.lemma == "get" and (clause.head.tense != "present" or clause.head.progressive)
    if clause.about_being and not got:
        for item in re.split(r",? and (?=an? )", clause.complement):
            yield from _has_one(clause, item)


def _has_one(clause: Clause, text: str) -> Iterator[Statement]:
    compound = _ALLERGY.match(text)
    to = re.match(r"(?:an? )?(?:\w+ )?(?:allergy|allergies|allergic reactions?|intolerance) to (?P<what>.+)", text)
    allergens = _allergens(to["what"] if to else compound["what"] if compound else "")
    if allergens:
        yield from lasting(clause, "ALLERGIC_TO", allergens)
    elif clause.head.tense == "past" and clause.when:  # "I had a stroke in 2020" is no condition that ended
        return
    elif not _PASSING.search(text) or _CHRONIC.search(clause.text) or clause.head.lemma == "get":
        yield from lasting(clause, "HAS_CONDITION", _conditions(text))


def _diagnosed(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ly |just |finally )*diagnosed (?:\| )?(?:with|as having) (?P<what>.+)", clause.rest)
    if match and not denied(clause) and clause.about_being and clause.head.tense != "future":
        for condition in _conditions(match["what"]):
            yield fact(clause, "HAS_CONDITION", condition, since=day(clause))


def _suffer(clause: Clause) -> Iterator[Statement]:
    """I suffer from migraines; I live with anxiety."""
    match = re.match(r"(?:\w+ly )?(?:from|with) (?P<what>.+)", clause.rest)
    if match and clause.about_being:
        yield from lasting(clause, "HAS_CONDITION", _conditions(match["what"]))


def _injured(clause: Clause) -> Iterator[Statement]:
    """I broke my leg last week."""
    match = _INJURY.match(clause.rest)
    if match and done(clause) and clause.about_being:
        yield fact(clause, "HAS_CONDITION", f"{_INJURED[clause.head.lemma]} {match['part'].lower()}", since=day(clause))


def _pregnant(clause: Clause) -> Iterator[Statement]:
    """I am pregnant; we are expecting a baby in May."""
    if (
        clause.head.lemma == "be"
        and re.match(r"(?:\w+ (?:weeks|months) )?pregnant\b(?! with)", clause.rest)
        and now(clause)
        and clause.about_being
    ):
        yield fact(clause, "HAS_CONDITION", "pregnant")
    baby = re.match(r"(?:our |my |an? )?(?:first |second |third |another )?(?P<who>baby|twins|child)\b", clause.rest)
    coming = now(clause) and clause.head.progressive
    if clause.head.lemma in {"expect", "have"} and baby and (coming or (ahead(clause) and clause.about_user)):
        yield fact(clause, "EXPECTS", baby["who"], since=day(clause))


def _take(clause: Clause) -> Iterator[Statement]:
    """I take insulin; I go to therapy every week."""
    if clause.head.lemma == "go":
        if re.match(r"to therapy\b", clause.complement) and clause.head.tense == "present" and now(clause):
            yield fact(clause, "TAKES_MEDICATION", "therapy")
        return
    dosed = re.sub(r"^(?:\d+ ?mg (?:of )?|daily |a daily dose of )", "", clause.complement)
    found = phrase(re.split(r"\b(?:for|against|every|daily|to)\b", dosed, maxsplit=1)[0], longest=3)
    if (
        found
        and clause.about_being
        and clause.head.tense in {"present", "perfect"}
        and pattern("medicines").search(found)
    ):
        yield from lasting(clause, "TAKES_MEDICATION", [found])


def _under_treatment(clause: Clause) -> Iterator[Statement]:
    """I am on antidepressants; I am in therapy."""
    match = re.match(r"on (?P<what>.+?)(?: for | against |$)", clause.rest)
    found = phrase(match["what"], longest=3) if match else None
    if not now(clause) or not clause.about_being:
        return
    if found and pattern("medicines").search(found):
        yield fact(clause, "TAKES_MEDICATION", found)
    if re.match(r"in therapy\b", clause.rest):
        yield fact(clause, "TAKES_MEDICATION", "therapy")


def _see_therapist(clause: Clause) -> Iterator[Statement]:
    """I am seeing a therapist."""
    match = re.match(r"an? (?P<who>therapist|psychiatrist|psychologist|counsell?or)\b", clause.rest)
    if match and clause.head.progressive and now(clause) and clause.when is None:
        yield fact(clause, "TAKES_MEDICATION", match["who"])


def _allergens(text: str) -> list[str]:
    text = re.sub(r"\b(?:all|most|any|every|certain|raw) (?:kinds? of |types? of |sorts? of )?(?=\w)", "", text)
    return [item for item in phrases(text, longest=3) if known(item, "allergens")]


def _conditions(text: str) -> list[str]:
    return [
        item
        for item in phrases(_SEVERITY.sub("", text), longest=4)
        if known(item, "conditions") or _BROKEN.fullmatch(item)
    ]


_ALLERGIC = re.compile(r"(?:(?:\w+ly|very|really|super|highly|so|also) )*(?:allergic|intolerant) to (?P<what>.+)")
_ALLERGY = re.compile(
    r"(?:an? |my )?(?:(?:severe|bad|serious|mild|strong|terrible|slight|life-threatening|food"
    r"|deadly) )*(?P<what>[\w -]+?) (?:allergy|allergies|intolerance)\b"
)
_ILL = re.compile(
    r"(?:a |also )?(?P<what>c(?:o)?eliac|diabetic|asthmatic|epileptic|autistic|dyslexic|anemic|bipolar|deaf|blind"
    r"|hard of hearing|type \w+ diabetic|colou?r[- ]?blind)"
    r"\b(?! (?:by|date|spot|to|with|without)\b)"
)
_SEVERITY = re.compile(rf"^(?:{alternatives('severity')} )+", re.IGNORECASE)
_PASSING = re.compile(r"\b(?:headache|flu|food poisoning|cold sore|panic attack|stroke of)s?\b")
_CHRONIC = re.compile(r"\b(?:chronic|often|always|frequent|regular)\b")
_BROKEN = re.compile(
    r"(?:broken|sprained|fractured|torn|dislocated|twisted) (?:arm|leg|ankle|wrist|foot|toe|finger|collarbone|nose"
    r"|rib|knee|acl|ligament|shoulder|hip)",
    re.IGNORECASE,
)
_INJURY = re.compile(
    r"(?:my|his|her) (?:(?:left|right) )?(?P<part>arm|leg|ankle|wrist|foot|toe|finger|collarbone|nose|rib|knee|acl"
    r"|back|shoulder|hip|elbow|thumb)\b",
    re.IGNORECASE,
)
_INJURED = {
    "break": "broken", "fracture": "fractured", "sprain": "sprained", "twist": "twisted", "tear": "torn",
    "hurt": "hurt",
    "injure": "injured",
}  # fmt: skip

BY_VERB: Rules = {
    "be": (_allergic, _ill, _diagnosed, _under_treatment, _pregnant), "have": (_has, _pregnant),
    "get": (_diagnosed, _has),
    "suffer": (_suffer,), "live": (_suffer,), "struggle": (_suffer,), "deal": (_suffer,), "take": (_take,),
    "use": (_take,), "go": (_take,),
    "see": (_see_therapist,), "expect": (_pregnant,), **dict.fromkeys(_INJURED, (_injured,)),
}  # fmt: skip
