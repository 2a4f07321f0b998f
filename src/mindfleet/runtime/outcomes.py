"""What becomes of jobs, in the words that are counted."""

from mindfleet.queues import Queue

AGAIN = "retried"
"""It failed, and will run once more."""

POSTPONED = "postponed"
"""It did not fail, but came too early."""

RUNS_AGAIN = frozenset({AGAIN, POSTPONED, "cut off", "handed back"})
"""Outcomes after which a job has not ended. `cut off`: its worker died or lost it; `handed back`: its worker ended."""


def counts_key(queue: Queue) -> str:
    """A Redis hash: how many jobs of a queue were done, retried, postponed, parked, skipped, cancelled and so on."""
    return f"mindfleet:counts:{queue.short}"
