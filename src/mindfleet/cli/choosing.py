"""Which parked jobs a command line means, and whether its person is sure."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import typer

from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.targets import queue_called
from mindfleet.ports.parked import EVERY_PARKED, Parked, ParkedFilter

_AGE = re.compile(r"(?P<number>\d{1,6})(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Asking:
    """Asks before something is done to many."""

    verb: str
    yes: bool
    as_json: bool

    def agreed(self, count: int) -> None:
        """Go on only when the person is sure.

        Raises:
            CommandFailed: nobody can be asked, or the answer is no.
        """
        if self.yes or not count:
            return
        jobs = f"{count} parked job{'' if count == 1 else 's'}"
        if self.as_json or not sys.stdin.isatty():
            raise CommandFailed(
                f"this would {self.verb} {jobs}, and nobody can be asked", then="say --yes", code=Exit.USAGE
            )
        if not typer.confirm(f"{self.verb} {jobs}?", err=True):
            raise CommandFailed("nothing was done")


def filter_of(
    queue: str | None,
    task: str | None,
    bot: str | None,
    user: str | None,
    error: str | None,
    since: str | None,
    until: str | None,
) -> ParkedFilter:
    """What the options of a command line ask for.

    Raises:
        CommandFailed: there is no such queue, or a time that is none.
    """
    return ParkedFilter(
        queue=queue_called(queue).value if queue else None,
        task=task,
        bot_name=bot,
        user_id=user,
        error=error,
        since=moment(since) if since else None,
        until=moment(until) if until else None,
    )


def meant(job_ids: Sequence[str] | None, which: ParkedFilter, *, every: bool) -> ParkedFilter:
    """The ids, narrowed by what else is asked for; all only when that is said.

    Raises:
        CommandFailed: nothing says which.
    """
    if job_ids:
        return replace(which, job_ids=tuple(job_ids))
    if which == EVERY_PARKED and not every:
        raise CommandFailed(
            "say which: by their ids, by --task, --error and the like, or --all",
            then="see ./bot.sh parked",
            code=Exit.USAGE,
        )
    return which


async def whole(parked: Parked, which: ParkedFilter) -> ParkedFilter:
    """With the ids as they are, for those of which only the beginning was said; one that is not parked stays.

    Raises:
        CommandFailed: more than one begins so.
    """
    if which.job_ids is None:
        return which
    there = set(await parked.ids(ParkedFilter(job_ids=which.job_ids)))
    every = await parked.ids() if len(there) < len(which.job_ids) else ()
    said = (job_id if job_id in there else _whole_id(job_id, every) for job_id in which.job_ids)
    return replace(which, job_ids=tuple(dict.fromkeys(said)))


def _whole_id(said: str, every: Sequence[str]) -> str:
    start = said.removesuffix("…")
    found = [job_id for job_id in every if start and job_id.startswith(start)]
    return the_one(found, start, "parked jobs") or said


def the_one(found: Sequence[str], start: str, what: str) -> str | None:
    """The only one that begins so; None: none does.

    Raises:
        CommandFailed: more than one does.
    """
    if len(found) > 1:
        some = ", ".join(found[:3]) + (" and others" if len(found) > 3 else "")  # noqa: PLR2004 - enough to see it
        raise CommandFailed(f"{len(found)} {what} begin with {start!r}: {some}", then="say more", code=Exit.USAGE)
    return found[0] if found else None


def moment(text: str) -> datetime:
    """`30m`, `2h`, `7d` ago, or an ISO 8601 date or time (in UTC unless it says otherwise).

    Raises:
        CommandFailed: it is neither.
    """
    if age := _AGE.fullmatch(text.strip()):
        return datetime.now(UTC) - timedelta(**{_UNITS[age["unit"]]: int(age["number"])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(f"{text!r} is no time: write 30m, 2h, 7d or 2026-03-02T12:00", code=Exit.USAGE) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def instead(path: Path | None, task: str | None, job_ids: Sequence[str] | None) -> dict[str, Any]:
    """The payload in a file, and the task, that one job is to run with instead of its own.

    Raises:
        CommandFailed: the file holds none, or there is not exactly one job.
    """
    if (path or task) and len(job_ids or ()) != 1:
        raise CommandFailed("--payload and --as are for one job, named by its id", code=Exit.USAGE)
    return {"payload": path and _payload_in(path), "task": task}


def _payload_in(path: Path) -> dict[str, Any]:
    try:
        found = cast("object", json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} cannot be read as JSON: {error}", code=Exit.USAGE) from error
    if not isinstance(found, dict):
        raise CommandFailed(f"{path} holds no JSON object", code=Exit.USAGE)
    return cast("dict[str, Any]", found)
