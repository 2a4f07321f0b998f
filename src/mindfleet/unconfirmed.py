"""What a producer keeps until PostgreSQL has it: should Redis lose its data before, it sends the jobs again."""

from collections import OrderedDict
from dataclasses import replace

from mindfleet.entrants import Entrant

MOST = 10_000
"""Jobs that are kept; where nobody writes the ledger, the oldest are let go."""

Entry = tuple[int, int]
"""The id of an entry of a Redis stream."""


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

        self._epoch: str | None = None
        self._kept: OrderedDict[Entry, Entrant] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept) + len(self.lost)

    def keep(self, entrant: Entrant, at: Entry | None) -> None:
        """Redis has accepted it, at that place of the ledger; None: it is not entered there."""
        if at is not None and not self.has(at):
            self._kept[at] = entrant
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def has(self, at: Entry) -> bool:
        """Whether PostgreSQL has that entry."""
        return self.watermark is not None and at <= self.watermark

    def hear(self, epoch: str, watermark: Entry | None) -> None:
        """Learn how things are; in another epoch Redis' data are not those of before."""
        if not epoch:
            return  # Redis has just lost it, and will have another one
        if self._epoch not in (None, epoch):
            self.lost += [replace(entrant, again="2") for entrant in self._kept.values()]
            self._kept.clear()
        self._epoch, self.watermark = epoch, watermark
        while self._kept and self.has(next(iter(self._kept))):
            self._kept.popitem(last=False)
