"""One run: what is planned, then peace until everything has ended; the invariants are checked after every step."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Again, Back, End, Settled
from scripts.simulation import stock_workers
from scripts.simulation.actions import Plan
from scripts.simulation.callers import (
    HOLD,
    Producer,
    abort,
    call_in,
    cancel,
    count_backlog,
    put_as_arq_does,
    steer,
    write_down,
)
from scripts.simulation.invariants import EVERY_STEP, IN_THE_END, OF_WORKERS
from scripts.simulation.ledger_writer import LedgerWriter
from scripts.simulation.purse import Purse
from scripts.simulation.redis_model import Model
from scripts.simulation.signs import Signs
from scripts.simulation.sources import SOURCES, Sources
from scripts.simulation.timetable import Timetable
from scripts.simulation.turnstile import Turnstile
from scripts.simulation.view import View
from scripts.simulation.violations import Violation
from scripts.simulation.workers import Worker, unlucky
from scripts.simulation.world import QUEUES, World

NONSENSE = (AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer ends in that no sound script gives."""

BEFORE_ALL = -5
"""A time before 1970, ms: stock producers say such things."""

GUARD = 20_000
"""ms for which a worker of no fleet lets nobody run a job of an id that ended."""

ROUNDS = 400
"""Of peace, until everything must have ended."""

TOLD_ANEW = (
    Entrant(job_id="", queue="", data=b"", task="t1", bot_name="b1", user="u1", priority=9, lane="l1"),
    Entrant(job_id="", queue="", data=b"", task="t2", bot_name="b2", user="", priority=1, gates=("group:g=1",)),
)
"""What workers read in the jobs of stock producers."""


@cache
def the_model() -> Model:
    """One interpreter for all runs of a process."""
    return Model()


class Run:
    """One seed's."""

    def __init__(self, plan: Plan, sources: Sources = SOURCES) -> None:
        self.world = World(plan.seed, sources, the_model(), plan.results, is_narrow=plan.is_narrow)
        self.workers = [Worker(f"w{i}", each) for i, each in enumerate(plan.workers)]
        self.producers = [Producer() for _ in range(plan.producers)]
        self.ledger = LedgerWriter()
        self.steps = 0
        self._plan = plan
        self._parts = {"": self, "timetable": Timetable(self.world), "signs": Signs(self.world)}
        self._parts |= {"limits": Turnstile(self.world), "purse": Purse(self.world)}
        self._checked: View | None = None

    def play(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Play it.

        Raises:
            Violation: an invariant does not hold.
        """
        for action in self._plan.actions:
            self.world.pass_time(action.after)
            tell(str(action))
            part, _, verb = action.verb.rpartition(".")
            self._step(partial(getattr(self._parts[part], verb if part else f"_{verb}"), *action.words))
        tell("peace")
        self._make_peace()
        for invariant in IN_THE_END:
            invariant(self)

    def _step(self, doing: Callable[[], Any]) -> None:
        unlucky(doing)
        self.steps += 1
        view = self.world.view()
        for invariant in OF_WORKERS if view is self._checked else (*OF_WORKERS, *EVERY_STEP):
            invariant(self)
        self._checked = view

    def _make_peace(self) -> None:
        while self.world.late:
            self._step(partial(self.world.arrive, 0))
        for gate in list(self.world.book.gates):
            self._step(partial(steer, self.world, gate, "resume", 0, "ok"))
            self._step(partial(steer, self.world, gate, "lift", 0, "ok"))
        for worker in self.workers:
            worker.awake_at = 0
        for _ in range(ROUNDS):
            self._round()
            if not self.world.book.lives and not any(producer.unanswered for producer in self.producers):
                break
            self.world.pass_time(self._pause())
        self._step(partial(self.ledger.write, self.world, 100_000, dies=False))

    def _round(self) -> None:
        for producer in self.producers:
            self._step(partial(producer.look, self.world))
            self._step(partial(producer.repeat, self.world, 0, "ok"))
        self._step(partial(self.ledger.write, self.world, 1000, dies=False))
        self._step(partial(self.ledger.put_back, self.world))
        for worker in self.workers:
            self._step(partial(worker.land, self.world, TOLD_ANEW))
            self._step(partial(worker.turn, self.world, worker.slots, "ok", TOLD_ANEW))
            self._step(partial(worker.renew, self.world, "ok"))
            worker.land(self.world, TOLD_ANEW)
            for holding in list(worker.holds):
                worker.end(holding, End(outcome="done"))
            self._step(partial(worker.turn, self.world, worker.slots, "ok", TOLD_ANEW))

    def _pause(self) -> int:
        """Until the next alarm, or what a worker waits at most."""
        alarms = [score - self.world.now for each in self.world.view().queues.values() for score in each.values()]
        return max(min([int(each) for each in alarms if each > 0], default=500), 1)

    def _awake(self, which: int) -> Worker | None:
        worker = self.workers[which % len(self.workers)]
        return None if worker.sleeps(self.world) else worker

    def _turn(self, which: int, most: int, fate: str, reads_stock: bool) -> None:  # noqa: FBT001 - a word of an action
        if worker := self._awake(which):
            worker.turn(self.world, most, fate, TOLD_ANEW if reads_stock else ())

    def _renew(self, which: int, fate: str) -> None:
        if worker := self._awake(which):
            worker.renew(self.world, fate)

    def _end(self, which: int, job: int, verdict: str, delay: int, hold: int, keep: int, entrant: Entrant) -> None:
        worker = self._awake(which)
        if worker and worker.holds:
            holding = worker.holds[job % len(worker.holds)]
            worker.end(holding, _verdict(verdict, (delay, hold, keep), entrant, tells=worker.terms.tells))

    def _enqueue(self, which: int, fate: str, entrants: tuple[Entrant, ...]) -> None:
        self.producers[which % len(self.producers)].enqueue(self.world, list(entrants), fate)

    def _repeat(self, which: int, call: int, fate: str) -> None:
        self.producers[which % len(self.producers)].repeat(self.world, call, fate)

    def _stock(self, entrant: Entrant, delay: int | None, expires: int) -> None:
        due = BEFORE_ALL if delay is None else self.world.now + delay
        put_as_arq_does(self.world, entrant, due, expires)

    def _cancel(self, which: int, keep: int, fate: str) -> None:
        if ids := list(self.world.book.lives):
            cancel(self.world, ids[which % len(ids)], keep, fate)

    def _abort(self, which: int) -> None:
        if ids := list(self.world.book.lives):
            abort(self.world, ids[which % len(ids)])

    def _report(self, which: int, job: int, note: str, is_blind: bool, fate: str) -> None:  # noqa: FBT001 - a word of an action
        if worker := self._awake(which):
            worker.report(self.world, job, (note, "100", "so far"), is_blind=is_blind, fate=fate)

    def _land(self, which: int) -> None:
        if worker := self._awake(which):
            worker.land(self.world, TOLD_ANEW)

    def _steer(self, gate: str, verb: str, most: int, fate: str) -> None:
        steer(self.world, gate, verb, most, fate)

    def _write(self, most: int, dies: bool) -> None:  # noqa: FBT001 - a word of an action
        self.ledger.write(self.world, most, dies=dies)

    def _stock_again(self, which: int) -> None:
        """A stock producer puts a job of an id that has just ended."""
        now, book = self.world.now, self.world.book
        ids = [job_id for job_id, until in book.guards.items() if now <= until and job_id not in book.lives]
        if ids:
            job_id = ids[which % len(ids)]
            entrant = Entrant(job_id=job_id, queue=self.workers[0].queue, data=f"{job_id} again {now}".encode())
            put_as_arq_does(self.world, entrant, now)

    def _arq_takes(self, which: int) -> None:
        stock_workers.take(self.world, which)

    def _arq_ends(self, which: int) -> None:
        stock_workers.finish(self.world, which)

    def _write_down(self, most: int, fate: str) -> None:
        write_down(self.world, most, fate)

    def _call_in(self, most: int, fate: str) -> None:
        call_in(self.world, most, fate)

    def _arrive(self, which: int) -> None:
        self.world.arrive(which)

    def _wait(self) -> None:
        """Time passes."""

    def _wait_for(self, ms: int) -> None:
        self.world.pass_time(ms)

    def _sleep(self, which: int, ms: int) -> None:
        self.workers[which % len(self.workers)].awake_at = self.world.true + ms

    def _crash(self, which: int, is_renamed: bool) -> None:  # noqa: FBT001 - a word of an action
        number = which % len(self.workers)
        old = self.workers[number]
        name = f"{old.name}x" if is_renamed else old.name
        self.workers[number] = Worker(name, old.terms)

    def _look(self, which: int) -> None:
        self.producers[which % len(self.producers)].look(self.world)
        for queue in QUEUES:
            count_backlog(self.world, queue)

    def _clock(self, by: int) -> None:
        self.world.set_clock(by)

    def _save(self) -> None:
        self.world.save()

    def _restart(self) -> None:
        self.world.restart()

    def _flush(self) -> None:
        self.world.lose_all()


AGAIN: Mapping[str, tuple[str, bool, str, str]] = {
    "again": ("retried", True, "it failed", ""),
    "postponed": ("postponed", False, "", ""),
    "gate": ("postponed", False, "", "group:h"),
    "hold": ("postponed", False, "", HOLD),
    "dying": ("postponed", False, "the park is away", ""),
}
"""Outcome, whether it failed, why, and the gate that may let it through before."""


def _verdict(name: str, times: tuple[int, int, int], entrant: Entrant, *, tells: bool) -> Settled:
    delay, hold, keep = times
    if name in AGAIN:
        outcome, failed, why, gate = AGAIN[name]
        dying, ran = (f"it failed at {delay}", False) if name == "dying" else ("", True)
        return Again(outcome=outcome, delay=delay, failed=failed, hold=hold, why=why, gate=gate, ran=ran, dying=dying)
    if name == "back":
        return Back()
    if name == "then" and tells:
        return End(outcome="done", result=b"result", keep=keep, following=(entrant,))
    said = '{"said":[1,"two"]}' if keep > 0 else "null"
    name = "done" if name == "then" else name
    return End(outcome=name, result=b"result", keep=keep, text=said, guard=0 if tells else GUARD)


def violation_of(run: Run) -> Violation | None:
    """Play it; what goes wrong, if anything does."""
    try:
        run.play()
    except Violation as violation:
        return violation
    except NONSENSE as error:
        return Violation("answers_make_sense", repr(error))
    return None


def first_violation(plan: Plan, sources: Sources = SOURCES) -> Violation | None:
    """What goes wrong in the run of a plan, if anything does."""
    return violation_of(Run(plan, sources))
