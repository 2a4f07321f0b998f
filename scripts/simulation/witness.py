"""Keeps the book: reads every answer of a script, and says what is wrong with it at once."""

from collections.abc import Sequence
from typing import Any

from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Again, Back, End, Settled, read_claim
from scripts.simulation.book import Book, Grant, Life, Violation, Window, hold
from scripts.simulation.choices import nobody_pays_for_long_ago, the_right_ones_start
from scripts.simulation.entries import may_enter, may_refuse
from scripts.simulation.starts import may_start
from scripts.simulation.view import View

Verdict = tuple[str, str, Settled]
"""Id, token, and how it is settled."""


class Witness:
    """Sees what each script was asked, what it answered, and what it left."""

    def __init__(self) -> None:
        self.book = Book()
        self.tokens: set[tuple[str, str]] = set()
        """Id and token of every claim there ever was, through every loss."""

        self.clock_was_set = False
        """The server's."""

        self.back: dict[str, tuple[View, Entrant]] = {}
        """Which jobs made way and came in again, within one call."""

        self.ended: set[tuple[str, bytes]] = set()
        """Id and envelope of every job that ever ended."""

    def saw_enqueue(self, before: View, view: View, entrants: Sequence[Entrant], outcomes: Sequence[Any]) -> None:
        """One call of a producer."""
        for entrant, (outcome, holder, _) in zip(entrants, outcomes, strict=True):
            self._entered(before, view, entrant, outcome.decode(), holder.decode())

    def saw_stock(self, view: View, entrant: Entrant) -> None:
        """A stock producer put it there."""
        self.book.lives[entrant.job_id] = Life(entrant.job_id, entrant.data, str(entrant.queue), None, view.now)

    def saw_claim(self, view: View, asked: tuple[str, str, int, int], answer: Sequence[Any], before: View) -> None:
        """One worker asked for jobs: queue, worker, room, lease (ms)."""
        queue, worker, room, lease = asked
        alarm, _, paused, _, rows = answer
        claims = [read_claim(row) for row in rows]
        self._cut_off(view, queue)
        hold(len(claims) <= room, "no_more_than_asked_for", f"{len(claims)} jobs for {room} slots")
        is_paused = self.book.gates.get(f"queue:{queue}") == 0
        hold(bool(paused) == is_paused, "paused_starts_nothing", f"{queue}: {paused}")
        hold(not (paused and claims), "paused_starts_nothing", f"{queue} is paused")
        for claim in claims:
            hold(claim.job_id in self.book.lives, "what_ended_stays_ended", f"{claim.job_id} was started")
            life = self.book.lives[claim.job_id]
            life.starts += 1
            may_start(self.book, view, life, claim, due_is_known=not self.clock_was_set)
            hold((life.id, claim.token) not in self.tokens, "a_token_is_given_once", f"{life.id} {claim.token}")
            self.tokens.add((life.id, claim.token))
            gates = self.book.gates_of(life)
            life.grant = Grant(claim.token, worker, view.now + lease, gates)
            self._fits(gates, life)
            life.told = len(life.triggers)
        the_right_ones_start(before, view, queue, claims)
        nobody_pays_for_long_ago(view, queue, claims)
        nearest = min((score for score in view.queues.get(queue, {}).values() if score > view.now), default=-1)
        hold(alarm == int(nearest), "an_alarm_is_told", f"{queue}: {alarm} instead of {nearest:.0f}")

    def saw_renew(self, view: View, held: Sequence[tuple[str, str]], lease: int, answers: Sequence[bytes]) -> None:
        """A worker renewed its leases."""
        for (job_id, token), answer in zip(held, answers, strict=True):
            life = self._holder(job_id, token)
            said = answer.decode()
            hold((said == "lost") == (life is None), "who_holds_renews", f"{job_id} {token}: {said}")
            if life and life.grant:
                life.grant.lease_ends = view.now + lease
                hold(said == (life.wish or "held"), "a_wish_is_told", f"{job_id}: {said} instead of {life.wish}")

    def saw_settle(self, view: View, verdicts: Sequence[Verdict], answers: Sequence[int]) -> None:
        """A worker settled what had ended."""
        for (job_id, token, settled), answer in zip(verdicts, answers, strict=True):
            life = self._holder(job_id, token)
            hold(bool(answer) == bool(life), "who_holds_settles", f"{job_id} {token}: {answer}")
            if life:
                hold((job_id, token) not in self.book.settled, "a_claim_is_settled_once", f"{job_id} {token}")
                self.book.settled.add((job_id, token))
                self._settled(view, life, settled)

    def saw_refile(self, job_id: str, token: str, answer: int, told: Entrant) -> None:
        """A worker filed a stock producer's job by what it read in it."""
        life = self._holder(job_id, token)
        hold(bool(answer) == bool(life), "who_holds_files_anew", f"{job_id} {token}: {answer}")
        if life:
            life.grant = None
            life.spared += 1
            life.task, life.bot, life.lane, life.gates = told.task, told.bot_name, told.lane, " ".join(told.gates)

    def saw_adrift(self, queue: str, hand: str, freed: int) -> None:
        """A worker frees what it was given by a call whose answer it never got."""
        theirs = [life for life in self.book.lives.values() if life.grant and life.grant.worker == hand]
        lost = [life for life in theirs if life.queue == queue]
        hold(freed == len(lost), "what_is_adrift_is_freed", f"{freed} instead of {[each.id for each in lost]}")
        for life in lost:
            life.grant = None
            life.spared += 1

    def saw_cancel(self, view: View, job_id: str, answer: bytes) -> None:
        """An operator cancelled a job."""
        life = self.book.lives.get(job_id)
        match answer:
            case b"ended":
                hold(life and not life.grant, "only_what_waits_is_ended", job_id)
                if life:
                    self.book.end(life, "cancelled")
            case b"asked":
                hold(life and life.grant, "only_what_runs_is_asked", job_id)
                if life:
                    life.wish = "cancelled"
            case _:
                hold(job_id not in view.jobs, "what_lives_is_known", job_id)

    def saw_put_back(self, view: View, rows: Sequence[tuple[Entrant, int, list[bytes]]], put: int) -> None:
        """PostgreSQL put jobs back."""
        entered = 0
        for number, (entrant, fails, merged) in enumerate(rows):
            is_there = view.envelopes.get(entrant.job_id) == entrant.data
            gives_way = self._gives_way(entrant, [each for each, *_ in rows[number + 1 :]])
            if (is_there or gives_way) and entrant.job_id not in self.book.lives:
                self._accept(view, entrant)
                life = self.book.lives[entrant.job_id]
                life.fails = life.starts = fails
                life.triggers = list(merged)
                entered += 1
        hold(put == entered, "what_is_put_back_is_there", f"{put} instead of {entered}")

    def saw_merge_back(self, view: View, further: Sequence[Entrant]) -> None:
        """PostgreSQL gave jobs what they lacked of what was merged into them, or had a further run made of it."""
        for entrant in further:
            self._followed(view, entrant)

    def _gives_way(self, entrant: Entrant, later: Sequence[Entrant]) -> bool:
        """It comes in, and at once another one takes its place."""
        holder = self.book.holder(entrant.name)
        is_newest = holder is None or holder.is_put_back
        return is_newest and any(each.supersede and each.name == entrant.name for each in later)

    def saw_gate(self, view: View, gate: str, verb: str, most: int) -> None:
        """An operator limited how many may pass or paused it, or took that back."""
        began = gate not in self.book.gates
        self.book.steered(gate, verb, most)
        for life in self.book.lives.values() if began else ():
            if life.grant and gate in self.book.gates_of(life) and gate not in life.grant.gates:
                life.grant.gates = (*life.grant.gates, gate)
        shown = view.gates.get(gate)
        hold(shown == self.book.gates.get(gate), "a_limit_outlives_a_pause", f"{gate}: {shown} after {verb}")

    def saw_results(self, entries: Sequence[tuple[str, dict[str, str]]], entrants: Sequence[Entrant]) -> None:
        """The ends that the script just told of."""
        for entry, fields in entries:
            self.book.last_result = entry
            self._ended(fields["task_id"], fields["outcome"], entrants)
        hold(not self.book.ending, "an_end_is_told", str(self.book.ending))

    def _ended(self, job_id: str, outcome: str, entrants: Sequence[Entrant]) -> None:
        told = [each for each in self.book.ending if (each[0].id, each[1]) == (job_id, outcome)]
        if told:
            life = told[0][0]
            self.book.ending.remove(told[0])
        else:
            life = self._superseded(job_id, outcome, entrants)
        self.ended.add((life.id, life.data))
        window = self.book.windows.get(life.name)
        if window and window.holder == life.id and outcome != "done":
            del self.book.windows[life.name]

    def _entered(self, before: View, view: View, entrant: Entrant, outcome: str, holder: str) -> None:
        life = self.book.lives.get(entrant.job_id)
        if outcome == "queued" and life and life.data == entrant.data:
            self._came_again(before, view, entrant)
            return
        if outcome == "queued":
            hold(not life, "an_id_names_one_job", f"{entrant.job_id} was accepted twice")
            may_enter(self.book, view, entrant)
            self._accept(view, entrant)
        elif outcome == "merged":
            kept = self.book.lives.get(holder)
            hold(kept and not kept.grant, "only_what_waits_takes_more", f"{entrant.job_id} into {holder}")
            if kept and entrant.data not in (kept.data, *kept.triggers):
                kept.triggers.append(entrant.data)
        else:
            may_refuse(self.book, before, entrant, holder)

    def _came_again(self, before: View, view: View, entrant: Entrant) -> None:
        """The same call once more; one older than this may have taken its place a moment before."""
        one, other = before.jobs.get(entrant.job_id), view.jobs.get(entrant.job_id)
        if one and other and one["seq"] != other["seq"]:
            self.back = {entrant.job_id: (view, entrant)}

    def _accept(self, view: View, entrant: Entrant) -> None:
        needs_lane = not entrant.lane and (entrant.merge or entrant.supersede)
        lane = f"name:{entrant.name}" if needs_lane else entrant.lane
        life = Life(entrant.job_id, entrant.data, str(entrant.queue), entrant, view.now, entrant.task, entrant.bot_name)
        life.lane, life.gates, life.is_put_back = lane, " ".join(entrant.gates), bool(entrant.again)
        if entrant.name and entrant.supersede:
            holder = self.book.holder(entrant.name)
            if holder and holder.grant:
                holder.wish = "superseded"
        self.book.lives[life.id] = life
        if entrant.name and (entrant.supersede or not entrant.again or self.book.holder(entrant.name) is None):
            self.book.holders[entrant.name] = life.id
        if entrant.name and entrant.unique.isdigit() and not (entrant.again and self._is_taken(entrant.name, view)):
            self.book.windows[entrant.name] = Window(life.id, view.now + int(entrant.unique))

    def _is_taken(self, name: str, view: View) -> bool:
        window = self.book.windows.get(name)
        return window is not None and view.now <= window.until

    def _settled(self, view: View, life: Life, settled: Settled) -> None:
        life.grant = None
        match settled:
            case End():
                self.book.end(life, settled.outcome)
                for entrant in settled.following:
                    self._followed(view, entrant)
            case Again():
                life.fails += settled.failed
                life.deaths = 0  # it ended by itself
                life.held += 0 if life.wish else settled.delay
                life.left_lane = life.held > settled.hold
            case Back():
                life.spared += 1

    def _followed(self, view: View, entrant: Entrant) -> None:
        """What became of a following job is not answered: it is seen in what is there."""
        for holder, payloads in view.more.items():
            if entrant.data in payloads and entrant.data not in self.book.lives[holder].triggers:
                self.book.lives[holder].triggers.append(entrant.data)
        if view.envelopes.get(entrant.job_id) != entrant.data:
            return
        if entrant.job_id not in self.book.lives:
            self._accept(view, entrant)

    def _superseded(self, job_id: str, outcome: str, entrants: Sequence[Entrant]) -> Life:
        """One that nobody ended may have made way for a newer one."""
        life = self.book.lives.pop(job_id, None)
        if life is None:
            raise Violation("ends_once", f"{job_id} ended again: {outcome}")
        newer = [each for each in entrants if each.supersede and each.name == life.name and each.job_id != life.id]
        hold(outcome == "superseded" and newer and not life.grant, "ends_for_a_reason", f"{job_id} {outcome}")
        if job_id in self.back:
            self._accept(*self.back.pop(job_id))
        return life

    def _cut_off(self, view: View, queue: str) -> None:
        for life in self.book.lives.values():
            grant = life.grant
            if grant and life.queue == queue and view.jobs.get(life.id, {}).get("token") != grant.token:
                hold(view.now >= grant.lease_ends, "nobody_is_robbed", f"{life.id} of {grant.worker}")
                life.grant = None
                life.deaths += 1
                life.left_lane = False  # it had its turn again, and keeps it
                life.spared += 1

    def _fits(self, gates: Sequence[str], life: Life) -> None:
        for gate in gates:
            most = self.book.capacity(gate, life.gates)
            inside = self.book.open_grants(gate)
            hold(most is None or len(inside) <= most, "gates_hold", f"{gate} of {most}: {inside}")

    def _holder(self, job_id: str, token: str) -> Life | None:
        life = self.book.lives.get(job_id)
        return life if life and life.grant and life.grant.token == token else None
