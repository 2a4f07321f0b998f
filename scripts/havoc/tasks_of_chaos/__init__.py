"""Jobs that note their starts and ends; some sleep, fail, block the event loop, or send something out of the house."""

import asyncio
import json
import os
import time
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from mindfleet.errors import Transient
from mindfleet.job import Done, Job
from mindfleet.outbox import Carrier, NotSent, Outbox
from mindfleet.ports.effects import Payload
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import task
from scripts.havoc.tasks_of_chaos.journal import note, noted

RECEIVER = "CHAOS_RECEIVER"
"""Names the environment variable with the port of the receiver of effects."""

VERSION = "CHAOS_VERSION"
"""Names the environment variable that says which version of the fleet this process belongs to: 1 or 2."""

LONG = timedelta(seconds=30)
AGAIN = Retry(attempts=20, first=timedelta(seconds=0.2), cap=timedelta(seconds=2))
OK = 200


class Quick(Job):
    number: int


class Sleeper(Job):
    seconds: float


class InLane(Job):
    lane: str
    number: int
    fails: bool = False
    """The first time that it starts."""

    def order(self) -> str:
        return f"chaos:{self.lane}"


class Blocker(Job):
    seconds: float


class Sent(Job):
    identity: str


class Changed(Job):
    """Whose newer version an older worker does not know."""

    version: ClassVar[int] = int(os.environ.get(VERSION, "1"))
    number: int


@task(queue=Queue.SENSORY, timeout=LONG, retry=AGAIN)
async def run_quick(_job: Quick) -> None:
    """Do nothing."""
    with noted():
        pass


@task(queue=Queue.COGNITION, timeout=LONG, retry=AGAIN)
async def run_sleeper(job: Sleeper) -> None:
    """Take a while."""
    with noted():
        await asyncio.sleep(job.seconds)


@task(queue=Queue.SOCIAL, timeout=LONG, retry=AGAIN)
async def run_in_lane(job: InLane) -> None:
    """Be one of several that have an order."""
    with noted(lane=job.lane, number=job.number) as start:
        await asyncio.sleep(0.01)
        if job.fails and start == 1:
            raise Transient("as was to be expected")


@task(queue=Queue.SENSORY, timeout=LONG, retry=AGAIN)
async def run_blocker(job: Blocker) -> None:
    """Let nothing else happen in this process, once."""
    with noted() as start:
        if start == 1:
            note("blocks", seconds=job.seconds)
            time.sleep(job.seconds)  # noqa: ASYNC251 - that is what is tried


@task(queue=Queue.SENSORY, timeout=LONG, retry=AGAIN)
async def run_changed(_job: Changed) -> None:
    """Exist in two versions."""
    with noted():
        pass


@task(queue=Queue.ACTION, timeout=LONG, retry=AGAIN)
async def run_sent(job: Sent, outbox: Outbox) -> Done:
    """Have an effect."""
    with noted():
        return Done(result={"effect": await outbox.send(EFFECTS, {"identity": job.identity})})


async def _send(key: UUID, payload: Payload) -> str:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ[RECEIVER]))
    except OSError as error:
        raise NotSent(error) from error
    try:
        body = json.dumps(payload).encode()
        head = f"POST / HTTP/1.1\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        status, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    if not status or int(status.split()[1]) != OK:
        raise ConnectionResetError("nobody knows whether it was sent")
    return str(json.loads(answer)["id"])


EFFECTS = Carrier(kind="chaos.effect", send=_send, keeps_keys=True)
