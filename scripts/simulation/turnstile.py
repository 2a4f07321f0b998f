"""The limits of one model: who must be let in next, beside what the scripts of `adapters/limits` say and keep."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mindfleet.lua import Argument
from scripts.simulation.violations import hold
from scripts.simulation.world import World

LEASE, WINDOW, PATIENCE = 10_000, 61_000, 1000
LINE_KEPT = 600_000
LONGEST, MOST_FAILURES, LEFT_ALONE = 5, 2, 20_000
RANK = 10**13
CHANNEL, GATE = "mindfleet:limit:released", "hold:m"
KINDS = ("hold", "breaker", "held", "line", "soon", "wants", "number", "calls", "tokens")
KEY = {kind: f"mindfleet:limit:{kind}:m" for kind in KINDS}

Terms = tuple[int, int, int]
"""Calls at once, requests and tokens a window; 0: any."""


@dataclass(slots=True)
class Breaker:
    """How a model does."""

    failures: int = 0
    opens: int = 0
    probe: str = ""


@dataclass(slots=True)
class Turnstile:
    """One model's."""

    world: World
    hold_until: int = 0
    breaker: Breaker = field(default_factory=Breaker)
    held: dict[str, int] = field(default_factory=dict[str, int])
    line: dict[str, int] = field(default_factory=dict[str, int])
    soon: dict[str, int] = field(default_factory=dict[str, int])
    wants: dict[str, int] = field(default_factory=dict[str, int])
    number: int = 0
    calls: dict[str, int] = field(default_factory=dict[str, int])
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    ends: dict[str, int] = field(default_factory=dict[str, int])
    """When each key is gone."""

    open: list[str] = field(default_factory=list[str])
    """Calls whose callers live."""

    last: int = 0

    def reserve(self, ticket: str, prio: int, stays: bool, terms: Terms, wanted: int) -> None:  # noqa: FBT001 - a word of an action
        """Somebody wants to make a call."""
        self._lapse()
        self.last += 1
        token, now = f"c{self.last}", self.world.now
        told: list[Argument] = [
            self.world.clock(),
            token,
            ticket,
            prio,
            int(stays),
            *terms,
            wanted,
            LEASE,
            WINDOW,
            PATIENCE,
            MOST_FAILURES,
        ]
        answer: Any = self.world.plain("limits/reserve", list(KEY.values()), told)
        due = self._expected(token, ticket, prio, terms, wanted, stays=stays)
        hold(answer == due, "the_right_one_is_let_in", f"{ticket}: {answer} instead of {due}")
        inside = [until for until in self.held.values() if until > now]
        hold(not terms[0] or due != [1] or len(inside) <= terms[0], "limits_hold", f"{len(inside)} calls of {terms[0]}")
        if due == [1]:
            self.open.append(token)
        self.check()

    def settle(self, which: int, ending: str, took: int | None, pause: int, most_calls: int) -> None:
        """A call ends."""
        if not self.open:
            return
        self._lapse()
        token = self.open.pop(which % len(self.open))
        keys = [KEY[kind] for kind in ("hold", "breaker", "held", "line", "soon", "tokens")]
        told: list[Argument] = [
            self.world.clock(),
            token,
            ending,
            "" if took is None else took,
            pause,
            MOST_FAILURES,
            LEFT_ALONE,
            PATIENCE,
        ]
        answer = self.world.plain("limits/settle", keys, [*told, most_calls, CHANNEL, GATE])
        self._ended(ending, pause)
        if took is not None and token in self.tokens:
            self.tokens["sum"] += took - self.tokens[token]
            self.tokens[token] = took
        was_held = self.held.pop(token, None) is not None
        hold(answer == int(was_held), "who_ends_was_there", f"{token}: {answer}")
        self._call_next(most_calls)
        told_all = (CHANNEL.encode(), GATE.encode()) in self.world.model.published
        hold(told_all, "who_waits_hears_of_an_end", token)
        self.check()

    def renew(self) -> None:
        """Workers keep their calls."""
        if not self.open:
            return
        self._lapse()
        now = self.world.now
        answer = self.world.plain(
            "limits/renew", [KEY["held"]] * len(self.open), [self.world.clock(), LEASE, *self.open]
        )
        lost = sum(token not in self.held for token in self.open)
        hold(answer == lost, "what_was_lost_is_said", f"{answer} instead of {lost}")
        self.held |= dict.fromkeys(self.open, now + LEASE)
        self.ends["held"] = now + 2 * LEASE
        self.check()

    def die(self, which: int) -> None:
        """A worker dies amid a call."""
        if self.open:
            self.open.pop(which % len(self.open))

    def check(self) -> None:
        """All that is there is as it must be, and will be gone."""
        self._lapse()
        model = self.world.model
        for kind in ("held", "line", "soon", "calls"):
            flat: Any = model.execute("ZRANGE", KEY[kind], 0, -1, "WITHSCORES")
            found = {member.decode(): int(score) for member, score in zip(flat[::2], flat[1::2], strict=True)}
            hold(found == getattr(self, kind), "limits_are_counted", f"{kind}: {found}, not {getattr(self, kind)}")
        for kind in ("wants", "tokens"):
            flat = model.execute("HGETALL", KEY[kind])
            found = {name.decode(): int(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}
            hold(found == getattr(self, kind), "limits_are_counted", f"{kind}: {found}, not {getattr(self, kind)}")
        flat = model.execute("HMGET", KEY["breaker"], "failures", "opens", "probe")
        breaker = Breaker(int(flat[0] or 0), int(flat[1] or 0), (flat[2] or b"").decode())
        hold(breaker == self.breaker, "limits_are_counted", f"{breaker} instead of {self.breaker}")
        ends = self.world.view().ends
        found = {kind: ends[KEY[kind].encode()] for kind in KINDS if KEY[kind].encode() in ends}
        due = {kind: end for kind, end in self.ends.items() if KEY[kind].encode() in model.values}
        hold(found == due, "no_limit_outlives_its_use", f"{found} instead of {due}")

    def _expected(self, token: str, ticket: str, prio: int, terms: Terms, wanted: int, *, stays: bool) -> list[object]:
        now = self.world.now
        if self.hold_until > now:
            return [0, b"hold", self.hold_until - now]
        if (after := self._broken()) is not None:
            return [0, b"breaker", after]
        self._clean(ticket)
        rank = (10 - prio) * RANK
        before = self.line.get(ticket, rank + 9 * 10**12)
        ahead = [other for other in self.soon if other in self.line and self.line[other] < before]
        obstacle = self._obstacle(terms, wanted, len(ahead), sum(self.wants.get(other, 0) for other in ahead))
        if obstacle is None:
            self._let_in(token, ticket, wanted, counts=bool(terms[1] or terms[2]))
            return [1]
        why, after = obstacle
        self._wait(ticket, rank, wanted)
        if not stays and terms[0] and after == PATIENCE:  # a release calls who is next
            place = sorted(self.line.values()).index(self.line[ticket])
            after = PATIENCE * min(1 + place // terms[0], LONGEST)
        if stays or why in ("requests", "tokens"):
            self.soon[ticket] = now + (min(after, PATIENCE) if stays else after) + 2 * PATIENCE
        return [0, why.encode(), after]

    def _broken(self) -> int | None:
        now = self.world.now
        if self.breaker.failures < MOST_FAILURES:
            return None
        if self.breaker.opens > now:
            return self.breaker.opens - now
        return PATIENCE if self.held.get(self.breaker.probe, 0) > now else None

    def _clean(self, ticket: str) -> None:
        now = self.world.now
        self.held = {token: until for token, until in self.held.items() if until > now}
        self.soon.pop(ticket, None)
        for late in [other for other, until in self.soon.items() if until <= now]:
            for kept in (self.line, self.soon, self.wants):
                kept.pop(late, None)
        for old in [token for token, at in self.calls.items() if at <= now - WINDOW]:
            self.tokens["sum"] = self.tokens.get("sum", 0) - self.tokens.pop(old, 0)
            del self.calls[old]

    def _obstacle(self, terms: Terms, wanted: int, ahead: int, wanted_ahead: int) -> tuple[str, int] | None:
        most_calls, most_requests, most_tokens = terms
        if most_calls and len(self.held) + ahead >= most_calls:
            return ("concurrency" if len(self.held) >= most_calls else "line"), PATIENCE
        over = len(self.calls) + 1 - most_requests
        if most_requests and over > 0:
            return "requests", self._moved_on(lambda requests, _: requests >= over)
        if most_requests and over + ahead > 0:
            return "line", PATIENCE
        above = self.tokens.get("sum", 0) + min(wanted, most_tokens) - most_tokens
        if most_tokens and above > 0:
            return "tokens", self._moved_on(lambda _, freed: freed >= above)
        if most_tokens and ahead and above + wanted_ahead > 0:
            return "line", PATIENCE
        return None

    def _moved_on(self, enough: Callable[[int, int], bool]) -> int:
        freed = 0
        for number, (at, token) in enumerate(sorted((at, token) for token, at in self.calls.items())):
            freed += self.tokens.get(token, 0)
            if enough(number + 1, freed):
                return at + WINDOW - self.world.now
        return PATIENCE

    def _let_in(self, token: str, ticket: str, wanted: int, *, counts: bool) -> None:
        now = self.world.now
        self.line.pop(ticket, None)
        self.wants.pop(ticket, None)
        self.held[token] = now + LEASE
        self.ends["held"] = now + 2 * LEASE
        if self.breaker.failures >= MOST_FAILURES:
            self.breaker.probe = token
        if counts:
            self.calls[token], self.tokens[token] = now, wanted
            self.tokens["sum"] = self.tokens.get("sum", 0) + wanted
            self.ends |= dict.fromkeys(("calls", "tokens"), now + 2 * WINDOW)

    def _wait(self, ticket: str, rank: int, wanted: int) -> None:
        if ticket not in self.line:
            self.number += 1
            self.line[ticket] = rank + self.number
        self.wants[ticket] = wanted
        self.ends |= dict.fromkeys(("line", "soon", "wants", "number"), self.world.now + LINE_KEPT)

    def _ended(self, ending: str, pause: int) -> None:
        now = self.world.now
        if ending == "answered":
            self.breaker = Breaker()
            self.ends.pop("breaker", None)
        elif ending == "failed":
            self.breaker.failures += 1
            if self.breaker.failures >= MOST_FAILURES:
                self.breaker.opens = now + LEFT_ALONE
            self.ends["breaker"] = now + 10 * LEFT_ALONE
        elif ending == "paused" and now + pause > self.hold_until:
            self.hold_until = self.ends["hold"] = now + pause

    def _call_next(self, most_calls: int) -> None:
        now = self.world.now
        inside = [until for until in (*self.held.values(), *self.soon.values()) if until > now]
        free = most_calls - len(inside)
        for _, ticket in sorted((place, ticket) for ticket, place in self.line.items())[:most_calls]:
            if most_calls and free > 0 and self.soon.get(ticket, 0) <= now:
                self.soon[ticket] = now + 2 * PATIENCE
                self.ends["soon"] = now + LINE_KEPT
                free -= 1

    def _lapse(self) -> None:
        for kind in [kind for kind, end in self.ends.items() if self.world.now > end]:
            del self.ends[kind]
            if kind == "breaker":
                self.breaker = Breaker()
            elif kind in ("hold", "number"):
                setattr(self, "hold_until" if kind == "hold" else kind, 0)
            else:
                getattr(self, kind).clear()
