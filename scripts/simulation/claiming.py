"""What a claim leaves: what was due is filed, the next alarm is told, and no pass is kept that others could use."""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.simulation.book import Book, Life
from scripts.simulation.view import View
from scripts.simulation.violations import hold

ASIDE = ("blocked", "held")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a worker asks of a claim."""

    queue: str
    hand: str
    room: int
    lease: int
    tells: bool
    signs: bool
    waits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What came of a claim."""

    wanted: Wanted
    started: int
    alarm: int
    is_paused: bool
    odd: tuple[set[str], set[str]]
    """Who was due before all times, before it and after."""

    @property
    def mended(self) -> set[str]:
        return self.odd[0] - self.odd[1]

    @property
    def has_room(self) -> bool:
        return self.started < self.wanted.room and not self.is_paused

    def is_hurried(self, view: View) -> bool:
        """Whether its worker looks again at once."""
        return self.alarm == view.now + 1


def all_were_filed(book: Book, before: View, wanted: Wanted) -> bool:
    """Whether it looked at all whose alarms had gone off."""
    due = sum(0 <= score <= before.now for score in before.queues.get(wanted.queue, {}).values())
    return due <= book.pieces["FILED_AT_ONCE"] + wanted.room


def what_is_due_is_filed(book: Book, before: View, view: View, looked: Looked) -> None:
    """Nobody is left whose time has come, and an idle worker finds those who name no time that can be."""
    queue, left = looked.wanted.queue, looked.odd[1]
    is_mended = not left or len(looked.mended) >= book.pieces["FILED_AT_ONCE"]
    hold(looked.started or not looked.has_room or is_mended, "what_is_due_is_filed", f"{left}")
    late = {job_id for job_id, score in view.queues.get(queue, {}).items() if 0 <= score <= view.now} - looked.mended
    hold(not late or not all_were_filed(book, before, looked.wanted), "what_is_due_is_filed", f"{late}")


def an_alarm_is_told(book: Book, view: View, looked: Looked) -> None:
    """When the next one goes off; at once, where there may be more than one claim looks at."""
    queue, alarm = looked.wanted.queue, looked.alarm
    nearest = min((score for score in view.queues.get(queue, {}).values() if score > view.now), default=-1)
    aside = sum(about["queue"] == queue and about["state"] in ASIDE for about in view.jobs.values())
    may_look_again = looked.mended or looked.started + aside >= looked.wanted.room + book.pieces["LOOKED_AT"]
    is_right = alarm == int(nearest) or (looked.is_hurried(view) and may_look_again)
    hold(is_right, "an_alarm_is_told", f"{queue}: {alarm} instead of {nearest:.0f}")
    is_left = looked.has_room and bool(view.ready.get(queue))
    hold(not is_left or looked.is_hurried(view), "who_is_left_is_looked_at_again", f"{queue}: {alarm}")


def passes_lapse(book: Book, view: View, looked: Looked) -> None:
    """A queue with a slot free takes the place of who was let through long ago and has none."""
    passes = view.passes.get("", {})
    if not looked.has_room or book.pieces["PASSES_AT_ONCE"] < len(passes):
        return
    for job_id in [job_id for job_id, until in passes.items() if until <= view.now]:
        holder = view.jobs[job_id]
        through = holder["through"].splitlines() if holder["queue"] != looked.wanted.queue else []
        firsts = [next(iter(view.before.get(f"{looked.wanted.queue}:{gate}", {})), "") for gate in through]
        for life in [book.lives[first] for first in firsts if first]:
            full = [gate for gate in book.gates_of(life) if _is_full(book, view, (life, gate), through)]
            hold(full, "a_pass_lapses", f"{life.id} could take the place of {job_id} at {through}")


def who_waits_is_marked(view: View, looked: Looked) -> None:
    """So that whoever makes a job ready wakes him."""
    wanted = looked.wanted
    waits = wanted.waits and looked.started < wanted.room
    until = view.ends.get(f"mindfleet:idle:{wanted.queue}".encode())
    hold(not waits or until == view.now + 60_000, "who_waits_is_woken", f"{wanted.queue}: {until}")


def _is_full(book: Book, view: View, which: tuple[Life, str], through: Sequence[str]) -> bool:
    life, gate = which
    most = book.capacity(gate, life.gates)
    return most is not None and len(view.using.get(gate, ())) >= most + (gate in through)
