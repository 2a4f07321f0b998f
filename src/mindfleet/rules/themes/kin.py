"""Family, friends and pets: who belongs to the speaker, and what they are."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import head_known, pattern, singular, words
from mindfleet.rules.people import NAME, NAMES, NOUN, Mention, is_given_name, is_name, kind_of, mentions, names_in
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, denied, done, ended_on, fact, now, still


def mentioned(clause: Clause) -> Iterator[Statement]:
    """What "my cat Luna" and "my sister Anna" say by themselves, wherever they stand."""
    for mention in mentions(clause.text):
        gone = mention.former or _is_gone(clause, mention)
        if mention.names:
            yield from _named_mention(clause, mention, gone=gone)
        elif not mention.former:
            yield from _nameless_mention(clause, mention, gone=gone)


def _named_mention(clause: Clause, mention: Mention, *, gone: bool) -> Iterator[Statement]:
    for name in mention.names:
        yield fact(clause, mention.predicate, name, subject=USER, holds=not gone, sure=0.95)
        if mention.is_pet:
            yield fact(clause, "IS_A", mention.noun, subject=name, sure=0.95)
            yield from _coloured(clause, mention, name)
        age = re.search(r"\b(\d{1,2}) year old\b", " ".join(mention.adjectives))
        if age:
            yield fact(clause, "HAS_AGE", age[1], subject=name, sure=0.9)


def _nameless_mention(clause: Clause, mention: Mention, *, gone: bool) -> Iterator[Statement]:
    if mention.ours and clause.head.lemma not in {"live", "have"} and not mention.is_pet:
        return
    broken = mention.predicate in {"PARTNER_OF", "MARRIED_TO"} and pattern("parted").search(clause.text) is not None
    if mention.is_pet:
        yield fact(clause, "HAS_PET", _counted(mention), subject=USER, holds=not gone, sure=0.85)
        yield from _coloured(clause, mention, mention.noun)
    elif mention.predicate in {"SIBLING_OF", "PARENT_OF", "MARRIED_TO", "PARTNER_OF"} and not gone:
        yield fact(clause, "HAS_RELATIVE", _counted(mention), subject=USER, holds=not broken, sure=0.85)


def _coloured(clause: Clause, mention: Mention, name: str) -> Iterator[Statement]:
    for colour in mention.adjectives:
        if colour in words("colours"):
            yield fact(clause, "HAS_APPEARANCE", colour, subject=name, sure=0.9)


def _counted(mention: Mention) -> str:
    noun = f"twin {mention.noun}" if "twin" in mention.adjectives else mention.noun
    if not mention.plural:
        return noun
    count = next((f"{a} " for a in mention.adjectives if a in _COUNTS), "")
    return count + _PLURALS.get(noun, noun + "s")


def _is_gone(clause: Clause, mention: Mention) -> bool:
    """My dog Rex died; I lost my dog Rex."""
    if clause.head.lemma == "lose" and done(clause) and clause.about_user:
        return clause.complement.lower().startswith("my ")
    if re.search(r"\bput (?:my|our) [\w ]{2,20} (?:down|to sleep)\b", clause.text):
        return True
    return _is_subject(clause, mention) and pattern("gone").match(_predicate(clause)) is not None


def _is_subject(clause: Clause, mention: Mention) -> bool:
    return clause.subject.name in {*mention.names, mention.noun}


def _predicate(clause: Clause) -> str:
    return " ".join(clause.subject.predicate).lower()


def _is_kin(clause: Clause) -> Iterator[Statement]:
    """Anna is my sister; Luna is my cat."""
    if clause.about_user or clause.subject.relation or clause.subject.thing or not now(clause):
        return
    match = re.match(r"(?:my|an?) (?:[\w-]+ ){0,2}?(?P<noun>[\w-]+)(?P<mine> of mine)?(?: and|$|[,|])", clause.rest)
    if match and not clause.rest.startswith("my ") and not match["mine"]:
        return
    predicate = kind_of(match["noun"]) if match else None
    if match and predicate:
        yield fact(clause, predicate, clause.subject.name, subject=USER)
        if predicate == "HAS_PET":
            yield fact(clause, "IS_A", singular(match["noun"].lower()))


def _has_name(clause: Clause) -> Iterator[Statement]:
    """My sister's name is Anna; my dogs are called Rex and Max."""
    match = _NAMED.match(clause.text) or _IS_NAMED.fullmatch(clause.text)
    if match and match.re is _IS_NAMED and not is_given_name(match["names"]):
        return
    predicate = kind_of(match["noun"]) if match else None
    if match and predicate:
        for name in names_in(match["names"]):
            yield fact(clause, predicate, name, subject=USER)
            if predicate == "HAS_PET":
                yield fact(clause, "IS_A", singular(match["noun"].lower()), subject=name)


def _have(clause: Clause) -> Iterator[Statement]:
    """I have two sisters; a sister named Anna; I adopted a cat; we have two cats, Luna and Bella."""
    if not clause.about_user:
        return
    got = clause.head.lemma not in {"have", "own"}
    holds = (True if done(clause) else None) if got else still(clause)
    if holds is None or (holds is False and clause.head.tense == "past"):
        return
    for item in re.split(r",? and (?=an? |one |two |three |four |\d)|, (?=an? |one |two |three |\d)", clause.rest):
        match = _HAVING.match(item)
        if match and (match["count"].lower() != "the" or match["names"]):
            yield from _had(clause, match, holds=holds, got=got)


def _had(clause: Clause, match: re.Match[str], *, holds: bool, got: bool) -> Iterator[Statement]:
    noun = match["noun"].lower()
    predicate = kind_of(noun) or "PARENT_OF"
    if re.search(r"boy|girl", noun) and not match["names"] and match["count"].lower() in _ONE:
        return
    since = day(clause) if got else None
    names = names_in(match["names"] or "")
    for name in names:
        yield fact(clause, predicate, name, holds=holds, since=since)
        if predicate == "HAS_PET":
            yield fact(clause, "IS_A", singular(noun), subject=name)
    if names or predicate in _ONLY_BY_NAME or (got and predicate != "HAS_PET"):
        return
    count = "" if match["count"].lower() in _ONE else f"{match['count'].lower()} "
    kind = _PRAISE.sub("", match["adjectives"])
    as_relative = {"HAS_PET": "HAS_PET", "LIVES_WITH": "LIVES_WITH"}.get(predicate, "HAS_RELATIVE")
    yield fact(clause, as_relative, f"{count}{kind}{noun}", holds=holds, since=since)


def _is_married(clause: Clause) -> Iterator[Statement]:
    """I am married (to Tom), single, engaged."""
    match = _STATUS.match(clause.rest)
    holds = still(clause)
    if not match or holds is None or not clause.about_being or _OTHERWISE.match(match["after"]):
        return
    status = "widowed" if "widow" in match["status"] else match["status"]
    spouse = re.match(rf" to (?:my \w+ )?(?P<name>{NAME})(?=$|[ ,|])", match["after"])
    if match["after"].startswith(" to ") and not spouse:
        return
    yield fact(clause, "HAS_RELATIONSHIP_STATUS", status, holds=holds, since=day(clause))
    if spouse and is_name(spouse["name"]) and status in _TIES:
        yield fact(clause, _TIES[status], spouse["name"], holds=holds)


def _got_married(clause: Clause) -> Iterator[Statement]:
    """We got married in 2019; I got engaged to Tom last week."""
    match = re.match(
        rf"(?P<status>married|engaged|divorced|separated)\b(?: to (?P<name>{NAME}))?(?P<after>.*)", clause.rest
    )
    if not match or not done(clause) or not clause.about_being or _OTHERWISE.match(match["after"]):
        return
    yield fact(clause, "HAS_RELATIONSHIP_STATUS", match["status"], since=day(clause))
    both = re.match(rf"(?P<name>{NAME}) and I\b", clause.text)
    spouse = match["name"] or (both["name"] if both else "")
    if is_name(spouse) and match["status"] in _TIES:
        yield fact(clause, _TIES[match["status"]], spouse, since=day(clause))


def _marry(clause: Clause) -> Iterator[Statement]:
    match = re.match(rf"(?:my \w+ )?({NAME})(?=$|[ ,|])", clause.rest)
    if match and done(clause) and is_name(match[1]):
        yield fact(clause, "MARRIED_TO", match[1], since=day(clause))


def _in_relationship(clause: Clause) -> Iterator[Statement]:
    """I am in a relationship; we separated last year."""
    if re.match(r"in a (?:\w+[- ])*?relationship\b(?! with)", clause.rest) and now(clause) and clause.about_being:
        yield fact(clause, "HAS_RELATIONSHIP_STATUS", "in a relationship")
    apart = {"separate": "separated", "divorce": "divorced"}.get(clause.head.lemma)
    if apart and done(clause) and clause.subject.together and not clause.rest.strip(" |"):
        yield fact(clause, "HAS_RELATIONSHIP_STATUS", apart, since=day(clause))


def _part(clause: Clause) -> Iterator[Statement]:
    """I broke up with Tom; I split up with my girlfriend Ana."""
    match = _PARTING.match(clause.rest)
    if match and done(clause) and clause.about_user and is_name(match["name"]):
        yield fact(clause, "PARTNER_OF", match["name"], holds=False, until=ended_on(clause))


def _friends_with(clause: Clause) -> Iterator[Statement]:
    """I am friends with Kate; I am Leo's mom."""
    match = re.match(rf"(?:\w+ )?friends with (?P<name>{NAME})(?=$|[ ,|])", clause.rest)
    if match and clause.about_user and now(clause) and is_name(match["name"]):
        yield fact(clause, "FRIEND_OF", match["name"])
    whose = re.match(rf"(?P<name>{NAME})'s (?:\w+ )?(?P<noun>[\w-]+)$", clause.complement.strip(" |"))
    tie = _THEIRS.get(whose["noun"].lower()) if whose else None
    if whose and tie and clause.about_user and now(clause) and is_name(whose["name"]):
        yield fact(clause, tie, whose["name"])


def _date(clause: Clause) -> Iterator[Statement]:
    lead = "out with " if clause.head.lemma == "go" else ""
    match = re.match(
        rf"{lead}(?:a (?:guy|girl|man|woman|boy) (?:named|called) )?(?P<name>{NAME})(?=$|[ ,|])", clause.rest
    )
    holds = still(clause)
    if match and clause.head.progressive and holds is not None and clause.about_user and is_name(match["name"]):
        yield fact(clause, "PARTNER_OF", match["name"], holds=holds, since=day(clause) if holds else None)


def _is_animal(clause: Clause) -> Iterator[Statement]:
    """Luna is a (black) cat."""
    match = re.match(r"(?:an?|the) (.+)", clause.rest)
    found = phrase(match[1], longest=4) if match else None
    if not found or not head_known(found, "animals") or clause.about_user or not clause.about_being or not now(clause):
        return
    named = re.search(rf"\b(?:named|called) (?P<name>{NAME})(?=$|[ ,|])", clause.rest)
    if named and clause.subject.relation == "HAS_PET":
        yield fact(clause, "HAS_PET", named["name"], subject=USER)
        yield fact(clause, "IS_A", found, subject=named["name"])
    else:
        yield fact(clause, "IS_A", found)


def _is_parent(clause: Clause) -> Iterator[Statement]:
    """I am a mother of two."""
    match = re.match(
        r"(?:a |the )?(?:\w+ )?(?P<who>mom|mum|mother|dad|father|parent) (?:of|to) (?P<count>two|three|four|five|six"
        r"|\d|twins)\b(?P<kind> \w+)?",
        clause.rest,
    )
    if match and clause.about_user and now(clause):
        kind = (match["kind"] or "").strip()
        if kind in {"boys", "girls", "kids", "daughters", "sons", "children"}:
            yield fact(clause, "HAS_RELATIVE", f"{match['count']} {kind}")
        elif match["count"] == "twins":
            yield fact(clause, "HAS_RELATIVE", "twins")
        elif not kind:
            yield fact(clause, "IS_A", f"{match['who']} of {match['count']}")


def _lost(clause: Clause) -> Iterator[Statement]:
    """My grandfather passed away last week."""
    if clause.subject.relation and pattern("gone").match(_predicate(clause)) and not denied(clause):
        yield fact(clause, "LOST", clause.subject.name, subject=USER, since=day(clause))


_THEIRS = {
    **dict.fromkeys(("mom", "mum", "mother", "dad", "father"), "PARENT_OF"),
    **dict.fromkeys(("brother", "sister"), "SIBLING_OF"),
    **dict.fromkeys(("husband", "wife"), "MARRIED_TO"),
}
"""What "I am Leo's mom" makes Leo to the speaker."""

_COUNTS = frozenset({"two", "three", "four", "five", "2", "3", "4", "5"})
_ONE = frozenset({"a", "an", "one", "my", "the"})
_ONLY_BY_NAME = frozenset({"CHILD_OF", "COLLEAGUE_OF", "NEIGHBOUR_OF", "FRIEND_OF"})
_TIES = {"married": "MARRIED_TO", "engaged": "PARTNER_OF"}
_PLURALS = {"child": "children", "wife": "wives", "puppy": "puppies", "pony": "ponies"}
_PRAISE = re.compile(r"^(?:(?:very|really|pet|lovely|beautiful|sweet|cute|adorable|new|wonderful|amazing|great) )+")
_NAMED = re.compile(
    rf"(?:my|our) (?:[\w-]+ ){{0,2}}?(?P<noun>[\w-]+?)(?:'s|s'|s)? (?:names? (?:is|are)|(?:is|are) (?:named"
    rf"|called)) (?P<names>{NAMES})(?=$|[ ,|])"
)
_IS_NAMED = re.compile(rf"(?:my|our) (?:[\w-]+ ){{0,2}}?(?P<noun>[\w-]+) is (?P<names>{NAME})", re.IGNORECASE)
_HAVING = re.compile(
    r"(?P<count>an?|one|two|three|four|five|six|seven|\d{1,2}|my|the)\s+"
    rf"(?P<adjectives>(?:(?!(?:and|of|with|in|for)\b)[\w-]+ ){{0,2}}?)(?P<noun>{NOUN}|(?:baby )?(?:boy|girl)s?)"
    r"(?:,? (?:(?:(?:who is |that is |whose names? (?:is |are ))?(?:named|called)|whose names? (?:is|are)"
    r"|by the name of)\s+)?"
    rf"(?P<names>{NAMES}))?(?=$|[ ,|.;])"
)
_STATUS = re.compile(
    r"(?:happily |newly |recently |now |currently |still )*(?P<status>married|single|divorced|engaged|widowed"
    r"|separated|a widow(?:er)?)(?![\w-])(?P<after>.*)"
)
_OTHERWISE = re.compile(r" (?:day|most|one|time|malt|bed|room|in|with|track|minded|by|from|point|handed)\b")
"""Not meant: "engaged in", "single malt"."""

_PARTING = re.compile(
    rf"up (?:\| )?with (?:my (?:ex[- ])?(?:boyfriend|girlfriend|partner|fianc[e\u00e9]e?)?,? ?)?(?P<name>{NAME})(?=$"
    rf"|[ ,|])"
)

BY_VERB: Rules = {
    "separate": (_in_relationship,), "divorce": (_in_relationship,),
    "be": (_in_relationship, _is_kin, _has_name, _friends_with, _is_married, _is_animal, _is_parent),
    "have": (_have,),
    "get": (_have, _got_married),
    "adopt": (_have,), "own": (_have,), "buy": (_have,), "rescue": (_have,), "foster": (_have,), "marry": (_marry,),
    "break": (_part,),
    "split": (_part,), "date": (_date,), "go": (_date,), "become": (_got_married,), "die": (_lost,), "pass": (_lost,),
}  # fmt: skip
