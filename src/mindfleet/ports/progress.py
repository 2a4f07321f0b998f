"""What a running task says of itself."""

from typing import Protocol


class Progress(Protocol):
    async def report(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` steps are behind; whoever asks for the job's progress sees the last report."""
        ...
