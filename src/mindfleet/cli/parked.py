"""`parked`: the jobs that failed for good, and what a person does with them."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.choosing import Asking, instead, meant, moment, whole
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.listing import ListsByDefault
from mindfleet.cli.narrowing import narrowed
from mindfleet.cli.printing import cut, emit, show, table, tell
from mindfleet.ports.parked import EVERY_PARKED, ParkedFilter, ParkedJob
from mindfleet.replay import Outcome, Replayed
from mindfleet.settings import Settings
from mindfleet.wiring import open_parked, open_replay

parked = typer.Typer(cls=ListsByDefault)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Or their beginnings.", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="As ./bot.sh parked shows it, or its beginning.")]
All = Annotated[bool, typer.Option("--all", help="All that there are.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many are shown.")]
Payload = Annotated[
    Path | None, typer.Option("--payload", help="A JSON file with the payload to run it with.", show_default=False)
]
AsTask = Annotated[str | None, typer.Option("--as", help="The task to run it as.", show_default=False)]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", help="30d, 12h; by default as parked.keep says.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@parked.command("list")
@narrowed
def list_parked(context: typer.Context, *, which: ParkedFilter, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List the jobs that failed for good, the newest first; `list` may be left out.

    Example: ./bot.sh parked --task run_reflection --since 2h
    """
    count, jobs = asyncio.run(_look(Call.of(context).settings(), which, limit))
    if as_json:
        emit(count=count, jobs=[_as_data(job) for job in jobs])
    elif not jobs:
        tell("no job is parked" if which == EVERY_PARKED else "no such job is parked")
    else:
        rows = ((job.job_id, job.task, _when(job.parked_at), job.attempts, _brief(job)) for job in jobs)
        table(("job", "task", "parked", "attempts", "error"), rows, numbers=("attempts",))
        if count > len(jobs):
            tell(f"{count - len(jobs)} more; --limit shows them")


@parked.command("show")
def show_parked(context: typer.Context, job_id: Id, *, as_json: AsJson = False) -> None:
    """Show one with its payload, its error and where that was raised.

    Example: ./bot.sh parked show 5f0c
    """
    _, jobs = asyncio.run(_look(Call.of(context).settings(), ParkedFilter(job_ids=[job_id]), 1))
    if not jobs:
        raise CommandFailed(f"no job {job_id!r} is parked", then="see ./bot.sh parked")
    data = _as_data(jobs[0])
    if as_json:
        emit(job=data)
        return
    for name in ("job_id", "task", "queue", "enqueued_at", "parked_at", "attempts", "replayed_at", "error", "message"):
        if data[name] is not None:
            show(f"{name:<12} {data[name]}")
    show(json.dumps(data["payload"], ensure_ascii=False, indent=2))
    show(data["traceback"])


@parked.command("replay")
@narrowed
def replay_parked(
    context: typer.Context,
    job_ids: Ids = None,
    *,
    which: ParkedFilter,
    every: All = False,
    payload: Payload = None,
    as_task: AsTask = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put jobs back into their queues, each once: by id, by what is known of them, or all.

    Says how many first, and asks, unless they are named by their ids. Whoever cannot run stays parked, and says why.

    Example: ./bot.sh parked replay --error ModelUnavailable --since 2h
    """
    them = meant(job_ids, which, every=every)
    other = instead(payload, as_task, job_ids)
    ask = Asking("replay", yes=yes or bool(job_ids), as_json=as_json)
    _tell_replayed(asyncio.run(_replay(Call.of(context).settings(), them, ask, other)), as_json=as_json)


@parked.command("discard")
@narrowed
def discard_parked(
    context: typer.Context,
    job_ids: Ids = None,
    *,
    which: ParkedFilter,
    every: All = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Forget jobs for ever: by id, by what is known of them, or all. Says how many first, and asks.

    Example: ./bot.sh parked discard --user ana
    """
    them = meant(job_ids, which, every=every)
    ask = Asking("discard", yes=yes, as_json=as_json)
    count, missing = asyncio.run(_discard(Call.of(context).settings(), them, ask))
    _tell_discarded(count, missing, as_json=as_json)


@parked.command("purge")
def purge_parked(
    context: typer.Context, *, older_than: OlderThan = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Forget the jobs that were kept long enough; workers do it every day. Says how many first, and asks.

    Example: ./bot.sh parked purge --older-than 30d
    """
    settings = Call.of(context).settings()
    if older_than is None and not settings.parked.keep:
        raise CommandFailed("parked.keep is 0: they are kept for ever", then="say --older-than 30d", code=Exit.USAGE)
    before = moment(older_than) if older_than else datetime.now(UTC) - settings.parked.keep
    ask = Asking("discard", yes=yes, as_json=as_json)
    count, missing = asyncio.run(_discard(settings, ParkedFilter(until=before), ask))
    _tell_discarded(count, missing, as_json=as_json)


async def _look(settings: Settings, which: ParkedFilter, limit: int) -> tuple[int, list[ParkedJob]]:
    async with open_parked(settings) as parked:
        which = await whole(parked, which)
        return await parked.count(which), list(await parked.all(which, limit=limit))


async def _replay(settings: Settings, which: ParkedFilter, ask: Asking, other: dict[str, Any]) -> list[Replayed]:
    """Those that were counted, the oldest first; what is parked again meanwhile is left alone."""
    async with open_replay(settings) as replay:
        which = await whole(replay.parked, which)
        job_ids = await replay.parked.ids(which)
        ask.agreed(len(job_ids))
        gone = [Replayed(job_id, "gone") for job_id in which.job_ids or () if job_id not in job_ids]
        return [*[await replay.one(job_id, **other) for job_id in job_ids], *gone]


async def _discard(settings: Settings, which: ParkedFilter, ask: Asking) -> tuple[int, list[str]]:
    """How many, and which of those that were named are not there."""
    async with open_parked(settings) as parked:
        which = await whole(parked, which)
        job_ids = await parked.ids(which)
        ask.agreed(len(job_ids))
        missing = [job_id for job_id in which.job_ids or () if job_id not in job_ids]
        return await parked.discard(ParkedFilter(job_ids=job_ids)), missing


def _tell_replayed(replayed: list[Replayed], *, as_json: bool) -> None:
    """And fail when one of them stayed, or was not there."""
    counts = Counter(one.outcome for one in replayed)
    if as_json:
        emit(**{outcome: counts[outcome] for outcome in get_args(Outcome)}, jobs=[asdict(one) for one in replayed])
    else:
        for one in replayed:
            show(f"{one.parked_id}  {WORDS[one.outcome]}{_under(one)}{one.reason}", STYLES.get(one.outcome, ""))
        tell(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "no such job is parked")
    if counts["refused"] or counts["gone"]:
        raise typer.Exit(Exit.FAILED)


def _tell_discarded(count: int, missing: list[str], *, as_json: bool) -> None:
    """And fail when one was not there."""
    if as_json:
        emit(discarded=count, gone=missing)
    else:
        for job_id in missing:
            show(f"{job_id}  {WORDS['gone']}", STYLES["gone"])
        tell(f"{count} forgotten" if count else "no such job is parked")
    if missing:
        raise typer.Exit(Exit.FAILED)


WORDS: dict[Outcome, str] = {
    "queued": "waits in its queue",
    "waiting": "waits or runs there already",
    "done": "was done since",
    "gone": "is not parked",
    "refused": "stays parked: ",
}
STYLES: dict[Outcome, str] = {"gone": "red", "refused": "red"}


def _under(one: Replayed) -> str:
    return f" as {one.job_id}" if one.job_id and one.job_id != one.parked_id else ""


def _as_data(job: ParkedJob) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(job).items()}


def _when(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"


def _brief(job: ParkedJob) -> str:
    line = (job.message.splitlines() or [""])[0]
    return f"{job.error}: {cut(line)}"
