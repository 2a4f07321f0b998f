"""What must hold after every step, and in the end; what concerns one answer is in `witness`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from scripts.simulation.book import HASTENED, OVER, STOCK
from scripts.simulation.callers import all_entrants
from scripts.simulation.facts import (
    alarms_are_right,
    locks_have_owners,
    names_have_holders,
    nothing_ends_too_soon,
    shares_of_long_ago_are_forgotten,
    what_is_known_is_true,
    who_was_cut_off_often_runs_apart,
    who_was_let_through_is_marked,
)
from scripts.simulation.turns import turns_are_known
from scripts.simulation.violations import hold

if TYPE_CHECKING:
    from scripts.simulation.run import Run

CLASS = 10**13
PERMANENT = (
    "mindfleet:seq",
    "mindfleet:epoch",
    "mindfleet:rehydrated",
    *("mindfleet:ledger", "mindfleet:ledger:watermark"),
    "mindfleet:results",
    "mindfleet:schedule",
    "mindfleet:schedule:state",
    *("mindfleet:schedule:claims", "mindfleet:schedule:unnoted"),
    "mindfleet:workers",
)
"""Keys that stay by design, beside a few of each queue."""

OF_A_QUEUE = ("mindfleet:counts:",)


def one_owner(run: "Run") -> None:
    """Of all workers that would still act for a job, Redis listens to one at most."""
    jobs = run.world.view().jobs
    owners: dict[str, str] = {}
    for worker in run.workers:
        for each in worker.holds:
            job_id, token = each.claim.job_id, each.claim.token
            if jobs.get(job_id, {}).get("token") == token:
                hold(job_id not in owners, "one_owner", f"{job_id}: {owners.get(job_id)} and {worker.name} by {token}")
                owners[job_id] = worker.name


def nobody_is_robbed(run: "Run") -> None:
    """A worker whose lease has not ended by its own clock has the job, unless Redis lost data or its clock was set."""
    world = run.world
    if world.witness.clock_was_set:
        return
    for worker in run.workers:
        for each in worker.holds:
            is_sure = each.lives == world.lives and worker.clock(world) < each.renewed + 3950
            if is_sure and not each.is_lost:
                token = world.view().jobs.get(each.claim.job_id, {}).get("token")
                hold(token == each.claim.token, "nobody_is_robbed", f"{each.claim.job_id} of {worker.name}: {token}")


def what_is_unfinished_is_there(run: "Run") -> None:
    """Every accepted job that has not ended has its envelope and its place in the queue, and nothing else has."""
    view, book = run.world.view(), run.world.book
    there = {job_id for queue in view.queues.values() for job_id in queue}
    hold(there == set(book.lives), "what_is_unfinished_is_there", f"{sorted(there ^ set(book.lives))}")
    gone = {life.id for life in book.lives.values() if life.is_gone(view.now)}
    odd = (there - gone) ^ set(view.envelopes)
    hold(not odd, "what_is_unfinished_is_there", f"envelopes: {sorted(odd)}")
    for life in book.lives.values():
        is_there = life.id in view.queues.get(life.queue, {})
        hold(is_there, "what_is_unfinished_is_there", f"{life.id} is not on {life.queue}")
        hold(
            life.id in gone or view.envelopes[life.id] == life.data,
            "what_is_unfinished_is_there",
            f"{life.id} has another envelope",
        )


def everything_has_an_owner(run: "Run") -> None:
    """A key belongs to an unfinished job, to a queue, or has a TTL; the others are known by name."""
    view, book = run.world.view(), run.world.book
    orphans = {*view.jobs, *view.more} - set(book.lives)
    hold(not orphans, "everything_has_an_owner", f"{sorted(orphans)}")
    for lane in (*view.lanes, *view.heads):
        living = any(life.lane == lane for life in book.lives.values())
        hold(living, "everything_has_an_owner", f"lane {lane}")
    for name, holder in view.unique.items():
        has_end = f"mindfleet:unique:{name}".encode() in run.world.model.expires
        hold(has_end or holder in book.lives, "everything_has_an_owner", f"name {name} of {holder}")
    told = {f"task:{job_id}:progress" for job_id in book.lives}
    strange = [key for key in view.others - told if key not in PERMANENT and not key.startswith(OF_A_QUEUE)]
    hold(not strange, "everything_has_an_owner", f"{strange}")


def states_and_sets_agree(run: "Run") -> None:
    """What the hash of a job says is where the job is."""
    view = run.world.view()
    states: dict[str, set[str]] = {}
    for job_id, about in view.jobs.items():
        states.setdefault(f"{about['state']} {_where(about)}".strip(), set()).add(job_id)
    found = {f"ready {queue}": set(members) for queue, members in view.ready.items()}
    found |= {f"blocked {gate}": set(members) for gate, members in view.blocked.items()}
    found |= {f"running {queue}": set(members) for queue, members in view.running.items()}
    said = {state: ids for state, ids in states.items() if state not in ("waiting", "held")}
    hold(found == said, "states_and_sets_agree", f"{_difference(found, said)}")
    for gate, inside in view.using.items():
        said_inside = {job_id for job_id, about in view.jobs.items() if gate in _gates_behind(about)}
        hold(set(inside) == said_inside, "states_and_sets_agree", f"{gate}: {set(inside) ^ said_inside}")


def passes_are_kept(run: "Run") -> None:
    """Who was let through is ready, has a place behind the gate, and gives it up within a while; nobody else does."""
    view = run.world.view()
    told = {job_id for job_id, about in view.jobs.items() if about["through"]}
    hold(told == set(view.passes.get("", {})), "passes_are_kept", f"{told} and {view.passes}")
    for job_id in told:
        about = view.jobs[job_id]
        hold(about["state"] == "ready", "passes_are_kept", f"{job_id} is {about['state']}")
        for gate in about["through"].splitlines():
            hold(job_id in view.using.get(gate, ()), "passes_are_kept", f"{job_id} has no place at {gate}")
    by_queue: dict[str, set[str]] = {}
    for job_id, about in view.jobs.items():
        if about["state"] == "blocked":
            by_queue.setdefault(f"{about['queue']}:{about['gate']}", set()).add(job_id)
    found = {name: set(members) for name, members in view.before.items()}
    hold(found == by_queue, "passes_are_kept", f"{_difference(found, by_queue)}")
    hold(set(view.turns) <= set(view.blocked), "passes_are_kept", f"turns {set(view.turns) - set(view.blocked)}")


def owners_are_known(run: "Run") -> None:
    """Who runs here runs in Redis, under its token; nobody else has one."""
    view = run.world.view()
    for life in run.world.book.lives.values():
        about = view.jobs.get(life.id, {})
        token, state = about.get("token", ""), about.get("state")
        if life.grant:
            hold(token == life.grant.token and state == "running", "owners_are_known", f"{life.id}: {about}")
            is_locked = (
                view.locks.get(life.id) == token or life.grant.lease_ends <= view.now or not life.grant.is_locked
            )
            hold(is_locked, "owners_are_known", f"{life.id} has no lock")
            using, gates = set(about["using"].splitlines()), set(life.grant.gates)
            hold(using == gates, "owners_are_known", f"{life.id} uses {using} for {gates}")
        else:
            hold(not about.get("using"), "owners_are_known", f"{life.id} takes a place: {about}")
            hold(not token and state != "running", "owners_are_known", f"{life.id}: {token} {state}")
            hold(view.locks.get(life.id, OVER) in (OVER, STOCK), "owners_are_known", f"{life.id} is locked")


def scores_say_what_a_job_waits_for(run: "Run") -> None:
    """Filed is negative; a running, deferred or held job is an alarm."""
    view = run.world.view()
    for life in run.world.book.lives.values():
        score, about = view.queues[life.queue][life.id], view.jobs.get(life.id)
        if about is None and life.due < 0:
            hold(score == life.due or score >= 0, "scores_say_what_a_job_waits_for", f"{life.id}: {score}")
        elif about is None or about["state"] in ("running", "held"):
            hold(score >= 0, "scores_say_what_a_job_waits_for", f"{life.id}: {score} {about}")
        elif score < 0:
            filed = int(about["due"]) - CLASS
            hold(score == filed, "scores_say_what_a_job_waits_for", f"{life.id}: {score} instead of {filed}")
        if life.grant and not (life.is_hastened and score == HASTENED):
            is_lease = 0 <= score - life.grant.lease_ends <= 1
            hold(is_lease, "scores_say_what_a_job_waits_for", f"{life.id}: lease {score} {life.grant}")
        if about and about["state"] == "waiting" and score < 0:
            is_behind = life.lane and life.id in view.lanes.get(life.lane, {})
            hold(is_behind, "scores_say_what_a_job_waits_for", f"{life.id} waits for nothing")


def a_lane_has_a_head(run: "Run") -> None:
    """Of a lane that has jobs one is the head; only it is ready, runs, waits at a gate, or waits out a retry."""
    view, book = run.world.view(), run.world.book
    hold(set(view.lanes) == set(view.heads), "a_lane_has_a_head", f"{set(view.lanes) ^ set(view.heads)}")
    for lane, members in view.lanes.items():
        head = view.heads[lane]
        hold(head in members, "a_lane_has_a_head", f"{head} of {lane} is not among {list(members)}")
        hold(view.jobs[head]["state"] != "waiting", "a_lane_has_a_head", f"{head} of {lane} waits")
        behind = [each for each in members if each != head and view.jobs[each]["state"] != "waiting"]
        hold(not behind, "a_lane_has_a_head", f"{behind} beside {head} in {lane}")
    for life in book.lives.values():
        about = view.jobs.get(life.id)
        if about and about["state"] in ("ready", "running") and life.lane:
            hold(view.heads.get(life.lane) == life.id, "a_lane_has_a_head", f"{life.id} is not the head of {life.lane}")
        if about and about["state"] == "held":
            inside = life.id in view.lanes.get(life.lane, {})
            waits = bool(life.lane) and not life.left_lane
            hold(inside == waits, "a_lane_waits_for_a_bounded_time", f"{life.id} in {life.lane}: {inside}")


def nobody_waits_before_an_open_gate(run: "Run") -> None:
    """Who waits at a gate that counts it waits because it is full, with those who were let through."""
    view, book = run.world.view(), run.world.book
    for gate, members in view.blocked.items():
        first = book.lives[next(iter(members))]
        if run.world.is_narrow and view.queues[first.queue][first.id] >= 0:
            continue  # it goes on with him, see `go_on_later`
        for job_id in members:
            life = book.lives[job_id]
            most = book.capacity(gate, life.gates)
            if view.queues[life.queue][job_id] >= 0:
                continue  # it has an alarm of its own
            inside = len(view.using.get(gate, ()))
            is_full = most is not None and inside >= most
            hold(is_full, "nobody_waits_before_an_open_gate", f"{job_id} at {gate}: {inside} of {most}")


def no_wake_is_lost(run: "Run") -> None:
    """Whoever makes a job ready takes away the mark of those who wait to be woken, and wakes them."""
    view = run.world.view()
    for queue in view.idle - run.world.witness.hurried:
        paused = run.world.book.gates.get(f"queue:{queue}") == 0
        hold(paused or not view.ready.get(queue), "no_wake_is_lost", f"{queue}: {list(view.ready.get(queue, {}))}")


def everything_ends(run: "Run") -> None:
    """After trouble comes the end of every job that was accepted."""
    left = {life.id: run.world.view().jobs.get(life.id) for life in run.world.book.lives.values()}
    hold(not left, "everything_ends", f"{left}")


def nothing_accepted_is_lost(run: "Run") -> None:
    """Each durable job that a producer was told of has ended, whatever Redis lost."""
    ended = {job_id for job_id, _ in run.world.witness.ended}
    for (job_id, _), entrant in all_entrants(run.producers).items():
        if entrant.durable and not entrant.name and not _is_shared(run, job_id):
            hold(job_id in ended, "nothing_accepted_is_lost", job_id)


def postgresql_knows(run: "Run") -> None:
    """In the end no row of the ledger is open."""
    open_rows = [job_id for job_id, row in run.ledger.rows.items() if row.is_open and not _is_shared(run, job_id)]
    hold(not open_rows, "postgresql_knows", f"{open_rows}")


def nothing_is_left(run: "Run") -> None:
    """In the end there are no keys of jobs, lanes, gates or names."""
    view = run.world.view()
    waiting = [view.ready, view.lanes, view.heads, view.using, view.blocked, view.before, view.turns, view.passes]
    locked = [job_id for job_id, token in view.locks.items() if token != OVER]
    left = [view.jobs, view.queues, view.more, locked, view.running, *waiting]
    hold(not any(left), "nothing_is_left", f"{[each for each in left if each]}")


OF_WORKERS: tuple[Callable[["Run"], None], ...] = (
    one_owner,
    nobody_is_robbed,
    who_was_cut_off_often_runs_apart,
)
EVERY_STEP: tuple[Callable[["Run"], None], ...] = (
    what_is_unfinished_is_there,
    everything_has_an_owner,
    states_and_sets_agree,
    passes_are_kept,
    owners_are_known,
    scores_say_what_a_job_waits_for,
    a_lane_has_a_head,
    nobody_waits_before_an_open_gate,
    no_wake_is_lost,
    what_is_known_is_true,
    nothing_ends_too_soon,
    locks_have_owners,
    names_have_holders,
    shares_of_long_ago_are_forgotten,
    alarms_are_right,
    who_was_let_through_is_marked,
    turns_are_known,
)
IN_THE_END: tuple[Callable[["Run"], None], ...] = (
    everything_ends,
    nothing_accepted_is_lost,
    postgresql_knows,
    nothing_is_left,
)


def _where(about: Mapping[str, str]) -> str:
    places = {"ready": about["queue"], "running": about["queue"], "blocked": about.get("gate", "")}
    return places.get(about["state"], "")


def _gates_behind(about: Mapping[str, str]) -> list[str]:
    return [*about["using"].splitlines(), *about["through"].splitlines()]


def _difference(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> dict[str, tuple[set[str], set[str]]]:
    return {
        key: (one.get(key, set()), other.get(key, set()))
        for key in sorted({*one, *other})
        if one.get(key, set()) != other.get(key, set())
    }


def _is_shared(run: "Run", job_id: str) -> bool:
    """Another job of that id may have come in where Redis lost this one; it waits until that has ended."""
    return run.world.lives > 0 and job_id.startswith(("k", "s"))
