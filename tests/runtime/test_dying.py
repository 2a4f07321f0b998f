"""A job that has failed for good and cannot be parked yet: its verdict stays with it in Redis."""

import pytest

from mindfleet.runtime.claims import Again, Claim
from tests.runtime.desk import Desk

pytestmark = pytest.mark.stack


async def dies(desk: Desk, claim: Claim, of: str = "it was too much") -> None:
    """It has failed of that, and the park is away."""
    assert await desk.settle(
        claim, Again(outcome="postponed", delay=5000, failed=False, hold=300_000, ran=False, dying=of)
    )


async def test_what_a_job_died_of_is_told_with_every_later_claim(desk: Desk) -> None:
    await desk.put("a")
    [first] = await desk.claim()
    assert first.dying == ""
    await dies(desk, first)
    desk.now += 5000

    [second] = await desk.claim()
    assert second.dying == "it was too much"
    await desk.outlast_leases()  # whoever was to park it dies
    [third] = await desk.claim()
    assert third.dying == "it was too much"
    await desk.hand_back(third)
    [fourth] = await desk.claim()
    assert fourth.dying == "it was too much"
    await dies(desk, fourth, of="it was too much")
    desk.now += 5000
    assert [claim.dying for claim in await desk.claim()] == ["it was too much"]


async def test_a_trigger_that_comes_when_its_job_is_dying_has_a_run_of_its_own_after_it(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "merge": "1000:5000"}
    await desk.put("a", **about)
    desk.now += 1001
    [a] = await desk.claim()
    await dies(desk, a)

    assert await desk.put("b", **about) == "queued"
    assert await desk.put("c", **about) == "merged"

    desk.now += 5000
    [again] = await desk.claim()
    assert (again.job_id, again.merged, again.dying) == ("a", (), "it was too much")
    await desk.settle(again)
    [b] = await desk.claim()
    assert (b.job_id, b.merged, b.dying) == ("b", (b"c",), "")


async def test_a_job_that_is_dying_can_be_cancelled_and_its_id_used_again(desk: Desk) -> None:
    await desk.put("a")
    [first] = await desk.claim()
    await dies(desk, first)
    await desk.cancel("a")

    assert await desk.put("a") == "queued"

    [another] = await desk.claim()
    assert (another.job_id, another.dying) == ("a", "")


async def test_a_job_that_is_dying_is_parked_though_a_newer_one_has_taken_its_place(desk: Desk) -> None:
    about = {"name": "n", "unique": "done", "supersede": True}
    await desk.put("a", **about)
    [a] = await desk.claim()
    await dies(desk, a)

    assert await desk.put("b", **about) == "queued"

    desk.now += 5000
    [again] = await desk.claim()
    assert (again.job_id, again.dying) == ("a", "it was too much")
    await desk.settle(again)
    [b] = await desk.claim()
    assert (b.job_id, b.dying) == ("b", "")
    assert await desk.put("c", **{**about, "supersede": False}) == "duplicate"  # of b
