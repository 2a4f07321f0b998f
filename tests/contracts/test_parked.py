"""What every keeper of `Parked` must do."""

from dataclasses import replace
from datetime import timedelta

from mindfleet.ports.parked import ParkedJob
from tests.contracts.stores import NOON, Stores


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
    )


async def test_gives_back_what_was_parked_the_newest_first(stores: Stores, bot: str) -> None:
    older, newer = parked_job(bot, 1), parked_job(bot, 2)
    await stores.parked.park(newer)
    await stores.parked.park(older)

    assert list(await stores.parked.all(queue=f"arq:{bot}")) == [newer, older]
    assert list(await stores.parked.all(queue=f"arq:{bot}", limit=1)) == [newer]
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

    assert list(await stores.parked.all(queue=f"arq:{bot}")) == [again]


async def test_takes_a_job_with_characters_that_no_database_holds(stores: Stores, bot: str) -> None:
    odd = "before\x00\ud83dafter"
    job = replace(parked_job(bot), payload={odd: [{"content": odd}]}, message=odd, traceback=odd)
    await stores.parked.park(job)

    (kept,) = await stores.parked.all(queue=f"arq:{bot}")
    ((key, value),) = kept.payload.items()
    for text in (kept.message, kept.traceback, key, value[0]["content"]):
        assert text.startswith("before")
        assert text.endswith("after")
