"""How workers log: lines of text or of JSON on stderr, with the job they are about, and never with what a user said."""

import json
import logging
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import walk_tb
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from mindfleet.settings.tree import Logs

FIELDS = ("queue", "task", "job_id", "attempt", "worker", "outcome", "duration_ms")
"""What a line may say beside its text: from `context(…)`, or from `extra={…}` of the call. All else is dropped."""

QUIET = ("httpx", "httpcore", "openai", "neo4j", "asyncpg", "qdrant_client", "arq")
"""They log at WARNING: below that, arq prints the arguments of jobs, and the others every request."""

LONGEST_MESSAGE = 200
"""Characters of the first line of an exception's message: below it, pydantic quotes its input, asyncpg rows."""

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=MappingProxyType({}))


class _Stream(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again replaces it and leaves everybody else's alone."""


def configure(logs: "Logs", stream: TextIO | None = None, *, worker: str | None = None) -> None:
    """Log from this process; calling it again replaces what it set up before.

    Args:
        logs: the level, and whether lines are JSON.
        stream: stderr by default.
        worker: named on every line of what is started from here.
    """
    if worker:
        _context.set({**_context.get(), "worker": worker})
    handler = _Stream(stream or sys.stderr)
    handler.setFormatter(_Json() if logs.as_json else _Text())
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if not isinstance(other, _Stream)] + [handler]
    root.setLevel(logs.level)
    for name in QUIET:
        quiet = logging.getLogger(name)
        quiet.setLevel(max(logging.WARNING, root.level))
        quiet.propagate = True
    # arq's command line gives its logger a handler of its own, which would print every line twice.
    logging.getLogger("arq").handlers.clear()


@contextmanager
def context(**fields: object) -> Generator[None]:
    """Every line within, in this task and those that it starts, carries these of `FIELDS`."""
    if unknown := fields.keys() - set(FIELDS):
        raise TypeError(f"no log fields: {', '.join(sorted(unknown))}; there are {', '.join(FIELDS)}")
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


class _Text(logging.Formatter):
    """`2026-03-01T12:00:00.000Z INFO    done  queue=arq:sensory job_id=…`"""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname:<7} {record.getMessage()}{fields and f' {fields}'}"
        return f"{line}\n{trace}" if (trace := _trace(record)) else line


class _Json(logging.Formatter):
    """One object a line: `ts`, `level`, `logger`, `event`, `FIELDS`, and `error` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if trace := _trace(record):
            line["error"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    said = {**_context.get(), **vars(record)}
    return {name: said[name] for name in FIELDS if said.get(name) is not None}


def _trace(record: logging.LogRecord) -> str:
    """Where and what went wrong, cause first, without source lines and without the tail of long messages."""
    return _told(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""


def _told(error: BaseException) -> str:
    return "\n".join(_of_one(cause) for cause in reversed(list(_causes(error))))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _of_one(error: BaseException) -> str:
    frames = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    message = str(error).partition("\n")[0][:LONGEST_MESSAGE]
    return "\n".join([*frames, f"  {type(error).__name__}: {message}", *map(_told, _members(error))])


def _members(error: BaseException) -> tuple[BaseException, ...]:
    if not isinstance(error, BaseExceptionGroup):
        return ()
    return cast("BaseExceptionGroup[BaseException]", error).exceptions
