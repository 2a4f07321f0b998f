"""What an operator sets is obeyed by the very scripts that give jobs to workers."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from redis.asyncio import Redis

from mindfleet.lua import CLAIM, ENQUEUE, SETTLE
from mindfleet.queues import Queue
from mindfleet.runtime.claims import End
from mindfleet.steering import Gate, Steering

pytestmark = pytest.mark.stack


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        await claim(redis, room=0)  # a worker of ours was here
        yield redis


@pytest.fixture
def steering(redis: Redis) -> Steering:
    return Steering(redis)


async def enqueue(redis: Redis, job_id: str, *, task: str = "run_letter", bot: str = "wren", gates: str = "") -> None:
    about = (job_id, "arq:action", "{}", "", task, bot, "", 5, "", gates, "", 0, "", "", "", "", "")
    await ENQUEUE(redis, 1, *about)


async def claim(redis: Redis, *, room: int = 10) -> Any:
    return await CLAIM(redis, "arq:action", "worker-1", room, 4000, 0, 5, 0, 1)


async def started(redis: Redis, *, room: int = 10) -> list[str]:
    """The jobs that a worker with so much room is given."""
    return [job[0].decode() for job in (await claim(redis, room=room))[4]]


async def settle(redis: Redis, job_id: bytes, token: bytes) -> None:
    await SETTLE(redis, "worker-1", 1, 100, 1, job_id, token, *End(outcome="done").arguments())


@pytest.mark.parametrize(("kind", "name"), [("task", "run_letter"), ("bot", "wren")])
async def test_a_paused_task_or_bot_waits_until_it_is_resumed_and_nobody_else_does(
    redis: Redis, steering: Steering, kind: Any, name: str
) -> None:
    await steering.pause(kind, name)
    for number in range(3):
        await enqueue(redis, f"letter-{number}")
    await enqueue(redis, "other", task="run_note", bot="luna")

    assert await started(redis) == ["other"]
    assert await steering.gates() == [Gate(kind=kind, name=name, most=0, running=0, waiting=3)]
    assert await steering.resume(kind, name) == 3
    assert await started(redis) == ["letter-0", "letter-1", "letter-2"]
    assert await steering.gates() == []


async def test_a_paused_queue_gives_no_job_until_it_is_resumed(redis: Redis, steering: Steering) -> None:
    await steering.pause("queue", "arq:action")
    await enqueue(redis, "letter")
    assert await started(redis) == []

    [gate] = await steering.gates()
    assert (gate.running, gate.waiting) == (0, 1)
    assert await steering.resume("queue", "arq:action") == 1
    assert await steering.resume("queue", "arq:action") == 0
    assert await started(redis) == ["letter"]


async def test_resuming_lets_more_through_than_the_script_does_at_a_time(redis: Redis, steering: Steering) -> None:
    await steering.pause("task", "run_letter")
    for number in range(700):
        await enqueue(redis, f"letter-{number}")
    assert await started(redis, room=1000) == []

    assert await steering.resume("task", "run_letter") == 700
    assert len(await started(redis, room=1000)) == 700


async def test_a_limit_holds_and_raising_it_lets_more_start(redis: Redis, steering: Steering) -> None:
    await steering.set_limit("bot", "wren", 1)
    for number in range(4):
        await enqueue(redis, f"letter-{number}")
    assert await started(redis) == ["letter-0"]
    assert await started(redis) == []

    assert await steering.set_limit("bot", "wren", 3) == 2
    assert await started(redis) == ["letter-1", "letter-2"]
    assert await steering.gates() == [Gate(kind="bot", name="wren", most=3, running=3, waiting=1)]


@pytest.mark.parametrize(("kind", "name"), [("task", "run_letter"), ("bot", "wren")])
async def test_a_limit_counts_the_jobs_that_run_already(redis: Redis, steering: Steering, kind: Any, name: str) -> None:
    for number in range(5):
        await enqueue(redis, f"letter-{number}")
    await enqueue(redis, "other", task="run_note", bot="luna")
    running = {claimed[0]: claimed[1] for claimed in (await claim(redis, room=2))[4]}
    assert await started(redis, room=1) == ["letter-2"]

    await steering.set_limit(kind, name, 3)
    assert await steering.gates() == [Gate(kind=kind, name=name, most=3, running=3, waiting=0)]
    assert await started(redis) == ["other"]

    await settle(redis, b"letter-0", running[b"letter-0"])
    assert await started(redis) == ["letter-3"]
    await settle(redis, b"letter-1", running[b"letter-1"])
    assert await started(redis) == ["letter-4"]
    assert await steering.gates() == [Gate(kind=kind, name=name, most=3, running=3, waiting=0)]


async def test_a_limit_that_is_set_anew_counts_each_job_once(redis: Redis, steering: Steering) -> None:
    await steering.set_limit("bot", "wren", 5)
    await enqueue(redis, "letter")
    [claimed] = (await claim(redis))[4]
    await steering.lift_limit("bot", "wren")
    await steering.set_limit("bot", "wren", 4)
    assert [gate.running for gate in await steering.gates()] == [1]

    await settle(redis, *claimed[:2])
    assert [gate.running for gate in await steering.gates()] == [0]
    assert not await redis.exists("mindfleet:using:bot:wren")


async def test_resuming_gives_back_the_limit_that_was_set_before(redis: Redis, steering: Steering) -> None:
    await steering.set_limit("bot", "wren", 2)
    await steering.pause("bot", "wren")
    await steering.pause("bot", "wren")
    for number in range(4):
        await enqueue(redis, f"letter-{number}")
    assert await started(redis) == []
    assert await steering.gates() == [Gate(kind="bot", name="wren", most=0, running=0, waiting=4, kept=2)]

    assert await steering.resume("bot", "wren") == 2
    assert await started(redis) == ["letter-0", "letter-1"]
    assert await steering.gates() == [Gate(kind="bot", name="wren", most=2, running=2, waiting=2)]


async def test_a_limit_that_is_set_or_lifted_during_a_pause_holds_afterwards(redis: Redis, steering: Steering) -> None:
    await steering.pause("task", "run_letter")
    for number in range(3):
        await enqueue(redis, f"letter-{number}")
    assert await steering.set_limit("task", "run_letter", 1) == 0
    assert await started(redis) == []
    await steering.resume("task", "run_letter")
    assert await started(redis) == ["letter-0"]

    await steering.pause("task", "run_letter")
    assert await steering.lift_limit("task", "run_letter") == 0
    assert await started(redis) == []
    await steering.resume("task", "run_letter")
    assert await started(redis) == ["letter-1", "letter-2"]
    assert await steering.gates() == []


async def test_a_limit_lets_more_through_than_the_script_does_at_a_time(redis: Redis, steering: Steering) -> None:
    await steering.pause("task", "run_letter")
    await steering.set_limit("task", "run_letter", 650)
    for number in range(700):
        await enqueue(redis, f"letter-{number}")
    assert await started(redis, room=1000) == []

    await steering.resume("task", "run_letter")
    assert len(await started(redis, room=1000)) == 650


async def test_a_limit_of_a_group_takes_the_place_of_the_one_that_its_tasks_declare(
    redis: Redis, steering: Steering
) -> None:
    await steering.set_limit("group", "painting", 2)
    for number in range(3):
        await enqueue(redis, f"letter-{number}", gates="group:painting=1")
    assert await started(redis) == ["letter-0", "letter-1"]


async def test_workers_are_told_how_many_slots_they_have(redis: Redis, steering: Steering) -> None:
    assert (await claim(redis, room=0))[1] == b""
    await steering.set_max_jobs(Queue.ACTION, 3)
    assert (await claim(redis, room=0))[1] == 3
    await steering.reset_max_jobs(Queue.ACTION)
    assert (await claim(redis, room=0))[1] == b""


async def test_no_limit_is_a_pause_by_accident(steering: Steering) -> None:
    with pytest.raises(ValueError, match="use pause"):
        await steering.set_limit("bot", "wren", 0)
    with pytest.raises(ValueError, match="use pause"):
        await steering.set_max_jobs(Queue.ACTION, 0)
