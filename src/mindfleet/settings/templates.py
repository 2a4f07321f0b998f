"""The files that are generated from the tree: two example env files and the reference of all settings."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import Literal

from mindfleet.queues import PROMISES, Queue
from mindfleet.settings.leaves import Leaf, LeafPath, leaves, shown
from mindfleet.settings.tree import Settings

EXAMPLE_HEAD = """\
# {who}
# Copy this file to `.env` {where} and fill in what you need.
# Generated from src/mindfleet/settings by scripts/generate-examples: change it there.
#
# A blank value is the same as none. Whoever runs on the embedded stack (`./bot.sh start stack`) needs nothing of this:
# addresses are then read from its run file. A secret, or a URL that may hold one, can also be put in a file that
# NAME_FILE names. Times are in seconds.
"""

HEADS: dict[Literal["client", "workers"], tuple[str, str]] = {
    "client": (
        "Settings of a bot: `task_queue` needs Redis only, `memory` also PostgreSQL, Neo4j and where vectors are kept.",
        "in the bot's folder",
    ),
    "workers": ("Settings of the workers and of ./bot.sh.", "beside pyproject.toml"),
}

REFERENCE_HEAD = """\
# Settings

Generated from `src/mindfleet/settings` by `scripts/generate-examples`; do not edit.

Each setting is looked for in this order, and the first place that has it counts:

1. a flag: `--` and its name in `settings.yaml`, with dashes, such as `--queues.sensory.max-jobs 3`;
2. the environment;
3. the env file: the one that `MINDFLEET_ENV_FILE` names, else `.env` of the working directory, else `.env` of the
   checkout; one file, not several;
4. `settings.yaml`: the one that `MINDFLEET_SETTINGS` names, else the one in `MINDFLEET_HOME`, else the checkout's;
   never the working directory's;
5. the run file of the embedded stack that runs on `MINDFLEET_HOME`: addresses only, and credentials only together with
   their address;
6. the default.

`./bot.sh config show --origin` shows what counts, and from where.

- **Names.** Every setting has a uniform name in the environment, `MINDFLEET_` and its sections joined by two
  underscores: `queues.sensory.max_jobs` is `MINDFLEET_QUEUES__SENSORY__MAX_JOBS`. Some also have a plain name, such as
  `REDIS_URL`; where both are set in one place, the uniform one counts. The tables show the plain one if there is one.
- **Blank** is the same as not set.
- **Times** are numbers of seconds.
- **Paths** that are relative start at the folder of the file that names them; on a flag or in the environment, at the
  working directory.
- **Secrets**, and URLs that may hold one, are never printed. In the environment and the env file, `NAME_FILE` may name
  a file that holds the value (Docker secrets).
- **Redis by its parts:** `QUEUE_HOST`, `QUEUE_PORT`, `QUEUE_PASSWORD` and `QUEUE_DB` count only while `REDIS_URL` is
  not set, and come before the run file.
- **Workers:** what is set under `workers` holds for every queue that does not have the same set for itself, wherever
  either is set.
- A name that is none of ours, but begins with `MINDFLEET_` or is nearly one of the plain names, is warned of, and so is
  every unknown name in `settings.yaml`. What is wrong is reported all at once.
"""


def example(side: Literal["client", "workers"]) -> str:
    """An env file in which everything is commented out but what stores of one's own need; safe to `source`."""
    who, where = HEADS[side]
    wanted = [leaf for leaf in leaves().values() if leaf.side in {side, "both"} and leaf.path != ("env_file",)]
    blocks = (_example_block(path, list(group)) for path, group in groupby(wanted, key=lambda leaf: leaf.path[:-1]))
    return "\n".join([EXAMPLE_HEAD.format(who=who, where=where), *blocks])


def reference() -> str:
    """All settings in Markdown, a table for each section."""
    sections = groupby(leaves().values(), key=lambda leaf: leaf.path[:-1])
    return "\n".join([REFERENCE_HEAD, *(_reference_section(path, list(group)) for path, group in sections)])


def generated() -> dict[Path, str]:
    """What belongs in each generated file, by its path in the checkout."""
    return {
        Path(".env.client.example"): example("client"),
        Path(".env.workers.example"): example("workers"),
        Path("docs/reference/settings.md"): reference(),
    }


def _example_block(section: LeafPath, group: list[Leaf]) -> str:
    return "\n".join([f"# --- {_title(section)} ---", "", *(line for leaf in group for line in _example_lines(leaf))])


def _example_lines(leaf: Leaf) -> Iterator[str]:
    yield f"# {leaf.meaning}"
    yield f"# Default: {leaf.default_text}. Allowed: {leaf.allowed}."
    value = "" if leaf.default_in_words else (shown(leaf.default) or "")
    yield f"{'' if leaf.needed else '#'}{leaf.name}={quote(value) if value else ''}"
    yield ""


def _reference_section(section: LeafPath, group: list[Leaf]) -> str:
    head = ["| Environment | `settings.yaml` | Default | Allowed | Meaning | Read by |", "|---|---|---|---|---|---|"]
    return "\n".join([f"## {_title(section)}", "", *head, *map(_reference_row, group), ""])


def _reference_row(leaf: Leaf) -> str:
    readers = {"client": "bot", "workers": "workers", "both": "bot, workers"}[leaf.side]
    name = f"`{leaf.name}`{' (secret)' if leaf.secret else ''}"
    cells = (name, f"`{leaf.dotted}`", leaf.default_text, leaf.allowed, leaf.meaning, readers)
    return f"| {' | '.join(cells)} |"


def _title(section: LeafPath) -> str:
    if section[:1] == ("queues",):
        return f"The queue {section[1]}: {PROMISES[Queue(f'arq:{section[1]}')].purpose}"
    part: object = Settings()
    for name in section:
        part = getattr(part, name)
    return (type(part).__doc__ or "").strip() if section else "General"
