"""`config`: the settings, and where they come from."""

from typing import Annotated, Literal

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.printing import emit, show, table
from mindfleet.settings import describe
from mindfleet.settings.templates import example

config = typer.Typer(no_args_is_help=True)

Origin = Annotated[bool, typer.Option("--origin", help="Where each comes from.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Side = Annotated[Literal["client", "workers"], typer.Argument(help="For a bot, or for the workers and bot.sh.")]


@config.command("show")
def show_settings(context: typer.Context, *, origin: Origin = False, as_json: AsJson = False) -> None:
    """Every setting as it holds here; secrets are masked.

    Example: ./bot.sh config show --origin
    """
    loaded = Call.of(context).load()
    rows = describe(loaded)
    if as_json:
        settings = [
            {"name": row.name, "env": row.env, "value": row.value, "origin": row.origin, "meaning": row.meaning}
            for row in rows
        ]
        emit(settings=settings, warnings=list(loaded.warnings))
    elif origin:
        table(("setting", "value", "origin", "environment"), ((r.name, r.value, r.origin, r.env) for r in rows))
    else:
        table(("setting", "value"), ((row.name, row.value) for row in rows))


@config.command("template")
def template(side: Side = "workers") -> None:
    """An example of an env file, with every setting explained.

    Example: ./bot.sh config template client > .env
    """
    show(example(side))
