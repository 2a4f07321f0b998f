"""How a job ended, as far as that is kept."""

from dataclasses import dataclass
from typing import Any

from mindfleet.jobs import JobHandle, JobPending, JobStatus
from mindfleet.wire import JobFailed


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A job that has ended."""

    result: Any = None
    """What it returned; None too when that is not kept."""

    error: JobFailed | None = None

    @property
    def state(self) -> str:
        return "failed" if self.error else "done"

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        error = {"error": self.error.kind, "message": self.error.message} if self.error else None
        return {"state": self.state, "result": self.result, "error": error}


async def ended(handle: JobHandle) -> Ended | None:
    """How it ended; None: it has not, or nothing is kept of it."""
    if await handle.status() not in (JobStatus.DONE, JobStatus.FAILED):
        return None
    try:
        return Ended(result=await handle.result())
    except JobFailed as error:
        return Ended(error=error)
    except JobPending:
        return Ended()
