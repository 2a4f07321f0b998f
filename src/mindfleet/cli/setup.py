"""`setup`: what bot.sh has done before this runs."""

import platform
import sys
from importlib.metadata import version

from mindfleet.cli.printing import tell


def setup() -> None:
    """Build the environment in .venv; every other command does it when it is due.

    Needs Python 3.11, 3.12 or 3.13 with its venv module, and bash; uv is fetched when it is missing.
    """
    tell(f"Mindfleet {version('mindfleet')} on Python {platform.python_version()} in {sys.prefix} is ready.")
