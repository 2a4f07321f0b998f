"""What runs in a worker may not end it: asyncio lets `sys.exit` out of every task, and with it go all other jobs."""

from types import TracebackType

from mindfleet.errors import GiveUp


class WantedToLeave(GiveUp):
    """It called `sys.exit`, or raised what that raises."""


class Staying:
    """Has the end of the process that its block wants be an error like others: `WantedToLeave`.

    Args:
        what: runs in it, for the error.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, SystemExit | KeyboardInterrupt):
            raise WantedToLeave(f"{self._what} wanted to end its process: {type(error).__name__}: {error}") from error
