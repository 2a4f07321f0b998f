"""Heartbeats and locks beside what they must come to: who lives under which name, and who has what."""

from dataclasses import dataclass, field
from typing import Any

from scripts.simulation.violations import hold
from scripts.simulation.world import World

WORKER, WORKERS = "mindfleet:worker:", "mindfleet:workers"
HOLDS = 15_000
"""ms for which a heartbeat is believed."""


@dataclass(slots=True)
class Sign:
    """What a process says of itself under one name."""

    owner: str
    told: str
    until: int


@dataclass(slots=True)
class Signs:
    """Who must be listed, and who must have which lock."""

    world: World
    said: dict[str, Sign] = field(default_factory=dict[str, Sign])
    """By name."""

    listed: dict[str, int] = field(default_factory=dict[str, int])
    locks: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])

    def beat(self, name: str, token: str, told: str) -> None:
        """A process lives; several may have one name."""
        self._lapse()
        second, now = f"{name}:{token}", self.world.now
        answer = self.world.plain("observe/beat", self._keys(name, token), [token, told, HOLDS, name, second])
        holder = self.said.get(name)
        is_ours = holder is None or holder.owner == token
        hold(answer == int(is_ours), "a_name_is_one_process", f"{name} of {token}: {answer}")
        mine = name if is_ours else second
        if is_ours:
            self.said.pop(second, None)
            self.listed.pop(second, None)
        self.said[mine], self.listed[mine] = Sign(token, told, now + HOLDS), now + HOLDS
        self._tidy()
        self.check()

    def farewell(self, name: str, token: str) -> None:
        """A process ends."""
        self._lapse()
        second = f"{name}:{token}"
        answer = self.world.plain("observe/farewell", self._keys(name, token), [token, name, second])
        mine = [each for each in (name, second) if each in self.said and self.said[each].owner == token]
        hold(answer == len(mine), "who_ends_takes_its_own", f"{name} of {token}: {answer}")
        for each in mine:
            del self.said[each]
            self.listed.pop(each, None)
        self.check()

    def ask(self) -> None:
        """An operator asks who there is."""
        self._lapse()
        self._tidy()
        answer: Any = self.world.plain("observe/workers", [WORKERS], [WORKER])
        told = [word.encode() for name in sorted(self.listed) if name in self.said for word in (name, self._told(name))]
        hold(answer == told, "who_lives_is_listed", f"{answer} instead of {told}")
        self.check()

    def lock(self, name: str, owner: str, ms: int) -> None:
        """Somebody wants a lock, or to keep it."""
        self._lapse()
        answer = self.world.plain("lock", [], [self.world.clock(), name, owner, ms])
        is_free = name not in self.locks or self.locks[name][0] == owner
        hold(answer == int(is_free), "a_lock_has_one_owner", f"{name} for {owner}: {answer}")
        if is_free:
            self.locks[name] = (owner, self.world.now + ms)
        self.check()

    def unlock(self, name: str, owner: str) -> None:
        """Somebody gives a lock back."""
        self._lapse()
        answer = self.world.plain("unlock", [], [self.world.clock(), name, owner])
        is_theirs = self.locks.get(name, ("",))[0] == owner
        hold(answer == int(is_theirs), "a_lock_has_one_owner", f"{name} of {owner}: {answer}")
        if is_theirs:
            del self.locks[name]
        self.check()

    def check(self) -> None:
        """All that is there is as it must be."""
        model, ends = self.world.model, self.world.view().ends
        flat: Any = model.execute("ZRANGE", WORKERS, 0, -1, "WITHSCORES")
        listed = {name.decode(): int(until) for name, until in zip(flat[::2], flat[1::2], strict=True)}
        hold(listed == self.listed, "who_lives_is_listed", f"{listed} instead of {self.listed}")
        for name, sign in self.said.items():
            found: Any = model.execute("HGETALL", f"{WORKER}{name}")
            true = [b"owner", sign.owner.encode(), b"told", sign.told.encode()]
            end = ends.get(f"{WORKER}{name}".encode())
            hold(
                (found, end) == (true, sign.until), "a_sign_fades", f"{name}: {found} until {end}, not {sign}"
            )  # fmt: skip
        keys = {key.decode() for key in model.values if key.startswith(WORKER.encode())}
        hold(keys == {f"{WORKER}{name}" for name in self.said}, "a_sign_fades", f"{keys} for {list(self.said)}")
        found_locks: dict[str, Any] = {name: model.execute("GET", name) for name in ("lock1", "lock2")}
        for name, owner in found_locks.items():
            true_owner, until = self.locks.get(name, (None, None))
            same = (owner.decode() if owner else None, ends.get(name.encode())) == (true_owner, until)
            hold(same, "a_lock_has_one_owner", f"{name}: {owner!r} instead of {true_owner} until {until}")

    def _keys(self, name: str, token: str) -> list[str]:
        return [f"{WORKER}{name}", f"{WORKER}{name}:{token}", WORKERS]

    def _told(self, name: str) -> str:
        return self.said[name].told

    def _lapse(self) -> None:
        now = self.world.now
        self.said = {name: sign for name, sign in self.said.items() if now <= sign.until}
        self.locks = {name: held for name, held in self.locks.items() if now <= held[1]}

    def _tidy(self) -> None:
        self.listed = {name: until for name, until in self.listed.items() if until > self.world.now}
