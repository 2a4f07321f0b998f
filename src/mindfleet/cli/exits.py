"""How a command ends: its exit code, and what an error means for whoever typed it."""

from enum import IntEnum

from mindfleet.errors import (
    ExtraMissing,
    InvalidJob,
    MindfleetError,
    QueueUnavailable,
    SettingsInvalid,
    StoreUnavailable,
    StoreUnnamed,
)


class Exit(IntEnum):
    """Exit codes; those of `status` are LSB's, the high ones sysexits.h's."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    UNKNOWN = 4
    UNAVAILABLE = 69
    CONFIG = 78


class CommandFailed(MindfleetError):
    """A command could not do what it was asked for."""

    def __init__(self, reason: str, *, then: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(reason)
        self.then = then
        """What to run next."""

        self.code = code


_MEANINGS: tuple[tuple[type[MindfleetError], Exit, str], ...] = (
    (StoreUnnamed, Exit.UNAVAILABLE, "start the stack: ./bot.sh start stack"),
    (SettingsInvalid, Exit.CONFIG, "look at ./bot.sh config show --origin"),
    (QueueUnavailable, Exit.UNAVAILABLE, "look at ./bot.sh status, or start the stack: ./bot.sh start stack"),
    (StoreUnavailable, Exit.UNAVAILABLE, "look at ./bot.sh doctor, or start the stack: ./bot.sh start stack"),
    (ExtraMissing, Exit.UNAVAILABLE, "run ./bot.sh setup"),
    (InvalidJob, Exit.USAGE, "see ./bot.sh tasks"),
)


def meaning(error: MindfleetError) -> tuple[Exit, str]:
    """The exit code of an error, and what to run next."""
    if isinstance(error, CommandFailed):
        return error.code, error.then
    return next(
        ((code, then) for kind, code, then in _MEANINGS if isinstance(error, kind)),
        (Exit.FAILED, "look at ./bot.sh doctor and ./bot.sh logs all"),
    )
