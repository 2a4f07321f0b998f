"""What leaves the house leaves it once, wherever its job is cut off."""

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from mindfleet import outbox as outbox_module
from mindfleet.adapters.postgres import Database, PostgresEffects
from mindfleet.adapters.postgres import effects as postgres_effects
from mindfleet.current_job import JobContext, current_job
from mindfleet.errors import LeaseLost, StoreUnavailable
from mindfleet.outbox import Carrier, Outbox, OutcomeUnknown, effect_key
from mindfleet.ports.effects import Effect, Effects, Payload
from mindfleet.testing import in_memory_effects
from mindfleet.testing.in_memory_effects import InMemoryEffects
from tests.runtime import poster as poster_module
from tests.runtime.crashes import Crash, crash_before_line
from tests.runtime.poster import Poster
from tests.runtime.receiver import Receiver, receiving

LINES = (outbox_module, in_memory_effects, postgres_effects, poster_module)
"""Whose lines a job may be cut off between."""


@pytest.fixture
async def keeping() -> AsyncGenerator[Receiver]:
    """A provider that keeps idempotency keys."""
    async with receiving(keeps_keys=True) as receiver:
        yield receiver


@pytest.fixture
async def forgetful() -> AsyncGenerator[Receiver]:
    """A provider that does whatever it is told, as often as it is told."""
    async with receiving(keeps_keys=False) as receiver:
        yield receiver


@contextmanager
def running(job_id: str, start: int = 1, call: str = "") -> Generator[JobContext]:
    job = JobContext(job_id, "run_greeting", start, call=call)
    token = current_job.set(job)
    try:
        yield job
    finally:
        current_job.reset(token)


def by_key(receiver: Receiver) -> Carrier:
    return Carrier(kind="post", send=Poster(receiver).send, keeps_keys=True)


def by_looking(receiver: Receiver) -> Carrier:
    return Carrier(kind="post", send=Poster(receiver).send, find=Poster(receiver).find)


def blindly(receiver: Receiver) -> Carrier:
    return Carrier(kind="post", send=Poster(receiver).send)


@pytest.fixture(params=["fake", pytest.param("postgresql", marks=pytest.mark.stack)])
def effects(request: pytest.FixtureRequest) -> Effects:
    if request.param == "fake":
        return InMemoryEffects()
    database: Database = request.getfixturevalue("database")
    return PostgresEffects(database)


async def cut_off_anywhere(effects: Effects, receiver: Receiver, carrier: Carrier) -> int:
    """Run a job once for each of its lines, cut it off there, and let it run again; returns how many lines there were.

    Every job must have its effect carried out exactly once, and know under which name.
    """
    line = 0
    while True:
        line += 1
        job_id, before = uuid4().hex, len(receiver.carried_out)
        was_cut_off = await _cut_off(effects, carrier, job_id, line)
        await receiver.hang_up()
        with running(job_id, 2):
            async with Outbox(effects).sending(carrier, {"text": "hello"}) as provider_id:
                assert len(receiver.carried_out) == before + 1
                assert provider_id == f"m{len(receiver.carried_out)}"
        assert receiver.duplicates == 0
        if not was_cut_off:
            return line


async def _cut_off(effects: Effects, carrier: Carrier, job_id: str, line: int) -> bool:
    with running(job_id):
        try:
            with crash_before_line(line, LINES):
                await Outbox(effects).send(carrier, {"text": "hello"})
        except (Crash, ConnectionError):
            return True
    return False


async def test_no_crash_between_two_lines_loses_or_repeats_it_where_keys_are_kept(
    effects: Effects, keeping: Receiver
) -> None:
    assert await cut_off_anywhere(effects, keeping, by_key(keeping)) > 25


async def test_no_crash_between_two_lines_loses_or_repeats_it_where_one_can_look(
    effects: Effects, forgetful: Receiver
) -> None:
    assert await cut_off_anywhere(effects, forgetful, by_looking(forgetful)) > 25


async def test_a_crash_while_crashing_does_no_harm_either(effects: Effects, keeping: Receiver) -> None:
    job_id, starts = uuid4().hex, 0
    for line in (12, 25, 9, 18, 30, 3):
        starts += 1
        with running(job_id, starts):
            try:
                with crash_before_line(line, LINES):
                    await Outbox(effects).send(by_key(keeping), {"text": "hello"})
            except (Crash, ConnectionError):
                continue
    with running(job_id, starts + 1):
        assert await Outbox(effects).send(by_key(keeping), {"text": "hello"}) == "m1"

    assert len(keeping.carried_out) == 1


async def test_where_nobody_can_tell_it_is_never_repeated_and_a_person_is_asked(
    effects: Effects, forgetful: Receiver
) -> None:
    line, asked = 0, 0
    while True:
        line += 1
        job_id, before = uuid4().hex, len(forgetful.carried_out)
        if not await _cut_off(effects, blindly(forgetful), job_id, line):
            break
        await forgetful.hang_up()
        with running(job_id, 2) as job:
            try:
                await Outbox(effects).send(blindly(forgetful), {"text": "hello"})
            except OutcomeUnknown:
                asked += 1
                was_sent = len(forgetful.carried_out) > before
                assert await effects.resolve(effect_key(job, 1), f"m{len(forgetful.carried_out)}" if was_sent else None)
        with running(job_id, 3):
            await Outbox(effects).send(blindly(forgetful), {"text": "hello"})
        assert len(forgetful.carried_out) == before + 1
        assert forgetful.duplicates == 0
    assert asked >= 3


async def test_a_lost_answer_is_fetched_by_the_next_run(effects: Effects, keeping: Receiver) -> None:
    job_id = uuid4().hex
    keeping.lost_answers = 1
    with running(job_id), pytest.raises(ConnectionError):
        await Outbox(effects).send(by_key(keeping), {"text": "hello"})
    with running(job_id, 2):
        assert await Outbox(effects).send(by_key(keeping), {"text": "hello"}) == "m1"

    assert len(keeping.carried_out) == 1


async def test_what_a_second_run_would_word_differently_goes_out_as_it_was_first_worded(
    effects: Effects, keeping: Receiver
) -> None:
    job_id = uuid4().hex
    keeping.lost_answers = 1
    with running(job_id), pytest.raises(ConnectionError):
        await Outbox(effects).send(by_key(keeping), {"text": "hello"})
    with running(job_id, 2):
        await Outbox(effects).send(by_key(keeping), {"text": "good evening"})

    assert [each["payload"] for each in keeping.carried_out] == [{"text": "hello"}]


async def test_what_the_provider_refused_is_sent_by_the_next_run_whoever_the_provider_is(
    effects: Effects, forgetful: Receiver
) -> None:
    job_id = uuid4().hex
    forgetful.refusals = 1
    with running(job_id), pytest.raises(PermissionError, match="refused"):
        await Outbox(effects).send(blindly(forgetful), {"text": "hello"})
    with running(job_id, 2):
        assert await Outbox(effects).send(blindly(forgetful), {"text": "hello again"}) == "m1"

    assert [each["payload"] for each in forgetful.carried_out] == [{"text": "hello again"}]


async def test_a_worker_that_comes_back_late_sends_nothing(effects: Effects, keeping: Receiver) -> None:
    job_id = uuid4().hex
    with running(job_id, 2):
        await Outbox(effects).send(by_key(keeping), {"text": "hello"})
    with running(job_id, 1), pytest.raises(LeaseLost):
        await Outbox(effects).send(by_key(keeping), {"text": "hello"})

    assert len(keeping.carried_out) == 1


async def test_a_worker_that_lost_its_job_meanwhile_sends_nothing(effects: Effects, keeping: Receiver) -> None:
    async def lost() -> None:
        raise LeaseLost("another worker has it")

    with running(uuid4().hex), pytest.raises(LeaseLost):
        await Outbox(effects, still_ours=lost).send(by_key(keeping), {"text": "hello"})

    assert keeping.carried_out == []


async def test_nothing_is_sent_without_a_record(keeping: Receiver) -> None:
    class Away(InMemoryEffects):
        async def intend(self, *, key: UUID, job_id: str, kind: str, payload: Payload, fence: int) -> Effect:
            raise StoreUnavailable("PostgreSQL is away")

    with running(uuid4().hex), pytest.raises(StoreUnavailable):
        await Outbox(Away()).send(by_key(keeping), {"text": "hello"})

    assert keeping.carried_out == []


async def test_the_parts_of_a_job_are_sent_each_by_itself(effects: Effects, keeping: Receiver) -> None:
    job_id = uuid4().hex
    for start in (1, 2):
        with running(job_id, start):
            for part in (1, 2, 3):
                await Outbox(effects).send(by_key(keeping), {"part": part}, part=part)

    assert [each["payload"] for each in keeping.carried_out] == [{"part": 1}, {"part": 2}, {"part": 3}]


async def test_an_id_that_is_used_again_sends_again(effects: Effects, keeping: Receiver) -> None:
    job_id = uuid4().hex
    for call in ("monday", "tuesday"):
        with running(job_id, 1, call=call):
            await Outbox(effects).send(by_key(keeping), {"text": "good morning"})

    assert len(keeping.carried_out) == 2


async def test_what_follows_runs_again_when_it_was_cut_off_and_the_sending_does_not(
    effects: Effects, keeping: Receiver
) -> None:
    job_id, written = uuid4().hex, list[str]()
    for start in (1, 2):
        with running(job_id, start):
            try:
                async with Outbox(effects).sending(by_key(keeping), {"text": "hello"}) as provider_id:
                    _die_in(start)
                    written.append(provider_id)
            except Crash:
                continue

    assert written == ["m1"]
    assert len(keeping.carried_out) == 1
    with running(job_id, 3) as job:
        found = await effects.intend(key=effect_key(job, 1), job_id=job_id, kind="post", payload={}, fence=3)
    assert found.state == "done"


def _die_in(start: int) -> None:
    if start == 1:
        raise Crash


async def test_outside_of_a_job_every_call_sends(keeping: Receiver) -> None:
    outbox = Outbox(InMemoryEffects())
    for _ in range(2):
        await outbox.send(by_key(keeping), {"text": "hello"})

    assert len(keeping.carried_out) == 2
