"""What was done by itself, without a database, for the life of the object."""

from collections.abc import Collection, Sequence

from mindfleet.ports.last_runs import ScheduledRun


class InMemoryLastRuns:
    """`LastRuns` in memory."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str, str], ScheduledRun] = {}

    async def note(self, runs: Sequence[ScheduledRun]) -> None:
        for run in runs:
            self.runs.setdefault((run.name, run.bot, run.job_id), run)

    async def newest(self, of: Collection[tuple[str, str]]) -> list[ScheduledRun]:
        found: dict[tuple[str, str], ScheduledRun] = {}
        for run in sorted(self.runs.values(), key=lambda run: (run.due, run.job_id)):
            found[run.name, run.bot] = run
        return [found[place] for place in of if place in found]
