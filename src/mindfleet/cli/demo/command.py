"""`demo`: replays a conversation through the whole fleet, and shows what the bot now knows."""

import asyncio
from importlib.resources import as_file, files
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.demo.conversations import read
from mindfleet.cli.demo.learnt import Learnt, as_data, learn
from mindfleet.cli.demo.progress import Progress, progress
from mindfleet.cli.demo.replay import replay
from mindfleet.cli.demo.script import Script
from mindfleet.cli.demo.settling import job_counts, settled
from mindfleet.cli.demo.stage import Stage, shares_no_vectors, staged, worked_off
from mindfleet.cli.demo.telling import tell_all
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.printing import emit, tell
from mindfleet.cli.queues import connected
from mindfleet.queues import Queue
from mindfleet.task_queue import TaskQueue
from mindfleet.wiring import migrate_stores, open_conversations, open_stores

MOST_PARKED = 10
"""That are told of one by one."""

File = Annotated[
    Path | None, typer.Option("--conversation", help="JSON Lines or LoCoMo's JSON, instead of the sample.")
]
Ask = Annotated[list[str] | None, typer.Option("--ask", help="What to ask at the end; may be repeated.")]
Bot = Annotated[str | None, typer.Option("--bot", help="Which speaker of a LoCoMo file is the bot.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave stores and workers running: see env, stop demo.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; all else goes to stderr.")]


def demo(
    context: typer.Context,
    *,
    conversation: File = None,
    ask: Ask = None,
    bot: Bot = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Watch a conversation turn into memory.

    Starts stores and workers of its own, replays the conversation message by message, waits until all is thought
    through, and shows what the bot now knows. Its data lie in MINDFLEET_HOME/demo, which is emptied at the start.

    Example: ./bot.sh demo --conversation talk.jsonl --ask "Where does Ana live?"
    """
    began = monotonic()
    call = Call.of(context)
    if keep and shares_no_vectors(call.settings()):
        raise CommandFailed("Qdrant's local mode ends with this process, so --keep cannot be", code=Exit.USAGE)
    learnt = asyncio.run(_demo(call, _script(conversation, bot, ask or []), keep=keep, as_json=as_json))
    tell(f"{learnt.ended} jobs, {len(learnt.parked) or 'none'} parked, in {monotonic() - began:.1f} s")
    for job in learnt.parked[:MOST_PARKED]:
        tell(f"parked: {job.task} {job.job_id}: {job.error}: {job.message}", "red")
    if keep:
        tell('kept. Its addresses: eval "$(./bot.sh env)". To end it: ./bot.sh stop demo')
    if learnt.parked:
        raise typer.Exit(Exit.FAILED)


def _script(conversation: Path | None, bot: str | None, ask: list[str]) -> Script:
    if conversation is not None:
        return read(conversation, bot=bot, ask=ask)
    with as_file(files("mindfleet.cli") / "sample") as sample:
        return read(sample / "conversation.jsonl", bot=bot, ask=ask)


async def _demo(call: Call, script: Script, *, keep: bool, as_json: bool) -> Learnt:
    tell(f"{len(script.messages)} messages; starting stores and workers …")
    async with staged(call, script, keep=keep) as stage:
        await migrate_stores(stage.settings)
        with progress(len(script.messages)) as bars:
            counts = await _think_through(stage, script, bars)
        async with open_stores(stage.settings, connections=4) as opened:
            learnt = await learn(opened, script, counts)
        if as_json:
            emit(**as_data(learnt))
        else:
            tell_all(learnt)
    return learnt


async def _think_through(stage: Stage, script: Script, bars: Progress) -> dict[Queue, dict[str, int]]:
    """Say everything, and wait until it is worked off; returns what became of the jobs."""
    async with (
        worked_off(stage) as cell,
        TaskQueue(settings=stage.settings) as queue,
        connected(stage.settings) as redis,
        open_conversations(stage.settings) as conversations,
    ):
        await asyncio.gather(cell.up, replay(queue, script, sent=bars.sent))
        await settled(cell, redis, conversations, seen=bars.seen)
        return await job_counts(redis)
