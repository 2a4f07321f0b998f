"""Gates that several queues share: whose turn it is, and what becomes of a pass that nobody uses."""

from time import monotonic

import pytest
from redis.asyncio import Redis

from mindfleet.steering import Steering
from tests.conftest import Eventually
from tests.runtime.desk import Desk
from tests.runtime.floor import Floor, is_so

pytestmark = pytest.mark.stack

SENSORY, ACTION = "arq:sensory", "arq:action"
ONE = ("group:a=1",)
TWO = ("group:b=1",)


@pytest.fixture
async def queues(desk: Desk) -> Desk:
    """Two of them, with a worker each."""
    await desk.open(SENSORY, ACTION)
    return desk


async def put(desk: Desk, queue: str, *job_ids: str, gates: tuple[str, ...] = ONE, **about: object) -> None:
    for job_id in job_ids:
        await desk.put(job_id, queue=queue, gates=gates, **about)


async def members(desk: Desk, key: str) -> set[bytes]:
    found: set[bytes] = await desk.redis.smembers(key)  # type: ignore[misc]
    return found


async def test_a_queue_without_a_free_slot_holds_nobody_up_for_longer_than_its_pass(queues: Desk) -> None:
    await put(queues, SENSORY, "running")
    [running] = await queues.claim()
    await put(queues, ACTION, *(f"elsewhere-{number}" for number in range(20)))
    assert await queues.started(queue=ACTION) == []
    await put(queues, SENSORY, "here-0", "here-1")
    assert await queues.started() == []

    await queues.settle(running)  # the next is one of action's, which does not come for it
    assert await queues.started() == []
    queues.now += 500
    [here] = await queues.claim()
    assert here.job_id == "here-0"

    assert await queues.started(queue=ACTION) == []
    await queues.settle(here)
    assert await queues.started(queue=ACTION) == ["elsewhere-0"]


async def test_nobody_who_comes_later_takes_the_place_of_who_was_let_through(queues: Desk) -> None:
    await put(queues, SENSORY, "running")
    [running] = await queues.claim()
    await put(queues, ACTION, "elsewhere")
    assert await queues.started(queue=ACTION) == []

    await put(queues, SENSORY, "later")
    await queues.settle(running)
    assert await queues.started() == []
    assert await queues.started(queue=ACTION) == ["elsewhere"]


async def test_a_pass_that_nobody_else_wants_waits_for_its_queue(queues: Desk) -> None:
    await put(queues, ACTION, "running", "next", "last")
    [running] = await queues.claim(queue=ACTION)
    await queues.settle(running)
    queues.now += 60_000
    assert await queues.started() == []
    assert await queues.started(queue=ACTION) == ["next"]


async def test_queues_take_turns_however_much_they_have_done_before(queues: Desk) -> None:
    for number in range(30):
        await put(queues, SENSORY, f"before-{number}", gates=(), user="ana")
    await queues.work_off()
    await put(queues, SENSORY, "running")
    [running] = await queues.claim()

    await put(queues, SENSORY, "sensory-0", "sensory-1", user="ana")
    assert await queues.started() == []
    await put(queues, ACTION, "action-0", "action-1", user="ben")
    assert await queues.started(queue=ACTION) == []

    order: list[str] = []
    while running:
        await queues.settle(running)
        claims = [*await queues.claim(), *await queues.claim(queue=ACTION)]
        order += [claim.job_id for claim in claims]
        running = claims[0] if claims else None  # type: ignore[assignment]
    assert order == ["sensory-0", "action-0", "sensory-1", "action-1"]


async def test_a_user_who_has_much_to_do_does_not_hold_up_the_others_at_a_gate(desk: Desk) -> None:
    await put(desk, SENSORY, "running")
    [running] = await desk.claim()
    await put(desk, SENSORY, *(f"ana-{number}" for number in range(50)), user="ana")
    assert await desk.started() == []
    await put(desk, SENSORY, "ben", user="ben")
    assert await desk.started() == []

    await desk.settle(running)
    assert (await desk.work_off())[:3] == ["ana-0", "ben", "ana-1"]


async def test_interactive_work_goes_first_at_a_gate_from_whichever_queue(queues: Desk) -> None:
    await put(queues, SENSORY, "running")
    [running] = await queues.claim()
    await put(queues, SENSORY, "night", priority=1)
    await put(queues, ACTION, "answer", priority=9)
    assert [*await queues.started(), *await queues.started(queue=ACTION)] == []

    await queues.settle(running)
    assert await queues.started() == []
    assert await queues.started(queue=ACTION) == ["answer"]


async def test_jobs_that_need_two_gates_do_not_wait_for_each_other(queues: Desk) -> None:
    both = (*ONE, *TWO)
    await put(queues, SENSORY, "first", "second", gates=ONE)
    await put(queues, ACTION, "third", gates=TWO)
    [first] = await queues.claim()
    [third] = await queues.claim(queue=ACTION)
    await put(queues, SENSORY, "both-0", gates=both)
    await put(queues, ACTION, "both-1", gates=both)
    assert [*await queues.started(), *await queues.started(queue=ACTION)] == []

    await queues.settle(first)
    [second] = await queues.claim()
    await queues.settle(third)
    await queues.settle(second)
    started = [*await queues.claim(), *await queues.claim(queue=ACTION)]
    assert len(started) == 1
    await queues.settle(started[0])
    ended = [*await queues.claim(), *await queues.claim(queue=ACTION)]
    assert {claim.job_id for claim in (*started, *ended)} == {"both-0", "both-1"}
    await queues.settle(ended[0])
    assert await queues.redis.keys("mindfleet:*:group:*") == []
    assert not await queues.redis.exists("mindfleet:passes")


async def test_who_is_cancelled_after_it_was_let_through_lets_the_next_one_through(queues: Desk) -> None:
    await put(queues, ACTION, "running", "next", "last")
    [running] = await queues.claim(queue=ACTION)
    await queues.settle(running)
    assert await members(queues, "mindfleet:using:group:a") == {b"next"}

    await queues.cancel("next")
    assert await members(queues, "mindfleet:using:group:a") == {b"last"}
    assert await queues.started(queue=ACTION) == ["last"]


async def test_a_limit_that_is_lowered_takes_a_pass_back(queues: Desk) -> None:
    steering = Steering(queues.redis)
    await steering.set_limit("group", "a", 2)
    await put(queues, SENSORY, "one", "two", "three", "four")
    one, _two = await queues.claim()
    await queues.settle(one)
    await steering.set_limit("group", "a", 1)
    assert await queues.started() == []
    assert await members(queues, "mindfleet:using:group:a") == {b"two"}


async def test_a_bot_of_two_words_leaves_its_gate(desk: Desk) -> None:
    await Steering(desk.redis).set_limit("bot", "Ana Maria", 1)
    for name in ("a", "b"):
        await desk.put(name, bot_name="Ana Maria")
    assert await desk.work_off() == ["a", "b"]


async def is_blocked(redis: Redis, many: int) -> bool:
    return int(await redis.zcard("mindfleet:blocked:group:a")) == many


async def test_a_worker_with_free_slots_goes_on_within_a_moment_when_the_next_in_line_finds_none(
    floor: Floor, redis: Redis, eventually: Eventually
) -> None:
    here, elsewhere = await floor.worker(), await floor.worker(queue_name=ACTION, max_jobs=1)
    await floor.put("running", gates=ONE)
    await eventually(is_so(lambda: here.ids == ["running"]))
    await floor.put("next", queue=ACTION, gates=ONE)
    await eventually(lambda: is_blocked(redis, 1))
    await floor.put("fills the slot", queue=ACTION)
    await eventually(is_so(lambda: elsewhere.ids == ["fills the slot"]))
    await floor.put("after that", gates=ONE)
    await eventually(lambda: is_blocked(redis, 2))

    began = monotonic()
    here.let_go.set()
    await eventually(is_so(lambda: here.ids == ["running", "after that"]))
    assert 0.4 < monotonic() - began < 5
    elsewhere.let_go.set()
    await eventually(is_so(lambda: elsewhere.ids == ["fills the slot", "next"]))


async def test_who_waits_behind_very_many_that_find_another_gate_full_is_let_through(queues: Desk) -> None:
    await put(queues, SENSORY, "running")
    [running] = await queues.claim()
    await put(queues, SENSORY, *(f"paused-{number}" for number in range(250)), task="run_paused", priority=9)
    await put(queues, SENSORY, "free", task="run_free", priority=1)
    assert await queues.started() == []
    assert await queues.started() == []
    assert await queues.redis.zcard("mindfleet:blocked:group:a") == 251
    await Steering(queues.redis).pause("task", "run_paused")

    await queues.settle(running)
    assert await queues.redis.zcard("mindfleet:blocked:task:run_paused") == 110  # no script looks at more

    started: list[str] = []
    for _ in range(10):
        queues.now += 1
        started += await queues.started()
    assert started == ["free"]
    assert await queues.redis.zcount(SENSORY, 0, "+inf") == 1  # the lease of that one: no alarm is left


async def test_a_pass_behind_very_many_that_nobody_can_use_lapses_too(queues: Desk) -> None:
    await put(queues, SENSORY, "running", gates=TWO)
    [running] = await queues.claim()
    await put(queues, ACTION, "elsewhere", gates=TWO)
    await put(queues, SENSORY, "here", gates=TWO)
    steering = Steering(queues.redis)
    await steering.set_limit("group", "a", 1)
    await put(queues, ACTION, "first", *(f"many-{number}" for number in range(250)), gates=("group:a=300",))
    assert await queues.started(queue=ACTION) == ["first"]
    assert await queues.started() == []
    assert await steering.lift_limit("group", "a") == 250

    queues.now += 1
    await queues.settle(running)

    started: list[str] = []
    for _ in range(5):
        queues.now += 500
        started += await queues.started()
    assert started == ["here"]


async def test_a_low_priority_is_not_starved_at_a_gate(desk: Desk) -> None:
    """Of which there are more of a higher one than pass, for ever."""
    about = {"gates": ("group:one=1",)}
    await desk.put("first", **about, priority=9)
    [runs] = await desk.claim()
    await desk.put("low", **about, priority=1)
    started: list[str] = []
    for number in range(120):
        for each in range(2):
            await desk.put(f"{number}-{each}", **about, priority=9)
        assert await desk.claim() == []
        desk.now += 1001
        await desk.settle(runs)
        [runs] = await desk.claim()
        started.append(runs.job_id)

    assert 30 <= started.index("low") <= 39


async def test_many_low_ones_that_wait_for_long_take_one_pass_of_eight(desk: Desk) -> None:
    about = {"gates": ("group:one=1",)}
    await desk.put("first", **about, priority=9)
    [runs] = await desk.claim()
    for number in range(20):
        await desk.put(f"low{number}", **about, priority=1)
    assert await desk.claim() == []
    desk.now += 60_000
    for number in range(80):
        await desk.put(f"high{number}", **about, priority=9)
    assert await desk.claim() == []
    low = 0
    for _ in range(80):
        desk.now += 1000
        await desk.settle(runs)
        [runs] = await desk.claim()
        low += runs.job_id.startswith("low")

    assert low == 10


async def test_who_was_left_behind_at_a_gate_is_not_left_behind_for_a_slot_as_long_again(desk: Desk) -> None:
    await desk.put("first", gates=("group:one=1",), priority=9)
    [runs] = await desk.claim()
    for job_id, priority in (("low", 1), ("high", 9)):
        await desk.put(job_id, gates=("group:one=1",), priority=priority)
        assert await desk.claim() == []
        desk.now += 16_000
    for number in range(30):
        await desk.put(f"other{number}", priority=9)
    await desk.settle(runs)

    started = [claim.job_id for _ in range(16) for claim in await desk.claim(1)]
    assert "low" in started
