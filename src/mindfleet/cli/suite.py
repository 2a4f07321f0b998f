"""`test`: runs the test suite with the checkout's own Python."""

import os
import sys
from typing import Annotated

import typer

from mindfleet.cli.exits import CommandFailed
from mindfleet.settings.places import running_checkout

PytestArguments = Annotated[list[str] | None, typer.Argument(metavar="[PYTEST ARGUMENTS]...", show_default=False)]


def run_tests(arguments: PytestArguments = None) -> None:
    """Run the test suite; arguments go to pytest.

    Example: ./bot.sh test tests/settings -k secret
    """
    checkout = running_checkout()
    if checkout is None:
        raise CommandFailed("the tests are in the checkout, and this is an installed package")
    os.chdir(checkout)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *(arguments or ())])  # noqa: S606 - our own interpreter
