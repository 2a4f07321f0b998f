"""Jobs that come in, by whatever way, and those that make way for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mindfleet.entrants import Entrant, milliseconds
from scripts.simulation.accounts import DAY
from scripts.simulation.book import WEEK, Book, Life, Window
from scripts.simulation.entries import may_enter, may_refuse, runs_apart, takes_more
from scripts.simulation.view import View
from scripts.simulation.violations import Violation, hold

USUAL_PRIORITY = 5
"""Of jobs that say none."""

SUPERSEDED = '{"error":"Superseded","message":"a newer one took its place"}'

Row = tuple[Entrant, int, int, list[bytes]]
"""What PostgreSQL has of a job: with its failures, its starts, and what was merged into it."""

Ended = set[tuple[str, bytes]]
"""Id and envelope of every job that ever ended."""


def entered(book: Book, views: tuple[View, View], entrant: Entrant, answer: Sequence[Any], ended: Ended) -> None:
    """One of a call that a producer made, with what it was answered: outcome, holder and entry."""
    before, view = views
    outcome, holder, at = (each.decode() for each in answer)
    life = book.lives.get(entrant.job_id)
    if outcome == "queued" and life and life.data == entrant.data:
        if before.jobs.get(life.id, {}).get("seq") != view.jobs.get(life.id, {}).get("seq"):
            book.back[life.id] = (entrant, at)  # an older one took its place a moment before
            return
        hold(at == life.entry, "a_receipt_names_its_entry", f"{life.id}: {at} instead of {life.entry}")
        return  # the same call once more
    if outcome == "queued":
        hold(not life, "an_id_names_one_job", f"{entrant.job_id} was accepted twice")
        may_enter(book, view, entrant)
        accept(book, view, entrant, at)
        return
    if outcome == "merged":
        kept = book.lives.get(holder)
        hold(
            kept and _takes_up(book, view.now, kept, entrant),
            "only_what_waits_takes_more",
            f"{entrant.job_id} into {holder}",
        )
        most = book.pieces["MERGED_AT_MOST"]
        is_more = kept is not None and entrant.data not in kept.triggers and len(kept.triggers) >= most
        hold(not is_more, "a_run_takes_up_only_so_many", f"{entrant.job_id} into {holder}")
        is_entered = kept is not None and _merge(book, view, kept, entrant) and kept.is_durable
        hold(bool(at) == is_entered, "a_receipt_names_its_entry", f"{entrant.job_id} into {holder}: {at}")
        book.accounts.receipts += [(at, holder)] if is_entered else []
    else:
        hold(at == "", "a_receipt_names_its_entry", f"{entrant.job_id} did not enter: {at}")
        is_repeated = life is not None and holder == life.id and life.data == entrant.data
        hold(not is_repeated, "a_call_that_is_repeated_is_the_same", entrant.job_id)
        may_refuse(book, before, entrant, holder)
        refused(book, entrant, holder, ended)


def _takes_up(book: Book, now: int, kept: Life, entrant: Entrant) -> bool:
    is_known = entrant.data in (kept.data, *kept.triggers)
    return takes_more(book, kept) and (is_known or not runs_apart(book, now, entrant))


def accept(book: Book, view: View, entrant: Entrant, at: str) -> None:
    """It is there, and the ledger has it at that entry, if anywhere."""
    life = _life(view, entrant)
    book.accounts.last_seq += 1
    known = view.jobs.get(life.id)
    life.seq, life.entry = known["seq"] if known else str(book.accounts.last_seq), at
    book.accounts.numbers += [int(known["seq"])] if known else []
    if life.about.durable and life.about.again != "1":
        book.accounts.enter_queued(life)
        book.accounts.receipts.append((at, life.id))
    else:
        hold(at == "", "a_receipt_names_its_entry", f"{life.id}: {at}")
    book.accounts.forget(life.id)
    if life.about.again != "1" and view.now > book.accounts.fleets.get(life.queue, 0):
        life.forgotten_at = view.now + max(life.due - view.now, 0) + WEEK
    if entrant.name:
        _take_name(book, view, entrant)
    book.lives[life.id] = life


def put_back(book: Book, view: View, rows: Sequence[Row], ended: Ended) -> int:
    """Jobs that PostgreSQL had, and perhaps Redis had not; how many came in."""
    put = 0
    for number, (entrant, fails, starts, merged) in enumerate(rows):
        is_there = view.envelopes.get(entrant.job_id) == entrant.data
        gives_way = _gives_way(book, entrant, [each for each, *_ in rows[number + 1 :]])
        if entrant.job_id in book.lives:
            continue
        if not (is_there or gives_way):
            refused(book, entrant, view.unique.get(entrant.name, entrant.job_id), ended)
            continue
        accept(book, view, entrant, "")
        life = book.lives[entrant.job_id]
        life.fails, life.starts, life.spared = fails, max(starts, fails), max(starts - fails, 0)
        life.triggers = list(merged)
        put += 1
    return put


def _gives_way(book: Book, entrant: Entrant, later: Sequence[Entrant]) -> bool:
    """It comes in, and at once another one takes its place."""
    holder = book.holder(entrant.name)
    is_newest = holder is None or holder.is_put_back
    return is_newest and any(each.supersede and each.name == entrant.name for each in later)


def merge_back(book: Book, view: View, merged: Sequence[tuple[str, Entrant]]) -> int:
    """What was merged into jobs, as PostgreSQL knows; a further run sees what comes too late. How many they lacked."""
    missing = 0
    for job_id, further in merged:
        life = book.lives.get(job_id)
        if life and life.about.merge and further.data not in (life.data, *life.triggers):
            life.triggers.append(further.data)
            missing += 1
            if life.grant:
                lane = life.lane or further.lane
                followed(
                    book,
                    view,
                    replace(life.about, job_id=further.job_id, data=further.data, due=None, again="", lane=lane),
                )
    return missing


def adopt(book: Book, view: View, queue: str, *, is_all: bool) -> None:
    """A claim found jobs of stock producers, or dropped those that had just run; `is_all`: of all that were due."""
    for life in [life for life in book.lives.values() if not life.is_known and life.queue == queue]:
        if life.id in view.jobs:
            _adopted(book, view, life)
            continue
        is_guarded = view.now <= book.guards.get(life.id, 0)
        is_there = life.id in view.queues.get(life.queue, {})
        hold(is_there or is_guarded, "what_is_unfinished_is_there", f"{life.id} was dropped")
        late = is_all and is_there and is_guarded and 0 <= life.due <= view.now
        hold(not late, "nobody_runs_what_has_just_run", f"{life.id} is still there")
        if not is_there:
            del book.lives[life.id]


def _adopted(book: Book, view: View, life: Life) -> None:
    hold(view.now > life.stock_until, "nobody_is_robbed", f"{life.id} of a stock worker")
    if life.stock_until:
        life.due = int(view.jobs[life.id]["due"])  # it was put off while a stock worker had it
    life.due = max(life.due, 0)
    life.is_known, life.seq = True, view.jobs[life.id]["seq"]
    life.about = replace(life.about, priority=USUAL_PRIORITY, durable=False)
    book.accounts.drop_progress(life.id)
    if life.expires_at is not None and abs(life.expires_at - life.due - DAY) < 60_000:  # noqa: PLR2004 - ms
        life.expires_at = None


def followed(book: Book, view: View, entrant: Entrant) -> None:
    """What became of a following job is not answered: it is seen in what is there."""
    for holder, payloads in view.more.items():
        life = book.lives[holder]
        if entrant.data in payloads and entrant.data not in life.triggers:
            _merge(book, view, life, entrant)
        if entrant.data in life.triggers:
            return
    if entrant.job_id in book.lives:
        return
    if view.envelopes.get(entrant.job_id) == entrant.data:
        accept(book, view, entrant, view.jobs[entrant.job_id]["entry"])
        return
    window = book.windows.get(entrant.name)
    is_taken = book.holder(entrant.name) or (window and view.now <= window.until)
    hold(is_taken, "what_follows_is_let_in", entrant.job_id)


def superseded(book: Book, job_id: str, outcome: str, entrants: Sequence[Entrant]) -> Life:
    """One that nobody ended may have made way for a newer one."""
    life = book.lives.get(job_id)
    if life is None:
        raise Violation("ends_once", f"{job_id} ended again: {outcome}")
    newer = [each for each in entrants if each.supersede and each.name == life.name and each.job_id != life.id]
    newer = [each for each in newer if not each.again or life.about.again]  # what was lost makes way
    hold(outcome == "superseded" and newer and not life.grant, "ends_for_a_reason", f"{job_id} {outcome}")
    return life


def refused(book: Book, entrant: Entrant, holder: str, ended: Ended) -> None:
    """What its producer or PostgreSQL knows of, and a newer one has taken the place of, is over."""
    is_over = entrant.supersede or holder not in book.lives
    if entrant.again and entrant.durable and entrant.name and holder != entrant.job_id and is_over:
        book.accounts.enter_end(entrant.job_id, "superseded")
        ended.add((entrant.job_id, entrant.data))


def _life(view: View, entrant: Entrant) -> Life:
    needs_lane = not entrant.lane and (entrant.merge or entrant.supersede)
    lane = f"name:{entrant.name}" if needs_lane else entrant.lane
    due = view.now if entrant.due is None else int(milliseconds(entrant.due))
    if entrant.merge:
        asked, wait = due, int(entrant.merge.partition(":")[0])
        due = max(asked, view.now + wait)
        later = timedelta(milliseconds=min(due - asked, wait))
        entrant = replace(entrant, deadline=entrant.deadline and entrant.deadline + later)
    life = Life(entrant.job_id, entrant.data, str(entrant.queue), entrant, view.now, due)
    life.task, life.bot, life.lane, life.gates = entrant.task, entrant.bot_name, lane, " ".join(entrant.gates)
    life.is_put_back = bool(entrant.again)
    return life


def _take_name(book: Book, view: View, entrant: Entrant) -> None:
    holder = book.holder(entrant.name)
    is_older = entrant.supersede and entrant.again and holder and not holder.about.again
    hold(not is_older, "the_newest_takes_the_place", f"{entrant.job_id} beside {holder and holder.id}")
    if entrant.supersede and holder and holder.grant:
        holder.wish = "superseded"
    elif entrant.supersede and holder and holder.id != entrant.job_id:
        hold(holder.id not in view.jobs, "the_newest_takes_the_place", f"{holder.id} waits beside {entrant.job_id}")
    if (entrant.supersede or not entrant.again or holder is None) and not runs_apart(book, view.now, entrant):
        book.holders[entrant.name] = entrant.job_id
    window = book.windows.get(entrant.name)
    is_taken = entrant.again and not entrant.supersede and window is not None and view.now <= window.until
    if entrant.unique.isdigit() and not is_taken:
        book.windows[entrant.name] = Window(entrant.job_id, view.now + int(entrant.unique))


def _merge(book: Book, view: View, kept: Life, entrant: Entrant) -> bool:
    """Whether it knew nothing of that trigger."""
    if entrant.data in (kept.data, *kept.triggers):
        return False
    kept.triggers.append(entrant.data)
    if kept.is_durable:
        book.accounts.enter_merged(kept, entrant.data)
    hold(entrant.data in view.more.get(kept.id, ()), "every_trigger_is_told_once", f"{entrant.job_id} is in none")
    if view.jobs[kept.id]["state"] == "waiting" and view.queues[kept.queue][kept.id] >= 0:
        kept.due = kept.due_with(view.now)
    kept.take_worth(entrant, view.now)
    return True
