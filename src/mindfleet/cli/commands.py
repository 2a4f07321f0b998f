"""All commands: where each is, and what it does in a line; only the one that is called gets imported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

PROGRAM = "./bot.sh"


@dataclass(frozen=True)
class Command:
    name: str
    summary: str
    place: str
    """`module:attribute`: a function, or a Typer with commands of its own."""

    @property
    def target(self) -> Callable[..., Any] | typer.Typer:
        """The function itself; imports it."""
        module, _, attribute = self.place.partition(":")
        found: Callable[..., Any] | typer.Typer = getattr(import_module(f"{__package__}.{module}"), attribute)
        return found


GROUPS: dict[str, tuple[Command, ...]] = {
    "Get going": (
        Command("setup", "Build the environment in .venv; every other command does it when it is due", "setup:setup"),
        Command("demo", "Watch a conversation turn into memory", "demo.command:demo"),
        Command("chat", "Talk to a bot here in the terminal", "chat:chat"),
        Command("doctor", "Check everything, and say how to mend what is wrong", "doctor:doctor"),
    ),
    "Run": (
        Command("start", "Start the stores, the workers, or both", "running:start"),
        Command("stop", "Stop workers, stack or all; running jobs may end", "running:stop"),
        Command("restart", "Restart the workers one after the other", "running:restart"),
        Command("status", "Show each queue and each process", "status:status"),
        Command("ps", "Show the processes, what they use, and what the workers say", "ps:ps"),
        Command("logs", "Show what workers and stores log", "logs:logs"),
    ),
    "Jobs": (
        Command("tasks", "List what the fleet can do", "tasks:tasks"),
        Command("enqueue", "Give the fleet a job", "enqueue:enqueue"),
        Command("jobs", "Look into a queue without taking anything", "jobs:jobs"),
        Command("job", "Show one job, wherever it is", "job:job"),
        Command("wait", "Wait for the end of a job, and print its result", "wait:wait"),
        Command("cancel", "End jobs: those that wait at once, those that run by their worker", "cancel:cancel"),
        Command("parked", "Look at the jobs that failed for good; replay or discard them", "parked:parked"),
        Command("effects", "Look at what may have been sent or not, and say what became of it", "effects:effects"),
        Command("pause", "Let no more jobs of a queue, a task or a bot start", "steering:pause"),
        Command("resume", "Let the jobs of a paused queue, task or bot start again", "steering:resume"),
        Command("limit", "Say how many jobs of a task, a bot or a group run at once", "steering:limit"),
    ),
    "Care": (
        Command("rehydrate", "Put every unfinished job back that Redis has lost", "rehydrate:rehydrate"),
        Command("migrate", "Bring the schema of every store up to date", "migrate:migrate"),
        Command("config", "Show the settings and where they come from", "config:config"),
        Command("env", "Print the running stack's addresses as exports", "env:env"),
        Command("test", "Run the test suite", "suite:run_tests"),
        Command("help", "Show this, or the help of a command", "overview:show_help"),
    ),
}

COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}


def app_of(commands: Sequence[Command]) -> typer.Typer:
    """A command line with these commands; imports them."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_bot)
    for command in commands:
        target = command.target
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=command.name, help=command.summary)
        else:
            app.command(command.name)(target)
    return app


def run_command(command: Command, arguments: Sequence[str], call: object = None) -> int:
    """Run one command; returns its exit code, or ends the process with it. Errors of ours come out.

    Not by calling the Typer, which would put a hook of its own in the place of `sys.excepthook`.
    """
    get_command(app_of([command])).main(args=list(arguments), prog_name=PROGRAM, obj=call)
    return 0


def nearest(name: str) -> str:
    """`; did you mean NAME?`, or nothing when none is near."""
    near = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _bot() -> None:
    """The operator's hand."""
