"""What Redis is told of a job."""

from datetime import timedelta

from mindfleet import NEVER, BotJob, Queue, task
from mindfleet.filing import entrant_of
from mindfleet.options import Said
from mindfleet.wire import ENCODERS

MINUTE = timedelta(minutes=1)


class Note(BotJob):
    about: str

    def key(self) -> str:
        return self.about

    def order(self) -> str:
        return self.about


@task(queue=Queue.SENSORY, timeout=MINUTE, retry=NEVER)
async def run_note(job: Note) -> None:
    """Write a line."""


@task(queue=Queue.SENSORY, timeout=MINUTE, retry=NEVER, supersede=True)
async def run_newest(job: Note) -> None:
    """Write only the last line."""


def test_a_job_is_known_by_a_name_that_postgresql_can_keep() -> None:
    """From there it would come back under another one, and run beside itself."""
    job = Note(bot_name="juniper", about="a\0b")
    plain, newest = (entrant_of(each, job, Said(), ENCODERS["json"]) for each in (run_note, run_newest))

    assert (plain.job_id, plain.lane) == ("run_note:a\ufffdb", "a\ufffdb")
    assert newest.name == "run_newest:a\ufffdb"
