"""Every task is whole: payload, limits, facade, prompt and test."""

from inspect import iscoroutinefunction, signature
from pathlib import Path

import pytest

from mindfleet import TaskQueue
from mindfleet.queues import PROMISES
from mindfleet.registry import Registry
from mindfleet.task import AnyTask

TASKS = Registry.load(["tasks"])
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


def subject(task: AnyTask) -> str:
    return task.name.removeprefix("run_")


@every_task
def test_a_task_lies_in_the_file_of_its_name(task: AnyTask) -> None:
    assert task.function.__module__ == f"tasks.{subject(task)}"


@every_task
def test_a_task_has_a_test(task: AnyTask, root: Path) -> None:
    test = root / "tests" / "tasks" / f"test_{subject(task)}.py"

    assert test.is_file(), f"write {test.relative_to(root)}"
    assert "def test_" in test.read_text(encoding="utf-8")


@every_task
def test_a_task_says_what_it_does(task: AnyTask) -> None:
    assert task.doc.endswith(".")


@every_task
def test_a_task_is_done_within_what_the_slowest_queue_promises(task: AnyTask) -> None:
    """Each queue caps it to its own promise; a setting may raise that, for a slow model at home."""
    assert task.timeout <= max(promise.job_timeout for promise in PROMISES.values())


@every_task
def test_a_task_has_a_facade_method_with_every_field_that_a_producer_may_give(task: AnyTask) -> None:
    method = getattr(TaskQueue, task.facade)
    shown = {
        name
        for name, field in task.payload.model_fields.items()
        if not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("producers") == "hidden")
    }

    assert iscoroutinefunction(method)
    assert shown <= signature(method).parameters.keys()


def test_every_prompt_has_a_module_beside_it_that_reads_it(root: Path, tracked_files: tuple[Path, ...]) -> None:
    prompts = [
        p for p in tracked_files if p.suffix == ".md" and p.parts[0] in ("src", "tasks") and p.name != "README.md"
    ]
    unread = [
        prompt
        for prompt in prompts
        if not any(
            "Prompt.beside" in text or f'"{prompt.stem}"' in text
            for text in (module.read_text(encoding="utf-8") for module in (root / prompt.parent).glob("*.py"))
        )
    ]

    assert prompts
    assert unread == []
