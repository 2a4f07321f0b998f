"""`rehydrate`: puts back into Redis what PostgreSQL knows to be unfinished."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.printing import emit, tell
from mindfleet.cli.queues import connected
from mindfleet.runtime.putting_back import putting_back
from mindfleet.runtime.reconcile import put_back_missing
from mindfleet.settings import Settings
from mindfleet.wiring import open_ledger

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def rehydrate(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Put every unfinished job back that Redis has lost; workers do it by themselves when they see that.

    Example: ./bot.sh rehydrate
    """
    jobs = asyncio.run(_put_back(Call.of(context).settings()))
    if as_json:
        emit(put_back=jobs)
    else:
        tell(f"{jobs} jobs were put back" if jobs else "Redis has every job that is not finished")


async def _put_back(settings: Settings) -> int:
    async with open_ledger(settings) as ledger, connected(settings) as redis:
        return await put_back_missing(redis, ledger, putting_back(redis), older_than=timedelta())
