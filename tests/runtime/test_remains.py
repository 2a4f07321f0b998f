"""What is parked of a job into which others were merged: nothing of them is lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from redis.asyncio import Redis

from mindfleet import BotJob, GiveUp, JobFailed, Queue, Retry, TaskQueue, task
from mindfleet.adapters.clock import WallClock
from mindfleet.registry import Registry
from mindfleet.replay import Replay
from mindfleet.runtime.attempt import read_attempt
from mindfleet.runtime.claims import Claim
from mindfleet.runtime.failure import Failure
from mindfleet.runtime.held import Held
from mindfleet.runtime.remains import remains
from mindfleet.settings import Settings
from mindfleet.task import Debounce
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import encode_json
from tests.runtime.fleet_of_one import working_off

NOW = datetime(2027, 1, 2, tzinfo=UTC)


class Gathered(BotJob):
    version: ClassVar = 2
    texts: list[str]

    def key(self) -> str:
        return self.bot_name


seen: list[list[str]] = []


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(seconds=5),
    retry=Retry(attempts=1),
    debounce=Debounce(wait=timedelta(milliseconds=200), longest=timedelta(seconds=1)),
)
async def run_gathered(job: Gathered) -> None:
    """Fail, the first time."""
    seen.append(job.texts)
    if len(seen) == 1:
        raise GiveUp("not today")


TASKS = Registry([run_gathered])


def _claim(*payloads: object, task: str = "run_gathered") -> Held:
    first, *merged = (encode_json({"f": task, "a": [], "k": each, "et": 1, "n": "call"}) for each in payloads)
    return _held(first, *merged)


def _held(first: bytes, *merged: bytes) -> Held:
    claim = Claim(
        job_id="job",
        token="w:1",  # noqa: S106 - of a claim
        data=first,
        start=1,
        due=0,
        ready=0,
        failures=2,
        deaths=0,
        wish="",
        deadline=None,
        priority=5,
        lane="",
        is_stock=False,
        interruptions=0,
        merged=merged,
    )
    return Held(claim, 3.0)


def _parked(held: Held) -> list[tuple[str, dict[str, object]]]:
    attempt = read_attempt(held, Queue.SENSORY, TASKS)
    return [(job.job_id, job.payload) for job in remains(attempt, Failure.of(GiveUp("it is over")), TASKS, NOW)]


def test_one_payload_stands_for_all() -> None:
    held = _claim(
        {"bot_name": "juniper", "texts": ["a"], "_v": 2},
        {"bot_name": "juniper", "texts": ["b"], "_v": 2},
        {"bot_name": "juniper", "texts": ["c", "d"], "_v": 2},
    )

    assert _parked(held) == [("job", {"bot_name": "juniper", "texts": ["a", "b", "c", "d"], "_v": 2})]


def test_what_cannot_be_merged_is_parked_by_itself_under_the_same_name_each_time() -> None:
    held = _claim({"bot_name": "juniper", "texts": ["a"]}, {"bot_name": "juniper", "words": 5})

    first, (name, payload) = _parked(held)
    assert first == ("job", {"bot_name": "juniper", "texts": ["a"]})
    assert payload == {"bot_name": "juniper", "words": 5}
    assert name != "job"
    assert _parked(held)[1][0] == name


def test_what_cannot_be_read_is_parked_as_bytes_and_what_was_merged_into_it_too() -> None:
    assert [payload for _, payload in _parked(_held(b"no", b"nor this"))] == [
        {"raw": "bm8="},
        {"raw": "bm9yIHRoaXM="},
    ]


def test_a_job_without_others_is_parked_as_it_came() -> None:
    assert _parked(_claim({"bot_name": "juniper", "texts": ["a"]})) == [
        ("job", {"bot_name": "juniper", "texts": ["a"]})
    ]


@pytest.mark.stack
async def test_a_replay_sees_what_was_merged_before_it_was_parked(redis: Redis, redis_url: str) -> None:
    del redis  # which is empty
    seen.clear()
    parked = InMemoryParked()
    async with (
        TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue,
        working_off(redis_url, queue, TASKS, parked),
    ):
        receipt = await queue.enqueue("run_gathered", texts=["a"])
        for text in ("b", "c"):
            assert (await queue.enqueue("run_gathered", texts=[text])).merged
        with pytest.raises(JobFailed, match="not today"):
            await queue.wait(receipt)
        replayed = await Replay(parked, queue, TASKS, WallClock()).one(str(receipt))
        assert replayed.job_id
        async with asyncio.timeout(10):
            await queue.wait(replayed.job_id)

    assert seen == [["a", "b", "c"], ["a", "b", "c"]]
