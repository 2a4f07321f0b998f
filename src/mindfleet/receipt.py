"""What `enqueue_*` returns."""

from typing import Literal, Self

Outcome = Literal["queued", "duplicate", "merged", "disabled"]


class Receipt(str):
    """The id of the job, as a string, with what became of the request.

    `queued`: Redis has the job. `duplicate`: the same job already waits or runs, nothing was added;
    `merged`: a job of the same key waits and will see this trigger too; the id is that job's.
    `disabled`: the feature is off, nothing was enqueued and the id is empty; `reason` names the setting.
    """

    __slots__ = ("entry", "outcome", "reason")

    outcome: Outcome
    reason: str
    entry: tuple[int, int] | None
    """Its place in the ledger that PostgreSQL copies."""

    def __new__(
        cls, job_id: str, outcome: Outcome = "queued", reason: str = "", entry: tuple[int, int] | None = None
    ) -> Self:
        receipt = super().__new__(cls, job_id)
        receipt.outcome = outcome
        receipt.reason = reason
        receipt.entry = entry
        return receipt

    @property
    def queued(self) -> bool:
        return self.outcome == "queued"

    @property
    def duplicate(self) -> bool:
        return self.outcome == "duplicate"

    @property
    def merged(self) -> bool:
        return self.outcome == "merged"

    @property
    def disabled(self) -> bool:
        return self.outcome == "disabled"

    def __repr__(self) -> str:
        return f"Receipt({str(self)!r}, {self.outcome})"
