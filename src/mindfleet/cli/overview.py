"""The first thing that a stranger sees: all commands in groups, and what to type first."""

from typing import Annotated

import typer
from rich.text import Text

from mindfleet.cli.commands import COMMANDS, GROUPS, PROGRAM, nearest, run_command
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.printing import stdout

EXAMPLES = (
    ("demo", "see it work: no key, no Docker, no account"),
    ("demo --conversation FILE", "on a conversation of yours"),
    ("start workers", "the fleet for your bot; the stores too when no setting names others"),
    ("status", "what it is doing"),
    ("logs insight-worker -f", "watch it work"),
)

WIDTH = max(map(len, COMMANDS)) + 2


def show_help(topic: Annotated[str | None, typer.Argument(help="A command.")] = None) -> None:
    """Show this, or the help of a command."""
    if topic is None:
        overview()
    elif topic in COMMANDS:
        run_command(COMMANDS[topic], [topic, "--help"])
    else:
        unknown = f"there is no command {topic!r}{nearest(topic)}"
        raise CommandFailed(unknown, then=f"see {PROGRAM} help", code=Exit.USAGE)


def overview() -> None:
    """All commands, five examples, and the exit codes."""
    console = stdout()
    console.print(Text.assemble(("Mindfleet", "bold"), ": the background mind of companion and chat bots\n"))
    for title, commands in GROUPS.items():
        console.print(Text(title, "bold"))
        for command in commands:
            console.print(Text.assemble((f"  {command.name.ljust(WIDTH)}", "cyan"), command.summary), soft_wrap=True)
        console.print()
    console.print(Text("Try", "bold"))
    for example, why in EXAMPLES:
        console.print(Text.assemble((f"  {PROGRAM} {example}".ljust(37), "cyan"), why), soft_wrap=True)
    codes = "  ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in Exit)
    console.print(f"\n{PROGRAM} help COMMAND tells more. Any setting can be a flag: --queues.sensory.max-jobs 3.")
    console.print(f"--debug shows tracebacks. Exit codes: {codes}", soft_wrap=True)
