"""A fact as an English sentence about somebody, where a template makes a good one."""

from collections.abc import Callable
from datetime import date

from mindfleet.rules.lexicon import known, singular
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER


def told(fact: Statement, speaker: str) -> str | None:
    """A sentence such as "Ana works at Google."; None where only a quotation is sure to be good English.

    Args:
        fact: what was said.
        speaker: the name that `user` stands for.
    """
    subject = speaker if fact.subject == USER else _of_speaker(fact.subject, speaker)
    template = (_HOLDS if fact.holds else _ENDED).get(fact.predicate)
    if template is None:
        return None
    thing = fact.object
    kind, _, favourite = thing.partition(": ")
    text = template.format(
        s=subject, o=thing, a=with_article(thing), t=_theirs(thing), k=kind, f=favourite, w=_worded(fact)
    )
    return None if _SELF & set(text.split()) else f"{text}{_since(fact)}."


def with_article(noun: str) -> str:
    """The noun with "a" or "an"; names and plurals as they are."""
    last = noun.rsplit(maxsplit=1)[-1].lower()
    bare = noun[0].isupper() or noun[0].isdigit() or singular(last) != last or noun.split(maxsplit=1)[0] in _COUNTS
    return noun if bare else f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def spoken(day: date) -> str:
    """A date such as "7 May 2023"."""
    return f"{day.day} {day:%B %Y}"


def _worded(fact: Statement) -> str:
    """The predicate, where its wording depends on the kind of object."""
    worded = _WORDINGS.get(fact.predicate)
    return worded(fact.object) if worded else ""


def _condition(thing: str) -> str:
    if thing.lower() in _ADJECTIVES:
        return f"is {thing}"
    return f"has {with_article(thing) if thing.split(maxsplit=1)[0] in _INJURED else thing}"


def _trait(thing: str) -> str:
    return f"is {with_article(thing) if known(thing, 'trait_nouns') else thing}"


def _role(thing: str) -> str:
    return f"is {thing if thing in _ADJECTIVES else with_article(thing)}"


def _diet(thing: str) -> str:
    return f"is {thing}" if known(thing, "diets") else f"eats {thing}"


def _belief(thing: str) -> str:
    if known(thing, "creeds"):
        return f"believes in {thing}"
    return f"is {with_article(thing) if thing.islower() else thing}"


def _degree(thing: str) -> str:
    return f"graduated from {thing}" if thing[0].isupper() else f"has {with_article(thing)}"


def _look(thing: str) -> str:
    return f"has {thing}" if thing.rpartition(" ")[2] in _FEATURES else f"is {thing}"


def _of_speaker(subject: str, speaker: str) -> str:
    return subject if subject[:1].isupper() else f"{speaker}'s {subject}"


def _theirs(phrase: str) -> str:
    """What "build my own house" is of somebody else: "build their own house"."""
    return " ".join(_OTHERS.get(word.lower(), word) for word in phrase.split())


def _since(fact: Statement) -> str:
    if not fact.holds:
        return ""
    if fact.until:
        return f" by {spoken(fact.until)}" if fact.predicate == "WANTS_TO" else f" until {spoken(fact.until)}"
    if fact.since is None:
        return ""
    return f" ({spoken(fact.since)})" if fact.predicate in _DATED else f" (since {spoken(fact.since)})"


_HOLDS = {
    "HAS_NAME": "{s} is called {o}", "HAS_NICKNAME": "{s} likes to be called {o}", "HAS_AGE": "{s} is {o} years old",
    "BORN_ON": "{s}'s birthday is {o}", "BORN_IN": "{s} was born in {o}", "HAS_NATIONALITY": "{s} is {o}",
    "SPEAKS": "{s} speaks {o}",
    "HAS_TRAIT": "{s} {w}", "HAS_APPEARANCE": "{s} {w}", "BELIEVES_IN": "{s} {w}", "LIVES_IN": "{s} lives in {o}",
    "COMES_FROM": "{s} comes from {o}",
    "HAS_HOME": "{s}'s home is {a}", "VISITED": "{s} has been to {o}", "TRAVELS_TO": "{s} travels to {o}",
    "WORKS_AT": "{s} works at {a}", "HAS_ROLE": "{s} {w}", "WORKS_ON": "{s} works on {a}",
    "OWNS_BUSINESS": "{s} has a business: {a}",
    "STUDIES_AT": "{s} studies at {a}", "STUDIES": "{s} studies {o}", "GRADUATED_FROM": "{s} {w}",
    "HAS_SKILL": "{s} is good at {o}",
    "LEARNS": "{s} is learning {o}", "TEACHES": "{s} teaches {o}", "VOLUNTEERS_AT": "{s} volunteers at {a}",
    "MARRIED_TO": "{s} is married to {o}", "PARTNER_OF": "{o} is {s}'s partner", "PARENT_OF": "{o} is {s}'s child",
    "CHILD_OF": "{o} is {s}'s parent", "SIBLING_OF": "{o} is {s}'s sibling", "RELATIVE_OF": "{o} is a relative of {s}",
    "FRIEND_OF": "{o} is {s}'s friend", "COLLEAGUE_OF": "{o} works with {s}", "NEIGHBOUR_OF": "{o} is {s}'s neighbour",
    "HAS_RELATIVE": "{s} has {a}", "HAS_PET": "{s}'s pet is {a}", "IS_A": "{s} is {a}",
    "HAS_RELATIONSHIP_STATUS": "{s} is {o}",
    "LIKES": "{s} likes {t}", "DISLIKES": "{s} dislikes {o}", "HAS_FAVOURITE": "{s}'s favourite {k} is {f}",
    "INTERESTED_IN": "{s} is interested in {t}",
    "HAS_HOBBY": "{s}'s hobby is {o}", "PLAYS": "{s} plays {o}", "MEMBER_OF": "{s} is in {a}",
    "FAN_OF": "{s} is a fan of {o}",
    "READS": "{s} reads {o}", "WATCHES": "{s} watches {o}", "EATS": "{s} {w}", "DRINKS": "{s} drinks {o}",
    "ALLERGIC_TO": "{s} is allergic to {o}",
    "HAS_CONDITION": "{s} {w}", "AFRAID_OF": "{s} is afraid of {o}", "OWNS": "{s} owns {a}", "DRIVES": "{s} drives {a}",
    "WANTS_TO": "{s} wants to {t}", "PLANS_TO": "{s} plans to {t}", "EXERCISES_BY": "{s}'s training is {o}",
}  # fmt: skip
"""`s`: subject, `o`: object, `a`: with its article, `t`: said of somebody else, `w`: a predicate of `_WORDINGS`."""

_ENDED = {
    "LIVES_IN": "{s} no longer lives in {o}", "WORKS_AT": "{s} no longer works at {a}",
    "STUDIES_AT": "{s} no longer studies at {a}",
    "PARTNER_OF": "{s} is no longer together with {o}", "PLAYS": "{s} no longer plays {o}",
    "EATS": "{s} does not eat {o}", "DRINKS": "{s} does not drink {o}", "SPEAKS": "{s} no longer speaks {o}",
    "VOLUNTEERS_AT": "{s} no longer volunteers at {a}", "OWNS": "{s} no longer owns {a}",
    "DRIVES": "{s} no longer drives {a}",
}  # fmt: skip

_WORDINGS: dict[str, Callable[[str], str]] = {
    "HAS_CONDITION": _condition, "HAS_TRAIT": _trait, "HAS_ROLE": _role, "EATS": _diet, "BELIEVES_IN": _belief,
    "GRADUATED_FROM": _degree, "HAS_APPEARANCE": _look,
}  # fmt: skip
_INJURED = frozenset({"broken", "sprained", "torn", "fractured", "twisted", "hurt"})
_DATED = frozenset({"VISITED", "TRAVELS_TO", "PLANS_TO", "GRADUATED_FROM"})
_SELF = frozenset({"I", "we", "us"})
_OTHERS = {
    "my": "their",
    "our": "their",
    "me": "them",
    "myself": "themselves",
    "ourselves": "themselves",
    "mine": "theirs",
}
_COUNTS = frozenset({"two", "three", "four", "five", "six", "seven"})
_FEATURES = frozenset(
    {"eyes", "hair", "fur", "freckles", "beard", "dreadlocks", "curls", "skin", "tail", "ears", "dimples", "tattoos"}
)
_ADJECTIVES = frozenset(
    {
        "retired",
        "unemployed",
        "self-employed",
        "between jobs",
        "diabetic",
        "pregnant",
        "celiac",
        "coeliac",
        "asthmatic",
        "epileptic",
    }
    | {
        "autistic",
        "dyslexic",
        "anemic",
        "bipolar",
        "deaf",
        "blind",
        "hard of hearing",
        "claustrophobic",
        "arachnophobic",
        "agoraphobic",
    }
)
