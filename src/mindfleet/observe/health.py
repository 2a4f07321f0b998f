"""Whether a worker process is well, judged from its vital signs, with the reasons in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mindfleet.vitals import QueueSigns, Signs


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long something may last before it is no longer healthy."""

    loop: timedelta
    """How long the loop may not tick."""

    claim: timedelta
    """How long jobs may be ready and slots free without any being claimed."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong, in words; nothing: well."""

    wedged: tuple[str, ...]
    """What only a restart mends."""

    unready: tuple[str, ...]
    """What passes by itself or is meant to be: it starts, it drains, a store is lost."""

    @property
    def live(self) -> bool:
        return not self.wedged

    @property
    def ready(self) -> bool:
        return not self.wedged and not self.unready


def judge(signs: Signs, patience: Patience) -> Verdict:
    """Restarting must help wherever `wedged` says something: a lost store is never a reason."""
    return Verdict(tuple(_wedged(signs, patience)), tuple(_unready(signs)))


def body(signs: Signs, reasons: tuple[str, ...], *, version: str) -> dict[str, Any]:
    """What is told over HTTP: no address, no key, nothing of anybody's."""
    return {
        "status": "fail" if reasons else "pass",
        "reasons": list(reasons),
        "worker_id": signs.worker_id,
        "version": version,
        "draining": signs.draining,
        "loop": {"silent_seconds": round(signs.silence, 3), "lag_seconds": round(signs.lag, 3)},
        "queues": {queue.queue.short: _of_queue(queue) for queue in signs.queues},
        "stores": {name: {"status": "fail" if lost else "pass", "reason": lost} for name, lost in signs.stores.items()},
    }


def _wedged(signs: Signs, patience: Patience) -> Iterator[str]:
    if signs.silence > patience.loop.total_seconds():
        yield f"the event loop has not ticked for {signs.silence:.0f} s"
    if signs.draining or not signs.redis_answers:
        return
    for queue in signs.queues:
        if queue.claiming and queue.neglected > patience.claim.total_seconds():
            free = queue.slots - queue.active
            yield (
                f"{queue.queue.short}: jobs have been ready for {queue.neglected:.0f} s with {free} slots free, "
                "but none was claimed"
            )


def _unready(signs: Signs) -> Iterator[str]:
    if not signs.up:
        yield "it is still starting"
    if signs.draining:
        yield f"it drains: {signs.active} jobs still run"
    for name, lost in signs.stores.items():
        if lost:
            yield f"{name} is lost: {lost}"


def _of_queue(queue: QueueSigns) -> dict[str, Any]:
    return {
        "slots": queue.slots,
        "active": queue.active,
        "processed": queue.processed,
        "failed": queue.failed,
        "claiming": queue.claiming,
        "paused": queue.paused,
        "neglected_seconds": round(queue.neglected, 3),
    }
