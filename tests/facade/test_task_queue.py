"""What a bot may ask of the fleet, and what it is told."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis
from redis.asyncio.client import Monitor

from mindfleet import InvalidJob, JobPending, JobStatus, QueueUnavailable, TaskQueue
from mindfleet.settings import Settings

pytestmark = pytest.mark.stack

ANA: dict[str, Any] = {"user_id": "ana", "bot_name": "juniper"}


async def waiting(queue: TaskQueue, name: str) -> list[str]:
    return [member.decode() for member in await queue.redis.zrange(name, 0, -1)]


async def payload(queue: TaskQueue, job_id: str) -> dict[str, Any]:
    envelope = json.loads(await queue.redis.get(f"arq:job:{job_id}"))
    return {"task": envelope["f"], **envelope["k"]}


async def test_a_job_waits_in_arqs_own_keys(queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_reflection", **ANA)

    assert receipt.queued
    assert await waiting(queue, "arq:cognition") == [receipt]
    assert await payload(queue, receipt) == {"task": "run_reflection", **ANA}


async def test_a_job_never_expires_before_a_worker_reaches_it(queue: TaskQueue) -> None:
    receipt = await queue.enqueue_reflection("ana", "juniper")

    assert await queue.redis.ttl(f"arq:job:{receipt}") == -1


async def test_the_same_id_while_it_waits_is_a_duplicate(queue: TaskQueue) -> None:
    first = await queue.enqueue("run_reflection", _job_id="r", **ANA)
    second = await queue.enqueue("run_reflection", _job_id="r", **ANA, _queue_name=queue.QUEUE_SENSORY)

    assert (first, first.duplicate) == ("r", False)
    assert (second, second.duplicate) == ("r", True)
    assert await waiting(queue, "arq:sensory") == []


async def test_a_kept_result_never_blocks_a_new_job(queue: TaskQueue) -> None:
    await queue.redis.set("arq:result:r", b"{}")

    receipt = await queue.enqueue("run_reflection", _job_id="r", **ANA)

    assert receipt.queued
    assert not await queue.redis.exists("arq:result:r")


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        ({"_defer_by": 60}, 60),
        ({"_defer_by": timedelta(minutes=2)}, 120),
        ({"_defer_until": datetime(2030, 1, 1, tzinfo=UTC)}, None),
        ({}, 0),
    ],
)
async def test_a_job_is_due_when_it_was_asked_for(queue: TaskQueue, options: dict[str, Any], delay: float) -> None:
    now = time.time()

    receipt = await queue.enqueue("run_reflection", **options, **ANA)

    due = (await queue.redis.zscore("arq:cognition", receipt)) / 1000
    expected = datetime(2030, 1, 1, tzinfo=UTC).timestamp() if delay is None else now + delay
    assert due == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"task_name": "run_reflektion"}, "did you mean 'run_reflection'"),
        ({"_queue_name": "arq:cogntion"}, "arq:cognition"),
        ({"usr_id": "ana"}, "usr_id"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"_defer_by": -1}, "past"),
        ({"_defer_by": 1, "_defer_until": datetime(2030, 1, 1, tzinfo=UTC)}, "not both"),
        ({"_defer_until": datetime(2030, 1, 1)}, "time zone"),  # noqa: DTZ001 - the point of the test
        ({"task_name": None}, "there is no task"),
        ({"_queue_name": []}, "there is no queue"),
        ({"usr_id": "ana"}, "did you mean user_id"),
        ({"_defer_bye": 60}, "did you mean _defer_by"),
        ({"_defer_by": "60"}, "number of seconds"),
        ({"_defer_by": True}, "number of seconds"),
        ({"_defer_by": float("nan")}, "number of seconds"),
        ({"_defer_by": float("inf")}, "number of seconds"),
        ({"_defer_by": 1e20}, "number of seconds"),
        ({"_defer_until": "2030-01-01T00:00:00Z"}, "aware datetime"),
        ({"_defer_until": 1_900_000_000.0}, "aware datetime"),
        ({"_job_id": ""}, "_job_id"),
        ({"_job_id": 5}, "_job_id"),
        ({"_job_id": b"id"}, "_job_id"),
        ({"_job_id": "\ud800"}, "_job_id"),
        ({"_job_id": "a\0b"}, "_job_id"),
        ({"_expires": timedelta.max}, "_expires"),
        ({"_expires": 60, "_defer_until": datetime.max.replace(tzinfo=UTC)}, "_expires"),
        ({"character_name": "someone else"}, "differ"),
    ],
)
async def test_a_wrong_call_is_refused_before_redis_is_touched(call: dict[str, Any], says: str) -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())

    with pytest.raises(InvalidJob, match=says):
        await nowhere.enqueue(**{"task_name": "run_reflection", **ANA, **call})


async def test_a_payload_that_is_too_large_is_refused() -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())

    with pytest.raises(InvalidJob, match="the limit is"):
        await nowhere.enqueue_knowledge_extraction("ana", "x" * 2_000_000, "juniper")


@pytest.mark.parametrize("text", ["half \ud83d of a pair", "\udfff"])
async def test_a_text_that_is_no_unicode_is_refused(text: str) -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())

    with pytest.raises(InvalidJob, match="unicode"):
        await nowhere.enqueue_message("juniper", "ana", "c", "m1", "user", text, datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_naive_time_of_a_message_is_refused() -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())

    with pytest.raises(InvalidJob, match="sent_at"):
        await nowhere.enqueue_message(
            "juniper",
            "ana",
            "c",
            "m1",
            "user",
            "hello",
            datetime(2026, 1, 1),  # noqa: DTZ001 - the point of the test
        )


async def test_the_seeds_other_name_for_a_bot_is_accepted(queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_reflection", user_id="ana", character_name="juniper")

    assert (await payload(queue, receipt))["bot_name"] == "juniper"


async def test_a_producer_can_name_the_bot_once(redis_url: str) -> None:
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings()) as queue:
        receipt = await queue.enqueue_knowledge_extraction("ana", "I live in Oslo")

        assert (await payload(queue, receipt))["bot_name"] == "juniper"


async def test_without_a_bots_name_anywhere_the_refusal_says_where_to_give_it(queue: TaskQueue) -> None:
    with pytest.raises(InvalidJob, match="BOT_NAME"):
        await queue.enqueue_knowledge_extraction("ana", "I live in Oslo")


async def test_what_a_seeds_call_leaves_out_is_written_into_the_payload(queue: TaskQueue) -> None:
    receipt = await queue.enqueue_knowledge_extraction("ana", "I live in Oslo", "juniper")

    fields = await payload(queue, receipt)
    assert (fields["channel_id"], fields["visibility"]) == ("dm:ana", "dm")
    assert datetime.fromisoformat(fields["sent_at"]).tzinfo


async def test_a_message_names_the_one_that_was_sent_before_it(queue: TaskQueue) -> None:
    receipts = [
        await queue.enqueue_message("juniper", "ana", "c", name, "user", "hello", datetime(2026, 1, 1, tzinfo=UTC))
        for name in ("m1", "m2")
    ]

    first, second = [await payload(queue, receipt) for receipt in receipts]
    assert "after" not in first
    assert second["after"] in receipts[0]


async def test_a_feature_that_is_off_is_said_and_enqueues_nothing(redis_url: str) -> None:
    off = Settings.model_validate({"features": {"runtime_fact_extraction": False}})
    async with TaskQueue(redis_url, settings=off) as queue:
        receipt = await queue.enqueue_knowledge_extraction("ana", "I live in Oslo", "juniper")

        assert receipt.disabled
        assert "ENABLE_RUNTIME_FACT_EXTRACTION" in receipt.reason
        assert await waiting(queue, "arq:sensory") == []


async def test_a_redis_that_is_away_is_reported_at_once() -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())

    with pytest.raises(QueueUnavailable, match="away"):
        await nowhere.enqueue_reflection("ana", "juniper")


@asynccontextmanager
async def deaf_server() -> AsyncGenerator[str]:
    """Accepts connections and never answers."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    listener.close()


async def test_a_redis_that_hangs_leaves_the_outcome_unknown_and_says_so() -> None:
    async with deaf_server() as url:
        queue = TaskQueue(url, settings=Settings())
        began = time.monotonic()

        with pytest.raises(QueueUnavailable, match="unknown"):
            await queue.enqueue_reflection("ana", "juniper")

        assert time.monotonic() - began < 2
        await queue.close()


async def test_an_enqueue_is_one_round_trip(queue: TaskQueue, redis_url: str) -> None:
    await queue.enqueue_reflection("ana", "juniper")
    async with Redis.from_url(redis_url) as other, Redis.from_url(redis_url) as redis, redis.monitor() as seen:
        await other.ping()
        assert (await _until(seen, "PING"))[-1] == "PING"
        await queue.enqueue_reflection("ana", "juniper")
        await other.echo("over")
        commands = await _until(seen, "ECHO")

    assert commands == ["FCALL", "ECHO"]


async def _until(seen: Monitor, last: str) -> list[str]:
    """What clients sent."""
    commands: list[str] = []
    while last not in commands:
        said = await seen.next_command()
        commands += [said["command"].split()[0]] if said["client_type"] != "lua" else []
    return commands


def test_one_queue_serves_several_event_loops(redis_url: str) -> None:
    queue = TaskQueue(redis_url, settings=Settings())

    async def one() -> str:
        try:
            return await queue.enqueue_reflection("ana", "juniper")
        finally:
            await queue.close()

    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert first.run(one()) != second.run(one())


async def test_a_job_tells_where_it_is(queue: TaskQueue) -> None:
    now = await queue.enqueue_reflection("ana", "juniper")
    later = await queue.enqueue_reflection("ana", "juniper", _defer_by=60)

    assert await queue.job(now).status() is JobStatus.QUEUED
    assert await queue.job(later).status() is JobStatus.DEFERRED
    assert await queue.job("nobody").status() is JobStatus.UNKNOWN


async def test_waiting_for_a_job_that_does_not_end_leaves_it_alone(queue: TaskQueue) -> None:
    receipt = await queue.enqueue_reflection("ana", "juniper")

    with pytest.raises(JobPending):
        await queue.wait(receipt, 0.05)

    assert await queue.job(receipt).status() is JobStatus.QUEUED


async def test_a_stock_arq_producer_finds_our_job(queue: TaskQueue, redis_url: str) -> None:
    receipt = await queue.enqueue_reflection("ana", "juniper")

    stock = await create_pool(RedisSettings.from_dsn(redis_url), job_deserializer=json.loads)
    [job] = await stock.queued_jobs(queue_name="arq:cognition")
    await stock.aclose()

    assert (job.job_id, job.function, job.kwargs["user_id"]) == (receipt, "run_reflection", "ana")


def test_arq_settings_are_those_of_the_settings() -> None:
    assert isinstance(TaskQueue.get_redis_settings(), RedisSettings)
