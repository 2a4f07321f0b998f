"""Every setting of a worker: for all queues at once, for one queue, by name and by flag."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mindfleet.errors import SettingsInvalid
from mindfleet.queues import PROMISES, Queue
from mindfleet.settings import Loaded, as_environment, parse_flags
from mindfleet.settings.work import OF_EVERY_QUEUE, QueueWork

Read = Callable[..., Loaded]

MEMORY_OF_BOTS = 3 * 5
"""Connections of three bots that recall."""

RESERVED = 3
"""Connections that PostgreSQL keeps for its superusers."""

VALUES = {"id": "w", "max_jobs": "3", "job_timeout": "44", "keep_result": "5", "drain": "7"}


def test_without_worker_concurrency_each_queue_has_its_own(read: Read) -> None:
    queues = read().settings.queues
    assert {queue: queues.of(queue).max_jobs for queue in Queue} == {
        queue: promise.max_jobs for queue, promise in PROMISES.items()
    }
    assert [queues.of(queue).job_timeout for queue in Queue] == [promise.job_timeout for promise in PROMISES.values()]


def test_worker_concurrency_holds_for_every_queue_that_has_none_of_its_own(
    read: Read, folders: dict[str, Path]
) -> None:
    (folders["home"] / "settings.yaml").write_text("queues: {sensory: {max_jobs: 9}}\n")
    loaded = read({"WORKER_CONCURRENCY": "2"})
    assert {queue.short: loaded.settings.queues.of(queue).max_jobs for queue in Queue} == {
        "cognition": 2, "sensory": 9, "action": 2, "social": 2,
    }  # fmt: skip
    assert loaded.origins["queues", "action", "max_jobs"] == "environment WORKER_CONCURRENCY"


@pytest.mark.parametrize(("general", "own"), OF_EVERY_QUEUE.items())
def test_every_setting_of_the_workers_holds_for_each_queue_and_can_be_set_for_one(
    read: Read, general: str, own: str
) -> None:
    everywhere = read({f"MINDFLEET_WORKERS__{general.upper()}": VALUES[own]}).settings
    assert len({str(getattr(everywhere.queues.of(queue), own)) for queue in Queue}) == 1
    assert getattr(everywhere.queues.social, own) == getattr(everywhere.workers, general)
    for queue in Queue:
        nested = f"MINDFLEET_QUEUES__{queue.short.upper()}__{own.upper()}"
        by_name = read({nested: VALUES[own]}).settings.queues
        by_flag = read(flags=parse_flags([f"--queues.{queue.short}.{own.replace('_', '-')}", VALUES[own]])).settings
        assert getattr(by_name.of(queue), own) == getattr(everywhere.queues.of(queue), own)
        assert by_flag.queues == by_name
        assert by_name.model_copy(update={queue.short: None}) == read().settings.queues.model_copy(
            update={queue.short: None}
        )


def test_two_processes_of_each_queue_fit_a_postgresql_with_its_own_defaults(read: Read) -> None:
    settings = read().settings
    each = [settings.postgres.connections_for(settings.queues.of(queue).max_jobs) for queue in Queue]
    assert each == [9, 10, 10, 10]
    assert 2 * sum(each) + MEMORY_OF_BOTS + RESERVED < 100


def test_a_process_never_opens_more_connections_than_is_said(read: Read) -> None:
    postgres = read({"MINDFLEET_POSTGRES__CONNECTIONS": "4"}).settings.postgres
    assert [postgres.connections_for(slots) for slots in (1, 2, 43)] == [4, 4, 4]


def test_no_setting_of_a_queue_lacks_a_general_one() -> None:
    assert set(OF_EVERY_QUEUE.values()) == set(QueueWork.model_fields) == set(VALUES)


def test_flags_are_read_in_both_forms() -> None:
    assert parse_flags(["--queues.sensory.max-jobs", "3", "--logs.level=DEBUG", "--bot_name=a=b"]) == {
        "queues.sensory.max_jobs": "3",
        "logs.level": "DEBUG",
        "bot_name": "a=b",
    }


def test_all_flags_that_cannot_be_read_are_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as raised:
        parse_flags(["stray", "--queues.sensory.max-job", "3", "--logs.as-json", "--bot-name", "nova"])
    assert str(raised.value).splitlines() == [
        "stray: is not a flag; flags look like --queues.sensory.max-jobs 3",
        "--queues.sensory.max-job: there is no such setting; did you mean --queues.sensory.max-jobs?",
        "--logs.as-json: needs a value; allowed: true or false",
    ]


def test_flags_can_be_handed_to_a_process_as_environment_and_still_win_over_plain_names(read: Read) -> None:
    environment = as_environment(parse_flags(["--redis.url", "redis://flag", "--queues.action.max-jobs", "1"]))
    assert environment == {"MINDFLEET_REDIS__URL": "redis://flag", "MINDFLEET_QUEUES__ACTION__MAX_JOBS": "1"}
    settings = read({"REDIS_URL": "redis://plain", **environment}).settings
    assert settings.redis.url.get_secret_value() == "redis://flag"
    assert settings.queues.action.max_jobs == 1
