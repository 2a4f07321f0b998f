"""Where it takes place: an embedded stack, a model server and a receiver of effects; private, and gone afterwards."""

import json
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from os import getpid
from pathlib import Path
from random import Random
from typing import Any

from mindfleet.embedded import stack
from mindfleet.embedded.runfile import Stack
from mindfleet.settings import Settings, Surroundings, load
from mindfleet.testing.model_server import ScriptedModelServer
from mindfleet.testing.model_server.protocol import Rules
from mindfleet.wiring import migrate_stores
from scripts.havoc.fleet import lay_out_newer
from scripts.havoc.receiver import Receiver, receiving
from scripts.havoc.tasks_of_chaos import RECEIVER
from scripts.havoc.tasks_of_chaos.journal import FOLDER

ROOT = Path(__file__).parents[2]

AT_ONCE = timedelta()

SLOTS = "20"
"""Of each queue and process: whoever lost its worker shall wait for another one, not for a slot."""


@dataclass(frozen=True)
class Stage:
    home: Path
    stores: Stack
    settings: Settings
    environment: Mapping[str, str]
    """Of every process that takes part: nothing of the caller's but where programs are."""

    models: ScriptedModelServer
    receiver: Receiver

    @property
    def journal(self) -> Path:
        return self.home / "journal"

    def noted_by(self, pid: int) -> list[dict[str, Any]]:
        """What the jobs of a process have noted."""
        return list(lines([self.journal / f"{pid}.jsonl"]))

    def pid_of(self, store: str) -> int | None:
        """The process of a store at present."""
        running = stack.status(self.home / "stack")
        record = running.process(store) if running else None
        return record.pid if record else None


def lines(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Of those that there are. A process that was killed while it wrote may have left half a line."""
    for file in files:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for line in text.splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


@asynccontextmanager
async def staged(home: Path, seed: int) -> AsyncGenerator[Stage]:
    """Everything but workers and producers, in an empty folder.

    Raises:
        StackFailed: a store did not come up.
    """
    (home / "journal").mkdir()
    (home / "nothing.yaml").touch()
    lay_out_newer(home)
    running = await stack.start(home / "stack", lifeline=getpid(), cache=ROOT / ".mindfleet" / "cache")
    try:
        async with (
            ScriptedModelServer(rules=Rules(dimensions=384)) as models,
            receiving(Random(seed)) as receiver,  # noqa: S311 - a seeded choice
        ):
            environment = _environment(home, running, models, receiver)
            settings = load(around=Surroundings(environment, home, None))
            await migrate_stores(settings)
            yield Stage(home, running, settings, environment, models, receiver)
    finally:
        await stack.stop(home / "stack", drain=AT_ONCE)


def _environment(home: Path, running: Stack, models: ScriptedModelServer, receiver: Receiver) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "MINDFLEET_HOME": str(home / "stack"),
        "MINDFLEET_ENV_FILE": str(home / "nothing.yaml"),
        "MINDFLEET_SETTINGS": str(home / "nothing.yaml"),
        "MINDFLEET_BOTS": str(ROOT / "src" / "mindfleet" / "cli" / "sample"),
        "MINDFLEET_TASKS": "tasks,scripts.havoc.tasks_of_chaos",
        "REDIS_URL": running.redis_url,
        "DATABASE_URL": running.database_url,
        "NEO4J_URL": running.neo4j_url,
        "NEO4J_USER": running.neo4j_user,
        "NEO4J_PASSWORD": running.neo4j_password,
        "MINDFLEET_VECTORS__BACKEND": "pgvector",
        "OPENAI_BASE_URL": models.url,
        "OPENAI_API_KEY": "chaos",
        "MINDFLEET_EMBEDDINGS__BASE_URL": models.url,
        "MINDFLEET_LLM__TIMEOUT": "5",
        "MINDFLEET_LIMITS__BREAKER_PAUSE": "3",
        "LLM_CONCURRENCY": "8",
        "EXTRACTION_WINDOW": "2",
        "EXTRACTION_MAX_WAIT": "10",
        "MINDFLEET_WORKERS__DRAIN": "3",
        "WORKER_CONCURRENCY": SLOTS,
        RECEIVER: str(receiver.port),
        FOLDER: str(home / "journal"),
    }
