"""Who else calls: producers (ours, and stock ones), an operator, and the writer of the ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from mindfleet.unconfirmed import Unconfirmed, entry
from scripts.simulation.book import HASTENED
from scripts.simulation.view import View
from scripts.simulation.violations import hold
from scripts.simulation.world import QUEUES, Away, Call, Saw, World, entered

DAY = 86_400_000
ABORTS = "arq:abort"
HOLD, SOON = "hold:m", "mindfleet:limit:soon:m"
REHYDRATED = "mindfleet:rehydrated"
EPOCH, WATERMARK, LEDGER = "mindfleet:epoch", "mindfleet:ledger:watermark", "mindfleet:ledger"


class Producer:
    """One process with a facade; see `door.Door`."""

    def __init__(self) -> None:
        self.unanswered: list[list[Entrant]] = []
        self.accepted: dict[tuple[str, bytes], Entrant] = {}
        """What it was told that Redis has, by id and envelope."""

        self._unconfirmed = Unconfirmed()

    def enqueue(self, world: World, entrants: list[Entrant], fate: str) -> None:
        """One call; one that is not answered may be repeated."""
        try:
            known = self._unconfirmed.epoch if next(world.numbers) % 2 else None
            [[epoch, watermark, outcomes]] = world.send([entered(entrants, world, known or "")], fate)
        except Away:
            self.unanswered.append(entrants)
            return
        self._unconfirmed.hear(epoch.decode(), entry(watermark))
        if not outcomes:
            self.unanswered.append(entrants)  # to be sent again, as these are other data
            return
        for entrant, (outcome, _, at) in zip(entrants, outcomes, strict=True):
            self._unconfirmed.keep(entrant, entry(at), merged=outcome == b"merged")
            if outcome == b"queued":
                self.accepted[entrant.job_id, entrant.data] = entrant

    def repeat(self, world: World, which: int, fate: str) -> None:
        """Send the same bytes as before."""
        if self.unanswered:
            self.enqueue(world, self.unanswered.pop(which % len(self.unanswered)), fate)

    @staticmethod
    def _saw_epoch(world: World) -> Saw:
        def saw(before: View, _: View, answer: list[bytes]) -> None:
            life = world.model.run_id
            is_known = before.epoch.startswith(f"{life}.")
            epoch = before.epoch if is_known else f"{life}.{world.now % 1000 * 1000}.{world.now}"
            known = [epoch.encode(), world.execute("GET", REHYDRATED) or b""]
            hold(answer == known, "whose_data_these_are_is_told", f"{answer} instead of {known}")

        return saw

    def look(self, world: World) -> None:
        """Notice that the server began anew, and send again what it may have lost."""
        watermark = world.execute("GET", WATERMARK)
        [[epoch, _]] = world.send([Call("epoch", [world.model.run_id], self._saw_epoch(world))], "ok")
        self._unconfirmed.hear(epoch.decode(), entry(watermark or b""))
        lost, self._unconfirmed.lost = self._unconfirmed.lost, []
        if lost:
            self.enqueue(world, lost, "ok")


def put_as_arq_does(world: World, entrant: Entrant, due: int, expires: int = 0) -> None:
    """A stock producer's job; like arq's it does nothing where there is one of that id."""
    job, result = f"arq:job:{entrant.job_id}", f"arq:result:{entrant.job_id}"
    if world.execute("EXISTS", job, result) or entrant.job_id in world.book.lives:
        return
    ms = expires or max(due, world.now) - world.now + DAY
    world.execute("PSETEX", job, ms, entrant.data)
    world.execute("ZADD", str(entrant.queue), due, entrant.job_id)
    world.witness.saw_stock(world.view(), entrant, due, world.now + ms)


def cancel(world: World, job_id: str, keep: int, fate: str) -> None:
    """An operator ends a job."""

    def saw(_: View, view: View, answer: bytes) -> None:
        world.witness.saw_cancel(view, job_id, keep, answer)

    queue, channel = world.book.lives[job_id].queue, world.results.partition(" ")[2]
    world.send(
        [Call("cancel", [job_id, "cancelled", b"cancelled", keep, "null", world.results, queue, ""], saw, (), channel)],
        fate,
    )


def abort(world: World, job_id: str) -> None:
    """As arq's `Job.abort` does: whoever waits for a time is met at once."""
    life, now = world.book.lives[job_id], world.now
    score = world.view().queues[life.queue][job_id]
    if score > now:
        world.execute("ZREM", life.queue, job_id)
        world.execute("ZADD", life.queue, HASTENED, job_id)
        life.is_hastened, life.due = True, life.due if life.is_known else HASTENED
    world.execute("ZADD", ABORTS, now, job_id)


def steer(world: World, gate: str, verb: str, most: int, fate: str) -> None:
    """An operator limits how many may pass or pauses it, or takes that back."""
    told: list[Argument] = [verb, gate, most, len(QUEUES), *QUEUES]

    def saw(before: View, view: View, answer: int) -> None:
        world.witness.saw_gate((before, view), gate, verb, most, answer)

    world.send([Call("gate", told, saw)], fate)


def write_down(world: World, most: int, fate: str) -> None:
    """Somebody finds jobs of which PostgreSQL has no row."""
    job_ids = [*list(world.book.lives)[:most], "nobody"]

    def saw(_: View, view: View, answer: int) -> None:
        world.witness.saw_write_down(view, job_ids, answer)

    world.send([Call("write_down", [len(job_ids), *job_ids], saw)], fate)


def call_in(world: World, most: int, fate: str) -> None:
    """A call of a model ended, and so many jobs that wait for one are called."""
    for job_id in (*list(world.book.lives)[:most], "nobody"):
        world.execute("ZADD", SOON, world.now + 2000, job_id)
    world.execute("PEXPIRE", SOON, 4000)

    def saw(before: View, view: View, answer: int) -> None:
        called = [each.decode() for each in world.execute("ZRANGE", SOON, 0, -1)]
        waited = [each for each in called if before.jobs.get(each, {}).get("gate") == HOLD]
        waited = [each for each in waited if before.jobs[each]["state"] == "blocked"]
        hold(answer == len(waited), "who_is_called_comes", f"{answer} instead of {waited}")
        left = [each for each in waited if view.jobs[each]["state"] == "blocked"]
        hold(not left, "who_is_called_comes", f"{left}")

    world.send([Call("call_in", [HOLD], saw)], fate)


def count_backlog(world: World, queue: str) -> None:
    """A page for operators asks how many jobs a claim would find."""
    view = world.view()
    due = [score for score in view.queues.get(queue, {}).values() if 0 <= score <= world.now]
    answer = world.plain("observe/backlog", [f"mindfleet:ready:{queue}", queue], [])
    true = len(view.ready.get(queue, {})) + len(due)
    hold(answer == true, "what_waits_is_counted", f"{queue}: {answer} instead of {true}")


def moment(ms: int) -> datetime:
    """As producers give times; to the second, since floats are not exact."""
    return datetime.fromtimestamp(ms // 1000, UTC)


def all_entrants(producers: Sequence[Producer]) -> dict[tuple[str, bytes], Entrant]:
    """What was accepted from anybody."""
    return {key: entrant for producer in producers for key, entrant in producer.accepted.items()}
