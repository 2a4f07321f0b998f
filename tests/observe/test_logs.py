"""Log lines say which job they are about, in text or JSON, and never what a user said."""

import asyncio
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from arq.logs import default_log_config
from pydantic import BaseModel, ValidationError

from mindfleet.observe.logs import QUIET, configure, context
from mindfleet.settings.tree import Logs

logger = logging.getLogger("mindfleet.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers, root.level = handlers, level
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines_of(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def as_json() -> StringIO:
    stream = StringIO()
    configure(Logs(as_json=True), stream)
    return stream


def test_a_line_of_json_has_time_level_event_and_the_job(as_json: StringIO) -> None:
    with context(queue="arq:sensory", worker="w1"), context(task="run_reflection", job_id="j", attempt=2):
        logger.info("done in %s", "time", extra={"outcome": "done", "duration_ms": 12})
    (line,) = lines_of(as_json)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert line == {
        "level": "INFO", "logger": "mindfleet.test", "event": "done in time", "queue": "arq:sensory",
        "task": "run_reflection", "job_id": "j", "attempt": 2, "worker": "w1", "outcome": "done", "duration_ms": 12,
    }  # fmt: skip


def test_a_line_of_text_says_the_same() -> None:
    stream = StringIO()
    configure(Logs(), stream)
    with context(queue="arq:action", job_id="j"):
        logger.warning("late")
    logger.info("idle")
    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(r"\S+Z WARNING late  queue=arq:action job_id=j", first)
    assert re.fullmatch(r"\S+Z INFO    idle", second)


async def test_jobs_that_run_side_by_side_do_not_mix_their_context(as_json: StringIO) -> None:
    both_are_in = asyncio.Barrier(2)

    async def job(name: str) -> None:
        with context(job_id=name):
            await both_are_in.wait()
            logger.info("%s", name)

    await asyncio.gather(job("a"), job("b"))
    assert all(line["job_id"] == line["event"] for line in lines_of(as_json))
    assert len(lines_of(as_json)) == 2


def test_only_known_fields_are_logged_so_that_no_payload_slips_in(as_json: StringIO) -> None:
    logger.info("x", extra={"message_text": "my secret", "payload": {"message": "my secret"}})
    with pytest.raises(TypeError, match="payload"), context(payload="my secret"):
        pass
    assert "my secret" not in as_json.getvalue()


def test_an_error_is_traced_to_its_cause_without_quoting_the_input(as_json: StringIO) -> None:
    class Payload(BaseModel):
        message: int

    def validate() -> None:
        try:
            Payload.model_validate({"message": "my secret"})
        except ValidationError as error:
            raise RuntimeError("the payload is wrong") from error

    try:
        validate()
    except RuntimeError:
        logger.exception("parked")
    (line,) = lines_of(as_json)
    assert line["error"].endswith("RuntimeError: the payload is wrong")
    assert "ValidationError: 1 validation error for Payload" in line["error"]
    assert "in test_an_error_is_traced" in line["error"]
    assert "my secret" not in as_json.getvalue()


def test_the_members_of_a_group_are_traced(as_json: StringIO) -> None:
    group = ExceptionGroup("two", [ValueError("first"), OSError("x" * 999 + "end")])
    logger.error("both", exc_info=group)
    assert "ValueError: first" in as_json.getvalue()
    assert "OSError: x" in as_json.getvalue()
    assert "end" not in as_json.getvalue()


@pytest.mark.parametrize("name", QUIET)
def test_drivers_log_at_warning_whatever_the_level(name: str) -> None:
    stream = StringIO()
    configure(Logs(level="DEBUG"), stream)
    driver = logging.getLogger(f"{name}.part")
    driver.info("a request")
    driver.warning("a warning")
    logger.debug("ours")
    assert ["a warning" in line or "ours" in line for line in stream.getvalue().splitlines()] == [True, True]


def test_a_higher_level_quiets_drivers_too() -> None:
    stream = StringIO()
    configure(Logs(level="ERROR"), stream)
    logging.getLogger("httpx").warning("a warning")
    logger.warning("ours")
    assert stream.getvalue() == ""


def test_configuring_again_replaces_ours_and_leaves_others_alone(as_json: StringIO) -> None:
    other = logging.StreamHandler(StringIO())
    logging.getLogger().addHandler(other)
    again = StringIO()
    configure(Logs(), again)
    logger.info("once")
    assert as_json.getvalue() == ""
    assert again.getvalue().count("once") == 1
    assert other in logging.getLogger().handlers


def test_what_arqs_command_line_sets_up_does_not_print_arguments_or_print_twice() -> None:
    logging.config.dictConfig(default_log_config(verbose=False))
    stream = StringIO()
    configure(Logs(), stream)
    logging.getLogger("arq.worker").info("→ job:run_x(message='my secret')")
    logging.getLogger("arq.worker").warning("job expired")
    assert stream.getvalue().count("\n") == 1
    assert logging.getLogger("arq").handlers == []
