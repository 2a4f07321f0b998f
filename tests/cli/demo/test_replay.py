"""Replaying a script through a queue that is not always there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mindfleet.cli.demo import replay as replaying
from mindfleet.cli.demo.replay import replay
from mindfleet.cli.demo.script import Message, Script
from mindfleet.errors import QueueUnavailable
from mindfleet.job import Job
from mindfleet.receipt import Receipt
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue

BEGAN = datetime(2026, 1, 1, 10, tzinfo=UTC)


class Flaky(TaskQueue):
    """Takes the jobs, but answers the first so many calls with an error."""

    def __init__(self, failures: int) -> None:
        super().__init__(settings=Settings())
        self.failures = failures
        self.taken: dict[str, Job] = {}

    async def put(self, job: Job, *, durable: bool = False, **told: Any) -> Receipt:
        key = told.get("job_id") or str(job.key())
        outcome = "duplicate" if key in self.taken else "queued"
        self.taken[key] = job
        if self.failures:
            self.failures -= 1
            raise QueueUnavailable("no answer, so the outcome is unknown")
        return Receipt(key, "duplicate" if outcome == "duplicate" else "queued")


@pytest.fixture
def script() -> Script:
    messages = [
        Message(
            bot_name="luna",
            user_id="ana",
            channel_id=channel,
            message_id=str(number),
            role="user",
            content=f"message {number}",
            sent_at=BEGAN + timedelta(seconds=number),
        )
        for number, channel in enumerate(["dm", "room", "dm"])
    ]
    return Script(messages=messages, questions=[])


def fields(queue: Flaky, name: str) -> list[Any]:
    return [getattr(job, name, None) for job in queue.taken.values()]


async def test_says_everything_with_its_own_time_and_ends_every_session(script: Script) -> None:
    queue, sent = Flaky(0), list[int]()
    await replay(queue, script, sent=lambda: sent.append(1))
    assert fields(queue, "message_id") == ["0", "1", "2", None, None]
    assert fields(queue, "channel_id") == ["dm", "room", "dm", "dm", "room"]
    assert fields(queue, "sent_at")[:3] == [message.sent_at for message in script.messages]
    assert len(sent) == 3


async def test_says_it_again_under_the_same_id_when_the_outcome_is_unknown(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PAUSE", 0)
    steady, flaky = Flaky(0), Flaky(2)
    await replay(steady, script, sent=lambda: None)
    await replay(flaky, script, sent=lambda: None)
    said = [[job.model_copy(update={"asked_at": None}) for job in each.taken.values()] for each in (steady, flaky)]
    assert flaky.taken.keys() == steady.taken.keys()
    assert said[0] == said[1]


async def test_gives_up_when_redis_stays_away(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "PAUSE", 0)
    monkeypatch.setattr(replaying, "PATIENCE", timedelta())
    with pytest.raises(QueueUnavailable):
        await replay(Flaky(1000), script, sent=lambda: None)
