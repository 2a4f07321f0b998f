"""What a job had sent before it was parked is not sent again when it is replayed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mindfleet import BotJob, Queue, Retry, task
from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.postgres import Database, PostgresEffects, PostgresParked
from mindfleet.errors import Transient
from mindfleet.outbox import Carrier, Outbox
from mindfleet.ports.parked import ParkedFilter, ParkedJob
from mindfleet.registry import Registry
from mindfleet.replay import Replay
from tests.conftest import Eventually
from tests.runtime.crew import Crew, crew
from tests.runtime.poster import Poster
from tests.runtime.receiver import Receiver, receiving

pytestmark = pytest.mark.stack


class Greeting(BotJob):
    pass


@dataclass
class Mood:
    """Of the task, which sends its second part only when that is good."""

    is_good: bool = False


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=Retry(attempts=3, first=timedelta()))
async def run_greeting(job: Greeting, outbox: Outbox, carrier: Carrier, mood: Mood) -> None:
    """Send two things, and fail between them; the starts of a replay are counted from one again."""
    await outbox.send(carrier, {"text": "hello"}, part=1)
    if not mood.is_good:
        raise Transient("not today")
    await outbox.send(carrier, {"text": "again"}, part=2)


TASKS = Registry([run_greeting])


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    """A provider that does whatever it is told, as often as it is told."""
    async with receiving(keeps_keys=False) as receiver:
        yield receiver


@asynccontextmanager
async def parked_amid(
    url: str, carrier: Carrier, mood: Mood, database: Database, eventually: Eventually
) -> AsyncGenerator[tuple[Crew, str]]:
    """A job that was parked between what it sends, and the crew that did it."""
    services = {Outbox: Outbox(PostgresEffects(database)), Carrier: carrier, Mood: mood}
    async with crew(url, TASKS, services) as its_crew:
        job_id = await its_crew.queue.enqueue("run_greeting", _job_id=f"greet-{uuid4()}")

        async def is_parked() -> bool:
            return await its_crew.parked.get(job_id) is not None

        await eventually(is_parked)
        yield its_crew, job_id


async def replayed(its_crew: Crew, job_id: str) -> str:
    replay = Replay(its_crew.parked, its_crew.queue, TASKS, WallClock())
    its_id = (await replay.one(job_id)).job_id
    assert its_id
    return its_id


async def test_a_replay_sends_only_what_was_not_sent_before(
    redis_url: str, database: Database, receiver: Receiver, eventually: Eventually
) -> None:
    poster, mood = Poster(receiver), Mood()
    carrier = Carrier(kind="post", send=poster.send, find=poster.find)
    async with parked_amid(redis_url, carrier, mood, database, eventually) as (its_crew, job_id):
        mood.is_good = True
        await its_crew.queue.wait(await replayed(its_crew, job_id), 10)

    assert [each["payload"]["text"] for each in receiver.carried_out] == ["hello", "again"]


async def test_so_does_the_replay_of_a_replay_and_one_under_another_name(
    redis_url: str, database: Database, receiver: Receiver, eventually: Eventually
) -> None:
    poster, mood = Poster(receiver), Mood()
    carrier = Carrier(kind="post", send=poster.send, find=poster.find)
    async with parked_amid(redis_url, carrier, mood, database, eventually) as (its_crew, job_id):
        first = await its_crew.parked.get(job_id)
        assert first
        assert await replayed(its_crew, job_id) == job_id

        async def is_parked_again() -> bool:
            again = await its_crew.parked.get(job_id)
            return again is not None and again.parked_at > first.parked_at

        await eventually(is_parked_again)
        await its_crew.queue.enqueue("run_greeting", _job_id=job_id, bot_name="another", _defer_by=60)
        mood.is_good = True
        another = await replayed(its_crew, job_id)
        assert another != job_id
        await its_crew.queue.wait(another, 10)

    assert [each["payload"]["text"] for each in receiver.carried_out] == ["hello", "again"]


async def test_what_a_person_found_out_holds_for_the_replay(
    redis_url: str, database: Database, receiver: Receiver, eventually: Eventually
) -> None:
    receiver.lost_answers = 1
    effects, mood = PostgresEffects(database), Mood(is_good=True)
    carrier = Carrier(kind="post", send=Poster(receiver).send)
    async with parked_amid(redis_url, carrier, mood, database, eventually) as (its_crew, job_id):
        [left] = [effect for effect in await effects.open(state="unknown", limit=1000) if effect.job_id == job_id]
        assert await effects.resolve(left.key, "m1")
        await its_crew.queue.wait(await replayed(its_crew, job_id), 10)

    assert [each["payload"]["text"] for each in receiver.carried_out] == ["hello", "again"]


async def test_what_a_parked_job_has_sent_is_remembered_as_long_as_it_may_be_replayed(database: Database) -> None:
    parked, effects = PostgresParked(database), PostgresEffects(database)
    job = ParkedJob(
        job_id=uuid4().hex,
        task="run_greeting",
        queue="arq:sensory",
        payload={},
        error="Transient",
        message="not today",
        traceback="",
        attempts=3,
        enqueued_at=None,
        parked_at=datetime.now(UTC),
    )
    key = uuid4()
    await parked.park(job)
    await effects.intend(key=key, job_id=job.job_id, kind="post", payload={}, fence=1)
    await effects.done(key, fence=1)

    await effects.purge(timedelta())
    assert await effects.one(key) is not None

    await parked.discard(ParkedFilter(job_ids=[job.job_id]))
    await effects.purge(timedelta())
    assert await effects.one(key) is None
