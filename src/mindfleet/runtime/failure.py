"""What a job has failed of for good: an error, or what Redis keeps of it while the park is away."""

import json
import traceback
import unicodedata
from dataclasses import asdict, dataclass
from typing import Self

LONGEST = 20_000
"""Characters of a message, and of the end of a traceback, that Redis keeps."""

LONGEST_LINE = 300
"""Characters of an error in a line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An error, as a person is told of it."""

    error: str
    """Its class."""

    message: str
    traceback: str

    @classmethod
    def of(cls, error: Exception) -> Self:
        """With the traceback that it has by now."""
        return cls(
            error=type(error).__name__,
            message=_sendable(str(error)),
            traceback=_sendable("".join(traceback.format_exception(error))),
        )

    @classmethod
    def heard(cls, told: str) -> Self:
        """What `told` said, be it of another version."""
        try:
            said = json.loads(told)
            return cls(**{name: str(said[name]) for name in ("error", "message", "traceback")})
        except (ValueError, TypeError, LookupError):
            return cls(error="Unreadable", message=told, traceback="")

    def told(self) -> str:
        """As a job's hash has it."""
        cut = {"message": self.message[:LONGEST], "traceback": self.traceback[-LONGEST:]}
        return json.dumps(asdict(self) | cut)

    @property
    def brief(self) -> str:
        """One line, without the payload that a long one may quote."""
        return brief(self.error, self.message)


def brief(error: str, message: str) -> str:
    """One line of an error, without the payload that a long one may quote."""
    return in_a_line(f"{error}: {message.splitlines()[0][:200] if message else ''}")


def in_a_line(text: str) -> str:
    """What any server takes and any terminal shows as one line, of bounded length: all else in it is escaped."""
    if not text.isprintable():
        text = "".join(each if unicodedata.category(each)[0] != "C" else ascii(each)[1:-1] for each in text)
    return text[:LONGEST_LINE]


def _sendable(text: str) -> str:
    """Half of a character, as models and file names may have one, can be sent to no server."""
    return text.encode(errors="backslashreplace").decode()
