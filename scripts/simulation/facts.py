"""What Redis knows of a job, field by field, beside what the book has; and until when its keys live."""

from typing import TYPE_CHECKING

from mindfleet.entrants import milliseconds
from mindfleet.runtime.neighbours import APART_FROM
from scripts.simulation.book import HASTENED, OVER, STOCK, Book, Life
from scripts.simulation.view import View
from scripts.simulation.violations import hold

if TYPE_CHECKING:
    from scripts.simulation.run import Run
    from scripts.simulation.workers import Holding


LOOKS_AGAIN = 250
LOOK_AGAIN = 1000
"""ms, at a job that is in the hands of somebody who does not tell."""


def what_is_known_is_true(run: "Run") -> None:
    """Of every job that one of ours has seen."""
    view, book = run.world.view(), run.world.book
    for life in book.lives.values():
        about = view.jobs.get(life.id)
        hold((about is not None) == life.is_known, "what_is_known_is_true", f"{life.id}: {about}")
        if about is None:
            continue
        true = _facts(life)
        if not true.items() <= about.items():
            wrong = {field: (about[field], true[field]) for field in true if about[field] != true[field]}
            hold(truth=False, invariant="what_is_known_is_true", said=f"{life.id}: {wrong}")


def nothing_ends_too_soon(run: "Run") -> None:
    """Keys of jobs have no end, but for locks, and for jobs that no worker of ours may ever see."""
    view, book = run.world.view(), run.world.book
    for life in book.lives.values():
        envelope = view.ends.get(f"arq:job:{life.id}".encode())
        hold(
            life.is_gone(view.now) or envelope == life.expires_at,
            "nothing_ends_too_soon",
            f"{life.id}: {envelope} for {life.expires_at}",
        )
        about = view.jobs.get(life.id)
        if about:
            score = view.queues[life.queue][life.id]
            waits = about["state"] == "waiting" and score >= 0
            end, due = view.ends.get(f"mindfleet:job:{life.id}".encode()), life.forgotten_at
            is_kept = end is None and (not waits or score != life.due or due is None)
            hold(
                is_kept or (waits and end == due), "nothing_ends_too_soon", f"{life.id} is known until {end}, not {due}"
            )
        if life.grant:
            lock, lease = view.ends.get(f"arq:in-progress:{life.id}".encode()), life.grant.lease_ends
            is_over = view.now > lease or not life.grant.is_locked
            hold(lock == lease or is_over, "nothing_ends_too_soon", f"lease of {life.id}: {lock} for {lease}")
    _names_end_in_time(book, view)


def locks_have_owners(run: "Run") -> None:
    """Who is locked runs, or must not be run for a while."""
    view, book = run.world.view(), run.world.book
    for job_id, token in view.locks.items():
        life = book.lives.get(job_id)
        runs = life is not None and life.grant is not None and life.grant.token == token
        guard = token == OVER and view.ends.get(f"arq:in-progress:{job_id}".encode()) == book.guards.get(job_id)
        hold(runs or guard or token == STOCK, "locks_have_owners", f"{job_id} by {token}")
    for job_id, until in book.guards.items():
        life = book.lives.get(job_id)
        is_kept = view.now > until or (life and life.grant) or view.locks.get(job_id) == OVER
        hold(is_kept, "locks_have_owners", f"{job_id} is not guarded")


def alarms_are_right(run: "Run") -> None:
    """Whoever waits for a time is found at that time."""
    view, book = run.world.view(), run.world.book
    for life in book.lives.values():
        about, score = view.jobs.get(life.id), view.queues[life.queue][life.id]
        if life.grant or score < 0 or life.due < 0 or (life.is_hastened and score == HASTENED):
            continue
        state = about["state"] if about else "waiting"
        due = life.again_at if state in ("held", "blocked") else life.due
        if life.id in book.guards or life.stock_until:  # it may be in other hands
            hold(score <= max(due, view.now + LOOK_AGAIN), "alarms_are_right", f"{life.id}: {score} after {due}")
            continue
        is_old = score in (life.again_at, life.due) or score <= view.now + LOOKS_AGAIN
        is_old = is_old or run.world.witness.clock_was_set
        goes_on = (
            run.world.is_narrow and (state == "blocked" or life.lane) and score <= view.now + 1
        )  # see `go_on_later`
        waited = life.lane and state in ("blocked", "waiting", "ready") and is_old  # since before it was overtaken
        hold(score == due or waited or goes_on, "alarms_are_right", f"{life.id} {state}: {score} instead of {due}")


def shares_of_long_ago_are_forgotten(run: "Run") -> None:
    """Whoever is behind the pace of a priority is not kept: he would begin at the pace anyway."""
    view = run.world.view()
    for name, shares in view.share.items():
        queue, _, prio = name.rpartition(":")
        pace = int(view.pace.get(queue, {}).get(prio, 0))
        old = [user for user, share in shares.items() if share < pace]
        hold(not old, "shares_of_long_ago_are_forgotten", f"{old} of {name} behind {pace}")


def names_have_holders(run: "Run") -> None:
    """Whoever took a name last has it until his end, or his start if that was all he wanted."""
    view, book = run.world.view(), run.world.book
    for life in book.lives.values():
        is_holder = bool(life.name) and book.holders.get(life.name) == life.id
        is_free = life.about.unique.isdigit() or (life.about.unique == "started" and life.starts > 0)
        if is_holder and not is_free:
            found = view.unique.get(life.name)
            hold(found == life.id, "names_have_holders", f"{life.name} is of {found} and not of {life.id}")


def who_was_cut_off_often_runs_apart(run: "Run") -> None:
    """One of them at a time in a worker, and beside none that was cut off before."""
    for worker in run.workers:
        lost = [each for each in worker.holds if each.claim.deaths]
        for often in [each for each in lost if each.claim.deaths >= APART_FROM]:
            beside = [each for each in lost if each is not often and not _met_by_chance(often, each)]
            hold(not beside, "who_was_cut_off_often_runs_apart", f"{worker.name}: {often.claim} beside {beside}")


def _met_by_chance(often: "Holding", other: "Holding") -> bool:
    """One may be brought by a claim that any job may come by, and one that lost a lease or two by another meanwhile."""
    return other.claim.deaths < APART_FROM and often.is_overlapped and other.is_overlapped


def who_was_let_through_is_marked(run: "Run") -> None:
    """Only one who is ready, or waits behind others of his lane, has been let through a gate."""
    for job_id, about in run.world.view().jobs.items():
        told = about["through"]
        hold(not told or about["state"] in ("ready", "waiting"), "who_was_let_through_is_marked", f"{job_id}: {about}")


def _facts(life: Life) -> dict[str, str]:
    about = life.about
    facts = {"queue": life.queue, "task": life.task, "bot": life.bot, "user": about.user, "lane": life.lane}
    facts |= {"prio": str(about.priority), "gates": life.gates, "deadline": str(milliseconds(about.deadline))}
    facts |= {"name": about.name, "unique": about.unique, "merge": about.merge, "again": about.again}
    facts |= {"supersede": "1" if about.supersede else ""}
    facts |= {
        "durable": str(int(about.durable)),
        "stock": str(int(life.is_stock)),
        "cancel": life.wish,
        "dying": life.dying,
        "why": life.why,
    }
    facts |= {"starts": str(life.starts), "fails": str(life.fails), "deaths": str(life.deaths)}
    facts |= {"spared": str(life.spared), "held": str(life.held), "due": str(life.due)}
    facts |= {"entry": life.entry, "seq": life.seq, "first": str(life.accepted) if about.merge else ""}
    return facts


def _names_end_in_time(book: Book, view: View) -> None:
    for name, window in book.windows.items():
        if view.now <= window.until and view.unique.get(name) == window.holder:
            end = view.ends.get(f"mindfleet:unique:{name}".encode())
            hold(end == window.until, "nothing_ends_too_soon", f"the name {name}: {end} instead of {window.until}")
    for life in book.lives.values():
        is_held = bool(life.name) and view.unique.get(life.name) == life.id
        if is_held and not life.about.unique.isdigit():
            end = view.ends.get(f"mindfleet:unique:{life.name}".encode())
            hold(end is None, "nothing_ends_too_soon", f"the name {life.name} of {life.id}")
