"""The schedule in Redis: which entry is due when, handed out to one process at a time.

An entry is a task and a bot. Its state is plain JSON; see docs/reference/schedule-scripts.md for the scripts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, cast

from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.ports.last_runs import ScheduledRun
from mindfleet.schedule import Occurrence

SCHEDULE = "mindfleet:schedule"
CLAIMS = "mindfleet:schedule:claims"
STATE = "mindfleet:schedule:state"
UNNOTED = "mindfleet:schedule:unnoted"

LEASE = timedelta(seconds=10)
"""How long an entry belongs to whoever took it; if that one dies, another takes it then."""

AT_ONCE = 50
"""How many entries are taken in one step."""


class Entry(NamedTuple):
    """A task, and the bot in whose name it is done; empty for the whole fleet."""

    name: str
    bot: str

    @property
    def member(self) -> str:
        return f"{self.name}|{self.bot}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is known of an entry beside its due time."""

    spec: str
    """The times and the zone that its due time was computed by."""

    local_date: date
    """Of the coming occurrence."""

    ran: date | None
    """The local date of the last one."""

    def to_json(self) -> str:
        ran = self.ran.isoformat() if self.ran else None
        return json.dumps({"spec": self.spec, "date": self.local_date.isoformat(), "ran": ran})

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        read = json.loads(text)
        ran = date.fromisoformat(read["ran"]) if read["ran"] else None
        return cls(spec=read["spec"], local_date=date.fromisoformat(read["date"]), ran=ran)


@dataclass(frozen=True)
class Due:
    """An entry that was handed out to us."""

    entry: Entry
    occurrence: Occurrence
    plan: Plan


@dataclass(frozen=True)
class Claimed:
    """What one step handed out."""

    now: datetime
    """By Redis' clock."""

    next_due: datetime | None
    entries: int
    """How many there are in all, due or not."""

    due: Sequence[Due]


class PersistedSchedule:
    """The schedule that all processes share.

    Args:
        redis: that of the queues.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def claim(self, names: Sequence[str], *, now: datetime | None = None) -> Claimed:
        """Take what is due of these tasks; it is ours for `LEASE`."""
        lease = int(LEASE / MILLISECOND)
        answer: list[int | bytes] = await lua.SCHEDULE_CLAIM(self._redis, lease, AT_ONCE, *names, now=_given(now))
        at, coming, entries, *taken = answer
        triples = zip(taken[::3], taken[1::3], taken[2::3], strict=True)
        due = [_due(*cast("tuple[bytes, bytes, bytes]", triple)) for triple in triples]
        return Claimed(_instant(int(at)), _instant(int(coming)) if int(coming) >= 0 else None, int(entries), due)

    async def advance(
        self, due: Due, coming: Occurrence | None, plan: Plan | None, runs: Sequence[ScheduledRun] = ()
    ) -> bool:
        """Move an entry on and keep its runs to be noted; False, and no change, when somebody else has moved it.

        Without `coming` and `plan` the entry is removed.
        """
        next_due, state = (_ms(coming.due), plan.to_json()) if coming and plan else ("", "")
        noted = [text for run in runs for text in (run.job_id, _run_to_json(run))]
        about = (due.entry.member, _ms(due.occurrence.due), next_due, state)
        return bool(await lua.SCHEDULE_ADVANCE(self._redis, *about, *noted))

    async def put(
        self,
        entry: Entry,
        *,
        seen: Plan | None,
        coming: Occurrence,
        plan: Plan,
        begun: ScheduledRun | None = None,
        now: datetime | None = None,
    ) -> bool:
        """Put an entry on the schedule, or change one of which we saw this plan; False when it is not so any more."""
        noted = (f"begun:{entry.member}", _run_to_json(begun)) if begun else ()
        before = seen.to_json() if seen else ""
        about = (entry.member, before, _ms(coming.due), plan.to_json())
        return bool(await lua.SCHEDULE_PUT(self._redis, *about, *noted, now=_given(now)))

    async def plans(self, entries: Sequence[Entry]) -> dict[Entry, tuple[Plan, datetime]]:
        """The plan and the due time of those that are on the schedule."""
        if not entries:
            return {}
        members = [entry.member for entry in entries]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zmscore(SCHEDULE, members)
            pipe.hmget(STATE, members)
            scores, states = await pipe.execute()
        return {
            entry: (Plan.from_json(state), _instant(int(score)))
            for entry, score, state in zip(entries, scores, states, strict=True)
            if score is not None and state is not None
        }

    async def unnoted(self) -> dict[str, ScheduledRun]:
        """What the database has yet to hear, by its name here."""
        found = cast("Mapping[bytes, bytes]", await self._redis.hgetall(UNNOTED))  # type: ignore[misc]
        return {name.decode(): _run_from_json(text) for name, text in found.items()}

    async def noted(self, names: Sequence[str]) -> None:
        """The database has heard of these."""
        await self._redis.hdel(UNNOTED, *names)  # type: ignore[misc]


MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _ms(instant: datetime) -> int:
    return (instant - EPOCH) // MILLISECOND


def _instant(ms: int) -> datetime:
    return EPOCH + ms * MILLISECOND


def _given(now: datetime | None) -> int | None:
    return _ms(now) if now else None


def _due(member: bytes, score: bytes, state: bytes) -> Due:
    name, _, bot = member.decode().partition("|")
    plan = Plan.from_json(state.decode())
    return Due(Entry(name, bot), Occurrence(_instant(int(score)), plan.local_date), plan)


def _run_to_json(run: ScheduledRun) -> str:
    local_date = run.local_date.isoformat() if run.local_date else None
    return json.dumps([run.name, run.bot, run.due.isoformat(), local_date, run.job_id])


def _run_from_json(text: bytes) -> ScheduledRun:
    name, bot, due, local_date, job_id = json.loads(text)
    return ScheduledRun(
        name=name,
        bot=bot,
        due=datetime.fromisoformat(due),
        local_date=date.fromisoformat(local_date) if local_date else None,
        job_id=job_id,
    )
