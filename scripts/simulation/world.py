"""The server, its clock, the network, and a witness who sees all that is asked and answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from scripts.simulation.book import Book, Violation, hold
from scripts.simulation.choices import shares_are_fair
from scripts.simulation.redis_model import Model, Snapshot
from scripts.simulation.sources import SOURCES, Sources, composed
from scripts.simulation.values import RedisError
from scripts.simulation.view import View, look
from scripts.simulation.witness import Witness

QUEUES = ("arq:q1", "arq:q2")
START = 1_700_000_000_000
RESULTS = "mindfleet:results"
RESTART_TAKES = 20
WRITTEN_EVERY = 1000
"""ms; what is younger may be lost."""


class Away(Exception):
    """The caller got no answer: it does not know whether it was heard."""


Saw = Callable[[View, View, Any], None]
"""Hears of a script that ran: what was there before, what is there now, what was answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """One script, and what the witness is to make of its answer."""

    name: str
    arguments: Sequence[Argument]
    saw: Saw
    entrants: Sequence[Entrant] = ()
    """Who enters by it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a restart may find again."""

    at: int
    data: Snapshot
    book: Book


class World:
    """One run. Time stands still but for `pass_time`.

    Args:
        seed: of what the server leaves to chance.
        sources: of the scripts.
        model: to be used again, with what it has compiled.
    """

    def __init__(self, seed: int, sources: Sources = SOURCES, model: Model | None = None) -> None:
        self.model = model or Model()
        self.model.begin(now_ms=START, seed=seed)
        self.true = START
        """What no clock shows: how much time really passed."""

        self.witness = Witness()
        self.late: list[list[Call]] = []
        """What was given up by its sender, and may still arrive."""

        self.numbers = count()
        """None comes again, whatever the server loses."""

        self.lives = 0
        """How often the server began anew."""

        self._sources = sources
        self._saved: Saved | None = None
        self._seen: View | None = None

    @property
    def book(self) -> Book:
        return self.witness.book

    @property
    def now(self) -> int:
        """The server's clock, ms."""
        return self.model.now_ms

    def view(self) -> View:
        """What is there now."""
        if self._seen is None:
            self._seen = look(self.model)
        return self._seen

    def pass_time(self, ms: int) -> None:
        self.true += ms
        self.model.now_ms += ms
        self._seen = None

    def set_clock(self, by: int) -> None:
        """Somebody sets the server's clock."""
        self.witness.clock_was_set = True
        self.model.now_ms += by
        self._seen = None

    def send(self, calls: Sequence[Call], fate: str) -> list[Any]:
        """One round trip.

        Args:
            calls: of one pipeline.
            fate: `ok`; `before`, `after`: the connection breaks before or after the server has heard; `half`:
                after the first script; `late`: the server hears only when the sender has given up.

        Raises:
            Away: there is no answer.
        """
        if fate == "late":
            self.late.append(list(calls))
        heard = {"ok": len(calls), "after": len(calls), "half": 1}.get(fate, 0)
        answers = [self.run(call) for call in calls[:heard]]
        if fate != "ok":
            raise Away
        return answers

    def arrive(self, which: int) -> None:
        """Something that was given up arrives."""
        if self.late:
            for call in self.late.pop(which % len(self.late)):
                self.run(call)

    def run(self, call: Call) -> Any:  # noqa: ANN401 - each script has its own
        """Have the server run a script, and the witness look."""
        before = self.view()
        self.model.published.clear()
        script = self.model.script(composed(call.name, self._sources))
        try:
            answer = script([], [str(self.now), *call.arguments])
        except RedisError as error:
            raise Violation("no_script_breaks", f"{call.name}: {error}") from error
        self._seen = None
        view = self.view()
        woken = {channel.decode() for channel, _ in self.model.published}
        unheard = [queue for queue in before.idle - view.idle if f"mindfleet:wake:{queue}" not in woken]
        hold(not unheard, "no_wake_is_lost", f"{unheard} by {call.name}")
        hold(
            call.name != "cancel" or answer != b"asked" or "mindfleet:cancel" in woken, "a_wish_is_told", "nobody heard"
        )
        call.saw(before, view, answer)
        shares_are_fair(before, view)
        self._read_results(call)
        return answer

    def execute(self, *words: Argument) -> Any:  # noqa: ANN401 - whatever it answers
        """A plain command."""
        self._seen = None
        return self.model.execute(*words)

    def save(self) -> Saved:
        """What is there now is on disk."""
        self._saved = Saved(self.true, self.model.snapshot(), self.book.copy())
        return self._saved

    def restart(self) -> None:
        """The server comes back with what was on disk a second ago, or with everything."""
        found = self._saved
        if found is None or self.true - found.at > WRITTEN_EVERY:
            found = self.save()
        self.model.restart(found.data)
        self.witness.book = found.book.copy()
        self._begin_anew()

    def lose_all(self) -> None:
        """The server comes back with nothing."""
        self.model.restart()
        self.witness.book = Book()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.lives += 1
        self.pass_time(RESTART_TAKES)
        self._saved = self._seen = None

    def _read_results(self, call: Call) -> None:
        since = self.book.last_result
        entries: Any = self.model.execute("XRANGE", RESULTS, "-" if since == "-" else f"({since}", "+")
        told = [(entry.decode(), _fields([each.decode(errors="replace") for each in flat])) for entry, flat in entries]
        self.witness.saw_results(told, call.entrants)


def entered(entrants: Sequence[Entrant], witness: Witness) -> Call:
    """The call by which a producer lets jobs in."""
    told = [argument for entrant in entrants for argument in entrant.arguments()]

    def saw(before: View, view: View, answer: Any) -> None:  # noqa: ANN401 - what the script says
        witness.saw_enqueue(before, view, entrants, answer[2])

    return Call("enqueue", [len(entrants), *told], saw, entrants)


def _fields(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
