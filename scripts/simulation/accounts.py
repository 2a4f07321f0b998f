"""What is told of jobs beside their keys: counts, the ledger, progress, results, and what is kept of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mindfleet.entrants import Entrant, milliseconds
from scripts.simulation.view import View
from scripts.simulation.violations import hold

if TYPE_CHECKING:
    from scripts.simulation.book import Life

DAY = 86_400_000
SUCCESSES = ("done", "skipped")

Entry = dict[str, str]
"""Fields of a stream's entry."""


@dataclass(slots=True)
class Kept:
    """A result that can be read."""

    data: bytes
    until: int | None


def _counts() -> defaultdict[str, dict[str, int]]:
    return defaultdict(dict)


@dataclass(slots=True)
class Accounts:
    """What must have been told, kept with the book and lost with it."""

    counts: defaultdict[str, dict[str, int]] = field(default_factory=_counts)
    """Outcomes, by queue."""

    ledger: list[Entry] = field(default_factory=list[Entry])
    """What the script that is looked at must have entered."""

    results: list[Entry] = field(default_factory=list[Entry])
    """What it must have said of ends."""

    kept: dict[str, Kept] = field(default_factory=dict[str, Kept])
    """Results, by id."""

    progress: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    """All that each job has told, by id."""

    touched: set[str] = field(default_factory=set[str])
    """Who told something in the script that is looked at."""

    fading: dict[str, int] = field(default_factory=dict[str, int])
    """When what a job has told is gone."""

    fleets: dict[str, int] = field(default_factory=dict[str, int])
    """Until when our workers are known to be at a queue."""

    last_entry: str = "-"
    """Up to where the ledger was read."""

    last_result: str = "-"
    """Up to where the stream of results was read."""

    receipts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Which entries the script that is looked at must have made for whom."""

    numbers: list[int] = field(default_factory=list[int])
    """Which numbers jobs got by the script that is looked at."""

    seen_seq: int = 0
    """The last number before it."""

    last_seq: int = 0
    """The number of the job that entered last."""

    def count(self, queue: str, outcome: str) -> None:
        of_queue = self.counts[queue.removeprefix("arq:")]
        of_queue[outcome] = of_queue.get(outcome, 0) + 1

    def tell(self, job_id: str, event: str, **fields: object) -> None:
        """It is one entry of the job's own stream."""
        said = {key: str(value) for key, value in fields.items()}
        self.touched.add(job_id)
        self.progress.setdefault(job_id, []).append({"event": event, **said})

    def keep(self, job_id: str, data: bytes, ms: int, now: int) -> None:
        """A result is kept for so long; 0: not at all, -1: for ever."""
        if ms:
            self.kept[job_id] = Kept(data, now + ms if ms > 0 else None)

    def forget(self, job_id: str) -> None:
        """Another job of that id is there."""
        self.kept.pop(job_id, None)
        self.drop_progress(job_id)

    def drop_progress(self, job_id: str) -> None:
        """What an earlier job of that id told is gone."""
        self.progress.pop(job_id, None)
        self.fading.pop(job_id, None)

    def lapse(self, now: int) -> None:
        """What is gone by now."""
        for job_id in [job_id for job_id, kept in self.kept.items() if kept.until is not None and now > kept.until]:
            del self.kept[job_id]
        for job_id in [job_id for job_id, until in self.fading.items() if now > until]:
            self.drop_progress(job_id)

    def enter_end(self, job_id: str, outcome: str) -> None:
        self.ledger.append({"e": "ended", "id": job_id, "outcome": outcome})

    def enter_failure(self, job_id: str, fails: int, due: int) -> None:
        self.ledger.append({"e": "again", "id": job_id, "fails": str(fails), "due": str(due)})

    def enter_merged(self, life: "Life", data: bytes) -> None:
        self.ledger.append({"e": "merged", "id": life.id, "job": data.decode()})

    def enter_queued(self, life: "Life", *, is_gone: bool = False) -> None:
        row = life.row() | ({"job": ""} if is_gone else {})
        self.ledger.append({"e": "queued", **row})

    def announce(self, life: "Life", now: int, outcome: str, worker: str, text: str) -> None:
        """Those who wait for it, and those who watch the fleet, hear of an end."""
        success = outcome in SUCCESSES
        self.tell(life.id, "done" if success else "error", outcome=outcome, text=text)
        self.fading[life.id] = now + DAY
        told: Entry = {"task_id": life.id, "task": life.task, "bot_name": life.bot, "queue": life.queue}
        told |= {"worker_id": worker, "timestamp": str(now), "success": str(int(success)), "outcome": outcome}
        self.results.append(told | {"result" if success else "error": text})


def _alive(ends: dict[str, int], now: int) -> dict[str, int]:
    return {key: until for key, until in ends.items() if now <= until}


def all_is_told(accounts: Accounts, view: View, entered: dict[str, Entry], announced: list[Entry]) -> None:
    """After a script: nothing is missing, and nothing is there for no reason."""
    told = [each for entry in entered.values() for each in _alone(entry)]
    _are_the_same("postgresql_is_told", told, accounts.ledger)
    hold(_in_order(told) == _in_order(accounts.ledger), "postgresql_is_told_in_order", f"{told}")
    numbers, last = accounts.numbers, accounts.last_seq
    in_turn = len(set(numbers)) == len(numbers) and all(accounts.seen_seq < each <= last for each in numbers)
    hold(in_turn and view.seq == last, "numbers_go_up", f"{numbers} and {view.seq} after {accounts.seen_seq}")
    accounts.numbers, accounts.seen_seq = [], last
    _are_the_same("an_end_is_told", announced, accounts.results)
    for at, job_id in accounts.receipts:
        hold(entered.get(at, {}).get("id") == job_id, "a_receipt_names_its_entry", f"{job_id}: {at}")
    accounts.lapse(view.now)
    accounts.ledger, accounts.results, accounts.receipts = [], [], []
    counts = {queue: {key: int(value) for key, value in each.items()} for queue, each in view.counts.items()}
    hold(counts == accounts.counts, "what_happens_is_counted", f"{counts} instead of {dict(accounts.counts)}")
    _results_are_kept(accounts, view)
    _progress_is_told(accounts, view)
    fleets = {queue: view.ends.get(f"mindfleet:fleet:{queue}".encode()) for queue in view.fleets}
    hold(fleets == _alive(accounts.fleets, view.now), "workers_are_known", f"{fleets} instead of {accounts.fleets}")


def entry_of(entrant: Entrant, due: int) -> Entry:
    """What PostgreSQL is told of a job as it enters, but for its lane and number."""
    told: dict[str, object] = {
        "id": entrant.job_id,
        "queue": entrant.queue,
        "task": entrant.task,
        "bot": entrant.bot_name,
    }
    told |= {"user": entrant.user, "prio": entrant.priority, "gates": " ".join(entrant.gates), "due": due}
    told |= {"deadline": milliseconds(entrant.deadline), "name": entrant.name, "unique": entrant.unique}
    told |= {"supersede": "1" if entrant.supersede else ""}
    told |= {"merge": entrant.merge, "job": entrant.data.decode()}
    return {key: str(value) for key, value in told.items()}


def fields_of(flat: Sequence[bytes]) -> Entry:
    """Of an entry, as text."""
    text = [each.decode(errors="replace") for each in flat]
    return dict(zip(text[::2], text[1::2], strict=True))


def _alone(entry: Entry) -> list[Entry]:
    """One entry of the ledger tells of many ends."""
    if entry["e"] != "ended":
        return [entry]
    ends = [(name.removeprefix("id:"), outcome) for name, outcome in entry.items() if name != "e"]
    return [{"e": "ended", "id": job_id, "outcome": outcome} for job_id, outcome in ends]


def _in_order(entries: list[Entry]) -> dict[str, list[Entry]]:
    """Those of each job in their order."""
    of_jobs: dict[str, list[Entry]] = {}
    for each in entries:
        of_jobs.setdefault(each["id"], []).append(each)
    return of_jobs


def _are_the_same(invariant: str, found: list[Entry], due: list[Entry]) -> None:
    missing = [each for each in due if each not in found]
    strange = [each for each in found if each not in due]
    same = not missing and not strange and len(found) == len(due)
    hold(same, invariant, f"missing {missing}, strange {strange} of {len(found)} and {len(due)}")


def _results_are_kept(accounts: Accounts, view: View) -> None:
    found = {
        job_id: Kept(data, view.ends.get(f"arq:result:{job_id}".encode())) for job_id, data in view.results.items()
    }
    hold(found == accounts.kept, "results_are_kept", f"{found} instead of {accounts.kept}")


def _progress_is_told(accounts: Accounts, view: View) -> None:
    found, due = set(view.progress), set(accounts.progress)
    hold(found == due, "progress_is_told", f"{sorted(found - due)} too much, {sorted(due - found)} too little")
    for job_id in accounts.touched & due:
        said = [fields_of(flat) for _, flat in view.progress[job_id]]
        hold(
            said == accounts.progress[job_id], "progress_is_told", f"{job_id}: {said}, not {accounts.progress[job_id]}"
        )
    accounts.touched = set()
    for job_id, told in accounts.progress.items():
        said_in_all = len(view.progress[job_id])
        hold(said_in_all == len(told), "progress_is_told", f"{job_id}: {said_in_all} instead of {told}")
        fades = view.ends.get(f"task:{job_id}:progress".encode())
        hold(fades == accounts.fading.get(job_id), "what_is_told_fades", f"{job_id}: {fades}")
