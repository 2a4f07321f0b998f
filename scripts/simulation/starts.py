"""Which jobs may start: what a claim says of them is true, and nobody of their lane should come before."""

from collections.abc import Iterable, Sequence

from mindfleet.entrants import milliseconds
from mindfleet.runtime.claims import Claim
from mindfleet.runtime.neighbours import APART_FROM
from scripts.simulation.book import Book, Life
from scripts.simulation.view import View
from scripts.simulation.violations import hold

LONGEST_APART = 30_000
LANES_WAIT = 2000
RECOVERY = "recovery"
"""The gate where lanes wait after a loss."""


def may_start(book: Book, view: View, life: Life, claim: Claim, *, due_is_known: bool) -> None:
    """A claim has just started it; it counts in the book as started, without a grant yet."""
    hold(life.grant is None, "one_owner", f"{life.id} still belongs to {life.grant}")
    told = (claim.start, claim.failures, claim.deaths, claim.interruptions, claim.wish, claim.dying)
    true = (life.starts, life.fails, life.deaths, life.spared, life.wish, life.dying)
    hold(told == true, "a_claim_tells_the_truth", f"{life.id}: {told} instead of {true}")
    about, since = life.about, view.jobs[life.id]["since"]
    said = (claim.due, claim.ready, claim.deadline or "", claim.priority, claim.lane, claim.is_stock)
    known = (life.due, int(since), milliseconds(about.deadline), about.priority, life.lane, life.is_stock)
    hold(said == known, "a_claim_tells_the_truth", f"{life.id}: {said} instead of {known}")
    hold(
        claim.data == (b"" if life.is_gone(view.now) else life.data),
        "a_claim_tells_the_truth",
        f"{life.id}: another envelope",
    )
    merged = sorted(claim.merged)
    hold(merged == sorted(life.triggers), "every_trigger_is_told_once", f"{life.id}: {merged} of {life.triggers}")
    hold(
        claim.due <= view.now or life.is_hastened or not due_is_known,
        "nothing_starts_early",
        f"{life.id} is due in {claim.due - view.now} ms",
    )
    if life.lane:
        _is_its_turn(book, view, life)


def lanes_wait_for_what_was_lost(before: View, view: View, claims: Sequence[Claim]) -> None:
    """For two seconds after Redis lost something, unless it was put back; and not for longer."""
    if loss_is_recent(view):
        early = [claim.job_id for claim in claims if claim.lane]
        hold(not early, "lanes_wait_for_what_was_lost", f"{early} started")
    else:
        new = set(view.blocked.get(RECOVERY, ())) - set(before.blocked.get(RECOVERY, ()))
        hold(not new, "lanes_wait_for_what_was_lost", f"{new} wait")


def loss_is_recent(view: View) -> bool:
    """Whether what was lost may still come back, before others of its lane."""
    age = view.now - int(view.epoch.rpartition(".")[2] or 0)
    return view.epoch != view.rehydrated and abs(age) < LANES_WAIT


def may_stand_aside(before: View, view: View, queue: str, lives: Iterable[Life]) -> None:
    """Who lost leases may be put off for a while, each at another time, longer after each that he lost in a row."""
    for life in lives:
        about, score = view.jobs.get(life.id), view.queues.get(queue, {}).get(life.id)
        was = before.queues.get(queue, {}).get(life.id)
        if about and score is not None and about["state"] == "held" and score != was:
            often = min(1000 * 2 ** (life.deaths - APART_FROM), LONGEST_APART) if life.deaths >= APART_FROM else 500
            due = [view.now + each + each * (int(life.seq) * 617 % 1000) // 1000 for each in (500, often)]
            hold(life.deaths and score in due, "who_stands_aside_comes_back", f"{life.id}: {score} of {due}")
            life.again_at = int(score)


def _is_its_turn(book: Book, view: View, life: Life) -> None:
    mine = _place(view, life)
    for other in book.lives.values():
        if other.lane == life.lane and other is not life:
            hold(not other.grant, "one_at_a_time_in_a_lane", f"{life.id} beside {other.id}")
            if _stands_in_lane(view, other) and not _keeps_its_turn(life):
                hold(mine < _place(view, other), "a_lane_keeps_its_order", f"{life.id} before {other.id}")


def _place(view: View, life: Life) -> tuple[int, int]:
    about = view.jobs[life.id]
    return int(about["due"]), int(about["seq"])


def _keeps_its_turn(life: Life) -> bool:
    """It started before, and its lane has waited for it."""
    return life.starts > 1 and not life.left_lane


def _stands_in_lane(view: View, life: Life) -> bool:
    """It was due when somebody looked, or waits out a retry that its lane waits for."""
    if life.left_lane:
        return False
    if life.starts and not (life.is_put_back and view.jobs[life.id]["state"] == "waiting"):
        return True
    return view.queues.get(life.queue, {}).get(life.id, 0) < 0
