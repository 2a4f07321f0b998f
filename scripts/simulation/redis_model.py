"""A Redis in this process: its data types are modelled, its Lua scripts are run as they are.

It answers as Valkey 9.1 does by RESP2. Left out: clients, transactions, consumer groups, replication, and waiting: a
blocking command answers at once. What is left out raises `NotModelled` and never answers by guess.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha1

from scripts.simulation import hashes, keys, lists, server, sets, sorted_set_ranges, sorted_sets, streams, strings
from scripts.simulation.database import COMMANDS, Command, Database
from scripts.simulation.lua_engine import LuaEngine, Script
from scripts.simulation.values import NotModelled, RedisError, Reply, written

MODELLED = (hashes, keys, lists, server, sets, sorted_set_ranges, sorted_sets, streams, strings)
"""The modules whose commands are known."""

Argument = bytes | str | int | float

_NEVER_IN_SCRIPTS = frozenset({b"EVAL", b"EVALSHA", b"SCRIPT", b"SUBSCRIBE", b"MULTI", b"EXEC", b"WATCH"})


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
        self._scripts: dict[bytes, Script] = {}

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
        sha = sha1(source, usedforsecurity=False).hexdigest().encode()
        if sha not in self._scripts:
            self._scripts[sha] = self.engine.compile(source)
        return self._scripts[sha]

    @cached_property
    def engine(self) -> LuaEngine:
        return LuaEngine(self.execute_inside)

    def restart(self, *, keeps_data: bool) -> None:
        """Come back as a new process: with another run id, without scripts, with or without the keys."""
        self.run_id = f"{self.random.getrandbits(160):040x}"
        self._scripts.clear()
        if not keeps_data:
            self.values.clear()
            self.expires.clear()

    def _evaluate(self, name: bytes, arguments: Sequence[bytes]) -> Reply:
        self.sent[name.decode()] += 1
        if name == b"SCRIPT":
            return self._change_scripts(*arguments)
        text, count, *rest = arguments
        if name == b"EVALSHA" and text.lower() not in self._scripts:
            raise RedisError("NOSCRIPT No matching script. Please use EVAL.")
        script = self.script(text) if name == b"EVAL" else self._scripts[text.lower()]
        return script(rest[: int(count)], rest[int(count) :])

    def _change_scripts(self, verb: bytes, *rest: bytes) -> Reply:
        match verb.upper():
            case b"LOAD":
                self.script(rest[0])
                return sha1(rest[0], usedforsecurity=False).hexdigest().encode()
            case b"EXISTS":
                return [int(sha.lower() in self._scripts) for sha in rest]
            case b"FLUSH":
                self._scripts.clear()
                return b"OK"
        raise NotModelled(f"SCRIPT {verb.decode()}")


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
