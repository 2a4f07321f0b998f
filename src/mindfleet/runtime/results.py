"""How the end of a job is told: its result in arq's form, and its line in the streams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import time

from pydantic import JsonValue
from pydantic_core import to_json

from mindfleet.entrants import Entrant
from mindfleet.runtime.attempt import Attempt
from mindfleet.runtime.claims import End
from mindfleet.wire import Encode, Envelope, JobFailed

LONGEST_TEXT = 4096
"""Characters of a result that the streams carry; the whole is in `arq:result:<id>`."""


@dataclass(frozen=True)
class Keeping:
    """How a result is written, and for how long it can be read."""

    encode: Encode
    span: timedelta


def succeeded(
    attempt: Attempt,
    outcome: str,
    result: Mapping[str, JsonValue],
    keeping: Keeping,
    following: Sequence[Entrant] = (),
) -> End:
    """The job came to a good end."""
    said = {"outcome": outcome, **result}
    return _end(attempt, outcome, said, said, keeping, following)


def failed(attempt: Attempt, outcome: str, error: JobFailed, keeping: Keeping) -> End:
    """The job came to a bad end."""
    return _end(attempt, outcome, error, {"error": error.kind, "message": error.message}, keeping)


def _end(
    attempt: Attempt,
    outcome: str,
    result: Mapping[str, JsonValue] | JobFailed,
    told: Mapping[str, JsonValue],
    keeping: Keeping,
    following: Sequence[Entrant] = (),
) -> End:
    keep = int(keeping.span.total_seconds() * 1000)
    return End(
        outcome=outcome,
        result=keeping.encode(_envelope(attempt, result)) if keep else b"",
        keep=keep,
        text=_text(outcome, told),
        following=following,
    )


def _envelope(attempt: Attempt, result: Mapping[str, JsonValue] | JobFailed) -> Envelope:
    return {
        "t": attempt.held.claim.tries,
        "f": attempt.task,
        "a": [],
        "k": attempt.arguments,
        "et": attempt.enqueued or 0,
        "s": not isinstance(result, JobFailed),
        "r": result,
        "st": attempt.began_ms,
        "ft": int(time() * 1000),
        "q": attempt.queue.value,
        "id": attempt.job_id,
    }


def _text(outcome: str, told: Mapping[str, JsonValue]) -> str:
    text = to_json(told).decode()
    return text if len(text) <= LONGEST_TEXT else to_json({"outcome": outcome, "cut": True}).decode()
