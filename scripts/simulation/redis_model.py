"""A Redis in this process: its data types are modelled, its Lua scripts are run as they are.

It answers as Valkey 9.1 does by RESP2. Left out: clients, transactions, consumer groups, replication, and waiting: a
blocking command answers at once. What is left out raises `NotModelled` and never answers by guess.
"""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha1

from scripts.simulation import hashes, keys, lists, server, sets, sorted_set_ranges, sorted_sets, streams, strings
from scripts.simulation.database import COMMANDS, Command, Database
from scripts.simulation.lua_engine import LuaEngine, Script
from scripts.simulation.values import OK, NotModelled, RedisError, Reply, Value, written

MODELLED = (hashes, keys, lists, server, sets, sorted_set_ranges, sorted_sets, streams, strings)
"""The modules whose commands are known."""

Argument = bytes | str | int | float

_NEVER_IN_SCRIPTS = frozenset({b"EVAL", b"EVALSHA", b"SCRIPT", b"SUBSCRIBE", b"MULTI", b"EXEC", b"WATCH"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The keys of an instant."""

    values: dict[bytes, Value]
    expires: dict[bytes, int]


class Model(Database):
    """One server with one database.

    Args:
        now_ms: what its clock shows, in ms since 1970; it stands still until `now_ms` is set again.
        seed: of what Redis leaves to chance: the members that SPOP takes, the run id.
    """

    def __init__(self, *, now_ms: int = 1_700_000_000_000, seed: int = 0) -> None:
        super().__init__(now_ms=now_ms, seed=seed)
        self.sent: Counter[str] = Counter()
        """How often each command came from a client."""
        self.inside: Counter[str] = Counter()
        """How often each command was run by a script."""
        self._compiled: dict[bytes, Script] = {}
        self._loaded: set[bytes] = set()
        """The hashes that EVALSHA knows."""
        self._functions: dict[str, Script] = {}
        """By the text of their library."""

    def execute(self, *words: Argument) -> Reply:
        """Run one command, as a client sends it.

        Raises:
            RedisError: what Redis answers with an error.
        """
        name, *arguments = [_encoded(word) for word in words]
        name = name.upper()
        if name in (b"EVAL", b"EVALSHA", b"SCRIPT"):
            return self._evaluate(name, arguments)
        known = COMMANDS.get(name)
        if not known:
            raise NotModelled(name.decode())
        if not known.least <= len(arguments) <= known.most:
            raise RedisError(f"ERR wrong number of arguments for '{known.name.lower()}' command")
        self.sent[known.name] += 1
        return known.run(self, arguments)

    def execute_inside(self, words: list[bytes]) -> Reply:
        """Run one command for a script; its words are used up."""
        if not words:
            raise RedisError("ERR Please specify at least one argument for this call")
        name = words[0]
        known = COMMANDS.get(name) or _inside(name.upper())
        del words[0]
        if not known.least <= len(words) <= known.most:
            raise RedisError("ERR Wrong number of args calling command from script")
        self.inside[known.name] += 1
        return known.run(self, words)

    def script(self, text: str | bytes) -> Script:
        """Compile a script, once a text; call it with its keys and arguments.

        Raises:
            RedisError: it does not compile.
        """
        source = text.encode() if isinstance(text, str) else text
        sha = _sha(source)
        if sha not in self._compiled:
            self._compiled[sha] = self.engine.compile(source)
        return self._compiled[sha]

    def function(self, library: str) -> Script:
        """The function of a library that has one; its variables last until the server ends.

        Raises:
            RedisError: it does not compile.
        """
        if library not in self._functions:
            self._functions[library] = self.engine.register(library.encode())
        return self._functions[library]

    @cached_property
    def engine(self) -> LuaEngine:
        return LuaEngine(self.execute_inside)

    def snapshot(self) -> Snapshot:
        """Copy what a restart may find again: what the append-only file holds now."""
        return Snapshot(deepcopy(self.values), dict(self.expires))

    def restart(self, found: Snapshot | None = None) -> None:
        """Come back as a new process: with another run id, without scripts, and with no keys but those found again."""
        self.run_id = self._new_run_id()
        self._loaded.clear()
        self._functions.clear()
        self.values = deepcopy(found.values) if found else {}
        self.expires = dict(found.expires) if found else {}

    def begin(self, *, now_ms: int, seed: int) -> None:
        """Become what a new model would be, but keep the interpreter and what it has compiled."""
        super().__init__(now_ms=now_ms, seed=seed)
        self.sent.clear()
        self.inside.clear()
        self._loaded.clear()
        self._functions.clear()

    def _evaluate(self, name: bytes, arguments: Sequence[bytes]) -> Reply:
        self.sent[name.decode()] += 1
        if name == b"SCRIPT":
            return self._change_scripts(*arguments)
        text, count, *rest = arguments
        sha = self._load(text) if name == b"EVAL" else text.lower()
        if sha not in self._loaded:
            raise RedisError("NOSCRIPT No matching script. Please use EVAL.")
        return self._compiled[sha](rest[: int(count)], rest[int(count) :])

    def _load(self, text: bytes) -> bytes:
        self.script(text)
        sha = _sha(text)
        self._loaded.add(sha)
        return sha

    def _change_scripts(self, verb: bytes, *rest: bytes) -> Reply:
        match verb.upper():
            case b"LOAD":
                return self._load(rest[0])
            case b"EXISTS":
                return [int(sha.lower() in self._loaded) for sha in rest]
            case b"FLUSH":
                self._loaded.clear()
                return OK
        raise NotModelled(f"SCRIPT {verb.decode()}")


def _sha(text: bytes) -> bytes:
    return sha1(text, usedforsecurity=False).hexdigest().encode()


def _inside(name: bytes) -> Command:
    if known := COMMANDS.get(name):
        return known
    if name in _NEVER_IN_SCRIPTS:
        raise RedisError("ERR This Valkey command is not allowed from script")
    raise RedisError("ERR Unknown command called from script")


def _encoded(word: Argument) -> bytes:
    if isinstance(word, bytes):
        return word
    return word.encode() if isinstance(word, str) else written(word)
