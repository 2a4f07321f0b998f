"""What every keeper of `LastRuns` must do."""

from dataclasses import replace
from datetime import date, timedelta

from mindfleet.ports.last_runs import ScheduledRun
from tests.contracts.stores import NOON, Stores


def a_run(bot: str, *, night: int = 0, name: str = "run_diary") -> ScheduledRun:
    day = date(2026, 3, 2) + timedelta(days=night)
    return ScheduledRun(
        name=name, bot=bot, due=NOON + timedelta(days=night), local_date=day, job_id=f"cron:{name}:{bot}:{day}"
    )


async def newest(stores: Stores, *bots: str, name: str = "run_diary") -> list[ScheduledRun]:
    return list(await stores.last_runs.newest([(name, bot) for bot in bots]))


async def test_gives_back_the_newest_run_of_each_task_and_bot(stores: Stores, bot: str) -> None:
    other = f"{bot} b"
    await stores.last_runs.note([a_run(bot, night=2), a_run(bot), a_run(other), a_run(bot, name="run_dream")])

    assert await newest(stores, bot, other, f"{bot} c") == [a_run(bot, night=2), a_run(other)]
    assert await newest(stores, bot, name="run_dream") == [a_run(bot, name="run_dream")]
    assert await newest(stores, other, name="run_dream") == []


async def test_an_occurrence_is_noted_once(stores: Stores, bot: str) -> None:
    await stores.last_runs.note([a_run(bot)])
    await stores.last_runs.note([replace(a_run(bot), due=NOON + timedelta(hours=3)), a_run(bot)])

    assert await newest(stores, bot) == [a_run(bot)]


async def test_keeps_since_when_a_schedule_is_known(stores: Stores, bot: str) -> None:
    begun = replace(a_run(bot), local_date=None, job_id="")
    await stores.last_runs.note([begun])
    assert await newest(stores, bot) == [begun]

    await stores.last_runs.note([a_run(bot, night=1)])
    assert await newest(stores, bot) == [a_run(bot, night=1)]


async def test_a_newer_run_is_not_hidden_by_an_older_one_that_is_noted_later(stores: Stores, bot: str) -> None:
    await stores.last_runs.note([a_run(bot, night=5)])
    await stores.last_runs.note([a_run(bot, night=1)])

    assert await newest(stores, bot) == [a_run(bot, night=5)]
