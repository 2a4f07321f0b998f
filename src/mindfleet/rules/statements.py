"""What somebody says about themselves and theirs: the facts in a turn, found by rules that rather miss one than invent one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from mindfleet.conversation.turn import Turn
from mindfleet.rules.clauses import Clause, Reading, clauses
from mindfleet.rules.earnest import message_in_earnest
from mindfleet.rules.people import mentions
from mindfleet.rules.statement import Statement
from mindfleet.rules.text import own_words, plain
from mindfleet.rules.themes import health, kin, looks, places, plans, tastes, work
from mindfleet.rules.themes.facts import Rule

__all__ = ["Statement", "statements"]


def statements(turn: Turn, *, context: Sequence[Turn] = (), zone: tzinfo = UTC) -> list[Statement]:
    """The facts that `turn` states in earnest; none for a reply of the bot.

    Args:
        turn: what was said; `turn.sent_at` gives time words their meaning.
        context: earlier turns of the same speaker, which say whose names are known.
        zone: where the speaker is.
    """
    if turn.role != "user" or not message_in_earnest(turn.content):
        return []
    names = frozenset(_names([*(other for other in context if other.user_id == turn.user_id), turn]))
    reading = Reading(sent_at=turn.sent_at, zone=zone, names=names)
    found = [statement for clause in clauses(turn.content, reading) for statement in _of(clause)]
    return _without_vaguer(list({(s.subject, s.predicate, s.object.lower()): s for s in reversed(found)}.values())[::-1])


def _without_vaguer(found: list[Statement]) -> list[Statement]:
    """Not "a sister" beside "the sister Anna", nor "a cat" beside "the cat Luna"."""
    named = {s.object for s in found if s.predicate == "IS_A"} | {_noun(s) for s in found if s.predicate in _KIN_OF_NAMED}
    return [s for s in found if not (s.predicate in {"HAS_PET", "HAS_RELATIVE"} and s.object in named)]


def _noun(statement: Statement) -> str:
    mention = next(iter(m for m in mentions(plain(statement.quote)) if statement.object in m.names), None)
    return mention.noun if mention else ""


_KIN_OF_NAMED = frozenset({"SIBLING_OF", "PARENT_OF", "MARRIED_TO", "PARTNER_OF", "RELATIVE_OF", "CHILD_OF"})


def _of(clause: Clause) -> Iterator[Statement]:
    yield from kin.mentioned(clause)
    for name in (clause.subject, *clause.others):
        of_one = replace(clause, subject=name)
        for rule in (*_RULES.get(clause.head.lemma, ()), *plans.ANY_VERB):
            yield from rule(of_one)


def _names(turns: Sequence[Turn]) -> Iterator[str]:
    for turn in turns:
        for mention in mentions(plain(own_words(turn.content))):
            yield from mention.names


_RULES: dict[str, tuple[Rule, ...]] = {}
for _theme in (places, work, kin, looks, tastes, health, plans):
    for _verb, _rules in _theme.BY_VERB.items():
        _RULES[_verb] = (*_RULES.get(_verb, ()), *_rules)
