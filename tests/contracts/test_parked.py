"""What every keeper of `Parked` must do."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mindfleet.ports.parked import ParkedFilter, ParkedJob
from tests.contracts.stores import NOON, Stores


def on(bot: str) -> ParkedFilter:
    """What a test parked itself."""
    return ParkedFilter(queue=f"arq:{bot}")


def parked_job(bot: str, number: int = 0) -> ParkedJob:
    return ParkedJob(
        job_id=f"{bot} {number}",
        task="run_summarization",
        queue=f"arq:{bot}",
        payload={"user_id": "ana", "messages": [{"role": "user", "content": "hello ✨"}], "_v": 1},
        error="ModelRefused",
        message="the key is wrong",
        traceback="Traceback (most recent call last): …",
        attempts=3,
        enqueued_at=NOON,
        parked_at=NOON + timedelta(minutes=number),
        origin_id=f"{bot} origin",
        call="5f0c",
        starts=4,
    )


async def test_gives_back_what_was_parked_the_newest_first(stores: Stores, bot: str) -> None:
    older, newer = parked_job(bot, 1), parked_job(bot, 2)
    await stores.parked.park(newer)
    await stores.parked.park(older)

    assert list(await stores.parked.all(on(bot))) == [newer, older]
    assert list(await stores.parked.all(on(bot), limit=1)) == [newer]
    assert {newer.job_id, older.job_id} <= {job.job_id for job in await stores.parked.all(limit=1000)}


async def test_counts_by_queue(stores: Stores, bot: str) -> None:
    for number in range(3):
        await stores.parked.park(parked_job(bot, number))

    counts = await stores.parked.counts()
    assert counts[f"arq:{bot}"] == 3
    assert f"arq:{bot} other" not in counts


async def test_parking_again_replaces_what_was_kept(stores: Stores, bot: str) -> None:
    await stores.parked.park(parked_job(bot))
    again = replace(parked_job(bot), attempts=4, message="still wrong", enqueued_at=None, payload={"raw": "gASV"})
    await stores.parked.park(again)

    assert list(await stores.parked.all(on(bot))) == [again]


async def test_takes_a_job_with_characters_that_no_database_holds(stores: Stores, bot: str) -> None:
    odd = "before\x00\ud83dafter"
    job = replace(parked_job(bot), payload={odd: [{"content": odd}]}, message=odd, traceback=odd)
    await stores.parked.park(job)

    (kept,) = await stores.parked.all(on(bot))
    ((key, value),) = kept.payload.items()
    for text in (kept.message, kept.traceback, key, value[0]["content"]):
        assert text.startswith("before")
        assert text.endswith("after")


async def test_gives_back_one_by_its_id(stores: Stores, bot: str) -> None:
    job = parked_job(bot)
    await stores.parked.park(job)

    assert await stores.parked.get(job.job_id) == job
    assert await stores.parked.get(f"{bot} nobody") is None


@pytest.mark.parametrize(
    "asked",
    [
        {"task": "run_reflection"},
        {"bot_name": "wren"},
        {"user_id": "ben"},
        {"error": "TimedOut"},
        {"since": NOON + timedelta(minutes=5)},
        {"since": NOON + timedelta(minutes=5), "user_id": "ben"},
    ],
    ids=str,
)
async def test_finds_those_that_all_is_true_of(stores: Stores, bot: str, asked: dict[str, Any]) -> None:
    plain = parked_job(bot)
    payload = {"user_id": "ben", "bot_name": "wren"}
    other = replace(parked_job(bot, 5), task="run_reflection", error="TimedOut", payload=payload)
    for job in (plain, other):
        await stores.parked.park(job)
    which = replace(on(bot), **asked)

    assert list(await stores.parked.all(which)) == [other]
    assert list(await stores.parked.ids(which)) == [other.job_id]
    assert await stores.parked.count(which) == 1
    assert await stores.parked.count(replace(which, user_id="nobody")) == 0


async def test_a_bot_is_found_by_its_older_name_in_the_payload_too(stores: Stores, bot: str) -> None:
    await stores.parked.park(replace(parked_job(bot), payload={"character_name": bot}))

    assert await stores.parked.count(ParkedFilter(bot_name=bot)) == 1


async def test_until_ends_before_its_moment(stores: Stores, bot: str) -> None:
    for number in range(3):
        await stores.parked.park(parked_job(bot, number))

    before = replace(on(bot), until=NOON + timedelta(minutes=2))
    assert await stores.parked.ids(before) == [f"{bot} 0", f"{bot} 1"]


async def test_no_ids_are_none_and_not_all(stores: Stores, bot: str) -> None:
    await stores.parked.park(parked_job(bot))

    assert await stores.parked.discard(ParkedFilter(job_ids=[])) == 0
    assert await stores.parked.count(on(bot)) == 1


async def test_discards_what_is_meant_and_nothing_else(stores: Stores, bot: str) -> None:
    for number in range(4):
        await stores.parked.park(parked_job(bot, number))

    assert await stores.parked.discard(ParkedFilter(job_ids=[f"{bot} 1", f"{bot} 9"])) == 1
    assert await stores.parked.discard(replace(on(bot), until=NOON + timedelta(minutes=2))) == 1
    assert await stores.parked.ids(on(bot)) == [f"{bot} 2", f"{bot} 3"]


async def test_only_one_replays_a_job_at_a_time(stores: Stores, bot: str) -> None:
    await stores.parked.park(parked_job(bot))
    inside, found = 0, []

    async def replay() -> None:
        nonlocal inside
        async with stores.parked.replaying(f"{bot} 0") as job:
            inside += 1
            found.append(job)
            assert inside == 1
            if job:
                await stores.parked.mark_replay(job.job_id, job.job_id, NOON)
                await stores.parked.replayed(job.job_id)
            inside -= 1

    async with asyncio.timeout(20):
        await asyncio.gather(*(replay() for _ in range(3)))
    assert sorted(found, key=bool) == [None, None, parked_job(bot)]


async def test_a_replay_that_is_cut_off_leaves_the_job_and_its_mark(stores: Stores, bot: str) -> None:
    job = parked_job(bot)
    await stores.parked.park(job)

    async def cut_off() -> None:
        async with stores.parked.replaying(job.job_id):
            await stores.parked.mark_replay(job.job_id, "again", NOON)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await cut_off()
    assert await stores.parked.get(job.job_id) == replace(job, replayed_at=NOON, replay_job_id="again")


async def test_a_job_that_is_parked_again_while_it_is_replayed_stays(stores: Stores, bot: str) -> None:
    job = parked_job(bot)
    await stores.parked.park(job)
    await stores.parked.mark_replay(job.job_id, job.job_id, NOON)
    again = replace(job, parked_at=NOON + timedelta(hours=1))
    await stores.parked.park(again)
    await stores.parked.replayed(job.job_id)

    assert await stores.parked.get(job.job_id) == again


async def test_a_job_is_untold_until_its_hooks_have_ended(stores: Stores, bot: str) -> None:
    first, second = parked_job(bot, 1), parked_job(bot, 2)
    for job in (second, first):
        await stores.parked.park(job)

    async def untold() -> list[ParkedJob]:
        return [job for job in await stores.parked.untold(second.parked_at) if job.queue == f"arq:{bot}"]

    assert await untold() == [first]
    await stores.parked.told(replace(first, parked_at=NOON - timedelta(hours=1)))
    assert await untold() == [first]
    await stores.parked.told(first)
    assert await untold() == []
