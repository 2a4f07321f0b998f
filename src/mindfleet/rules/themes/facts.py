"""How a rule turns a clause into statements: whether it still holds, since when, and whose it is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from mindfleet.rules.clauses import Clause
from mindfleet.rules.statement import Statement

Rule = Callable[[Clause], Iterable[Statement]]
Rules = dict[str, tuple[Rule, ...]]
"""By the lemma of the clause's verb."""


def fact(
    clause: Clause,
    predicate: str,
    thing: str,
    *,
    subject: str | None = None,
    holds: bool = True,
    since: date | None = None,
    until: date | None = None,
    sure: float | None = None,
) -> Statement:
    """A statement that rests on `clause`, about its subject if no other is given."""
    return Statement(
        subject=clause.subject.name if subject is None else subject,
        predicate=predicate,
        object=thing,
        holds=holds,
        since=since,
        until=until,
        quote=clause.quote,
        confidence=clause.confidence if sure is None else sure,
    )


def facts(clause: Clause, predicate: str, things: Iterable[str], *, sure: float | None = None) -> Iterator[Statement]:
    """One statement for each of several things, true now."""
    for thing in things:
        yield fact(clause, predicate, thing, sure=sure)


def lasting(clause: Clause, predicate: str, things: Iterable[str]) -> Iterator[Statement]:
    """What is so for a while, such as a home or a job: true now, true no longer, or not said."""
    holds = still(clause)
    if holds is None:
        return
    when = clause.when
    over = when is not None and (when.kind == "until" or (not holds and clause.head.ended))
    if when and when.kind == "point" and clause.head.tense == "present" and not clause.head.progressive:
        when = None
    lasted = when is not None and when.kind == "since" and not holds
    since = when.first if when and not over and not lasted else None
    until = (ended_on(clause) if not holds else when.last) if when and over else None
    for thing in things:
        yield fact(clause, predicate, thing, holds=holds, since=since, until=until)


def happening(clause: Clause, predicate: str, things: Iterable[str]) -> Iterator[Statement]:
    """What took or takes place, with its day."""
    if not denied(clause):
        for thing in things:
            yield fact(clause, predicate, thing, since=day(clause))


def still(clause: Clause) -> bool | None:
    """True: it is so. False: it was. None: the clause claims neither."""
    head = clause.head
    if head.modal or head.tense == "future" or "once" in head.adverbs:
        return None
    if head.ended or head.tense == "used":
        return None if head.negated and head.tense == "used" else False
    if head.negated:
        return None
    if head.tense == "past":
        return False
    return _goes_on(clause) if head.tense == "perfect" else True


def now(clause: Clause) -> bool:
    """Plainly true at the moment of speaking."""
    return still(clause) is True


def done(clause: Clause) -> bool:
    """Plainly told as something that happened."""
    head = clause.head
    return head.tense in {"past", "perfect"} and not head.progressive and not denied(clause)


def ahead(clause: Clause) -> bool:
    """Told as something that will happen: "I am flying", "I will fly"."""
    head = clause.head
    return (head.tense == "future" or (head.progressive and head.tense == "present")) and not denied(clause)


def denied(clause: Clause) -> bool:
    """Not so, no longer so, or only possible."""
    return clause.head.negated or clause.head.ended or clause.head.modal is not None


def day(clause: Clause) -> date | None:
    """The first day that the clause names, unless it names an end."""
    return clause.when.first if clause.when and clause.when.kind != "until" else None


def ended_on(clause: Clause) -> date | None:
    """The last day of what the clause says to be over: the end of the time it names, at most the day it is said."""
    return min(clause.when.last, clause.said_on) if clause.when else None


def last_day(clause: Clause) -> date | None:
    """The last day that the clause names."""
    return clause.when.last if clause.when else None


def _goes_on(clause: Clause) -> bool | None:
    """Whether "I have lived in Rome" means that I still do: with "always", "since", "for two years"."""
    dated = clause.ever_since or (clause.when is not None and clause.when.kind == "since")
    return True if clause.head.progressive or "always" in clause.head.adverbs or dated else None
