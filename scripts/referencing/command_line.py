"""The reference of bot.sh, from the commands themselves."""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from typer.main import get_command

from mindfleet.cli.commands import COMMANDS, GROUPS, PROGRAM, Command, app_of
from mindfleet.cli.exits import Exit
from scripts.referencing.markdown import table

HEAD = """\
# The command line

Generated from `src/mindfleet/cli` by `scripts/generate-reference`; do not edit.

`bot.sh` works from any folder and through a symbolic link. It builds the environment in `.venv` when that is due, and
hands over to `python -m mindfleet.cli`, which takes the same commands. Data go to `MINDFLEET_HOME`, by default
`.mindfleet` of the checkout; a `.env` in the caller's folder is not read.

- **Settings as flags.** Every command takes every setting: `--queues.sensory.max-jobs 3`. `start` and `restart` hand
  them on to the workers. `settings.md` lists them.
- **`--json`** on every command that reads: one object on standard output with `"schema": 1`; all else goes to standard
  error.
- **Colour** only on a terminal; `NO_COLOR` and `FORCE_COLOR` are honoured.
- **`--debug`** shows the traceback of an error, which otherwise is told in a line or two: what failed, why, and what to
  run next.
"""

CODES = {
    Exit.OK: "done; of `status`: everything is up",
    Exit.FAILED: "it failed; of `status`: something is not up that should be",
    Exit.USAGE: "the command line is wrong",
    Exit.NOT_RUNNING: "nothing is running (`status`, `env`)",
    Exit.UNKNOWN: "it cannot be told (`status`)",
    Exit.UNAVAILABLE: "a store is away, or something is not installed",
    Exit.CONFIG: "a setting is wrong",
}


def page() -> str:
    """All of it."""
    codes = table(("exit code", "meaning"), ((str(code.value), meaning) for code, meaning in CODES.items()))
    return "\n".join([HEAD, codes, *_groups()])


def _groups() -> Iterator[str]:
    commands: dict[str, Any] = get_command(app_of(list(COMMANDS.values()))).commands  # type: ignore[attr-defined]
    for title, group in GROUPS.items():
        yield f"## {title}\n"
        for command in group:
            yield from _command(command, commands[command.name])


def _command(command: Command, made: Any) -> Iterator[str]:  # noqa: ANN401 - Typer's own class, which it does not show
    subcommands: dict[str, Any] = getattr(made, "commands", {})
    if not subcommands:
        yield _section(command.name, made)
    for name, inner in subcommands.items():
        yield _section(f"{command.name} {name}", inner)


def _section(name: str, made: Any) -> str:  # noqa: ANN401 - as above
    arguments = [parameter for parameter in made.params if parameter.param_type_name == "argument"]
    words = " ".join([PROGRAM, name, *(_word(argument) for argument in arguments)])
    about, _, example = cleandoc(made.callback.__doc__ or made.help or "").partition("Example: ")
    options = [parameter for parameter in made.params if parameter.param_type_name == "option"]
    rows = [(_names(option), option.help or "", _default(option)) for option in options]
    parts = [
        f"### {name}\n",
        f"    {words}\n",
        f"{about.strip()}\n",
        *([table(("option", "", "default"), rows)] if rows else []),
        *([f"Example: `{example.strip()}`\n"] if example else []),
    ]
    return "\n".join(parts)


def _word(argument: Any) -> str:  # noqa: ANN401 - as above
    word: str = argument.metavar or argument.name.upper()
    return word if argument.required or word.startswith("[") else f"[{word}]"


def _names(option: Any) -> str:  # noqa: ANN401 - as above
    return ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])


def _default(option: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(option.show_default, str):
        return option.show_default
    return "" if option.default in (None, False) else str(option.default)
