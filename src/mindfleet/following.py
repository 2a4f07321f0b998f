"""The facade's other half: what became of the jobs that were given to the fleet."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from typing import Any

from mindfleet import options
from mindfleet.jobs import Desk, JobHandle
from mindfleet.results import Result, follow_results, starting_place


class Following(ABC):
    """Follows jobs."""

    @property
    @abstractmethod
    def _desk(self) -> Desk:
        """The connections of the running event loop, and what goes with them."""

    def job(self, job_id: str) -> JobHandle:
        """One job: its status, result and events, and how to cancel it.

        Raises:
            InvalidJob: that is no id of a job.
        """
        return JobHandle(options.known_id(job_id), self._desk)

    async def wait(self, job_id: str, timeout: float = 30, *, cancel_on_timeout: bool = False) -> Any:  # noqa: ANN401, ASYNC109 - each task has its own result
        """The result of a job, as soon as there is one; see `JobHandle.wait`."""
        return await self.job(job_id).wait(timeout, cancel_on_timeout=cancel_on_timeout)

    def results(self, *, bot_name: str | None = None, after: str = "$") -> AsyncGenerator[Result]:
        """How the jobs of the whole fleet end, one after the other; for ever, through every loss of Redis.

        It ends by `QueueUnavailable` when the task queue is closed, and can then be resumed from the last `id`.

        Args:
            bot_name: only those of that bot.
            after: the `id` of the last one that is known; `0` for all that are kept
                (`MINDFLEET_QUEUE__RESULTS_KEPT`), `$` for those that end once it is first asked for the next.

        Raises:
            InvalidJob: `after` is no id.
        """
        desk = self._desk
        return follow_results(desk.redis, bot_name, starting_place(after, or_now=True), desk.room.guests)
