"""Settings given on a command line: `--queues.sensory.max-jobs 3`."""

from collections.abc import Iterator, Mapping, Sequence

from mindfleet.errors import SettingsInvalid
from mindfleet.settings.layers import did_you_mean
from mindfleet.settings.leaves import LeafPath, leaves


def parse_flags(arguments: Sequence[str]) -> dict[str, str]:
    """The flags by dotted name, for `load`.

    Args:
        arguments: `--name value` or `--name=value`, nothing else.

    Raises:
        SettingsInvalid: unknown flags (naming the nearest), missing values, stray words; one line each.
    """
    known = {leaf.flag: leaf.dotted for leaf in leaves().values()}
    flags: dict[str, str] = {}
    problems: list[str] = []
    for flag, value in _pairs(arguments):
        if not flag.startswith("--"):
            problems.append(f"{flag}: is not a flag; flags look like --queues.sensory.max-jobs 3")
        elif (name := known.get(flag.replace("_", "-"))) is None:
            problems.append(f"{flag}: there is no such setting{did_you_mean(flag, known)}")
        elif value is None:
            problems.append(f"{flag}: needs a value; allowed: {leaves()[tuple(name.split('.'))].allowed}")
        else:
            flags[name] = value
    if problems:
        raise SettingsInvalid("\n".join(problems))
    return flags


def as_environment(flags: Mapping[str, str]) -> dict[str, str]:
    """The same settings as environment variables, for a process that takes no flags."""
    return {leaves()[_path(name)].nested_name: value for name, value in flags.items()}


def _path(name: str) -> LeafPath:
    return tuple(name.replace("-", "_").split("."))


def _pairs(arguments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    waiting = list(reversed(arguments))
    while waiting:
        flag, equals, value = waiting.pop().partition("=")
        if equals:
            yield flag, value
        elif flag.startswith("--") and waiting and not waiting[-1].startswith("--"):
            yield flag, waiting.pop()
        else:
            yield flag, None
