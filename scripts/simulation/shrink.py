"""Finds the shortest list of actions that still breaks the same invariant (Zeller's ddmin)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from scripts.simulation.actions import Action, Plan
from scripts.simulation.run import first_violation
from scripts.simulation.sources import SOURCES, Sources

MOST_RUNS = 3000


def shrunk(plan: Plan, invariant: str, sources: Sources = SOURCES) -> Plan:
    """The plan with as few actions, each as soon, as break the invariant still."""
    runs = 0

    def breaks(actions: Sequence[Action]) -> bool:
        nonlocal runs
        runs += 1
        if runs > MOST_RUNS:
            return False
        violation = first_violation(replace(plan, actions=tuple(actions)), sources)
        return violation is not None and violation.invariant == invariant

    actions = fewer(list(plan.actions), breaks)
    for i, action in enumerate(actions):
        at_once = [*actions[:i], replace(action, after=0), *actions[i + 1 :]]
        if action.after and breaks(at_once):
            actions = at_once
    return replace(plan, actions=tuple(actions))


def fewer(actions: list[Action], breaks: Callable[[Sequence[Action]], bool]) -> list[Action]:
    """Leave out ever smaller pieces, as long as it breaks without them; their time still passes."""
    size = max(len(actions) // 2, 1)
    while True:
        start, went = 0, False
        while start < len(actions):
            without = _without(actions, start, size)
            if breaks(without):
                actions, went = without, True
            else:
                start += size
        if size == 1 and not went:
            return actions
        size = max(size // 2, 1)


def _without(actions: list[Action], start: int, size: int) -> list[Action]:
    passed = sum(action.after for action in actions[start : start + size])
    rest = actions[start + size :]
    if rest and passed:
        rest = [replace(rest[0], after=rest[0].after + passed), *rest[1:]]
    return actions[:start] + rest
