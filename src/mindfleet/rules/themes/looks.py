"""Lasting traits of character, and looks."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import alternatives, known, words
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, done, fact, lasting, now


def _trait(clause: Clause) -> Iterator[Statement]:
    """I am shy; I am an introvert; my brother is stubborn."""
    if not _describes(clause) or clause.when:
        return
    for item in _adjectives(clause):
        person = item.removesuffix(" person")
        if known(item, "traits", "trait_nouns") or (person != item and known(person, "traits")):
            yield fact(clause, "HAS_TRAIT", person if known(person, "traits") else item, sure=0.85)


def _look(clause: Clause) -> Iterator[Statement]:
    """Luna is black; my dog is huge; I am 180 cm tall."""
    if not _describes(clause):
        return
    height = _HEIGHT.match(clause.rest)
    if height:
        yield fact(clause, "HAS_APPEARANCE", height["height"])
        return
    for item in _adjectives(clause):
        lower = item.lower()
        coloured = (known(lower, "colours", "shades") and not clause.about_user) or _COAT.fullmatch(lower)
        if lower in words("looks") or (coloured and not clause.about_user):
            yield fact(clause, "HAS_APPEARANCE", item)


def _features(clause: Clause) -> Iterator[Statement]:
    """I have blue eyes and long brown hair."""
    if not clause.about_being or not now(clause):
        return
    found = (_FEATURE.match(item.strip()) for item in re.split(r",? and |, ", clause.complement))
    yield from lasting(clause, "HAS_APPEARANCE", [match["what"] for match in found if match])


def _consider(clause: Clause) -> Iterator[Statement]:
    """I consider myself an introvert."""
    match = re.match(r"myself (?:as |to be )?(?P<what>.+)", clause.complement)
    found = _INTENSITY.sub("", phrase(match["what"], longest=4) or "") if match else ""
    if found and now(clause) and known(found, "traits", "trait_nouns"):
        yield fact(clause, "HAS_TRAIT", found, sure=0.85)


def _wear(clause: Clause) -> Iterator[Statement]:
    """I wear glasses."""
    match = re.match(
        r"(?P<what>glasses|contact lenses|contacts|braces|a hijab|a turban|hearing aids|a hearing aid)\b",
        clause.complement,
    )
    if match and now(clause) and not clause.head.progressive and clause.about_being:
        yield fact(clause, "HAS_APPEARANCE", match["what"].removeprefix("a "))


def _dyed(clause: Clause) -> Iterator[Statement]:
    """I dyed my hair pink."""
    match = re.match(r"my hair (?P<colour>\w+)", clause.complement)
    if match and done(clause) and known(match["colour"], "colours", "shades"):
        yield fact(clause, "HAS_APPEARANCE", f"{match['colour']} hair", since=day(clause))


def _my_hair(clause: Clause) -> Iterator[Statement]:
    part = clause.subject.name.lower()
    found = phrase(clause.rest, longest=3)
    if not clause.subject.thing or part not in {"hair", "eyes"} or not found or not now(clause) or clause.when:
        return
    if known(found.split()[-1], "colours", "shades") or found.lower() in {"long", "short", "curly", "straight", "wavy"}:
        yield fact(clause, "HAS_APPEARANCE", f"{found} {part}", subject=USER)


def _describes(clause: Clause) -> bool:
    return clause.about_being and now(clause) and not clause.head.progressive and not clause.subject.elided


def _adjectives(clause: Clause) -> list[str]:
    """The adjectives or kinds that the complement lists; none when it goes on to say "shy about …"."""
    listed, joint, _ = _JOINT.sub("\x00\\g<0>\x00", clause.complement, count=1).partition("\x00")
    after = clause.complement[len(listed) :].split()[:1]
    if joint and after and after[0] not in {"but", "because", "so", "with", "|"}:
        return []
    items = re.split(r",? and |, ", listed.strip(" ,."))
    return [stripped for item in items if (stripped := _INTENSITY.sub("", item).strip())]


_JOINT = re.compile(r"\||\b(?:but|because|so|when|with|about|to|for|that|than|of|at|in|on|like|as)\b")
_INTENSITY = re.compile(rf"^(?:{alternatives('intensity')} )+", re.IGNORECASE)
_HEIGHT = re.compile(
    r"(?:about |around )?(?P<height>\d+(?:[.,]\d+)?\s?(?:cm|m|feet|ft|foot|'|meters?|metres?)(?:\s?\d+(?:\"| inches"
    r"| in)?)? (?:tall|high))\b"
)
_COAT = re.compile(
    r"(?:(?:black|white|brown|gr[ea]y|orange|ginger|tan|cream|red|golden|spotted)[ -](?:and|&|with)?[ -]?)*"
    r"(?:black|white|brown|gr[ea]y|orange|ginger|tan|cream)(?: (?:all over|spots|stripes))?"
)
_FEATURE = re.compile(
    r"(?:a |an )?(?P<what>(?:(?:very |really )?[a-z-]+ ){1,3}(?:hair|eyes|fur|freckles|beard|dreadlocks|curls|skin"
    r"|tail|ears)"
    r"|freckles|dimples|dreadlocks|a beard|tattoos?)\b(?=$|[ ,|.])"
)

BY_VERB: Rules = {
    "be": (_trait, _look, _my_hair),
    "have": (_features,),
    "consider": (_consider,),
    "describe": (_consider,),
    "wear": (_wear,),
    "dye": (_dyed,),
}
