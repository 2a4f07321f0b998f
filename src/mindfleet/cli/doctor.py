"""`doctor`: checks everything, and says how to mend what is wrong."""

import asyncio
from typing import Annotated

import typer
from rich.text import Text

from mindfleet.cli.call import Call
from mindfleet.cli.checks import Finding, findings
from mindfleet.cli.exits import Exit
from mindfleet.cli.printing import emit, state, stdout

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def doctor(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Check everything, and say how to mend what is wrong; exit 1 when something is.

    Example: ./bot.sh doctor
    """
    found = asyncio.run(_all(Call.of(context)))
    failed = any(finding.mark == "fail" for finding in found)
    if as_json:
        emit(ok=not failed, checks=[{"mark": one.mark, "what": one.what, "fix": one.fix or None} for one in found])
    else:
        for number, finding in enumerate(found, start=1):
            _show(number, finding)
    if failed:
        raise typer.Exit(Exit.FAILED)


async def _all(call: Call) -> list[Finding]:
    return [finding async for finding in findings(call)]


def _show(number: int, finding: Finding) -> None:
    line = Text.assemble(f"{number:2}  ", state(finding.mark.ljust(4)), f"  {finding.what}")
    stdout().print(line, soft_wrap=True)
    if finding.mark != "ok":
        stdout().print(Text(f"          {finding.fix}", style="bold"), soft_wrap=True)
