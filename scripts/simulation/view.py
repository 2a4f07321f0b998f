"""What lies in the model, sorted by what it is for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from scripts.simulation.redis_model import Model
from scripts.simulation.values import SortedSet, Stream, StreamId

Scores = dict[str, float]

TEXTS = (
    "task", "bot", "user", "lane", "gates", "name", "token", "using", "gate", "through", "again", "entry", "deadline",
    "unique", "merge", "supersede", "cancel", "first", "since", "dying", "why",
)  # fmt: skip
NUMBERS = ("durable", "starts", "fails", "deaths", "spared", "held", "stock")
USUAL = dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS, "0")
"""What is not written of a job."""


@dataclass(slots=True)
class View:
    """The keys of an instant, by kind; a key of no known kind is among the `others`."""

    now: int
    jobs: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    queues: dict[str, Scores] = field(default_factory=dict[str, Scores])
    ready: dict[str, Scores] = field(default_factory=dict[str, Scores])
    lanes: dict[str, Scores] = field(default_factory=dict[str, Scores])
    blocked: dict[str, Scores] = field(default_factory=dict[str, Scores])
    before: dict[str, Scores] = field(default_factory=dict[str, Scores])
    """Who waits at a gate, by queue and gate."""

    turns: dict[str, Scores] = field(default_factory=dict[str, Scores])
    passes: dict[str, Scores] = field(default_factory=dict[str, Scores])
    share: dict[str, Scores] = field(default_factory=dict[str, Scores])
    heads: dict[str, str] = field(default_factory=dict[str, str])
    unique: dict[str, str] = field(default_factory=dict[str, str])
    using: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    running: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    pace: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    more: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])
    envelopes: dict[str, bytes] = field(default_factory=dict[str, bytes])
    locks: dict[str, str] = field(default_factory=dict[str, str])
    idle: set[str] = field(default_factory=set[str])
    gates: dict[str, int] = field(default_factory=dict[str, int])
    watermark: str = ""
    epoch: str = ""
    rehydrated: str = ""
    seq: int = 0
    """The last number that a job got."""

    counts: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    results: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Kept ones."""

    progress: dict[str, list[tuple[StreamId, list[bytes]]]] = field(
        default_factory=dict[str, list[tuple[StreamId, list[bytes]]]]
    )
    """Of this instant only."""

    aborts: dict[str, float] = field(default_factory=dict[str, float])
    results_told: int = 0
    """Ends that the stream of results still tells of."""

    fleets: set[str] = field(default_factory=set[str])
    ends: dict[bytes, int] = field(default_factory=dict[bytes, int])
    """When keys are gone."""

    others: set[str] = field(default_factory=set[str])
    """Keys without TTL of which nothing else is known."""


def look(model: Model) -> View:
    """See what is there now."""
    model.sweep()
    view = View(model.now_ms, ends=dict(model.expires))
    for key, value in model.values.items():
        sort, name = _sorted(key)
        if sort:
            sort(view, name, value)
        elif key not in model.expires:
            view.others.add(name)
    return view


@lru_cache(maxsize=20_000)
def _sorted(key: bytes) -> "tuple[Sort | None, str]":
    """Of what kind a key is, and the rest of its name."""
    name = key.decode()
    for prefix, sort in _KINDS:
        if name.startswith(prefix):
            return sort, name.removeprefix(prefix)
    return None, name


Sort = Callable[[View, str, Any], None]


def _scores(kind: str, *, has_number: bool) -> Sort:
    """Of members by score, in order; before an id stand thirteen digits."""
    start = 13 if has_number else 0

    def sort(view: View, name: str, value: SortedSet) -> None:
        getattr(view, kind)[name] = {member[start:].decode(): score for score, member in value.ranked}

    return sort


def _text(kind: str) -> Sort:
    def sort(view: View, name: str, value: bytes) -> None:
        getattr(view, kind)[name] = value.decode()

    return sort


def _fields(kind: str) -> Sort:
    def sort(view: View, name: str, value: dict[bytes, bytes]) -> None:
        getattr(view, kind)[name] = {key.decode(): each.decode() for key, each in value.items()}

    return sort


def _about(view: View, name: str, value: dict[bytes, bytes]) -> None:
    view.jobs[name] = USUAL | {key.decode(): each.decode() for key, each in value.items()}


def _names(view: View, name: str, value: dict[bytes, None]) -> None:
    view.using[name] = [each.decode() for each in value]


def _payloads(view: View, name: str, value: list[bytes]) -> None:
    view.more[name] = list(value)


def _envelope(view: View, name: str, value: bytes) -> None:
    view.envelopes[name] = value


def _watermark(view: View, _: str, value: bytes) -> None:
    view.watermark = value.decode()


def _progress(view: View, name: str, value: Stream) -> None:
    view.progress[name.removesuffix(":progress")] = value.entries


def _result(view: View, name: str, value: bytes) -> None:
    view.results[name] = value


def _aborts(view: View, _: str, value: SortedSet) -> None:
    view.aborts = {member.decode(): score for score, member in value.ranked}


def _results(view: View, _: str, value: Stream) -> None:
    view.results_told = len(value.entries)


def _fleet(view: View, name: str, _: bytes) -> None:
    view.fleets.add(name)


def _whose(kind: str) -> Sort:
    def sort(view: View, _: str, value: bytes) -> None:
        setattr(view, kind, value.decode())

    return sort


def _seq(view: View, _: str, value: bytes) -> None:
    view.seq = int(value)


def _idle(view: View, name: str, _: bytes) -> None:
    view.idle.add(name)


def _gates(view: View, _: str, value: dict[bytes, bytes]) -> None:
    view.gates = {gate.decode(): int(most) for gate, most in value.items()}


def _queue(view: View, name: str, value: SortedSet) -> None:
    view.queues[f"arq:q{name}"] = {member.decode(): score for score, member in value.ranked}


_KINDS: tuple[tuple[str, Sort], ...] = (
    ("mindfleet:job:", _about),
    ("arq:job:", _envelope),
    ("arq:in-progress:", _text("locks")),
    ("arq:q", _queue),
    ("mindfleet:ready:", _scores("ready", has_number=True)),
    ("mindfleet:lane:", _scores("lanes", has_number=True)),
    ("mindfleet:head:", _text("heads")),
    ("mindfleet:blocked:", _scores("blocked", has_number=True)),
    ("mindfleet:before:", _scores("before", has_number=True)),
    ("mindfleet:turns:", _scores("turns", has_number=False)),
    ("mindfleet:passes", _scores("passes", has_number=False)),
    ("mindfleet:using:", _names),
    ("mindfleet:running:", _fields("running")),
    ("mindfleet:more:", _payloads),
    ("mindfleet:unique:", _text("unique")),
    ("mindfleet:share:", _scores("share", has_number=False)),
    ("mindfleet:pace:", _fields("pace")),
    ("mindfleet:idle:", _idle),
    ("mindfleet:counts:", _fields("counts")),
    ("mindfleet:fleet:", _fleet),
    ("mindfleet:results", _results),
    ("arq:abort", _aborts),
    ("arq:result:", _result),
    ("task:", _progress),
    ("mindfleet:ledger:watermark", _watermark),
    ("mindfleet:seq", _seq),
    ("mindfleet:epoch", _whose("epoch")),
    ("mindfleet:rehydrated", _whose("rehydrated")),
    ("mindfleet:gates", _gates),
)
