"""Family, friends and pets: who belongs to the speaker, and what they are."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import USER, Clause
from mindfleet.rules.lexicon import head_known, singular
from mindfleet.rules.people import NAME, NOUN, Mention, is_name, kind_of, mentions, names_in
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, lasting, now, still
from mindfleet.rules.themes.looks import COLOURS


def mentioned(clause: Clause) -> Iterator[Statement]:
    """What "my cat Luna" and "my sister Anna" say by themselves, wherever they stand."""
    for mention in mentions(clause.text):
        yield from _of_mention(clause, mention)


def _of_mention(clause: Clause, mention: Mention) -> Iterator[Statement]:
    for name in mention.names:
        yield fact(clause, mention.predicate, name, subject=USER, holds=not mention.former, sure=0.95)
        if mention.is_pet:
            yield fact(clause, "IS_A", mention.noun, subject=name, sure=0.95)
        if age := next((re.match(r"(\d+)", a) for a in mention.adjectives if a[0].isdigit() and len(mention.adjectives) > 1), None):
            if {"year", "old"} <= set(mention.adjectives):
                yield fact(clause, "HAS_AGE", age[1], subject=name, sure=0.9)
    if mention.is_pet:
        whose = mention.names or (mention.noun,)
        for colour in (a for a in mention.adjectives if a in COLOURS):
            for name in whose:
                yield fact(clause, "HAS_APPEARANCE", colour, subject=name, sure=0.9)
    if not mention.names and not mention.former:
        yield from _nameless(clause, mention)


def _nameless(clause: Clause, mention: Mention) -> Iterator[Statement]:
    if mention.ours and clause.head.lemma not in {"live", "have"}:
        return
    if mention.predicate in {"SIBLING_OF", "PARENT_OF", "MARRIED_TO", "PARTNER_OF"} and not clause.head.modal:
        yield fact(clause, "HAS_RELATIVE", _plural(mention), subject=USER, sure=0.85)
    elif mention.is_pet:
        yield fact(clause, "HAS_PET", _plural(mention), subject=USER, sure=0.85)


def _plural(mention: Mention) -> str:
    if not mention.plural:
        return mention.noun
    count = next((f"{a} " for a in mention.adjectives if a in {"two", "three", "four", "five", "2", "3", "4", "5"}), "")
    return count + {"child": "children", "wife": "wives", "puppy": "puppies", "pony": "ponies"}.get(mention.noun, mention.noun + "s")


def _is_kin(clause: Clause) -> Iterator[Statement]:
    """Anna is my sister; Luna is my cat."""
    if clause.about_user or clause.mine or not now(clause):
        return
    match = re.match(r"my (?:[\w-]+ ){0,2}?(?P<noun>[\w-]+)(?: and|$|[,|])", clause.rest)
    if match and (predicate := kind_of(match["noun"])):
        yield fact(clause, predicate, clause.subject, subject=USER)
        if predicate == "HAS_PET":
            yield fact(clause, "IS_A", singular(match["noun"].lower()))


def _named(clause: Clause) -> Iterator[Statement]:
    """My sister's name is Anna; my dog's called Rex."""
    match = re.match(
        r"(?:my|our) (?:[\w-]+ ){0,2}?(?P<noun>[\w-]+?)(?:'s|s'|s)? (?:names? (?:is|are)|(?:is|are) (?:named|called))"
        rf" (?P<names>{NAME}(?:(?:, {NAME})*,? and {NAME})?)(?=$|[ ,|])",
        clause.text,
    )
    if not match or (predicate := kind_of(match["noun"])) is None:
        return
    for name in names_in(match["names"]):
        yield fact(clause, predicate, name, subject=USER)
        if predicate == "HAS_PET":
            yield fact(clause, "IS_A", singular(match["noun"].lower()), subject=name)


def _have(clause: Clause) -> Iterator[Statement]:
    """I have two sisters; a sister named Anna; a cat; two cats, Luna and Bella."""
    if not clause.about_user:
        return
    holds = still(clause)
    acquired = clause.head.lemma in {"get", "adopt", "buy", "rescue", "foster"}
    if acquired:
        holds = True if clause.head.tense in {"past", "perfect"} and not (clause.head.negated or clause.head.modal) else None
    if holds is None or (not holds and clause.head.tense == "past" and not clause.head.ended):
        return
    for item in re.split(r",? and (?=an? |one |two |three |four |\d)|, (?=an? |one |two |three |\d)", clause.rest):
        yield from _possession(clause, item, holds=holds, acquired=acquired)


def _possession(clause: Clause, item: str, *, holds: bool, acquired: bool) -> Iterator[Statement]:
    match = _HAVING.match(item)
    if not match:
        return
    noun = match["noun"].lower()
    predicate = kind_of(noun)
    if predicate is None or (match["count"].lower() == "the" and not match["names"]):
        return
    since = clause.when.first if clause.when and acquired else None
    names = [name for name in names_in(match["names"] or "") if is_name(name)]
    for name in names:
        yield fact(clause, predicate, name, holds=holds, since=since)
        if predicate == "HAS_PET":
            yield fact(clause, "IS_A", singular(noun), subject=name)
    if names or predicate in {"CHILD_OF", "COLLEAGUE_OF", "NEIGHBOUR_OF", "FRIEND_OF"} or (acquired and predicate != "HAS_PET"):
        return
    count = "" if match["count"].lower() in {"a", "an", "one", "my", "the"} else match["count"].lower() + " "
    kind = re.sub(r"^(?:very |really |lovely |beautiful |sweet |cute |adorable |new |wonderful |amazing |great )+", "", match["adj"])
    if predicate == "HAS_PET":
        yield fact(clause, "HAS_PET", f"{count}{kind}{noun}", holds=holds, since=since)
    elif predicate == "LIVES_WITH":
        yield fact(clause, "LIVES_WITH", f"{count}{kind}{noun}", holds=holds)
    else:
        yield fact(clause, "HAS_RELATIVE", f"{count}{kind}{noun}", holds=holds)


def _status(clause: Clause) -> Iterator[Statement]:
    """I am married (to Tom), single, engaged."""
    if not clause.about_being or clause.mine and clause.relation is None:
        return
    match = re.match(r"(?:happily |newly |recently |now |currently |still )*(?P<status>married|single|divorced|engaged|widowed|separated|a widow|a widower)\b(?P<rest>.*)", clause.rest)
    if not match or (holds := still(clause)) is None:
        return
    status, after = match["status"].removeprefix("a "), match["rest"].strip()
    status = "widowed" if status.startswith("widow") else status
    if re.match(r"(?:mom|mum|mother|dad|father|parent|day|most|one|time|malt|bed|room|in |with )", after):
        if re.match(r"(?:mom|mum|mother|dad|father|parent)", after):
            yield fact(clause, "HAS_RELATIONSHIP_STATUS", "single", holds=holds, sure=0.8)
        return
    spouse = re.match(rf"to (?:my \w+ )?({NAME})(?=$|[ ,|])", after)
    if after.startswith("to ") and not spouse and not re.match(r"to (?:my|a|an|the) (?:\w+ )*(?:man|woman|guy|girl|husband|wife|boyfriend|girlfriend|sweetheart|partner|love|teacher|doctor|nurse)", after):
        return
    yield fact(clause, "HAS_RELATIONSHIP_STATUS", status, holds=holds, since=_since(clause))
    if spouse and is_name(spouse[1]) and status in {"married", "engaged"}:
        yield fact(clause, "MARRIED_TO" if status == "married" else "PARTNER_OF", spouse[1], holds=holds)


def _since(clause: Clause):  # type: ignore[no-untyped-def]
    return clause.when.first if clause.when and clause.when.kind != "until" else None


def _got(clause: Clause) -> Iterator[Statement]:
    """We got married in 2019; I got engaged to Tom last week; got divorced."""
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"} or not clause.about_user:
        return
    match = re.match(rf"(?P<status>married|engaged|divorced|separated)\b(?: to (?P<name>{NAME}))?(?P<rest>.*)", clause.rest)
    if match and (not match["rest"].strip(" |") or not re.match(r" (?:in|with)", match["rest"]) or clause.when):
        yield fact(clause, "HAS_RELATIONSHIP_STATUS", match["status"], since=_since(clause))
        if match["name"] and match["status"] in {"married", "engaged"} and is_name(match["name"]):
            yield fact(clause, "MARRIED_TO" if match["status"] == "married" else "PARTNER_OF", match["name"], since=_since(clause))


def _marry(clause: Clause) -> Iterator[Statement]:
    match = re.match(rf"(?:my \w+ )?({NAME})(?=$|[ ,|])", clause.rest)
    head = clause.head
    if match and is_name(match[1]) and head.tense in {"past", "perfect"} and not (head.negated or head.modal):
        yield fact(clause, "MARRIED_TO", match[1], since=_since(clause))


def _break(clause: Clause) -> Iterator[Statement]:
    """I broke up with Tom; split up with my girlfriend Ana."""
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"} or not clause.about_user:
        return
    match = re.match(rf"up (?:\| )?with (?:my (?:ex[- ])?(?:boyfriend|girlfriend|partner|fianc[eé]e?)?,? ?)?({NAME})(?=$|[ ,|])", clause.rest)
    if match and is_name(match[1]):
        yield fact(clause, "PARTNER_OF", match[1], holds=False, until=clause.when.last if clause.when else None)


def _date(clause: Clause) -> Iterator[Statement]:
    match = re.match(rf"(?:a (?:guy|girl|man|woman|boy) (?:named|called) )?({NAME})(?=$|[ ,|])", clause.rest)
    if match and is_name(match[1]) and clause.head.progressive and clause.about_user:
        yield from lasting(clause, "PARTNER_OF", [match[1]])


def _is_animal(clause: Clause) -> Iterator[Statement]:
    """Luna is a (black) cat."""
    if clause.about_user or not clause.about_being or not now(clause):
        return
    match = re.match(r"(?:an?|the) (.+)", clause.rest)
    found = phrase(match[1], longest=4) if match else None
    if found and head_known(found, "animals"):
        yield fact(clause, "IS_A", found)


def _mother_of(clause: Clause) -> Iterator[Statement]:
    """I am a mother of two."""
    match = re.match(r"(?:a |the )?(?:\w+ )?(?:mom|mum|mother|dad|father|parent) (?:of|to) (?P<count>two|three|four|five|six|\d|twins)\b(?P<kind> \w+)?", clause.rest)
    if match and clause.about_user and now(clause):
        kind = (match["kind"] or "").strip()
        noun = kind if kind and kind_of(kind) == "PARENT_OF" or kind in {"boys", "girls", "kids", "daughters", "sons"} else "children"
        yield fact(clause, "HAS_RELATIVE", "twins" if match["count"] == "twins" else f"{match['count']} {noun}")


_HAVING = re.compile(
    rf"(?P<count>an?|one|two|three|four|five|six|seven|\d{{1,2}}|my|the)\s+(?P<adj>(?:(?!(?:and|of|with|in|for)\b)[\w-]+ ){{0,2}}?)"
    rf"(?P<noun>{NOUN}(?:e?s)?)\b"
    rf"(?:,? (?:(?:who is |that is |whose name is |whose names are )?(?:named|called)|whose names? (?:is|are)|by the name of|,)?\s*(?P<names>{NAME}(?:(?:, {NAME})*,? and {NAME})?))?"
    r"(?=$|[ ,|.;])"
)

BY_VERB: Rules = {
    "be": (_is_kin, _named, _status, _is_animal, _mother_of),
    "have": (_have,), "get": (_have, _got), "adopt": (_have,), "buy": (_have,), "rescue": (_have,), "foster": (_have,),
    "marry": (_marry,), "break": (_break,), "split": (_break,), "date": (_date,), "become": (_got,),
}  # fmt: skip
