"""Time zones by their names in the IANA database."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def known_zone(name: str) -> str:
    """The name, if there is such a zone.

    Raises:
        ValueError: there is none.
    """
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Oslo") from None
    return name


ZoneName = Annotated[str, AfterValidator(known_zone)]
"""A field that holds the name of a zone."""
