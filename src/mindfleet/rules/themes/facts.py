"""How a rule turns a clause into statements: whether it still holds, since when, and whose it is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from mindfleet.rules.clauses import Clause
from mindfleet.rules.statement import Statement

Rule = Callable[[Clause], Iterable[Statement]]
Rules = dict[str, tuple[Rule, ...]]
"""By the lemma of the clause's verb."""


def fact(  # noqa: PLR0913 - each is a column of the statement
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
        subject=clause.subject if subject is None else subject, predicate=predicate, object=thing, holds=holds,
        since=since, until=until, quote=clause.quote, confidence=clause.confidence if sure is None else sure,
    )  # fmt: skip


def lasting(clause: Clause, predicate: str, things: Iterable[str]) -> Iterator[Statement]:
    """What is so for a while, such as a home or a job: true now, true no longer, or not said."""
    holds = still(clause)
    if holds is None:
        return
    when = clause.when
    since = when.first if when and when.kind != "until" else None
    until = when.last if when and when.kind == "until" else None
    if when and not holds and when.kind == "point" and clause.head.ended:
        since, until = None, when.last
    for thing in things:
        yield fact(clause, predicate, thing, holds=holds, since=since, until=until)


def happening(clause: Clause, predicate: str, things: Iterable[str]) -> Iterator[Statement]:
    """What took or takes place, with its day."""
    if clause.head.negated or clause.head.ended or clause.head.modal:
        return
    for thing in things:
        yield fact(clause, predicate, thing, since=clause.when.first if clause.when else None)


def still(clause: Clause) -> bool | None:
    """True: it is so. False: it was. None: the clause claims neither."""
    head = clause.head
    if head.modal or head.tense == "future" or head.adverbs & {"almost", "nearly", "only", "once"} and head.tense != "used":
        return None
    if head.ended or head.tense == "used":
        return None if head.negated and head.tense == "used" else False
    if head.negated:
        return None
    if head.tense == "past":
        return False
    if head.tense == "perfect":
        ongoing = head.progressive or bool(head.adverbs & {"always"}) or (clause.when and clause.when.kind == "since")
        return True if ongoing else None
    return True


def now(clause: Clause) -> bool:
    """Plainly true at the moment of speaking."""
    return still(clause) is True and not clause.head.ended
