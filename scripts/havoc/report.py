"""What a run found, in numbers: one JSON object, or a few lines."""

import json
from collections.abc import Sequence
from typing import Any

from mindfleet.queues import Queue
from scripts.havoc.accounting import (
    Recovered,
    account,
    blocks_in,
    missing_effects,
    order_violations,
    percentile,
    reasons,
    recoveries,
    runs_of,
)
from scripts.havoc.havoc import Found

PROMISED_S = 5.0
"""Until a job that lost its worker is started again, for 99 of 100."""

SLOWEST = 5
"""Recoveries that are named."""

NAMED = 20
"""Jobs that are named when something is wrong with them."""


def as_json(found: Found, *, seed: int, minutes: float) -> dict[str, Any]:
    """See docs/how-to/chaos.md."""
    runs = runs_of(found.records)
    losses = found.losses + blocks_in(found.records)
    by_queue: dict[str, list[float]] = {queue.value: [] for queue in Queue}
    recovered: list[tuple[str, Recovered]] = []
    for job_id, each in runs.items():
        if queue := found.queues.get(job_id):
            again = recoveries(each, losses)
            by_queue[queue] += [one.seconds for one in again]
            recovered += [(f"{job_id} on {queue}", one) for one in again]
    became = account(found.accepted.values(), found.known, found.deaths, found.losses)
    first_starts = {job_id: each[0].began for job_id, each in runs.items()}
    disorder = order_violations(found.accepted.values(), first_starts)
    return {
        "accepted": len(found.accepted),
        "done": became.done,
        "parked": became.parked,
        "lost": len(became.lost),
        "lost_with_producer": len(became.lost_with_producer),
        "duplicated_effects": found.duplicated_effects,
        "order_violations": len(disorder),
        "recovery_p50_s": {queue: percentile(seconds, 0.5) for queue, seconds in by_queue.items()},
        "recovery_p99_s": {queue: percentile(seconds, 0.99) for queue, seconds in by_queue.items()},
        "recoveries": {queue: len(seconds) for queue, seconds in by_queue.items()},
        "slowest_recoveries": _slowest(recovered, found.began),
        "effects": len(found.carried_out),
        "missing_effects": len(missing_effects(found.accepted.values(), found.known, found.carried_out)),
        "requests_answered_from_memory": found.repeated_requests,
        "events": found.events,
        "blocked_loops": len(blocks_in(found.records)),
        "parked_because": reasons({i: why for i, why in found.known.parked.items() if i in found.accepted}),
        "lost_jobs": became.lost[:NAMED],
        "seed": seed,
        "minutes": minutes,
        "chaos_s": round(found.chaos_s, 1),
        "drained_s": round(found.drained_s, 1),
    }


def _slowest(recovered: Sequence[tuple[str, Recovered]], began: float) -> list[str]:
    """What to look for in logs and journals."""
    slowest = sorted(recovered, key=lambda each: each[1].seconds, reverse=True)[:SLOWEST]
    return [
        f"{one.seconds:.2f} s: {job}, lost at {one.loss.at - began:.1f} s by {one.loss.kind}, "
        f"started at {one.at - began:.1f} s"
        for job, one in slowest
    ]


def is_good(told: dict[str, Any]) -> bool:
    """Whether every promise was kept."""
    slowest = max((seconds for seconds in told["recovery_p99_s"].values() if seconds is not None), default=0.0)
    return not told["lost"] and not told["duplicated_effects"] and slowest <= PROMISED_S


def print_table(told: dict[str, Any]) -> None:
    for name, value in told.items():
        print(f"{name:30}  {value if not isinstance(value, dict) else json.dumps(value)}")
