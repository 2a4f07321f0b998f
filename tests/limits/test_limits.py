"""What every keeper of `Limits` must do."""

import pytest

from mindfleet.ports.limits import Ending, Limits, Settlement
from mindfleet.testing.clock import FakeClock
from tests.limits.fleet import ANSWERED, SECOND, admitted, refused, target, wish


async def test_what_is_not_limited_is_never_refused(limits: Limits) -> None:
    free = target()
    for _ in range(100):
        await admitted(limits, wish(free, tokens=1_000_000))


async def test_no_more_calls_run_at_once_than_may(limits: Limits) -> None:
    narrow = target(concurrency=2)
    first, _ = await admitted(limits, wish(narrow)), await admitted(limits, wish(narrow))
    refusal = await refused(limits, third := wish(narrow))
    assert (refusal.why, refusal.gate) == ("concurrency", f"hold:{narrow.scope}")
    await limits.settle(first, ANSWERED)
    await admitted(limits, third)


async def test_other_models_are_counted_apart(limits: Limits) -> None:
    await admitted(limits, wish(target(concurrency=1)))
    await admitted(limits, wish(target(concurrency=1)))


async def test_who_came_first_goes_first(limits: Limits) -> None:
    narrow = target(concurrency=1)
    running = await admitted(limits, wish(narrow))
    first, second = wish(narrow), wish(narrow)
    await refused(limits, first)
    await refused(limits, second)
    await limits.settle(running, ANSWERED)
    await refused(limits, wish(narrow))
    await refused(limits, second)
    await admitted(limits, first)


async def test_what_is_urgent_goes_before_what_came_first(limits: Limits) -> None:
    narrow = target(concurrency=1)
    running = await admitted(limits, wish(narrow))
    nightly, urgent = wish(narrow, priority=1), wish(narrow, priority=9)
    await refused(limits, nightly)
    await refused(limits, urgent)
    await limits.settle(running, ANSWERED)
    await refused(limits, nightly)
    await admitted(limits, urgent)


async def test_who_leaves_the_line_holds_nobody_up(limits: Limits) -> None:
    narrow = target(concurrency=1)
    running = await admitted(limits, wish(narrow))
    first, second = wish(narrow), wish(narrow)
    await refused(limits, first)
    await refused(limits, second)
    await limits.leave(first)
    await limits.settle(running, ANSWERED)
    await admitted(limits, second)


async def test_the_requests_of_a_minute_are_counted(limits: Limits, clock: FakeClock) -> None:
    slow = target(requests=2)
    for _ in range(2):
        await limits.settle(await admitted(limits, wish(slow)), ANSWERED)
        clock.advance(10 * SECOND)
    refusal = await refused(limits, third := wish(slow))
    assert (refusal.why, refusal.after) == ("requests", 41 * SECOND)
    clock.advance(refusal.after - SECOND)
    await refused(limits, third)
    clock.advance(SECOND)
    await admitted(limits, third)


async def test_a_call_counts_as_many_tokens_as_it_took(limits: Limits) -> None:
    scarce = target(tokens=1000)
    first = await admitted(limits, wish(scarce, tokens=900))
    second = wish(scarce, tokens=300)
    assert (await refused(limits, second)).why == "tokens"
    await limits.settle(first, Settlement("answered", tokens=700))
    await admitted(limits, second)
    assert (await refused(limits, wish(scarce, tokens=1))).why == "tokens"


async def test_a_call_that_took_more_than_was_thought_is_waited_for(limits: Limits, clock: FakeClock) -> None:
    scarce = target(tokens=1000)
    await limits.settle(await admitted(limits, wish(scarce, tokens=10)), Settlement("answered", tokens=1000))
    second = wish(scarce, tokens=1)
    assert (await refused(limits, second)).after == 61 * SECOND
    clock.advance(61 * SECOND)
    await admitted(limits, second)


async def test_a_minute_later_nothing_of_a_call_is_left(limits: Limits, clock: FakeClock) -> None:
    scarce = target(tokens=1000)
    for thought, took in ((900, 100), (10, 1500)):
        await limits.settle(await admitted(limits, wish(scarce, tokens=thought)), Settlement("answered", tokens=took))
        clock.advance(61 * SECOND)
    await admitted(limits, wish(scarce, tokens=1000))
    await refused(limits, wish(scarce, tokens=1))


async def test_a_call_larger_than_a_minutes_tokens_goes_when_nothing_else_did(limits: Limits, clock: FakeClock) -> None:
    scarce = target(tokens=1000)
    await admitted(limits, wish(scarce, tokens=1))
    await refused(limits, huge := wish(scarce, tokens=5000))
    clock.advance(61 * SECOND)
    await admitted(limits, huge)


async def test_a_share_is_kept_for_those_for_whom_somebody_waits(limits: Limits) -> None:
    shared = target(concurrency=5, requests=100, tokens=1000, interactive_share=0.2)
    for _ in range(4):
        await admitted(limits, wish(shared, priority=6))
    assert (await refused(limits, wish(shared, priority=6, stays=False))).why == "concurrency"
    await admitted(limits, wish(shared, priority=7))
    assert (await refused(limits, wish(shared, priority=10))).why == "concurrency"


async def test_nightly_work_uses_up_neither_all_requests_nor_all_tokens(limits: Limits) -> None:
    for scarce in (target(requests=5, interactive_share=0.2), target(tokens=50, interactive_share=0.2)):
        for _ in range(4):
            await admitted(limits, wish(scarce, tokens=10, priority=1))
        await refused(limits, wish(scarce, tokens=10, priority=1, stays=False))
        await admitted(limits, wish(scarce, tokens=10, priority=9))


async def test_a_limit_of_one_is_for_all(limits: Limits) -> None:
    await admitted(limits, wish(target(concurrency=1, interactive_share=1.0), priority=0))


async def test_a_provider_that_wants_to_be_left_alone_is(limits: Limits, clock: FakeClock) -> None:
    asked = target()
    sister = target(provider=asked.provider)
    await limits.settle(await admitted(limits, wish(asked)), Settlement("paused", pause=30 * SECOND))
    for one in (asked, sister):
        refusal = await refused(limits, wish(one, priority=10))
        assert (refusal.why, refusal.gate, refusal.after) == ("hold", f"hold:{asked.provider}", 30 * SECOND)
    await admitted(limits, wish(target()))
    clock.advance(30 * SECOND)
    await admitted(limits, wish(sister))


async def test_a_shorter_pause_does_not_end_a_longer_one(limits: Limits) -> None:
    asked = target()
    calls = [await admitted(limits, wish(asked)) for _ in range(2)]
    await limits.settle(calls[0], Settlement("paused", pause=30 * SECOND))
    await limits.settle(calls[1], Settlement("paused", pause=2 * SECOND))
    assert (await refused(limits, wish(asked))).after == 30 * SECOND


async def test_a_model_that_fails_is_left_alone(limits: Limits, clock: FakeClock) -> None:
    failing, sister = target(), target()
    for _ in range(5):
        await limits.settle(await admitted(limits, wish(failing)), Settlement("failed"))
    refusal = await refused(limits, wish(failing, priority=10))
    assert (refusal.why, refusal.after) == ("breaker", 20 * SECOND)
    await admitted(limits, wish(sister))
    clock.advance(20 * SECOND)
    await admitted(limits, wish(failing))
    assert (await refused(limits, wish(failing, priority=10))).why == "breaker"


async def test_a_success_in_between_forgets_the_failures(limits: Limits) -> None:
    failing = target()
    for ending in ("failed", "failed", "failed", "failed", "answered", "failed", "failed", "failed", "failed"):
        await limits.settle(await admitted(limits, wish(failing)), Settlement(ending))
    await admitted(limits, wish(failing))


async def test_a_longer_pause_goes_on_after_a_shorter_one(limits: Limits) -> None:
    asked = target()
    calls = [await admitted(limits, wish(asked)) for _ in range(2)]
    await limits.settle(calls[0], Settlement("paused", pause=2 * SECOND))
    await limits.settle(calls[1], Settlement("paused", pause=30 * SECOND))
    assert (await refused(limits, wish(asked))).after == 30 * SECOND


@pytest.mark.parametrize(
    ("ending", "then"), [("answered", "open"), ("failed", "breaker"), ("dropped", "open"), ("paused", "hold")]
)
async def test_how_one_call_ends_decides_for_all(limits: Limits, clock: FakeClock, ending: Ending, then: str) -> None:
    failing = target()
    for _ in range(5):
        await limits.settle(await admitted(limits, wish(failing)), Settlement("failed"))
    clock.advance(20 * SECOND)
    await limits.settle(await admitted(limits, wish(failing)), Settlement(ending, pause=3 * SECOND))
    if then == "open":
        await admitted(limits, wish(failing))
    else:
        assert (await refused(limits, wish(failing))).why == then


async def test_after_a_dropped_trial_the_next_one_is_a_trial_again(limits: Limits, clock: FakeClock) -> None:
    failing = target()
    for _ in range(5):
        await limits.settle(await admitted(limits, wish(failing)), Settlement("failed"))
    clock.advance(20 * SECOND)
    await limits.settle(await admitted(limits, wish(failing)), Settlement("dropped"))
    await admitted(limits, wish(failing))
    assert (await refused(limits, wish(failing))).why == "breaker"
