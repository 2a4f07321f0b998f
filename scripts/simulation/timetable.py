"""The schedule's scripts beside what they must come to: entries, who works on them, and what is to be noted."""

from dataclasses import dataclass, field
from typing import Any

from mindfleet.lua import Argument
from scripts.simulation.violations import hold
from scripts.simulation.world import World

SCHEDULE = "mindfleet:schedule"
STATE, CLAIMS, UNNOTED = (f"{SCHEDULE}:{kind}" for kind in ("state", "claims", "unnoted"))
FORGOTTEN = 40 * 86_400_000
PAGE = 200
CROWD = 430
"""Entries that are due at once: more than a script looks at in one piece."""


@dataclass(slots=True)
class Timetable:
    """What must be on the schedule."""

    world: World
    due: dict[str, int] = field(default_factory=dict[str, int])
    states: dict[str, str] = field(default_factory=dict[str, str])
    claims: dict[str, int] = field(default_factory=dict[str, int])
    notes: dict[str, str] = field(default_factory=dict[str, str])

    def put(self, entry: str, after: int, state: str, notes: tuple[str, ...], is_late: bool) -> None:  # noqa: FBT001 - a word of an action
        """Some worker puts an entry there, by what it saw of it; `is_late`: it saw something else."""
        seen = "else" if is_late else self.states.get(entry, "")
        due, now = self.world.now + after, self.world.now
        answer = self.world.plain("schedule_put", [], [self.world.clock(), entry, seen, due, state, *notes])
        may = seen == self.states.get(entry, "") and self.claims.get(entry, 0) <= now
        hold(answer == int(may), "the_schedule_is_changed_by_one", f"{entry}: {answer}")
        if may:
            self.due[entry], self.states[entry] = due, state
            self._note(notes)
        self.check()

    def crowd(self) -> None:
        """Many entries are due, the first of them of tasks that are not known."""
        for number in range(CROWD):
            entry = f"{'t9' if number < CROWD // 2 else 't1'}|crowd{number:03d}"
            self.due[entry], self.states[entry] = self.world.now, "{}"
            self.world.execute("ZADD", SCHEDULE, self.world.now, entry)
            self.world.execute("HSET", STATE, entry, "{}")
        self.check()

    def claim(self, names: tuple[str, ...], most: int, lease: int) -> None:
        """A worker that knows these tasks takes what is due."""
        now = self.world.now
        answer: Any = self.world.plain("schedule_claim", [], [self.world.clock(), lease, most, *names])
        free, strangers = self._looked_at(names, most)
        for entry in strangers:
            self._take_off(entry)
        coming = min((at for at in self.due.values() if at > now), default=-1)
        told: list[Argument] = [now, coming, len(self.due)]
        for at, entry in free:
            self.claims[entry] = now + lease
            told += [entry.encode(), str(at).encode(), self.states[entry].encode()]
        hold(answer == told, "what_is_due_is_handed_out", f"{answer} instead of {told}")
        self.check()

    def advance(self, which: int, after: int | None, state: str, notes: tuple[str, ...], is_late: bool) -> None:  # noqa: FBT001 - a word of an action
        """A worker moves an entry on; `is_late`: somebody else did before. Without `after` it ends."""
        if not self.due:
            return
        entry = sorted(self.due)[which % len(self.due)]
        was, now = self.due[entry] - is_late, self.world.now
        due: Argument = "" if after is None else now + after
        answer = self.world.plain("schedule_advance", [], [self.world.clock(), entry, was, due, state, *notes])
        hold(answer == int(not is_late), "the_schedule_is_changed_by_one", f"{entry}: {answer}")
        if not is_late:
            self._take_off(entry)
            if after is not None:
                self.due[entry], self.states[entry] = now + after, state
            self._note(notes)
        self.check()

    def check(self) -> None:
        """All that is there is as it must be."""
        found = [self._scores(SCHEDULE), self._hash(STATE), self._scores(CLAIMS), self._hash(UNNOTED)]
        true = [self.due, self.states, self.claims, self.notes]
        hold(found == true, "the_schedule_is_true", f"{found} instead of {true}")
        ends = [key for key in self.world.view().ends if key.startswith(SCHEDULE.encode())]
        hold(not ends, "the_schedule_is_true", f"{ends} have an end")

    def _looked_at(self, names: tuple[str, ...], most: int) -> tuple[list[tuple[int, str]], list[str]]:
        """What is handed out of what is due, page by page; and those whom nobody has known for long."""
        now = self.world.now
        due = sorted((at, entry) for entry, at in self.due.items() if at <= now)
        free: list[tuple[int, str]] = []
        strangers: list[str] = []
        for start in range(0, len(due), PAGE):
            for at, entry in due[start : start + PAGE]:
                is_known = entry.partition("|")[0] in names
                if is_known and self.claims.get(entry, 0) <= now:
                    free.append((at, entry))
                elif not is_known and at < now - FORGOTTEN:
                    strangers.append(entry)
            if len(free) >= most:
                break
        return free[:most], strangers

    def _take_off(self, entry: str) -> None:
        for kept in (self.due, self.states, self.claims):
            kept.pop(entry, None)

    def _note(self, notes: tuple[str, ...]) -> None:
        self.notes |= dict(zip(notes[::2], notes[1::2], strict=True))

    def _scores(self, key: str) -> dict[str, int]:
        flat: Any = self.world.execute("ZRANGE", key, 0, -1, "WITHSCORES")
        return {member.decode(): int(score) for member, score in zip(flat[::2], flat[1::2], strict=True)}

    def _hash(self, key: str) -> dict[str, str]:
        flat: Any = self.world.execute("HGETALL", key)
        return {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}
