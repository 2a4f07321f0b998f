"""A worker as `runtime.engine` is one, without a loop: it claims, holds, renews, settles, and is unlucky."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from mindfleet.runtime.claims import Back, Claim, End, Settled, read_claim
from mindfleet.runtime.neighbours import APART_FROM, CAREFUL, CLOSED, OPEN
from scripts.simulation.accounts import DAY
from scripts.simulation.actions import Terms
from scripts.simulation.arrivals import USUAL_PRIORITY
from scripts.simulation.claiming import Wanted
from scripts.simulation.view import View
from scripts.simulation.witness import Verdict
from scripts.simulation.world import Away, Call, World

LEASE = 4000
TWICE = 7
"""Every so many settlements settle something twice in one call."""

MOST_DEATHS = 5
SIGN_IN_EVERY = 60_000


@dataclass(slots=True)
class Holding:
    """One claim, as its worker sees it."""

    claim: Claim
    renewed: float
    """By the worker's own clock."""

    lives: int
    """Of the server, at the claim."""

    is_overlapped: bool = False
    """Whether another claim was under way beside that which brought it: each may bring what should not meet."""

    is_lost: bool = False


@dataclass(slots=True)
class Flight:
    """A round trip that Redis has heard, and whose answer is still on its way."""

    answers: Sequence[Any]
    hand: str
    room: int
    asked_at: float
    signs: bool
    company: int
    """What it may bring, see `runtime.neighbours`."""

    lives: int
    is_overlapped: bool = False


class Worker:
    """One process.

    Args:
        name: as Redis knows it.
        terms: what kind of worker it is.
    """

    def __init__(self, name: str, terms: Terms) -> None:
        self.name, self.terms = name, terms
        self.queue, self.slots = terms.queue, terms.slots
        self.awake_at = 0
        self.holds: list[Holding] = []
        self.ended: list[tuple[Holding, Settled]] = []
        self.alarm = -1
        self.unanswered: list[str] = []
        """The hands of the claims whose answers were lost."""

        self.flight: Flight | None = None
        self._signed_in = -float(SIGN_IN_EVERY)

    def clock(self, world: World) -> float:
        """Its own, monotonic; ms."""
        return world.true * self.terms.rate

    def sleeps(self, world: World) -> bool:
        return world.true < self.awake_at

    def believes(self, world: World, holding: Holding) -> bool:
        """Whether it would still produce effects for that job."""
        return not holding.is_lost and self.clock(world) < holding.renewed + LEASE

    def turn(self, world: World, most: int, fate: str, told_anew: Sequence[Entrant]) -> None:
        """Settle what has ended, claim what there is room for; see `Engine.turn`.

        Its answer may be slow: then one more turn can be taken meanwhile, for what room there is beside.
        """
        if self.unanswered and self.flight:
            return  # the turn that is under way comes first
        while self.unanswered:
            self._free_adrift(world, self.unanswered[0], "ok" if fate in ("ok", "half", "slow") else fate)
            del self.unanswered[0]
        flight = self._send(world, most, fate)
        if fate == "slow" and self.flight is None:
            self.flight = flight
        else:
            self._hear(world, flight, told_anew)

    def land(self, world: World, told_anew: Sequence[Entrant]) -> None:
        """Hear the answer that is on its way."""
        flight, self.flight = self.flight, None
        if flight and flight.lives != world.lives:
            self.unanswered.append(flight.hand)  # its connection broke with the server
        elif flight:
            self._hear(world, flight, told_anew)

    def _send(self, world: World, most: int, fate: str) -> Flight:
        sent, asked = list(self.ended), self.flight.room if self.flight else 0
        room = max(min(most, self.slots - len(self.holds) - asked), 0)
        calls = [self._settlement(world, sent)] if sent else []
        if self.flight:
            self.flight.is_overlapped = True
        hand, signs = f"{self.name}~{next(world.numbers)}", self._signs_in(world)
        company = self._company()
        calls.append(self._claiming(world, hand, room, company, signs=signs))
        self.unanswered.append(hand)
        asked_at = self.clock(world)
        answers = world.send(calls, "ok" if fate == "slow" else fate)
        if sent:
            del self.ended[: len(sent)]
        self.unanswered.remove(hand)
        return Flight(answers, hand, room, asked_at, signs, company, world.lives, bool(self.flight))

    def _hear(self, world: World, flight: Flight, told_anew: Sequence[Entrant]) -> None:
        claimed = flight.answers[-1]
        self.alarm = claimed[0]
        if flight.signs:
            self._signed_in = self.clock(world)
        for row in claimed[4]:
            self._begin(world, Holding(read_claim(row), flight.asked_at, flight.lives, flight.is_overlapped), told_anew)

    def report(self, world: World, job: int, said: tuple[str, str, str], *, is_blind: bool, fate: str) -> None:
        """A job tells how far it is, with its token or, as arq's functions do, without."""
        if not self.holds:
            return
        claim = self.holds[job % len(self.holds)].claim
        token = "" if is_blind else claim.token

        def saw(_: View, view: View, answer: int) -> None:
            world.witness.saw_report(view, claim.job_id, token, said, answer)

        world.send([Call("report", [claim.job_id, token, *said], saw)], fate)

    def renew(self, world: World, fate: str) -> None:
        """Renew every lease; see `Engine.renew`."""
        now = self.clock(world)
        held = [each for each in self.holds if not each.is_lost]
        if not held:
            return
        pairs = [(each.claim.job_id, each.claim.token) for each in held]
        told: list[Argument] = [word for pair in pairs for word in pair]

        def saw(_: View, view: View, answers: Sequence[bytes]) -> None:
            world.witness.saw_renew(view, pairs, LEASE, answers)

        [answers] = world.send([Call("renew", [LEASE, len(held), *told], saw)], fate)
        for each, answer in zip(held, answers, strict=True):
            if answer == b"lost":
                each.is_lost = True
                self.holds.remove(each)
                continue
            each.renewed = now
            if answer != b"held":
                self.end(each, _stopped(answer.decode()))

    def end(self, holding: Holding, settled: Settled) -> None:
        """The job ends here, in whatever way."""
        self.holds.remove(holding)
        self.ended.append((holding, settled))

    def _begin(self, world: World, holding: Holding, told_anew: Sequence[Entrant]) -> None:
        claim = holding.claim
        self.holds.append(holding)
        if claim.wish:
            self.end(holding, _stopped(claim.wish))
        elif claim.deaths >= MOST_DEATHS:
            self.end(holding, End(outcome="parked"))
        elif not claim.data or (claim.deadline is not None and world.now > claim.deadline):
            self.end(holding, End(outcome="expired"))
        elif claim.is_stock and told_anew:
            self.holds.remove(holding)
            self._file_anew(world, claim, told_anew[len(claim.job_id + claim.token) % len(told_anew)])

    def _file_anew(self, world: World, claim: Claim, told: Entrant) -> None:
        about: list[Argument] = [told.task, told.bot_name, told.user, told.priority, told.lane, " ".join(told.gates), 1]

        def saw(_: View, view: View, answer: int) -> None:
            world.witness.saw_refile(view, claim.job_id, claim.token, answer, told)

        for _ in range(1 + (next(world.numbers) % 3 == 0)):  # the second time the token does not hold any more
            world.run(Call("refile", [claim.job_id, claim.token, *about], saw))

    def _free_adrift(self, world: World, hand: str, fate: str) -> None:
        def saw(_: View, __: View, freed: int) -> None:
            world.witness.saw_adrift(self.queue, hand, freed)

        world.send([Call("adrift", [self.queue, hand], saw)], fate)

    def _settlement(self, world: World, sent: Sequence[tuple[Holding, Settled]]) -> Call:
        results = world.results if self.terms.tells else ""
        if next(world.numbers) % TWICE == 0:
            sent = [*sent, sent[-1]]  # the second time, there is nothing to settle any more
        verdicts: list[Verdict] = [(each.claim.job_id, each.claim.token, settled) for each, settled in sent]
        told: list[Argument] = [self.name, int(self.terms.tells), results, len(sent)]
        for job_id, token, settled in verdicts:
            told += [job_id, token, *settled.arguments()]
        worker = self.name if self.terms.tells else ""

        def saw(_: View, view: View, answers: Sequence[int]) -> None:
            world.witness.saw_settle(view, worker, verdicts, answers)

        following = [each for *_, settled in verdicts if isinstance(settled, End) for each in settled.following]
        return Call("settle", told, saw, following, results.partition(" ")[2])

    def _claiming(self, world: World, hand: str, room: int, company: int, *, signs: bool) -> Call:
        tells, waits = self.terms.tells, self.terms.waits
        wanted = Wanted(
            queue=self.queue, hand=hand, room=room, lease=LEASE, tells=tells, signs=signs, waits=waits
        )  # fmt: skip

        def saw(before: View, view: View, answer: Sequence[Any]) -> None:
            world.witness.saw_claim((before, view), wanted, answer)

        asked = (self.queue, hand, room, LEASE, int(tells), USUAL_PRIORITY)
        return Call("claim", [*asked, DAY, int(signs), int(waits), company, int(tells)], saw)

    def _company(self) -> int:
        """As `Neighbours.asking` says: while a claim is under way that may bring any job, others are careful."""
        deaths = max((each.claim.deaths for each in self.holds), default=0)
        least = CLOSED if deaths >= APART_FROM else CAREFUL if deaths else OPEN
        asks_openly = self.flight is not None and self.flight.company == OPEN
        return max(least, CAREFUL) if asks_openly else least

    def _signs_in(self, world: World) -> bool:
        return self.terms.tells and self.clock(world) - self._signed_in >= SIGN_IN_EVERY


def _stopped(wish: str) -> Settled:
    return End(outcome=wish) if wish else Back()


def unlucky(doing: Any) -> bool:  # noqa: ANN401 - a call without arguments
    """Do it; whether there was no answer."""
    try:
        doing()
    except Away:
        return True
    return False
