"""The server, its clock, the network, and a witness who sees all that is asked and answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from scripts.simulation.accounts import Entry, fields_of
from scripts.simulation.book import Book
from scripts.simulation.choices import shares_are_fair, the_pace_goes_on
from scripts.simulation.lua_engine import Script as RedisScript
from scripts.simulation.published import ends_are_published, who_waits_is_woken, wishes_are_told
from scripts.simulation.redis_model import Model, Snapshot
from scripts.simulation.sources import PIECES, SOURCES, Sources, as_sent, composed, in_small_pieces, pieces
from scripts.simulation.turns import turns_are_fair, who_is_let_through_has_a_place
from scripts.simulation.values import RedisError
from scripts.simulation.view import View, look
from scripts.simulation.violations import Violation, hold
from scripts.simulation.witness import Witness

QUEUES = ("arq:q1", "arq:q2")
START = 1_700_000_000_000
RESULTS, LEDGER = "mindfleet:results", "mindfleet:ledger"
RESTART_TAKES = 20
READING = frozenset({"GET", "MGET", "XRANGE", "EXISTS", "ZRANGE", "HGETALL"})

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

    channel: str = ""
    """Where ends are to be published, beside the stream."""


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
        results: what all but workers of no fleet say of the fleet's results, see `waiting.lua`.
        is_narrow: whether scripts do little in one piece, see `sources.PIECES`.
    """

    def __init__(
        self,
        seed: int,
        sources: Sources = SOURCES,
        model: Model | None = None,
        results: str = "10000",
        *,
        is_narrow: bool = False,
    ) -> None:
        self.model = model or Model()
        self.model.begin(now_ms=START, seed=seed)
        self.true = START
        """What no clock shows: how much time really passed."""

        self.is_narrow = is_narrow
        self.pieces = PIECES if is_narrow else pieces(sources)
        """How much scripts do in one piece, by the name of the constant."""

        self.witness = Witness(self.pieces)
        self.late: list[list[Call]] = []
        """What was given up by its sender, and may still arrive."""

        self.numbers = count()
        """None comes again, whatever the server loses."""

        self.written: list[str] = []
        """Entries of the ledger, when its writer last looked."""

        self.lives = 0
        """How often the server began anew."""

        self.ran: Callable[[str], object] = str
        """Hears of each script that ran, by name."""

        self.results = results
        self._given = count()
        self._sources = in_small_pieces(sources) if is_narrow else sources
        self._saved: Saved | None = None
        self._seen: View | None = None

    @property
    def book(self) -> Book:
        return self.witness.book

    @property
    def now(self) -> int:
        """The server's clock, ms."""
        return self.model.now_ms

    def clock(self) -> str:
        """What a script is given for the time: now and then nothing, so that it asks the server."""
        return "" if next(self._given) % 3 == 0 else str(self.now)

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
        for ms in (0, by):
            self.model.now_ms += ms
            self._seen = None
            self.view()
            self.book.lapse(self.now)

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
        try:
            answer = self._script(call.name)([], [self.clock(), *call.arguments])
        except RedisError as error:
            raise Violation("no_script_breaks", f"{call.name}: {error}") from error
        self.ran(call.name)
        self._seen = None
        view = self.view()
        if call.name != "claim":
            who_waits_is_woken(before, view, self.model.published)
        job_id = str(call.arguments[0])
        is_running = view.jobs.get(job_id, {}).get("state") == "running"
        asked = job_id if call.name == "cancel" and answer == b"asked" and is_running else ""
        wishes_are_told(before, view, self.model.published, asked)
        call.saw(before, view, answer)
        shares_are_fair(before, view, gone=sum(each.supersede for each in call.entrants))
        the_pace_goes_on(before, view)
        turns_are_fair(before, view)
        if call.name != "call_in":  # who waited for a model only
            who_is_let_through_has_a_place(before, view)
        self._read_streams(view, call)
        return answer

    def plain(self, name: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:  # noqa: ANN401 - its own
        """Run a script that has to do with no job; whoever asks sees what came of it."""
        self._seen = None
        self.model.published.clear()
        try:
            answer = self._script(name)(keys, arguments)
        except RedisError as error:
            raise Violation("no_script_breaks", f"{name}: {error}") from error
        self.ran(name)
        return answer

    def _script(self, name: str) -> RedisScript:
        """As the server has it: some are functions, which keep their variables from one call to the next."""
        script = composed(name, self._sources)
        return (self.model.function if script.is_kept else self.model.script)(as_sent(script))

    def execute(self, *words: Argument) -> Any:  # noqa: ANN401 - whatever it answers
        """A plain command."""
        if words[0] not in READING:
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
        self.witness.book = Book(self.pieces)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.lives += 1
        self.pass_time(RESTART_TAKES)
        self._saved = self._seen = None

    def _read_streams(self, view: View, call: Call) -> None:
        accounts = self.book.accounts
        accounts.last_entry, entered = self._read_on(LEDGER, accounts.last_entry)
        accounts.last_result, announced = self._read_on(RESULTS, accounts.last_result)
        ends_are_published(list(self.model.published), call.channel, announced)
        kept = int(self.results.partition(" ")[0]) if call.name != "settle" or call.arguments[2] else 10_000
        self.witness.saw_streams(view, dict(entered), [each for _, each in announced], call.entrants, kept)

    def _read_on(self, stream: str, since: str) -> tuple[str, list[tuple[str, Entry]]]:
        entries: Any = self.model.execute("XRANGE", stream, "-" if since == "-" else f"({since}", "+")
        told = [(entry.decode(), fields_of(flat)) for entry, flat in entries]
        return told[-1][0] if told else since, told


def entered(entrants: Sequence[Entrant], world: World, epoch: str = "") -> Call:
    """The call by which a producer lets jobs in."""
    told = [argument for entrant in entrants for argument in entrant.arguments()]

    def saw(before: View, view: View, answer: Any) -> None:  # noqa: ANN401 - what the script says
        if epoch and epoch != answer[0].decode():
            hold(not answer[2] and view.queues == before.queues, "nothing_enters_another_epoch", f"{answer}")
            return
        world.witness.saw_enqueue(before, view, entrants, answer[2])
        data = world.execute("MGET", "mindfleet:epoch", "mindfleet:ledger:watermark")
        hold(answer[:2] == [data[0], data[1] or b""], "whose_data_these_are_is_told", f"{answer[:2]}")

    channel = world.results.partition(" ")[2]
    return Call("enqueue", [len(entrants), *told, world.results, epoch], saw, entrants, channel)
