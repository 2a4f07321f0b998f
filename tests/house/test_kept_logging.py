"""Who changes logging for the tests that come after is noticed, and named."""

import logging
from collections.abc import Callable

import pytest

from tests.kept_logging import changed_since, ways_of_logging

OURS = logging.getLogger("mindfleet.only_of_this_test")
NEW = "mindfleet.new_in_this_test"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda: logging.disable(logging.INFO), "all"),
        (lambda: logging.root.setLevel(logging.DEBUG), "root"),
        (lambda: logging.root.addHandler(logging.NullHandler()), "root"),
        (lambda: OURS.setLevel(logging.ERROR), OURS.name),
        (lambda: setattr(OURS, "propagate", False), OURS.name),
        (lambda: setattr(OURS, "disabled", True), OURS.name),
        (lambda: logging.getLogger(NEW).setLevel(logging.ERROR), NEW),
    ],
)
def test_whatever_is_changed_is_noticed(change: Callable[[], object], name: str) -> None:
    before, handlers, level = ways_of_logging(), list(logging.root.handlers), logging.root.level
    try:
        change()
        assert list(changed_since(before)) == [name]
    finally:
        logging.disable(logging.NOTSET)
        logging.root.handlers = handlers
        for logger, its_level in ((logging.root, level), (OURS, 0), (logging.getLogger(NEW), 0)):
            logger.setLevel(its_level)
            logger.propagate, logger.disabled = True, False
    assert changed_since(before) == {}


def test_what_a_library_sets_up_for_itself_is_its_own_affair(caplog: pytest.LogCaptureFixture) -> None:
    before = ways_of_logging()
    logging.getLogger("somebody_elses.library").setLevel(logging.ERROR)

    with caplog.at_level(logging.DEBUG, "mindfleet.quiet_by_nature"):
        assert list(changed_since(before)) == ["mindfleet.quiet_by_nature"]
    assert changed_since(before) == {}
