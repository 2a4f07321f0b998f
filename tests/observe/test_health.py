"""A process is judged by its signs: what only a restart mends, what passes, and what is fine."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from mindfleet.observe.health import Patience, body, judge
from mindfleet.queues import Queue
from mindfleet.runtime.engine import Engine
from mindfleet.runtime.exchange import Terms
from mindfleet.runtime.held import Held
from mindfleet.vitals import REDIS, Vitals

PATIENCE = Patience(loop=timedelta(seconds=5), claim=timedelta(seconds=30))


class Hand:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


Happens = Callable[[Vitals, Hand], object]


def nothing(vitals: Vitals, hand: Hand) -> None:
    """All is well."""


def pass_time(vitals: Vitals, hand: Hand, seconds: float) -> None:
    """While the loop ticks."""
    hand.at += seconds
    vitals.ticked(0.0)


def neglect(vitals: Vitals, hand: Hand, *, ready: int = 3, seconds: float = 31) -> None:
    vitals.queue(Queue.COGNITION).claims(5)
    vitals.queue(Queue.COGNITION).seen(ready=ready)
    pass_time(vitals, hand, seconds)
    vitals.queue(Queue.COGNITION).seen(ready=ready)


def stand_still(vitals: Vitals, hand: Hand) -> None:
    hand.at += 7


def lose_postgres(vitals: Vitals, hand: Hand) -> None:
    vitals.store("postgres", lost="ConnectionRefusedError")


def drain(vitals: Vitals, hand: Hand) -> None:
    vitals.queue(Queue.SENSORY).claimed(2)
    vitals.drains()


def neglect_while_redis_is_away(vitals: Vitals, hand: Hand) -> None:
    neglect(vitals, hand)
    vitals.store(REDIS, lost="no answer within 3 s")


def neglect_right_after_redis_came_back(vitals: Vitals, hand: Hand) -> None:
    neglect_while_redis_is_away(vitals, hand)
    vitals.store(REDIS, lost=None)
    vitals.queue(Queue.COGNITION).seen(ready=3)


def neglect_while_draining(vitals: Vitals, hand: Hand) -> None:
    neglect(vitals, hand)
    vitals.drains()


def neglect_with_all_slots_busy(vitals: Vitals, hand: Hand) -> None:
    vitals.queue(Queue.COGNITION).claimed(5)
    neglect(vitals, hand)


def neglect_and_then_claim(vitals: Vitals, hand: Hand) -> None:
    neglect(vitals, hand)
    vitals.queue(Queue.COGNITION).claimed()
    vitals.queue(Queue.COGNITION).seen(ready=2)


def pause_a_neglected_queue(vitals: Vitals, hand: Hand) -> None:
    neglect(vitals, hand)
    vitals.queue(Queue.COGNITION).claims(5, paused=True)
    vitals.queue(Queue.COGNITION).seen(ready=3)
    pass_time(vitals, hand, 31)


def go_on_with_a_paused_queue_and_neglect_it(vitals: Vitals, hand: Hand) -> None:
    vitals.queue(Queue.COGNITION).claims(5, paused=True)
    neglect(vitals, hand)


def have_jobs_that_no_engine_has_begun_to_claim(vitals: Vitals, hand: Hand) -> None:
    vitals.queue(Queue.COGNITION).seen(ready=3)
    pass_time(vitals, hand, 600)
    vitals.queue(Queue.COGNITION).seen(ready=3)


NEGLECTED = "cognition: jobs have been ready for 31 s with 5 slots free, but none was claimed"
STILL = "the event loop has not ticked for 7 s"


@pytest.mark.parametrize(
    ("happens", "wedged", "unready"),
    [
        (nothing, [], []),
        (stand_still, [STILL], []),
        (neglect, [NEGLECTED], []),
        (lambda v, h: neglect(v, h, seconds=29), [], []),
        (lambda v, h: neglect(v, h, ready=0), [], []),
        (neglect_with_all_slots_busy, [], []),
        (neglect_and_then_claim, [], []),
        (neglect_while_redis_is_away, [], ["redis is lost: no answer within 3 s"]),
        (neglect_right_after_redis_came_back, [], []),
        (pause_a_neglected_queue, [], []),
        (go_on_with_a_paused_queue_and_neglect_it, [NEGLECTED], []),
        (neglect_while_draining, [], ["it drains: 0 jobs still run"]),
        (have_jobs_that_no_engine_has_begun_to_claim, [], []),
        (lose_postgres, [], ["postgres is lost: ConnectionRefusedError"]),
        (drain, [], ["it drains: 2 jobs still run"]),
    ],
)
def test_a_restart_is_asked_for_only_where_it_helps(happens: Happens, wedged: list[str], unready: list[str]) -> None:
    hand = Hand()
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5, Queue.SENSORY: 20}, now=hand)
    vitals.comes_up()
    happens(vitals, hand)

    verdict = judge(vitals.signs(), PATIENCE)

    assert (list(verdict.wedged), list(verdict.unready)) == (wedged, unready)
    assert verdict.live is not bool(wedged)
    assert verdict.ready is not bool(wedged or unready)


def test_a_process_that_starts_is_live_and_not_ready() -> None:
    verdict = judge(Vitals("w1-cell", {Queue.COGNITION: 5}).signs(), PATIENCE)

    assert verdict.live
    assert verdict.unready == ("it is still starting",)


def test_jobs_are_counted_from_claim_to_end() -> None:
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5, Queue.SENSORY: 20})
    cognition, sensory = vitals.queue(Queue.COGNITION), vitals.queue(Queue.SENSORY)
    cognition.claimed(3)
    cognition.settled()
    cognition.settled(failed=True)
    sensory.claimed(4)
    sensory.settled(jobs=2)
    sensory.put_back()
    sensory.claims(10)

    signs = vitals.signs()

    assert (signs.slots, signs.active, signs.processed, signs.failed) == (15, 2, 4, 1)


def test_the_lag_is_the_worst_of_late_and_counts_a_silence_that_goes_on() -> None:
    hand = Hand()
    vitals = Vitals("w1-cell", {}, now=hand)
    vitals.ticked(0.4)
    vitals.ticked(0.1)
    assert vitals.signs().lag == 0.4

    hand.at += 3.25
    assert vitals.signs().lag == 3.0

    for _ in range(40):
        vitals.ticked(0.01)
    assert vitals.signs().lag == 0.01


def test_a_body_says_what_is_wrong_in_words() -> None:
    vitals = Vitals("w1-cognition", {Queue.COGNITION: 5})
    vitals.store("postgres", lost="no answer within 3 s")
    vitals.store("graph", lost=None)

    told = body(vitals.signs(), ("postgres is lost: no answer within 3 s",), version="1.2.3")

    assert told["status"] == "fail"
    assert told["reasons"] == ["postgres is lost: no answer within 3 s"]
    assert told["stores"] == {
        "postgres": {"status": "fail", "reason": "no answer within 3 s"},
        "graph": {"status": "pass", "reason": None},
    }
    assert told["queues"]["cognition"]["slots"] == 5


async def test_an_engine_that_hangs_before_its_first_claim_is_no_longer_live() -> None:
    hand = Hand()
    vitals = Vitals("w", {Queue.COGNITION: 5}, now=hand)
    Engine(Redis(), _runs_nothing, Terms(queue=Queue.COGNITION, worker="w", slots=5), vitals.queue(Queue.COGNITION))

    for _ in range(2):
        vitals.queue(Queue.COGNITION).seen(ready=1)
        pass_time(vitals, hand, 31)

    assert not judge(vitals.signs(), PATIENCE).live


async def _runs_nothing(_: Held) -> None:
    """There is nothing."""
