"""What a task must have."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mindfleet import BotJob, InvalidJob, Job, Queue, Retry, Schedule, task
from mindfleet.registry import Registry, TaskIncomplete
from mindfleet.task import Concurrency, Debounce


@task(queue=Queue.SOCIAL, timeout=timedelta(seconds=1), retry=Retry(attempts=1))
async def run_nothing(job: BotJob) -> None:
    """Do nothing."""


NIGHTLY = Schedule(hour=3, minute=0)


@pytest.mark.parametrize(
    ("lack", "says"),
    [
        ({"queue": "arq:nowhere"}, "queue"),
        ({"timeout": timedelta()}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"retry": None}, "retry"),
        ({"payload": dict}, "payload"),
        ({"name": "nothing"}, "run_"),
    ],
)
def test_a_task_that_lacks_something_is_refused_and_told_what(lack: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskIncomplete, match=says):
        Registry([replace(run_nothing, **lack)])


GATHERED = Debounce(wait=timedelta(seconds=1), longest=timedelta(seconds=5))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"priority": 11}, "a priority from 0 to 10"),
        ({"priority": -1}, "a priority from 0 to 10"),
        ({"concurrency": Concurrency(most=0)}, "a concurrency of 1 or more"),
        ({"concurrency": Concurrency(most=1, by="nobody")}, "a field nobody in its payload"),
        ({"expires": timedelta()}, "time to start"),
        ({"debounce": GATHERED, "supersede": True}, "either debounce or supersede"),
        ({"unique": "started", "supersede": True}, "a name until it is done"),
    ],
)
def test_what_cannot_be_kept_or_would_never_start_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskIncomplete, match=says):
        Registry([replace(run_nothing, **changes)])


def test_what_can_be_kept_is_taken() -> None:
    Registry([replace(run_nothing, concurrency=Concurrency(most=1, by="bot_name"), priority=10, supersede=True)])


class Nameless(Job):
    """In nobody's name."""

    due: datetime


@task(
    queue=Queue.SOCIAL,
    timeout=timedelta(seconds=1),
    retry=Retry(attempts=1),
    schedule=Schedule.cron("0 3 * * *", zone="UTC"),
)
async def run_sweep(job: Nameless) -> None:
    """Sweep for everybody."""


class Asking(BotJob):
    """Asks for what no schedule knows."""

    user_id: str


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schedule": "0 3 * * *"}, "a schedule of mindfleet.schedule.Schedule"),
        ({"schedule": NIGHTLY, "payload": Asking}, "a default for user_id"),
        ({"schedule": NIGHTLY, "keep_result": timedelta()}, "a result that is kept for a minute"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskIncomplete, match=says):
        Registry([replace(run_nothing, **changes)])


def test_a_schedule_in_the_zone_of_no_bot_is_refused() -> None:
    with pytest.raises(TaskIncomplete, match="a zone for its schedule"):
        Registry([replace(run_sweep, schedule=NIGHTLY)])


def test_a_schedule_fills_in_what_the_payload_asks_for() -> None:
    own = replace(run_nothing, schedule=NIGHTLY)
    Registry([own, run_sweep])
    night = NIGHTLY.after(datetime(2026, 3, 2, tzinfo=UTC))

    assert own.job_at(night, "luna") == BotJob(bot_name="luna")
    assert run_sweep.job_at(night, "") == Nameless(due=datetime(2026, 3, 2, 3, tzinfo=UTC))


def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(TaskIncomplete, match="two tasks"):
        Registry([run_nothing, replace(run_nothing, doc="another")])


def test_a_task_without_a_method_of_the_facade_is_refused() -> None:
    class Bare:
        """A facade of nothing."""

    with pytest.raises(TaskIncomplete, match="scripts/generate-facade"):
        Registry.load(["tasks"], facade=Bare)


def test_tasks_of_another_package_are_enqueued_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "my_own_tasks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tea.py").write_text(
        "from datetime import timedelta\n"
        "from mindfleet import BotJob, Queue, Retry, task\n"
        "@task(queue=Queue.ACTION, timeout=timedelta(seconds=1), retry=Retry(attempts=1))\n"
        "async def run_tea(job: BotJob) -> None: ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert set(Registry.load(["my_own_tasks"])) == {"run_tea"}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidJob, match="run_nothing"):
        Registry([run_nothing]).named("run_nothin")


def test_a_function_is_a_task_of_its_own_name_queue_and_facade() -> None:
    assert (run_nothing.name, run_nothing.queue, run_nothing.facade) == (
        "run_nothing",
        Queue.SOCIAL,
        "enqueue_nothing",
    )


def test_the_tasks_that_ship_are_complete() -> None:
    named: Callable[[str], Any] = Registry.load(["tasks"]).named

    for name in ("summarization", "reflection", "knowledge_extraction", "preference_extraction", "goal_analysis"):
        assert named(f"run_{name}").doc
