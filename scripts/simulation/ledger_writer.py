"""The writer of the ledger: it copies the stream to rows, and puts back what Redis has lost."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument
from mindfleet.unconfirmed import entry
from scripts.simulation.callers import EPOCH, LEDGER, REHYDRATED, WATERMARK, moment
from scripts.simulation.view import View
from scripts.simulation.violations import hold
from scripts.simulation.world import Call, Saw, World

LEADER = "mindfleet:ledger:writer"
LEADS = 60_000
"""ms."""


@dataclass(slots=True)
class Row:
    """What PostgreSQL has of a job."""

    entrant: Entrant
    is_open: bool = True
    fails: int = 0
    merged: list[bytes] = field(default_factory=list[bytes])

    @property
    def starts(self) -> int:
        """A number that no start of it has exceeded: of effects, as far as any were noted."""
        return self.fails + len(self.entrant.data) % 3 - 1

    def arguments(self) -> list[Argument]:
        """As `put_back.lua` reads them."""
        return [*self.entrant.arguments(), self.fails, self.starts, len(self.merged), *self.merged]


@dataclass(slots=True)
class LedgerWriter:
    """Copies the stream to rows, and puts back what Redis has lost."""

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    lives: int = 0
    """Of the server, when it was last looked at."""

    def write(self, world: World, most: int, *, dies: bool) -> None:
        """Copy some entries, then move the watermark, unless it dies in between."""
        mark = world.execute("GET", WATERMARK)
        since = mark.decode() if mark else ""
        entries = world.execute("XRANGE", LEDGER, f"({since}" if since else "-", "+", "COUNT", most)
        world.written = [each[0].decode() for each in world.execute("XRANGE", LEDGER, "-", "+")]
        for _, flat in entries:
            self._copy({flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)})
        if entries and not dies:
            last = entries[-1][0].decode()
            world.execute("SET", LEADER, "writer", "PX", 30_000)
            world.send([Call("watermark", ["another", LEADS, last], _not_moved(since))], "ok")
            world.send([Call("watermark", ["writer", LEADS, last], _moved(world, since, last))], "ok")
            world.send([Call("watermark", ["writer", LEADS, since or "0-0"], _not_moved(last, leads=True))], "ok")

    def put_back(self, world: World) -> None:
        """After the server began anew: what is not there and not over."""
        if self.lives == world.lives:
            return
        self.lives = world.lives
        open_rows = [job_id for job_id, row in self.rows.items() if row.is_open]
        [absent] = world.send([Call("absent", [len(open_rows), *open_rows], _missed(world, open_rows))], "ok")
        rows = [self.rows[job_id.decode()] for job_id in absent]
        told = [word for row in rows for word in row.arguments()]

        def saw(_: View, view: View, put: int) -> None:
            world.witness.saw_put_back(view, [(row.entrant, row.fails, row.starts, row.merged) for row in rows], put)

        if rows:
            world.send([Call("put_back", [len(rows), *told], saw, [row.entrant for row in rows])], "ok")
        self._merge_back(world)
        world.execute("SET", REHYDRATED, world.execute("GET", EPOCH) or b"")
        world.send([Call("gate", ["lift", "recovery", "", 0], lambda *_: None)], "ok")

    def _merge_back(self, world: World) -> None:
        merged = [
            (job_id, replace(row.entrant, job_id=f"m{job_id}-{number}", data=data, due=None, again=""))
            for job_id, row in self.rows.items()
            for number, data in enumerate(row.merged)
            if row.is_open
        ]

        def saw(_: View, view: View, missing: int) -> None:
            world.witness.saw_merge_back(view, merged, missing)

        told = [word for job_id, each in merged for word in (job_id, each.data, each.job_id)]
        if merged:
            world.send([Call("merge_back", [len(merged), *told], saw, [each for _, each in merged])], "ok")

    def _copy(self, told: dict[str, bytes]) -> None:
        if told["e"] == b"ended":
            self._close(name.removeprefix("id:") for name in told if name != "e")
            return
        job_id = told["id"].decode()
        match told["e"]:
            case b"queued":
                self.rows[job_id] = Row(_entrant(told))
            case b"merged" if job_id in self.rows:
                self.rows[job_id].merged.append(told["job"])
            case b"again" if job_id in self.rows:
                self.rows[job_id].fails = int(told["fails"])

    def _close(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            if job_id in self.rows:
                self.rows[job_id].is_open = False


def _entrant(told: dict[str, bytes]) -> Entrant:
    text: dict[str, Any] = {key: value.decode() for key, value in told.items() if key != "job"}
    return Entrant(
        job_id=text["id"],
        queue=text["queue"],
        data=told["job"],
        due=moment(int(float(text["due"]))),
        task=text["task"],
        bot_name=text["bot"],
        user=text["user"],
        priority=int(text["prio"]),
        lane=text["lane"],
        gates=tuple(cast("str", text["gates"]).split()),
        deadline=moment(int(text["deadline"])) if text["deadline"] else None,
        name=text["name"],
        unique=text["unique"],
        merge=text["merge"],
        supersede=text["supersede"] == "1",
        again="1",
    )


def _missed(world: World, job_ids: list[str]) -> Saw:
    def saw(_: View, __: View, answer: list[bytes]) -> None:
        missed = [job_id for job_id in job_ids if job_id not in world.book.lives]
        hold([each.decode() for each in answer] == missed, "who_is_missing_is_known", f"{answer} instead of {missed}")

    return saw


def _moved(world: World, since: str, last: str) -> Saw:
    def saw(_: View, view: View, answer: list[int]) -> None:
        mark = view.watermark
        is_noticed = view.epoch.startswith(f"{world.model.run_id}.")
        hold(is_noticed, "whose_data_these_are_is_noticed", f"{view.epoch} of {world.model.run_id}")
        hold(mark == last, "the_watermark_never_goes_back", f"{mark} instead of {last}")
        hold(
            (entry(last) or (0, 0)) > (entry(since) or (0, 0)), "the_watermark_never_goes_back", f"{last} after {since}"
        )
        hold(answer == [1, view.now], "who_leads_is_told_so", f"{answer}")
        hold(view.ends.get(LEADER.encode()) == view.now + LEADS, "who_leads_goes_on_leading", f"{view.ends}")
        left = [each[0].decode() for each in world.execute("XRANGE", LEDGER, "-", "+")]
        behind = [each for each in left if (entry(each) or (0, 0)) <= (entry(last) or (0, 0))]
        hold(not behind, "what_postgresql_has_is_dropped", f"{behind} up to {last}")
        told = (WATERMARK.encode(), last.encode()) in world.model.published
        hold(told, "the_watermark_is_told", last)
        written = [each for each in world.written if (entry(each) or (0, 0)) > (entry(last) or (0, 0))]
        hold(set(written) <= set(left), "nothing_else_is_dropped", f"{written} of {left}")

    return saw


def _not_moved(mark: str, *, leads: bool = False) -> Saw:
    def saw(_: View, view: View, answer: list[int]) -> None:
        hold(answer == [int(leads), view.now], "who_leads_is_told_so", f"{answer}")
        hold(view.watermark == mark, "the_watermark_never_goes_back", f"{view.watermark} instead of {mark}")

    return saw
