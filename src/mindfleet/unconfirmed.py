"""What a producer keeps until PostgreSQL has it: should Redis lose its data before, it sends the jobs again."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from mindfleet.entrants import Entrant

MOST = 10_000
"""Jobs that are kept; where nobody writes the ledger, the oldest are let go."""

Entry = tuple[int, int]
"""The id of an entry of a Redis stream."""

Kept = OrderedDict[Entry, Entrant]


def entry(told: bytes | str) -> Entry | None:
    """An id as Redis writes it, `ms-number`; None for an empty one."""
    text = told.decode() if isinstance(told, bytes) else told
    if not text:
        return None
    at, _, number = text.partition("-")
    return int(at), int(number or 0)


class Unconfirmed:
    """The jobs of one producer that PostgreSQL may not have yet."""

    def __init__(self) -> None:
        self.watermark: Entry | None = None
        """Up to where PostgreSQL has the ledger."""

        self.lost: list[Entrant] = []
        """What must be sent again."""

        self.unplaced: dict[str, Entrant] = {}
        """What Redis had already when it was sent again, so that its place in the ledger is not known; see `place`."""

        self.epoch: str | None = None
        """Of the data that were last heard of."""

        self._kept: Kept = OrderedDict()
        self._merged: Kept = OrderedDict()
        self._placed: list[tuple[Entry, Entrant]] = []
        self._doubted: OrderedDict[str, Entrant] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept) + len(self._merged) + len(self._placed) + len(self.unplaced) + len(self.lost)

    def doubt(self, entrants: Iterable[Entrant]) -> None:
        """Redis may have accepted them: its answer did not come. Whoever sends one again learns it."""
        for entrant in entrants:
            self._doubted.setdefault(entrant.job_id, entrant)
        while len(self._doubted) > MOST:
            self._doubted.popitem(last=False)

    def keep(self, entrant: Entrant, at: Entry | None, *, merged: bool = False) -> None:
        """Redis has it, at that place of the ledger; None: it was there before, or is not entered there.

        Args:
            entrant: the job.
            at: its entry.
            merged: another job took it up, or the next of its name will.
        """
        doubted = self._doubted.pop(entrant.job_id, entrant if entrant.again else None)
        if at is None and doubted is not None and doubted.durable:
            self.unplaced[doubted.job_id] = doubted
        if at is not None and not self.has(at):
            kept = self._merged if merged else self._kept
            kept[at] = entrant
            if len(kept) > MOST:
                kept.popitem(last=False)

    def place(self, job_ids: Iterable[str], newest: Entry | None) -> None:
        """These of `unplaced` are not behind that entry; None: PostgreSQL has the whole ledger."""
        found = [self.unplaced.pop(job_id) for job_id in job_ids if job_id in self.unplaced]
        if newest is not None:
            self._placed += [(newest, entrant) for entrant in found]

    def take_over(self, other: "Unconfirmed") -> None:
        """Go on with what another producer of this process had to see through, whose event loop has ended."""
        if self.epoch and other.epoch:
            other.hear(self.epoch, self.watermark)
        elif other.epoch:
            self.epoch, self.watermark = other.epoch, other.watermark
        self._kept = _in_order(self._kept, other._kept)  # noqa: SLF001 - of its own kind, as below
        self._merged = _in_order(self._merged, other._merged)  # noqa: SLF001
        self._placed += other._placed  # noqa: SLF001
        self._doubted |= other._doubted  # noqa: SLF001
        self.unplaced |= other.unplaced
        self.lost += other.lost

    def has(self, at: Entry, entrant: Entrant | None = None) -> bool:
        """Whether PostgreSQL has that entry.

        Args:
            at: where that is.
            entrant: what is there, unless Redis has lost it meanwhile: then it is sent again, and has another entry.
        """
        return self.watermark is not None and at <= self.watermark and not (entrant and self._keeps(entrant.job_id))

    def _keeps(self, job_id: str) -> bool:
        kept = (*self._kept.values(), *self._merged.values(), *(each for _, each in self._placed), *self.lost)
        return job_id in self.unplaced or any(entrant.job_id == job_id for entrant in kept)

    def lost_of(self, lanes: Collection[str]) -> list[Entrant]:
        """What must be sent again before anything else of these lanes."""
        return [entrant for entrant in self.lost if entrant.lane and entrant.lane in lanes]

    def sent_again(self, entrants: Collection[Entrant]) -> None:
        """Redis has these again."""
        there = set(entrants)
        self.lost = [entrant for entrant in self.lost if entrant not in there]

    def hear(self, epoch: str, watermark: Entry | None) -> None:
        """Learn how things are; in another epoch Redis' data are not those of before."""
        if not epoch:
            return  # Redis has just lost it, and will have another one
        if self.epoch not in (None, epoch):
            kept = [_as_of(at, entrant) for at, entrant in self._kept.items()]
            sent = [*kept, *(entrant for _, entrant in self._placed), *self.unplaced.values()]
            self.lost += [*(replace(entrant, again=entrant.again or "2") for entrant in sent), *self._merged.values()]
            for sent_again in (self._kept, self._merged, self._placed, self.unplaced):
                sent_again.clear()
        self.epoch, self.watermark = epoch, watermark
        for entrants in (self._kept, self._merged):
            while entrants and self.has(next(iter(entrants))):
                entrants.popitem(last=False)
        self._placed = [(at, entrant) for at, entrant in self._placed if not self.has(at)]


class UnconfirmedByLoop:
    """Of a producer that is used on several event loops."""

    def __init__(self) -> None:
        self._of: dict[asyncio.AbstractEventLoop, Unconfirmed] = {}

    def of(self, loop: asyncio.AbstractEventLoop) -> Unconfirmed:
        """What is kept on that loop, and was on loops that have ended: it is the process that may die with it."""
        ours = self._of.setdefault(loop, Unconfirmed())
        for ended in [each for each in list(self._of) if each.is_closed()]:
            if theirs := self._of.pop(ended, None):
                ours.take_over(theirs)
        return ours


def _in_order(mine: Kept, its: Kept) -> Kept:
    return OrderedDict(sorted({**mine, **its}.items()))


def _as_of(at: Entry, entrant: Entrant) -> Entrant:
    """Due when it was accepted, so that it does not stand behind what came after it."""
    return entrant if entrant.due else replace(entrant, due=datetime.fromtimestamp(at[0] / 1000, UTC))
