"""What runs in a worker may not end it: asyncio lets `sys.exit` out of every task, and with it go all other jobs."""

from collections.abc import Generator
from contextlib import contextmanager

from mindfleet.errors import GiveUp


class WantedToLeave(GiveUp):
    """It called `sys.exit`, or raised what that raises."""


@contextmanager
def staying(what: str) -> Generator[None]:
    """Have the end of the process that the body wants be an error like others.

    Args:
        what: runs in it, for the error.

    Raises:
        WantedToLeave: the body wanted that.
    """
    try:
        yield
    except (SystemExit, KeyboardInterrupt) as end:
        raise WantedToLeave(f"{what} wanted to end its process: {type(end).__name__}: {end}") from end
