"""What is said on channels: to workers that wait, to those that run what is unwanted, to those that watch the fleet."""

import json
from collections.abc import Sequence

from scripts.simulation.accounts import Entry
from scripts.simulation.view import View
from scripts.simulation.violations import hold

SOON = 1000

Messages = Sequence[tuple[bytes, bytes]]


def who_waits_is_woken(before: View, view: View, messages: Messages) -> None:
    """Who takes a mark away wakes; the mark goes where a job is ready, or due so soon that a tick would be late."""
    woken = {channel.decode() for channel, _ in messages}
    unheard = [queue for queue in before.idle - view.idle if f"mindfleet:wake:{queue}" not in woken]
    hold(not unheard, "no_wake_is_lost", f"{unheard}")
    for queue in before.idle & view.idle:
        was = before.queues.get(queue, {})
        for job_id, score in view.queues.get(queue, {}).items():
            is_put_off = 0 <= was.get(job_id, -1) <= score  # whoever waits looks then, and sees
            is_new = not is_put_off and job_id in view.jobs and view.jobs[job_id]["state"] != "running"
            is_soon = 0 <= score <= view.now + SOON
            hold(not (is_new and is_soon), "no_wake_is_lost", f"{job_id} on {queue} is due")


def wishes_are_told(before: View, view: View, messages: Messages, asked: str) -> None:
    """Whoever runs a job hears at once that it is unwanted; `asked`: of whom an operator just said so."""
    told = [message.decode() for channel, message in messages if channel == b"mindfleet:cancel"]
    new = {job_id for job_id, about in view.jobs.items() if about["cancel"] != _wish(before, job_id)}
    for job_id in new | ({asked} if asked else set()):
        wish = f"{_wish(view, job_id)} {job_id}"
        hold(wish in told, "a_wish_is_told", f"{wish}: {told}")


def ends_are_published(messages: Messages, channel: str, announced: Sequence[tuple[str, Entry]]) -> None:
    """On the channel that was asked for, as in the stream."""
    found = [json.loads(message) for name, message in messages if channel and name == channel.encode()]
    due = [_published(entry, fields) for entry, fields in announced] if channel else []
    hold(found == due, "ends_are_published", f"{found} instead of {due}")
    strange = [name for name, _ in messages if not name or (not channel and name == b"fleet")]
    hold(not strange, "ends_are_published", f"on {strange}")


def _published(entry: str, fields: Entry) -> dict[str, object]:
    last = "result" if "result" in fields else "error"
    return {"id": entry, **fields, last: json.loads(fields[last])}


def _wish(view: View, job_id: str) -> str:
    return view.jobs[job_id]["cancel"] if job_id in view.jobs else ""
