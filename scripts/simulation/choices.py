"""Whether a claim started the right ones of those that were ready: priority, shares, and the every-eighth rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mindfleet.runtime.claims import Claim
from scripts.simulation.view import View
from scripts.simulation.violations import hold

if TYPE_CHECKING:
    from scripts.simulation.claiming import Wanted

CLASS = 10**13
TOP = 10
EVERY = 8
LONG_WAIT = 30_000


@dataclass(frozen=True, slots=True)
class Ready:
    """One that could be started."""

    score: float
    seq: int
    id: str
    since: int

    @property
    def place(self) -> tuple[float, int, str]:
        return self.score, self.seq, self.id


def the_right_ones_start(before: View, view: View, wanted: "Wanted", claims: Sequence[Claim]) -> None:
    """The first of those that were ready; every eighth time the last makes way for who has waited longest, if long."""
    queue = wanted.queue
    so_far, was = (int(each.pace.get(queue, {}).get("starts", 0)) for each in (view, before))
    left = [_ready(view, job_id) for job_id in view.ready.get(queue, {})]
    is_plain = not (before.blocked or view.blocked or any(about["deaths"] != "0" for about in view.jobs.values()))
    went_round = so_far - was != len(claims) if wanted.tells else not is_plain
    if not left or not claims or went_round:
        return  # all were started; or some came to a full gate, and others were looked for
    ids = {claim.job_id for claim in claims}
    started = [_ready(view, job_id) for job_id in ids]
    there = [each for each in left if not _was_let_through(before, view, each.id)]
    right = [
        _right_ones(len(claims), view.now, started + each, ages=so_far // EVERY > was // EVERY)
        for each in (left, there)
    ]
    hold(ids in right, "the_right_ones_start", f"{sorted(ids)} instead of {[sorted(each) for each in right]}")


def _right_ones(number: int, now: int, were: Sequence[Ready], *, ages: bool) -> set[str]:
    in_order = sorted(were, key=lambda each: each.place)
    chosen = in_order[:number]
    oldest = min(_firsts(in_order), key=lambda each: each.since)
    if ages and now - oldest.since > LONG_WAIT and oldest not in chosen:
        chosen[-1] = oldest
    return {each.id for each in chosen}


def nobody_pays_for_long_ago(view: View, queue: str, claims: Sequence[Claim]) -> None:
    """The pace of a priority goes with the jobs that start, so that a user who comes back begins there."""
    for claim in claims:
        about = view.jobs[claim.job_id]
        share, pace = int(about["share"]), int(view.pace.get(queue, {}).get(about["prio"], 0))
        hold(share <= pace, "nobody_pays_for_long_ago", f"{claim.job_id}: {share} beyond {pace}")


def the_pace_goes_on(before: View, view: View) -> None:
    """It never goes back."""
    for queue, paces in before.pace.items():
        for prio, pace in paces.items():
            now = int(view.pace.get(queue, {}).get(prio, 0))
            hold(now >= int(pace), "the_pace_goes_on", f"{queue} {prio}: {now} after {pace}")


def _took_nothing(about: dict[str, str]) -> bool:
    return "share" in about and about["starts"] == "0"


def shares_are_fair(before: View, view: View, gone: int) -> None:
    """A job of a user is one share further than his last, or at the pace where that is ahead, as jobs of nobody are.

    Those that ended before they ever started leave theirs to the next. Up to so many came and are `gone`.
    """
    never_started = [about for job_id, about in before.jobs.items() if job_id not in view.jobs and _took_nothing(about)]
    for job_id, about in view.jobs.items():
        if "share" not in about or "share" in before.jobs.get(job_id, {}):
            continue
        queue, prio, user, share = about["queue"], about["prio"], about["user"], int(about["share"])
        paces = [int(each.pace.get(queue, {}).get(prio, 0)) for each in (before, view)]
        last = before.share.get(f"{queue}:{prio}", {}).get(user, -1)
        others = [other for other in view.jobs.values() if other is not about and _is_like(other, about)]
        left = sum(_is_like(each, about) for each in never_started)
        least = max(paces[0], int(last) + 1 - left) if user else paces[0]
        hold(
            least <= share <= max(least, paces[1]) + len(others) + gone,
            "shares_are_fair",
            f"{job_id}: {share} after {last}, pace {paces}",
        )
        if user:
            same = [other for other in others if other.get("share") == about["share"]]
            hold(not same, "a_user_has_one_job_a_share", f"{job_id}: {share}")


def _is_like(one: dict[str, str], other: dict[str, str]) -> bool:
    return all(one[field] == other[field] for field in ("user", "prio", "queue"))


def _was_let_through(before: View, view: View, job_id: str) -> bool:
    """Perhaps only when all had been chosen."""
    return bool(view.jobs[job_id]["through"]) and before.jobs[job_id]["state"] == "blocked"


def _firsts(ready: Sequence[Ready]) -> list[Ready]:
    """The first of each priority."""
    firsts: dict[int, Ready] = {}
    for each in ready:
        firsts.setdefault(int(each.score // CLASS), each)
    return list(firsts.values())


def _ready(view: View, job_id: str) -> Ready:
    about = view.jobs[job_id]
    score = (TOP - int(about["prio"])) * CLASS + int(about["share"])
    return Ready(score, int(about["seq"]), job_id, int(about["since"]))
