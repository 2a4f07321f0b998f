"""When each fact was true, derived from everything that was ever asserted of it. Pure; the order of arrival is nothing.

The assertions of a slot are told in the order in which they were said, and the latest speaks for its time: it draws its
object over what was drawn there before. Objects that exclude each other share a line: all objects of a one-valued
predicate do, and a predicate shares the line of each object with its opposite. Nothing is deleted: what is drawn over
completely stays as a stretch of no length, which is true at no instant.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unicodedata import normalize

from mindfleet import ids
from mindfleet.knowledge.vocabulary import Predicate, vocabulary
from mindfleet.ports.facts import Assertion, Evidence, Fact

_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\S)")


def derive(
    assertions: Sequence[Assertion], predicate: Predicate, opposite_assertions: Sequence[Assertion] = ()
) -> list[Fact]:
    """The facts of one slot, by `valid_from`, then id.

    Args:
        assertions: all of one slot, in any order.
        predicate: what the vocabulary says of that slot's predicate.
        opposite_assertions: all of the slot of the same subject and `predicate.opposite`.
    """
    lines: dict[str, _Line] = {}
    for assertion in _as_told([*assertions, *opposite_assertions]):
        shared_by = "" if predicate.one else thing_key(assertion.object)
        lines[shared_by] = _tell(lines.get(shared_by, ()), assertion)
    facts = [_fact(stretch) for line in lines.values() for stretch in line if stretch.what[0] == predicate.name]
    return sorted(facts, key=lambda fact: (fact.valid_from, fact.id))


def derive_all(assertions: Sequence[Assertion]) -> list[Fact]:
    """The facts of every slot of every user that these assertions speak of, by `valid_from`, then id."""
    slots: dict[tuple[str, str, str], list[Assertion]] = {}
    for assertion in assertions:
        slots.setdefault((assertion.user_id, assertion.subject.casefold(), assertion.predicate), []).append(assertion)
    facts: list[Fact] = []
    for (user_id, subject, name), own in slots.items():
        predicate = vocabulary().of(name)
        against = slots.get((user_id, subject, predicate.opposite), []) if predicate.opposite else []
        facts += derive(own, predicate, against)
    return sorted(facts, key=lambda fact: (fact.valid_from, fact.id))


def is_true(fact: Fact, at: datetime) -> bool:
    """Whether it is true at that instant."""
    return fact.valid_from <= at and (fact.valid_to is None or at < fact.valid_to)


def thing_key(name: str) -> str:
    """Names with the same key mean the same thing: case, spaces and a leading article make no difference."""
    spelling = " ".join(normalize("NFKC", name).casefold().split())
    return _ARTICLE.sub("", spelling)


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """While something was true: from `start` (included) to `end` (excluded; None: until further notice)."""

    what: tuple[str, str]
    """The predicate and the key of the object."""

    start: datetime
    end: datetime | None
    claims: tuple[Assertion, ...]
    """What it rests on, as told; never empty."""

    def lasts_beyond(self, at: datetime) -> bool:
        return self.end is None or at < self.end

    def covers(self, at: datetime) -> bool:
        return self.start <= at and self.lasts_beyond(at)

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        return self.lasts_beyond(start) and (end is None or self.start < end)


_Line = tuple[_Stretch, ...]
"""By start; no two are true at once."""


def _tell(line: _Line, claim: Assertion) -> _Line:
    if not claim.holds:
        return _end(line, claim, denied=[s for s in _own(line, claim) if s.lasts_beyond(claim.said_at)])
    if claim.since is None and claim.until is not None and claim.until <= claim.said_at:
        return _end(line, claim, denied=())
    return _hold(line, claim)


def _hold(line: _Line, claim: Assertion) -> _Line:
    """Draw it from its beginning; what is true already goes on, and what is planned for later stays planned."""
    start = _beginning(claim)
    now = max(start, claim.said_at)
    current = [stretch for stretch in _own(line, claim) if stretch.covers(now)]
    plans = [s.start for s in line if s.what != _what(claim) and s.start > now and s.lasts_beyond(s.start)]
    end = claim.until or (current[0].end if current else min(plans, default=None))
    return _draw(line, claim, start, end)


def _end(line: _Line, claim: Assertion, denied: Sequence[_Stretch]) -> _Line:
    """End what was true at that time, and what the words deny; with neither, all that is known is the end."""
    end = _ending(claim)
    own = _own(line, claim)
    reached = [stretch for stretch in own if stretch in denied or stretch.covers(end)]
    if not reached and claim.since is None:
        ended_before = [stretch.start for stretch in own if stretch.start <= end]
        return _support(line, ended_before[-1], claim) if ended_before else _draw(line, claim, end, end)
    for stretch in reached:
        line = _draw(line, claim, stretch.start, max(stretch.start, end))
    return line if claim.since is None else _draw(line, claim, min(claim.since, end), end)


def _draw(line: _Line, claim: Assertion, start: datetime, end: datetime | None) -> _Line:
    """Lay a stretch over the line; those of the same thing that it touches become part of it."""
    what = _what(claim)
    merged = [s for s in line if s.what == what and (s.start == start or s.overlaps(start, end))]
    drawn = _Stretch(
        what=what,
        start=min([start, *(s.start for s in merged)]),
        end=end,
        claims=_as_told([claim, *(c for s in merged for c in s.claims)]),
    )
    kept = [s for s in line if s not in merged]
    pieces = [piece for s in kept for piece in _left_of(s, drawn)]
    return tuple(sorted([*pieces, drawn], key=lambda s: (s.start, s.what)))


def _left_of(stretch: _Stretch, drawn: _Stretch) -> list[_Stretch]:
    """What stays of a stretch when another is laid over it."""
    if drawn.start == drawn.end or stretch.start == stretch.end or not stretch.overlaps(drawn.start, drawn.end):
        return [stretch]
    pieces: list[_Stretch] = []
    if stretch.start < drawn.start:
        pieces.append(replace(stretch, end=drawn.start))
    if drawn.end is not None and stretch.lasts_beyond(drawn.end):
        pieces.append(replace(stretch, start=drawn.end))
    return pieces or [replace(stretch, end=stretch.start)]


def _support(line: _Line, start: datetime, claim: Assertion) -> _Line:
    """Add a claim to the stretch of its thing that begins at `start`."""
    return tuple(
        replace(s, claims=_as_told([*s.claims, claim])) if (s.what, s.start) == (_what(claim), start) else s
        for s in line
    )


def _own(line: _Line, claim: Assertion) -> list[_Stretch]:
    return [stretch for stretch in line if stretch.what == _what(claim)]


def _what(claim: Assertion) -> tuple[str, str]:
    return claim.predicate, thing_key(claim.object)


def _beginning(claim: Assertion) -> datetime:
    start = claim.since or claim.said_at
    return start if claim.until is None else min(start, claim.until)


def _ending(claim: Assertion) -> datetime:
    return claim.until or claim.said_at


def _as_told(assertions: Iterable[Assertion]) -> tuple[Assertion, ...]:
    """Each once: by time of speaking, then by the time it speaks of, a beginning before an end, the surest last."""

    def place(a: Assertion) -> tuple[object, ...]:
        return a.said_at, _beginning(a) if a.holds else _ending(a), not a.holds, a.confidence, a.id

    return tuple(sorted({a.id: a for a in assertions}.values(), key=place))


def _fact(stretch: _Stretch) -> Fact:
    first, latest = stretch.claims[0], stretch.claims[-1]
    predicate, object_key = stretch.what
    start = stretch.start.astimezone(UTC)
    identity = (first.bot_name, first.user_id, first.subject.casefold(), predicate, object_key, start.isoformat())
    return Fact(
        id=ids.name("fact", *identity),
        bot_name=first.bot_name,
        user_id=first.user_id,
        subject=latest.subject,
        predicate=predicate,
        object=latest.object,
        confidence=max(claim.confidence for claim in stretch.claims),
        valid_from=start,
        valid_to=stretch.end and stretch.end.astimezone(UTC),
        evidence=_evidence(stretch.claims),
        provider=first.provider,
        answer_key=first.answer_key,
    )


def _evidence(claims: Sequence[Assertion]) -> tuple[Evidence, ...]:
    """The messages of the claims, each once, by time of speaking."""
    said = sorted(claims, key=lambda claim: (claim.said_at, claim.message_id))
    messages = {
        claim.message_id: Evidence(
            message_id=claim.message_id, channel_id=claim.channel_id, visibility=claim.visibility
        )
        for claim in said
    }
    return tuple(messages.values())
