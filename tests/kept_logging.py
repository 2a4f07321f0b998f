"""Notices who leaves logging other than it was: all tests share it, and what one silences, none after it can hear."""

import logging
from collections.abc import Iterator, Mapping

OURS = ("mindfleet", "tasks", "workers", "scripts", "tests")

Way = tuple[int, bool, bool, tuple[str, ...]]
"""Of a logger: level, whether it propagates, whether it is disabled, its handlers without pytest's own."""

AS_MADE: Way = (logging.NOTSET, True, False, ())


def ways_of_logging() -> dict[str, Way]:
    """How every logger is set up; of all together, what is disabled is as if a level of `all`."""
    known = {name: it for name, it in logging.root.manager.loggerDict.items() if isinstance(it, logging.Logger)}
    ways = {name: _way(logger) for name, logger in {**known, "root": logging.root}.items()}
    return ways | {"all": (logging.root.manager.disable, True, False, ())}


def changed_since(before: Mapping[str, Way]) -> dict[str, tuple[Way, Way]]:
    """What is other than before; loggers that are new count where they are ours, as libraries may set up their own."""
    return dict(_changes(before))


def _changes(before: Mapping[str, Way]) -> Iterator[tuple[str, tuple[Way, Way]]]:
    for name, way in ways_of_logging().items():
        was = before.get(name, AS_MADE if name.partition(".")[0] in OURS else way)
        if way != was:
            yield name, (was, way)


def _way(logger: logging.Logger) -> Way:
    handlers = (f"{type(each).__module__}.{type(each).__qualname__}" for each in logger.handlers)
    own = tuple(name for name in handlers if not name.startswith("_pytest."))
    return (logger.level, logger.propagate, logger.disabled, own)
