"""The log file of a process: appended to over restarts, begun anew when it has grown large."""

import os
from pathlib import Path

LARGE = 10 * 1024 * 1024
"""Bytes."""


def rotate(log: Path) -> None:
    """Moves a large log aside, to NAME.log.1, over the one that was there."""
    if log.exists() and log.stat().st_size > LARGE:
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, lines: int = 20, *, since: int = 0) -> list[str]:
    """The last lines of the log, without those that are blank; none if there is no log.

    Args:
        log: of any size.
        lines: how many at most.
        since: bytes that are not of interest, at its beginning; unless it was begun anew meanwhile.
    """
    if not log.exists():
        return []
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(since if since <= size else 0, size - lines * 400))
        text = file.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-lines:]
