"""What is paused or limited, in the words of the commands that set it."""

from collections.abc import Iterable, Sequence

from mindfleet.cli.printing import show
from mindfleet.queues import Queue
from mindfleet.steering import Gate

SOME = 10
"""Shown beside something else; `limit` shows all."""


def named(gate: Gate) -> tuple[str, str]:
    """The kind and the name with which `pause`, `resume` and `limit` are called."""
    if gate.kind in {"queue", "slots"}:
        return "queue", gate.name.removeprefix("arq:")
    return gate.kind, gate.name


def is_pause(gate: Gate) -> bool:
    """Whether nothing passes."""
    return gate.most == 0


def of_queue(gates: Iterable[Gate], queue: Queue) -> list[Gate]:
    """Those that jobs of this queue may meet."""
    return [gate for gate in gates if named(gate)[0] != "queue" or gate.name == queue.value]


def in_words(gate: Gate) -> str:
    """`bot luna is paused; ./bot.sh resume bot luna ends that`"""
    of = " ".join(named(gate))
    if is_pause(gate):
        return f"{of} is paused; ./bot.sh resume {of} ends that"
    where = "in each worker" if gate.kind == "slots" else "at once"
    return f"{of} is limited to {gate.most} {where}; ./bot.sh limit {of} off ends that"


def show_gates(gates: Sequence[Gate]) -> None:
    """A line for each: pauses first, as they explain more."""
    for gate in sorted(gates, key=is_pause, reverse=True)[:SOME]:
        show(in_words(gate), "yellow")
    if len(gates) > SOME:
        show(f"and {len(gates) - SOME} more: ./bot.sh limit")
