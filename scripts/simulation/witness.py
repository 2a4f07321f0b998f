"""Keeps the book: reads every answer of a script, and says what is wrong with it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Again, Back, End, Settled, read_claim
from scripts.simulation import arrivals
from scripts.simulation.accounts import DAY, Entry, all_is_told
from scripts.simulation.book import OVER, STOCK, WEEK, Book, Grant, Life
from scripts.simulation.choices import nobody_pays_for_long_ago, the_right_ones_start
from scripts.simulation.claiming import (
    Looked,
    Wanted,
    all_were_filed,
    an_alarm_is_told,
    passes_lapse,
    what_is_due_is_filed,
    who_waits_is_marked,
)
from scripts.simulation.starts import lanes_wait_for_what_was_lost, loss_is_recent, may_stand_aside, may_start
from scripts.simulation.view import View
from scripts.simulation.violations import hold

LOST = "its worker was lost"
Verdict = tuple[str, str, Settled]
"""Id, token, and how it is settled."""


class Witness:
    """Sees what each script was asked, what it answered, and what it left.

    Args:
        pieces: how much scripts do in one piece, by the name of the constant.
    """

    def __init__(self, pieces: Mapping[str, int]) -> None:
        self.book = Book(pieces)
        self.tokens: set[tuple[str, str]] = set()
        """Id and token of every claim there ever was, through every loss."""

        self.clock_was_set = False
        """The server's."""

        self.hurried: set[str] = set()
        """Queues whose last claim was told to look again at once."""

        self.ended: arrivals.Ended = set()

    def saw_enqueue(self, before: View, view: View, entrants: Sequence[Entrant], answers: Sequence[Any]) -> None:
        """One call of a producer."""
        for entrant, answer in zip(entrants, answers, strict=True):
            arrivals.entered(self.book, (before, view), entrant, answer, self.ended)

    def saw_stock(self, view: View, entrant: Entrant, due: int, expires_at: int) -> None:
        """A stock producer put it there."""
        life = Life(entrant.job_id, entrant.data, str(entrant.queue), entrant, view.now, due, is_stock=True)
        life.expires_at, life.is_known = expires_at, False
        self.book.lives[life.id] = life

    def saw_claim(self, views: tuple[View, View], wanted: Wanted, answer: Sequence[Any]) -> None:
        """One worker asked for jobs."""
        before, view = views
        alarm, slots, paused, now, rows = answer
        queue, claims = wanted.queue, [read_claim(row) for row in rows]
        self._cut_off(view, wanted)
        arrivals.adopt(self.book, view, queue, is_all=all_were_filed(self.book, before, wanted))
        hold(len(claims) <= wanted.room, "no_more_than_asked_for", f"{len(claims)} jobs for {wanted.room} slots")
        is_paused = self.book.gates.get(f"queue:{queue}") == 0
        is_kept = bool(paused) == is_paused and not (paused and claims)
        hold(is_kept, "paused_starts_nothing", f"{queue}: {paused} {claims}")
        told = self.book.gates.get(f"slots:{queue}", b"")
        hold((slots, now) == (told, view.now), "slots_are_told", f"{queue}: {slots}, {now}")
        for claim in claims:
            hold(claim.job_id in self.book.lives, "what_ended_stays_ended", f"{claim.job_id} was started")
            life = self.book.lives[claim.job_id]
            life.starts += 1
            may_start(self.book, view, life, claim, due_is_known=not self.clock_was_set)
            hold((life.id, claim.token) not in self.tokens, "a_token_is_given_once", f"{life.id} {claim.token}")
            self.tokens.add((life.id, claim.token))
            self._grant(view, life, claim.token, wanted)
        if wanted.tells:
            lanes_wait_for_what_was_lost(before, view, claims)
        may_stand_aside(before, view, queue, [life for life in self.book.lives.values() if not life.grant])
        if wanted.signs or (wanted.tells and loss_is_recent(view)):
            self.book.accounts.fleets[queue] = view.now + WEEK
        the_right_ones_start(before, view, wanted, claims)
        nobody_pays_for_long_ago(view, queue, claims)
        odd = self._odd(before, queue), self._odd(view, queue)
        looked = Looked(wanted=wanted, started=len(claims), alarm=alarm, is_paused=is_paused, odd=odd)
        what_is_due_is_filed(self.book, before, view, looked)
        an_alarm_is_told(self.book, view, looked)
        passes_lapse(self.book, view, looked)
        if looked.is_hurried(view) or len(claims) < wanted.room:
            (self.hurried.add if looked.is_hurried(view) else self.hurried.discard)(queue)
        who_waits_is_marked(view, looked)

    def saw_renew(self, view: View, held: Sequence[tuple[str, str]], lease: int, answers: Sequence[bytes]) -> None:
        """A worker renewed its leases."""
        for (job_id, token), answer in zip(held, answers, strict=True):
            life = self._holder(job_id, token)
            said = answer.decode()
            hold((said == "lost") == (life is None), "who_holds_renews", f"{job_id} {token}: {said}")
            if life and life.grant:
                life.grant.lease_ends, life.grant.is_locked = view.now + lease, True
                hold(said == (life.wish or "held"), "a_wish_is_told", f"{job_id}: {said} instead of {life.wish}")

    def saw_settle(self, view: View, worker: str, verdicts: Sequence[Verdict], answers: Sequence[int]) -> None:
        """A worker settled what had ended; one of no fleet has no name, and tells nobody."""
        for (job_id, token, settled), answer in zip(verdicts, answers, strict=True):
            life = self._holder(job_id, token)
            hold(bool(answer) == bool(life), "who_holds_settles", f"{job_id} {token}: {answer}")
            if life:
                hold((job_id, token) not in self.book.settled, "a_claim_is_settled_once", f"{job_id} {token}")
                self.book.settled.add((job_id, token))
                self._settled(view, worker, life, settled)

    def saw_refile(self, view: View, job_id: str, token: str, answer: int, told: Entrant) -> None:
        """A worker filed a stock producer's job by what it read in it."""
        life = self._holder(job_id, token)
        hold(bool(answer) == bool(life), "who_holds_files_anew", f"{job_id} {token}: {answer}")
        if life:
            life.settle_back()
            life.task, life.bot, life.lane, life.gates = told.task, told.bot_name, told.lane, " ".join(told.gates)
            life.about, life.is_stock = replace(told, job_id=life.id, queue=life.queue, data=life.data), False
            if told.durable:
                self.book.accounts.enter_queued(life, is_gone=life.is_gone(view.now))
            about = view.jobs[job_id]
            hold(about["state"] != "running", "who_holds_files_anew", job_id)
            hold(about["state"] == "ready" or "share" not in about, "who_is_filed_anew_has_a_new_share", job_id)

    def saw_adrift(self, queue: str, hand: str, freed: int) -> None:
        """A worker frees what it was given by a call whose answer it never got."""
        theirs = [life for life in self.book.lives.values() if life.grant and life.grant.worker == hand]
        lost = [life for life in theirs if life.queue == queue]
        hold(freed == len(lost), "what_is_adrift_is_freed", f"{freed} instead of {[each.id for each in lost]}")
        for life in lost:
            life.settle_back()

    def saw_cancel(self, view: View, job_id: str, keep: int, answer: bytes) -> None:
        """An operator cancelled a job, with a result that is kept for so long."""
        life = self.book.lives.get(job_id)
        match answer:
            case b"ended":
                hold(life and not life.grant, "only_what_waits_is_ended", job_id)
                runs_until = max(life.stock_until, self.book.guards.get(job_id, 0)) if life else 0
                hold(view.now > runs_until, "only_what_waits_is_ended", f"{job_id} is in other hands")
                if life:
                    self.book.accounts.keep(job_id, b"cancelled", keep, view.now)
                    self._end(life, "cancelled", view.now)
            case b"asked":
                runs = life and (life.grant or view.locks.get(job_id) in (STOCK, OVER))
                hold(runs, "only_what_runs_is_asked", job_id)
                if life and life.grant:
                    life.wish = "cancelled"
                else:
                    hold(view.aborts.get(job_id) == view.now, "arqs_worker_is_asked", job_id)
            case _:
                hold(life is None, "what_lives_is_known", job_id)

    def saw_put_back(self, view: View, rows: Sequence[arrivals.Row], put: int) -> None:
        """PostgreSQL put jobs back."""
        entered = arrivals.put_back(self.book, view, rows, self.ended)
        hold(put == entered, "what_is_put_back_is_there", f"{put} instead of {entered}")

    def saw_merge_back(self, view: View, merged: Sequence[tuple[str, Entrant]], missing: int) -> None:
        """PostgreSQL gave jobs what they lacked of what was merged into them, or had a further run made of it."""
        found = arrivals.merge_back(self.book, view, merged)
        hold(missing == found, "every_trigger_is_told_once", f"{missing} instead of {found}")

    def saw_gate(self, views: tuple[View, View], gate: str, verb: str, most: int, answer: int) -> None:
        """An operator limited how many may pass or paused it, or took that back."""
        before, view = views
        through = [each for each in before.blocked.get(gate, {}) if view.jobs[each]["state"] == "ready"]
        hold(answer == len(through), "who_is_let_through_is_counted", f"{answer} instead of {through}")
        began = gate not in self.book.gates
        self.book.steered(gate, verb, most)
        for life in self.book.lives.values() if began else ():
            if life.grant and gate in self.book.gates_of(life) and gate not in life.grant.gates:
                life.grant.gates = (*life.grant.gates, gate)
        shown = view.gates.get(gate)
        hold(shown == self.book.gates.get(gate), "a_limit_outlives_a_pause", f"{gate}: {shown} after {verb}")
        kept = self.book.limits.get(gate) if gate in self.book.paused else None
        found = view.gates.get(f"kept:{gate}")
        hold(found == kept, "a_limit_outlives_a_pause", f"{gate}: {found} is kept after {verb}")

    def saw_report(self, view: View, job_id: str, token: str, said: tuple[str, str, str], answer: int) -> None:
        """A job told how far it is."""
        life = self.book.lives.get(job_id)
        holds = bool(life and life.grant and token in ("", life.grant.token))
        hold(bool(answer) == holds, "who_holds_reports", f"{job_id} {token}: {answer}")
        if holds:
            done, total, note = said
            self.book.accounts.tell(job_id, "progress", done=done, total=total, note=note)
            self.book.accounts.fading[job_id] = view.now + DAY

    def saw_write_down(self, view: View, job_ids: Sequence[str], answer: int) -> None:
        """Jobs of which PostgreSQL had no row were entered once more."""
        lives = [self.book.lives[job_id] for job_id in job_ids if job_id in self.book.lives]
        durable = [life for life in lives if life.is_durable and not life.is_gone(view.now)]
        hold(answer == len(durable), "what_has_no_row_gets_one", f"{answer} instead of {[each.id for each in durable]}")
        for life in durable:
            self.book.accounts.enter_queued(life)
            for data in life.triggers:
                self.book.accounts.enter_merged(life, data)
            if life.fails:
                self.book.accounts.enter_failure(life.id, life.fails, life.due)

    def saw_streams(
        self, view: View, entered: dict[str, Entry], announced: list[Entry], entrants: Sequence[Entrant], kept: int
    ) -> None:
        """What the script told PostgreSQL, by entry, and of ends; `entrants` came by it."""
        ours = [(each["task_id"], each["outcome"]) for each in self.book.accounts.results]
        for told in announced:
            job_id, outcome = told["task_id"], told["outcome"]
            if (job_id, outcome) in ours:
                ours.remove((job_id, outcome))
            else:
                life = arrivals.superseded(self.book, job_id, outcome, entrants)
                self._end(life, outcome, view.now, text=arrivals.SUPERSEDED)
                if job_id in self.book.back:
                    arrivals.accept(self.book, view, *self.book.back.pop(job_id))
        hold(not announced or view.results_told <= kept, "results_are_capped", f"{view.results_told} of {kept}")
        all_is_told(self.book.accounts, view, entered, announced)

    def _end(self, life: Life, outcome: str, now: int, **told: Any) -> None:  # noqa: ANN401 - as the book takes it
        self.book.end(life, outcome, now, **told)
        self.ended.add((life.id, life.data))

    def _grant(self, view: View, life: Life, token: str, wanted: Wanted) -> None:
        gates = self.book.gates_of(life)
        life.grant = Grant(token, wanted.hand, view.now + wanted.lease, gates)
        life.told, life.left_lane = len(life.triggers), False
        self._fits(gates, life)
        if wanted.tells:
            worker = wanted.hand.partition("~")[0]
            self.book.accounts.tell(life.id, "started", worker=worker, start=life.starts)

    def _settled(self, view: View, worker: str, life: Life, settled: Settled) -> None:
        accounts, now = self.book.accounts, view.now
        life.grant = None
        match settled:
            case End():
                accounts.keep(life.id, settled.result, settled.keep if settled.result else 0, now)
                self._end(life, settled.outcome, now, worker=worker, text=settled.text, tells=bool(worker))
                hold(worker or life.id not in view.aborts, "an_abort_meets_nobody_else", life.id)
                if settled.guard:
                    self.book.guards[life.id] = now + settled.guard
                for entrant in settled.following:
                    arrivals.followed(self.book, view, entrant)
            case Again():
                self._held_back(now, life, settled, tells=bool(worker))
                is_held = life.id in view.jobs and view.jobs[life.id]["state"] == "held"
                hold(not settled.gate or life.wish or not is_held, "who_is_sent_to_a_gate_waits_there", life.id)
            case Back():
                life.spared += 1
                if worker:
                    accounts.count(life.queue, "handed back")

    def _held_back(self, now: int, life: Life, settled: Again, *, tells: bool) -> None:
        delay = 0 if life.wish else settled.delay
        life.fails += settled.failed
        life.deaths = 0 if settled.ran else life.deaths
        life.held += delay
        life.dying = settled.dying or life.dying
        life.why = settled.why if settled.failed or settled.dying or not life.fails else life.why
        life.left_lane = life.held > settled.hold
        life.again_at = now + delay
        accounts = self.book.accounts
        if tells:
            accounts.count(life.queue, settled.outcome)
            said = {"outcome": settled.outcome, "delay": delay, "reason": settled.why}
            accounts.tell(life.id, "retrying", **said)
        if life.is_durable and settled.failed and not life.is_stock:
            accounts.enter_failure(life.id, life.fails, life.again_at)

    def _odd(self, view: View, queue: str) -> set[str]:
        """Jobs of stock producers that are due before all times."""
        lives = [life for life in self.book.lives.values() if not life.is_known and life.due < 0]
        return {life.id for life in lives if view.queues.get(queue, {}).get(life.id, 0) < 0}

    def _cut_off(self, view: View, wanted: Wanted) -> None:
        for life in self.book.lives.values():
            grant = life.grant
            if grant and life.queue == wanted.queue and view.jobs.get(life.id, {}).get("token") != grant.token:
                hold(view.now >= grant.lease_ends, "nobody_is_robbed", f"{life.id} of {grant.worker}")
                life.settle_back()
                life.deaths += 1
                if wanted.tells:
                    self.book.accounts.count(life.queue, "cut off")
                    self.book.accounts.tell(life.id, "retrying", reason=LOST)

    def _fits(self, gates: Sequence[str], life: Life) -> None:
        for gate in gates:
            most = self.book.capacity(gate, life.gates)
            inside = self.book.open_grants(gate)
            hold(most is None or len(inside) <= most, "gates_hold", f"{gate} of {most}: {inside}")

    def _holder(self, job_id: str, token: str) -> Life | None:
        life = self.book.lives.get(job_id)
        return life if life and life.grant and life.grant.token == token else None
