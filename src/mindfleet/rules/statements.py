"""What somebody says about themselves and theirs: found by rules that rather miss a fact than invent one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import lru_cache

from mindfleet.conversation.turn import Turn
from mindfleet.rules.answers import answer_as_statement
from mindfleet.rules.clauses import Clause, Reading, clauses
from mindfleet.rules.earnest import message_in_earnest
from mindfleet.rules.people import mentions
from mindfleet.rules.spelling import plain
from mindfleet.rules.statement import Statement
from mindfleet.rules.text import own_words
from mindfleet.rules.themes import (
    aims,
    engagement,
    events,
    habits,
    health,
    identity,
    kin,
    looks,
    pastimes,
    places,
    study,
    tastes,
    things,
    work,
)
from mindfleet.rules.themes.facts import Rule
from mindfleet.rules.wishes import wishes

__all__ = ["Statement", "statements"]


def statements(turn: Turn, *, context: Sequence[Turn] = (), zone: tzinfo = UTC) -> list[Statement]:
    """The facts that `turn` states in earnest; none for a reply of the bot.

    Args:
        turn: what was said; `turn.sent_at` gives time words their meaning.
        context: other turns of the conversation; those of the same speaker say whose names are known, and
            the latest before `turn` what a short answer answers.
        zone: where the speaker is.
    """
    if turn.role != "user" or not message_in_earnest(turn.content):
        return []
    own = (other for other in (*context, turn) if other.user_id == turn.user_id)
    names = frozenset(name for other in own for name in _names(other.content))
    reading = Reading(sent_at=turn.sent_at, zone=zone, names=names)
    found = [statement for clause in clauses(turn.content, reading) for statement in _of(clause)]
    found += _nicknames(turn)
    found += _answered(turn, context, reading) if not found else []
    distinct = {(s.subject, s.predicate, s.object.lower()): s for s in reversed(found)}
    return _without_vaguer(list(distinct.values())[::-1])


def _of(clause: Clause) -> Iterator[Statement]:
    yield from kin.mentioned(clause)
    for name in (clause.subject.name, *clause.subject.others):
        of_one = replace(clause, subject=replace(clause.subject, name=name))
        for rule in (*_RULES.get(clause.head.lemma, ()), *_ANY_VERB):
            yield from (said for said in rule(of_one) if not (clause.subject.thing and said.subject == name))


def _answered(turn: Turn, context: Sequence[Turn], reading: Reading) -> list[Statement]:
    """What a short answer says with the question before it; the quote is the whole answer."""
    full = answer_as_statement(turn, context)
    said = [statement for clause in clauses(full, reading) for statement in _of(clause)] if full else []
    return [replace(s, quote=turn.content.strip(), confidence=min(s.confidence, _ANSWERED)) for s in said]


def _nicknames(turn: Turn) -> Iterator[Statement]:
    """What "Call me Max" says: it is a wish and a fact."""
    for wish in wishes(turn):
        if wish.key == "nickname":
            yield Statement(
                subject="user", predicate="HAS_NICKNAME", object=wish.value, confidence=0.9, quote=wish.quote
            )


def _without_vaguer(found: list[Statement]) -> list[Statement]:
    """Not "a sister" beside "the sister Anna", nor "a cat" beside "the cat Luna"."""
    named = {s.object for s in found if s.predicate == "IS_A"}
    named |= {_noun(s) for s in found if s.predicate in _BY_NAME}
    return [s for s in found if not (s.predicate in {"HAS_PET", "HAS_RELATIVE"} and s.object in named)]


def _noun(statement: Statement) -> str:
    """The relation by which a named one was mentioned."""
    found = (m for m in mentions(plain(statement.quote)) if m.predicate == statement.predicate)
    return next((m.noun for m in found if not m.names or statement.object in m.names), "")


@lru_cache(maxsize=4096)
def _names(content: str) -> frozenset[str]:
    """Names of the speaker's relatives, friends and pets in a message."""
    return frozenset(name for mention in mentions(plain(own_words(content))) for name in mention.names)


_ANSWERED = 0.8
_BY_NAME = frozenset({"SIBLING_OF", "PARENT_OF", "MARRIED_TO", "PARTNER_OF", "RELATIVE_OF", "CHILD_OF"})
_THEMES = (
    places,
    work,
    study,
    engagement,
    kin,
    identity,
    looks,
    tastes,
    pastimes,
    health,
    habits,
    aims,
    events,
    things,
)
_RULES: dict[str, tuple[Rule, ...]] = {
    verb: tuple(rule for theme in _THEMES for rule in theme.BY_VERB.get(verb, ()))
    for verb in {verb for theme in _THEMES for verb in theme.BY_VERB}
}
_ANY_VERB: tuple[Rule, ...] = (*places.ANY_VERB, *work.ANY_VERB, *pastimes.ANY_VERB, *aims.ANY_VERB)
