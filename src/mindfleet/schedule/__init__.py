"""When a task is done by itself: at local times, in a zone, with a rule for what was missed."""

from mindfleet.schedule.spec import BOT, CatchUp, Schedule, ScheduleInvalid, Zone
from mindfleet.schedule.wall import Occurrence

__all__ = ["BOT", "CatchUp", "Occurrence", "Schedule", "ScheduleInvalid", "Zone"]
