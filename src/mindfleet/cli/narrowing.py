"""The options by which a command is told which parked jobs it is about."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Annotated, Any, cast

import typer

from mindfleet.cli.choosing import filter_of

_OPTIONS: dict[str, tuple[str, str]] = {
    "queue": ("--queue", "Those of this queue."),
    "task": ("--task", "Those of this task."),
    "bot": ("--bot", "Those in the name of this bot."),
    "user": ("--user", "Those about this user."),
    "error": ("--error", "Those with an error of this class."),
    "since": ("--since", "Parked since: 30m, 2h, 7d ago, or a date."),
    "until": ("--until", "Parked before: as --since."),
}

Command = Callable[..., None]


def narrowed(command: Command) -> Command:
    """A command that takes them all, for one that takes what they mean as `which`, a `ParkedFilter`."""

    def run(**given: Any) -> None:  # noqa: ANN401 - as Typer read them
        said = {name: given.pop(name) for name in _OPTIONS}
        command(**given, which=filter_of(**said))

    own = [each for each in signature(command).parameters.values() if each.name != "which"]
    before = [each for each in own if each.kind is not Parameter.KEYWORD_ONLY]
    after = [each for each in own if each.kind is Parameter.KEYWORD_ONLY]
    parameters = [*before, *_parameters(), *after]
    read = cast("Any", run)  # Typer reads a command's signature and annotations
    read.__name__, read.__doc__ = command.__name__, command.__doc__
    read.__signature__ = signature(command).replace(parameters=parameters)
    read.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _parameters() -> list[Parameter]:
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(option, help=about, show_default=False)],
        )
        for name, (option, about) in _OPTIONS.items()
    ]
