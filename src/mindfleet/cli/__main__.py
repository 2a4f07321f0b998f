"""`python -m mindfleet.cli`: reads the command line, runs one command, and says what went wrong in a line or two."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from mindfleet.cli.call import Call
from mindfleet.cli.commands import COMMANDS, PROGRAM, nearest, run_command
from mindfleet.cli.exits import Exit, meaning
from mindfleet.cli.overview import overview
from mindfleet.cli.printing import tell
from mindfleet.errors import MindfleetError, QueueUnavailable, StoreUnnamed
from mindfleet.settings import parse_flags
from mindfleet.settings.leaves import leaves

PASSES_ARGUMENTS_ON = ("test",)
"""Their flags are another program's."""

TAKES_NUMBERS = ("limit",)
"""A number below 0 is no option of theirs, but a wrong word."""

BRINGS_ITS_STORES = ("demo",)
"""What is away is not what the settings name."""

HELP = {"-h", "--help"}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command, and end the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take(given, "--debug")
    if not debug:
        sys.excepthook = _in_a_line
    try:
        sys.exit(_run(given))
    except MindfleetError as error:
        if debug:
            raise
        sys.exit(_explained(error))


def _run(given: list[str]) -> int:
    name = next((word for word in given if not word.startswith("-")), None)
    if name is None:
        return _without_a_command(given)
    if name not in COMMANDS:
        tell(f"there is no command {name!r}{nearest(name)}", "red")
        tell(f"see {PROGRAM} help")
        return Exit.USAGE
    if name in PASSES_ARGUMENTS_ON and not HELP & set(given):
        return run_command(COMMANDS[name], [name, "--", *given[given.index(name) + 1 :]])
    flags = _settings_in(given)
    if name in TAKES_NUMBERS:
        _put_numbers_last(given)
    return _called(name, given, Call(flags))


def _called(name: str, given: Sequence[str], call: Call) -> int:
    try:
        return run_command(COMMANDS[name], given, call)
    except (QueueUnavailable, StoreUnnamed) as error:
        if name in BRINGS_ITS_STORES:
            raise
        from mindfleet.cli.away import in_words_of_here  # noqa: PLC0415 - not needed for help

        raise in_words_of_here(error, call) from error


def _without_a_command(given: Sequence[str]) -> int:
    unknown = [word for word in given if word not in HELP]
    if not unknown:
        overview()
        return Exit.OK
    tell(f"there is no option {unknown[0]!r} without a command", "red")
    tell(f"see {PROGRAM} help")
    return Exit.USAGE


def _take(given: list[str], flag: str) -> bool:
    """Whether the flag is there, before any command that passes its arguments on; it is taken away."""
    name = next((word for word in given if not word.startswith("-")), "")
    if flag not in given or name in PASSES_ARGUMENTS_ON:
        return False
    given.remove(flag)
    return True


def _settings_in(given: list[str]) -> dict[str, str]:
    """The settings among the arguments, which are taken away: `--queues.sensory.max-jobs 3`."""
    known = {leaf.flag for leaf in leaves().values()}
    taken: list[str] = []
    rest: list[str] = []
    words = iter(given)
    for word in words:
        flag, equals, _ = word.partition("=")
        if flag not in known and not (flag.startswith("--") and "." in flag):
            rest.append(word)
            continue
        taken.append(word)
        if not equals and (value := next(words, None)) is not None:
            taken.append(value)
    given[:] = rest
    return parse_flags(taken)


def _put_numbers_last(given: list[str]) -> None:
    """Behind `--`, where a dash begins no option."""
    numbers = [word for word in given if word.removeprefix("-").isdigit() and word.startswith("-")]
    if numbers and "--" not in given:
        given[:] = [*(word for word in given if word not in numbers), "--", *numbers]


def _explained(error: MindfleetError) -> int:
    code, then = meaning(error)
    tell(str(error), "red")
    if then:
        tell(then)
    return code


def _in_a_line(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    tell(f"{kind.__name__}: {error}", "red")
    tell("this is a fault of ours: run the command again with --debug to see where, and report it")


if __name__ == "__main__":
    main()
