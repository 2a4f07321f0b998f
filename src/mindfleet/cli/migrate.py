"""`migrate`: brings the schema of every store up to date."""

import asyncio
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.printing import emit, tell
from mindfleet.wiring import migrate_stores

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def migrate(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Bring the schema of every store up to date; forward only, one process at a time.

    Example: ./bot.sh migrate
    """
    applied = [str(migration) for migration in asyncio.run(migrate_stores(Call.of(context).settings()))]
    if as_json:
        emit(applied=applied)
        return
    for migration in applied:
        tell(f"applied {migration}")
    if not applied:
        tell("every store is up to date")
