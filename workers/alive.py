"""Whether a worker is up: it says so in a file, and `python -m workers.alive [queue]…` asks (an image's health check).

Healthy is a worker that has opened its stores, is still there, and keeps arq's sign of life in Redis fresh.
"""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from arq.constants import health_check_key_suffix
from redis import Redis
from redis.exceptions import RedisError

from mindfleet.queues import Queue
from mindfleet.settings import load

READY_FILE = "MINDFLEET_READY_FILE"
"""Where a worker writes its process id once it is up; the supervisor and the health check look there."""

PATIENCE = 3.0
"""Seconds within which Redis must answer."""


@contextmanager
def ready() -> Generator[None]:
    """Tell whoever waits for it that this worker is up, for as long as it is."""
    path = Path(name) if (name := os.environ.get(READY_FILE)) else None
    if path:
        path.write_text(str(os.getpid()), encoding="utf-8")
    try:
        yield
    finally:
        if path:
            path.unlink(missing_ok=True)


def trouble(queues: Sequence[Queue], *, url: str, ready_file: Path | None) -> str | None:
    """Why the worker of these queues is not healthy, or None when it is."""
    if ready_file and not _runs(ready_file):
        return f"{ready_file} names no process that runs: the worker is not up yet, or has ended"
    try:
        with Redis.from_url(url, socket_timeout=PATIENCE) as redis:
            silent = [queue.short for queue in queues if not redis.exists(queue.value + health_check_key_suffix)]
    except (RedisError, OSError) as error:
        return f"Redis is away: {error}"
    return f"no sign of life from the worker of {', '.join(silent)}" if silent else None


def _runs(ready_file: Path) -> bool:
    try:
        os.kill(int(ready_file.read_text(encoding="utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


def main() -> None:
    """Exit with 0 when the worker of the queues named on the command line, or of all, is healthy; else with 1."""
    queues = [Queue(f"arq:{name}") for name in sys.argv[1:]] or list(Queue)
    name = os.environ.get(READY_FILE)
    sys.exit(trouble(queues, url=load().redis.url.get_secret_value(), ready_file=Path(name) if name else None))


if __name__ == "__main__":
    main()
