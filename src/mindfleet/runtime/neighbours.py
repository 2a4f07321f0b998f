"""Who runs beside whom in one process: when it dies, all of them have lost a lease, and only one may be to blame.

A job that lost `APART_FROM` leases in a row is claimed apart: one of them at a time in a process, and beside none that
lost a lease before, but what another claim brings that is under way at that moment. So what killed its worker that
often is found out in company of those whom that costs their first.
"""

from collections.abc import Generator
from contextlib import contextmanager
from weakref import WeakValueDictionary

APART_FROM = 3
"""Lost leases; `filing.lua` has the same number."""

OPEN, CAREFUL, CLOSED = 0, 1, 2
"""What a claim may bring: any job; none that runs apart; none that lost a lease before."""


class Neighbours:
    """The jobs of one process, of whatever queues, that lost a lease before."""

    def __init__(self) -> None:
        self._deaths: dict[object, int] = {}
        self._is_asked_openly = False

    def joined(self, key: object, deaths: int) -> None:
        """One runs here from now on."""
        self._deaths[key] = deaths

    def left(self, key: object) -> None:
        self._deaths.pop(key, None)

    @contextmanager
    def asking(self) -> Generator[int]:
        """What a claim may bring; while one is under way that may bring any job, others are careful."""
        least = self._least()
        is_open = least == OPEN and not self._is_asked_openly
        self._is_asked_openly = self._is_asked_openly or is_open
        try:
            yield least if is_open else max(least, CAREFUL)
        finally:
            if is_open:
                self._is_asked_openly = False

    def _least(self) -> int:
        if not self._deaths:
            return OPEN
        return CLOSED if max(self._deaths.values()) >= APART_FROM else CAREFUL


_IN_THIS_PROCESS: "WeakValueDictionary[str, Neighbours]" = WeakValueDictionary()


def neighbours(worker: str) -> Neighbours:
    """Those of a worker; the queues of a cell, which have one name, share them."""
    found = _IN_THIS_PROCESS.get(worker)
    if found is None:
        found = _IN_THIS_PROCESS[worker] = Neighbours()
    return found
