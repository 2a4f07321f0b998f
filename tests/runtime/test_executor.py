"""One attempt at a job, from arguments to verdict."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Protocol

import pytest

from mindfleet import BotJob, Done, GiveUp, Postpone, Queue, Retry, task
from mindfleet.errors import ModelUnavailable
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor, ServiceMissing, TimedOut
from mindfleet.runtime.verdict import Again, Dead, Finished, Skipped, Verdict
from mindfleet.task import AnyTask


class Greeting(BotJob):
    version: ClassVar[int] = 2
    name: str


class Tongue(Protocol):
    async def say(self, word: str) -> None: ...


class Heard:
    """Hears what is said, or fails as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.words: list[str] = []
        self.error = error

    async def say(self, word: str) -> None:
        if self.error:
            raise self.error
        self.words.append(word)


LIMIT = timedelta(seconds=5)


@task(queue=Queue.SOCIAL, timeout=LIMIT, retry=Retry(attempts=3), feature="manners")
async def run_greeting(job: Greeting, tongue: Tongue) -> Done:
    """Greet somebody."""
    await tongue.say(job.name)
    return Done(result={"said": job.name})


@task(queue=Queue.SOCIAL, timeout=timedelta(milliseconds=20), retry=Retry(attempts=3))
async def run_daydream(job: BotJob) -> None:
    """Never end."""
    await asyncio.Event().wait()


async def attempt(
    tongue: Heard, arguments: Mapping[str, Any] | None = None, *, on: bool = True, failures: int = 0
) -> Verdict:
    executor = Executor(Registry([run_greeting]), {Tongue: tongue}, enabled=lambda _: on, random=lambda: 1.0)
    arguments = {"bot_name": "juniper", "name": "Ana"} if arguments is None else arguments
    return await executor.run("run_greeting", arguments, limit=LIMIT, failures=failures)


async def test_a_task_gets_its_payload_and_its_ports() -> None:
    tongue = Heard()

    verdict = await attempt(tongue)

    assert verdict == Finished(Done(result={"said": "Ana"}))
    assert tongue.words == ["Ana"]


async def test_a_feature_that_is_off_skips_its_jobs() -> None:
    tongue = Heard()

    assert isinstance(await attempt(tongue, on=False), Skipped)
    assert tongue.words == []


@pytest.mark.parametrize("arguments", [{"bot_name": "juniper"}, {"bot_name": "juniper", "name": "Ana", "oops": 1}, {}])
async def test_a_payload_that_does_not_fit_is_dead_at_once(arguments: dict[str, Any]) -> None:
    assert isinstance(await attempt(Heard(), arguments), Dead)


async def test_what_is_said_of_a_payload_that_does_not_fit_does_not_quote_it() -> None:
    verdict = await attempt(Heard(), {"bot_name": "juniper", "name": ["a", "secret"]})

    assert isinstance(verdict, Dead)
    assert str(verdict.because) == "not a payload of run_greeting: name: Input should be a valid string"


async def test_a_payload_newer_than_the_worker_is_dead_and_says_so() -> None:
    verdict = await attempt(Heard(), {"bot_name": "juniper", "name": "Ana", "_v": 3})

    assert isinstance(verdict, Dead)
    assert "update the workers" in str(verdict.because)


async def test_an_older_payload_is_understood() -> None:
    assert isinstance(await attempt(Heard(), {"bot_name": "juniper", "name": "Ana", "_v": 1}), Finished)


async def test_a_transient_error_is_tried_again_with_backoff_until_the_attempts_are_used_up() -> None:
    verdicts = [await attempt(Heard(ConnectionError("away")), failures=before) for before in range(3)]

    assert [verdict.after.total_seconds() for verdict in verdicts if isinstance(verdict, Again)] == [1, 2]
    assert isinstance(verdicts[-1], Dead)


@pytest.mark.parametrize("error", [GiveUp("no"), KeyError("bug"), ValueError("bug")])
async def test_what_will_not_pass_is_dead_at_once(error: Exception) -> None:
    verdict = await attempt(Heard(error))

    assert isinstance(verdict, Dead)
    assert verdict.because is error


@pytest.mark.parametrize(
    "error",
    [Postpone("later", after=timedelta(seconds=7)), ModelUnavailable("429", retry_after=timedelta(seconds=7))],
)
async def test_being_told_when_to_come_back_costs_no_attempt(error: Exception) -> None:
    verdict = await attempt(Heard(error))

    assert verdict == Again(timedelta(seconds=7), error, failed=False)


async def test_a_task_that_takes_too_long_is_tried_again() -> None:
    executor = Executor(Registry([run_daydream]), {}, enabled=lambda _: True)

    verdict = await executor.run("run_daydream", {"bot_name": "juniper"}, limit=LIMIT, failures=0)

    assert isinstance(verdict, Again)
    assert isinstance(verdict.because, TimedOut)


async def test_a_cancellation_passes_through() -> None:
    executor = Executor(Registry([run_daydream_for_long]), {}, enabled=lambda _: True)
    running = asyncio.create_task(
        executor.run("run_daydream_for_long", {"bot_name": "juniper"}, limit=LIMIT, failures=0)
    )
    await asyncio.sleep(0)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running


@task(queue=Queue.SOCIAL, timeout=LIMIT, retry=Retry(attempts=3))
async def run_daydream_for_long(job: BotJob) -> None:
    """Never end."""
    await asyncio.Event().wait()


def test_a_worker_without_a_port_that_a_task_takes_does_not_start() -> None:
    with pytest.raises(ServiceMissing, match="Tongue"):
        Executor(Registry([run_greeting]), {}, enabled=lambda _: True)


def test_a_test_of_a_task_is_a_plain_call() -> None:
    tongue = Heard()
    task: AnyTask = run_greeting

    asyncio.run(task(Greeting(bot_name="juniper", name="Ben"), tongue))

    assert tongue.words == ["Ben"]
