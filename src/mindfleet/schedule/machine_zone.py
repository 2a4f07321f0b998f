"""The time zone that this machine is set to, whichever it is, all year round."""

from datetime import UTC, datetime, timedelta, tzinfo


class MachineZone(tzinfo):
    """The system's own zone.

    `datetime.astimezone()` gives the offset of one instant, which is wrong from the next change of clocks on. This asks
    the system anew for each instant; `fold` is honoured as by PEP 495.
    """

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return dt.replace(tzinfo=None).astimezone().utcoffset() if dt else None

    def dst(self, _dt: datetime | None) -> None:
        """How much of the offset is summer time; not known here."""
        return

    def tzname(self, dt: datetime | None) -> str | None:
        return dt.replace(tzinfo=None).astimezone().tzname() if dt else None

    def fromutc(self, dt: datetime) -> datetime:
        local = dt.replace(tzinfo=UTC).astimezone()
        shown = local.replace(tzinfo=self, fold=0)
        return shown if self.utcoffset(shown) == local.utcoffset() else shown.replace(fold=1)
