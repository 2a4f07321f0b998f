"""`env`: the running stack's addresses, for a shell."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.homes import demo_home
from mindfleet.cli.printing import emit, show, tell
from mindfleet.embedded import stack
from mindfleet.embedded.runfile import Stack

Demo = Annotated[
    bool | None,
    typer.Option("--demo/--no-demo", help="Of the demo that was kept, or not; by default of what started last."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def env(context: typer.Context, *, demo: Demo = None, as_json: AsJson = False) -> None:
    """Print the running stack's addresses as exports; after `demo --keep`, the demo's.

    Example: eval "$(./bot.sh env)"
    """
    home = Call.of(context).settings().home
    homes = {None: [home, demo_home(home)], False: [home], True: [demo_home(home)]}[demo]
    found = [(place, running) for place in homes if (running := stack.status(place)) and running.redis_url]
    if not found:
        raise CommandFailed(
            f"no stack is running in {' or '.join(map(str, homes))}",
            then="start one: ./bot.sh start stack",
            code=Exit.NOT_RUNNING,
        )
    place, running = max(found, key=lambda entry: entry[1].create_time)
    if len(found) > 1:
        tell(f"of two stacks that run, this is the one in {place}; --demo and --no-demo choose")
    _print(running, place, as_json=as_json)


def exports(running: Stack) -> dict[str, str]:
    """The names that settings, bots and the `arq` command read."""
    return {
        "REDIS_URL": running.redis_url,
        "DATABASE_URL": running.database_url,
        "NEO4J_URL": running.neo4j_url,
        "NEO4J_USER": running.neo4j_user,
        "NEO4J_PASSWORD": running.neo4j_password,
    }


def _print(running: Stack, place: Path, *, as_json: bool) -> None:
    if as_json:
        emit(home=str(place), env=exports(running))
        return
    for name, value in exports(running).items():
        show(f"export {name}={quote(value)}")
