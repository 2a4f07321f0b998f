"""A worker as `runtime.engine` is one, without a loop: it claims, holds, renews, settles, and is unlucky."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from mindfleet.runtime.claims import Back, Claim, End, Settled, read_claim
from mindfleet.runtime.neighbours import Neighbours
from scripts.simulation.view import View
from scripts.simulation.witness import Verdict
from scripts.simulation.world import Away, Call, World

LEASE = 4000
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

    is_lost: bool = False


class Worker:
    """One process.

    Args:
        name: as Redis knows it.
        queue: that it works off.
        slots: how many jobs it runs at once.
        rate: how fast its own clock goes.
    """

    def __init__(self, name: str, queue: str, slots: int, rate: float) -> None:
        self.name, self.queue, self.slots, self.rate = name, queue, slots, rate
        self.awake_at = 0
        self.holds: list[Holding] = []
        self.ended: list[tuple[Holding, Settled]] = []
        self.alarm = -1
        self.unanswered: list[str] = []
        """The hands of the claims whose answers were lost."""

        self._signed_in = -float(SIGN_IN_EVERY)

    def clock(self, world: World) -> float:
        """Its own, monotonic; ms."""
        return world.true * self.rate

    def sleeps(self, world: World) -> bool:
        return world.true < self.awake_at

    def believes(self, world: World, holding: Holding) -> bool:
        """Whether it would still produce effects for that job."""
        return not holding.is_lost and self.clock(world) < holding.renewed + LEASE

    def turn(self, world: World, most: int, fate: str, told_anew: Sequence[Entrant]) -> None:
        """Settle what has ended, claim what there is room for; see `Engine.turn`."""
        while self.unanswered:
            self._free_adrift(world, self.unanswered[0], "ok" if fate in ("ok", "half") else fate)
            del self.unanswered[0]
        sent, room = list(self.ended), max(min(most, self.slots - len(self.holds)), 0)
        calls = [self._settlement(world, sent)] if sent else []
        hand = f"{self.name}~{next(world.numbers)}"
        calls.append(self._claiming(world, hand, room))
        self.unanswered.append(hand)
        asked_at = self.clock(world)
        *settled, claimed = world.send(calls, fate)
        if settled:
            del self.ended[: len(sent)]
        self.unanswered.remove(hand)
        self.alarm = claimed[0]
        self._signed_in = max(self._signed_in, self.clock(world) if self._signs_in(world) else self._signed_in)
        for row in claimed[4]:
            self._begin(world, Holding(read_claim(row), asked_at, world.lives), told_anew)

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
        elif claim.deadline is not None and world.now > claim.deadline:
            self.end(holding, End(outcome="expired"))
        elif claim.is_stock and told_anew:
            self.holds.remove(holding)
            self._file_anew(world, claim, told_anew[len(claim.job_id + claim.token) % len(told_anew)])

    def _file_anew(self, world: World, claim: Claim, told: Entrant) -> None:
        about: list[Argument] = [told.task, told.bot_name, told.user, told.priority, told.lane, " ".join(told.gates), 1]

        def saw(_: View, __: View, answer: int) -> None:
            world.witness.saw_refile(claim.job_id, claim.token, answer, told)

        world.run(Call("refile", [claim.job_id, claim.token, *about], saw))

    def _free_adrift(self, world: World, hand: str, fate: str) -> None:
        def saw(_: View, __: View, freed: int) -> None:
            world.witness.saw_adrift(self.queue, hand, freed)

        world.send([Call("adrift", [self.queue, hand], saw)], fate)

    def _settlement(self, world: World, sent: Sequence[tuple[Holding, Settled]]) -> Call:
        verdicts: list[Verdict] = [(each.claim.job_id, each.claim.token, settled) for each, settled in sent]
        told: list[Argument] = [self.name, 1, 10_000, len(sent)]
        for job_id, token, settled in verdicts:
            told += [job_id, token, *settled.arguments()]

        def saw(_: View, view: View, answers: Sequence[int]) -> None:
            world.witness.saw_settle(view, verdicts, answers)

        following = [each for *_, settled in verdicts if isinstance(settled, End) for each in settled.following]
        return Call("settle", told, saw, following)

    def _claiming(self, world: World, hand: str, room: int) -> Call:
        asked = (self.queue, hand, room, LEASE)

        def saw(before: View, view: View, answer: Sequence[Any]) -> None:
            world.witness.saw_claim(view, asked, answer, before)

        return Call("claim", [*asked, 1, 5, 86_400_000, int(self._signs_in(world)), 1, self._company(), 1], saw)

    def _company(self) -> int:
        here = Neighbours()
        for each in self.holds:
            if each.claim.deaths:
                here.joined(each.claim.token, each.claim.deaths)
        with here.asking() as company:
            return company

    def _signs_in(self, world: World) -> bool:
        return self.clock(world) - self._signed_in >= SIGN_IN_EVERY


def _stopped(wish: str) -> Settled:
    return End(outcome=wish) if wish else Back()


def unlucky(doing: Any) -> bool:  # noqa: ANN401 - a call without arguments
    """Do it; whether there was no answer."""
    try:
        doing()
    except Away:
        return True
    return False
