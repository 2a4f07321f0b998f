"""Whether a worker is up and well: it says in a file where to ask, and `python -m workers.alive` asks.

    python -m workers.alive           whether only a restart would help (`/livez`)
    python -m workers.alive --ready   also whether its stores answer and it takes jobs (`/readyz`)

An image's health check is the first.
"""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from mindfleet.embedded import reports
from mindfleet.embedded.program import READY_FILE
from mindfleet.embedded.reports import Report
from mindfleet.observe import asking
from mindfleet.settings import load

logger = logging.getLogger(__name__)


@contextmanager
def reported(home: Path, report: Report) -> Generator[None]:
    """Tell whoever waits for it that this worker is up, and where it tells of its health, for as long as it is."""
    file = _named() or reports.by_hand(home, report.pid)
    try:
        reports.write(file, report)
    except OSError as error:
        if _named():
            raise
        logger.warning("%s cannot be written, so ./bot.sh ps shows no health of this worker: %s", file, error)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()


def trouble(file: Path, *, ready: bool = False) -> str | None:
    """Why the worker that reports in this file is not well, or None when it is.

    Args:
        file: where it reports.
        ready: also ask whether it takes jobs.
    """
    report = reports.read(file)
    if report is None:
        return f"{file} names no process that runs: the worker is not up yet, or has ended"
    return asking.trouble(report.health, "readyz" if ready else "livez")


def _named() -> Path | None:
    return Path(name) if (name := os.environ.get(READY_FILE)) else None


def main() -> None:
    """Exit with 0 when the worker is well, or all that run by hand on this home are; else with 1 and the reasons."""
    named = _named()
    files = [named] if named else reports.all_by_hand(load().home)
    wrong = [said for file in files if (said := trouble(file, ready="--ready" in sys.argv[1:]))]
    sys.exit(("\n".join(wrong) or None) if files else "no worker reports here")


if __name__ == "__main__":
    main()
