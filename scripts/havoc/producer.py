"""A producer in a process of its own: enqueues at a steady rate, and writes down what was accepted before it goes on.

    python -m scripts.havoc.producer NAME RATE SEED LOG

One line of LOG for each receipt, on the disk before the next job is sent. SIGTERM ends it.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Any
from uuid import UUID

from mindfleet.errors import QueueUnavailable
from mindfleet.queues import Queue
from mindfleet.receipt import Receipt
from mindfleet.task_queue import TaskQueue

BOT = "aurora"
CHANNELS = 6
LANES = 4
TEXTS = (
    "I work at Google as an engineer",
    "my cat Luna is black and likes to sleep on the piano",
    "I want to run a marathon next year",
    "hello there, how was your day?",
    "my sister Ana lives in Oslo",
    "I don't like coffee any more",
)


@dataclass(frozen=True)
class Wish:
    """One job to enqueue."""

    task: str
    payload: dict[str, Any]
    queue: Queue | None = None
    job_id: str | None = None


@dataclass
class Mind:
    """Makes up what to enqueue: half of it the fleet's own tasks, half of it the tasks of chaos."""

    name: str
    random: Random
    number: int = 0
    lanes: dict[str, int] = field(default_factory=dict[str, int])

    def wish(self) -> Wish:
        self.number += 1
        kinds: tuple[tuple[Callable[[], Wish], float], ...] = (
            (self._message, 0.42),
            (self._thought, 0.08),
            (self._quick, 0.21),
            (self._in_lane, 0.12),
            (self._sent, 0.10),
            (self._sleeper, 0.05),
            (self._changed, 0.02),
        )
        [kind] = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
        return kind()

    def _message(self) -> Wish:
        channel = self.random.randrange(CHANNELS)
        about = {"channel_id": f"{self.name}-{channel}", "message_id": f"{self.name}-m{self.number}"}
        said = {"role": "user", "content": self.random.choice(TEXTS), "sent_at": datetime.now(UTC)}
        return Wish("run_message_intake", {"bot_name": BOT, "user_id": self._user(channel), **about, **said})

    def _thought(self) -> Wish:
        who: dict[str, Any] = {"bot_name": BOT, "user_id": self._user(self.random.randrange(CHANNELS))}
        text = self.random.choice(TEXTS)
        name, more = self.random.choice(
            (
                ("run_knowledge_extraction", {"message": text}),
                ("run_goal_analysis", {"interaction_text": text}),
                ("run_preference_extraction", {"message": text}),
                ("run_reflection", {}),
            )
        )
        return Wish(name, {**who, **more}, job_id=self._id())

    def _quick(self) -> Wish:
        return self._chaos("run_quick", number=self.number)

    def _in_lane(self) -> Wish:
        lane = f"{self.name}-{self.random.randrange(LANES)}"
        self.lanes[lane] = number = self.lanes.get(lane, 0) + 1
        return self._chaos("run_in_lane", lane=lane, number=number, fails=self.random.random() < 0.03)  # noqa: PLR2004

    def _sent(self) -> Wish:
        return self._chaos("run_sent", identity=f"{self.name}-{self.number}")

    def _sleeper(self) -> Wish:
        return self._chaos("run_sleeper", seconds=self.random.uniform(1, 20))

    def _changed(self) -> Wish:
        return self._chaos("run_changed", number=self.number)

    def _chaos(self, name: str, **payload: object) -> Wish:
        return Wish(name, payload, self.random.choice(list(Queue)), self._id())

    def _id(self) -> str:
        return UUID(int=self.random.getrandbits(128)).hex

    def _user(self, channel: int) -> str:
        return f"{self.name}-user-{channel}"


@dataclass(frozen=True)
class Producer:
    queue: TaskQueue
    log: int

    async def enqueue(self, wish: Wish) -> None:
        """Until Redis has it; repeating it under the same id is safe."""
        while True:
            try:
                receipt = await self.queue.enqueue(
                    wish.task, _queue_name=wish.queue, _job_id=wish.job_id, **wish.payload
                )
            except QueueUnavailable as away:
                print(away, flush=True)
                await asyncio.sleep(0.1)
            else:
                return self._write_down(receipt, wish)

    def _write_down(self, receipt: Receipt, wish: Wish) -> None:
        about = {"id": str(receipt), "at": time(), "task": wish.task, "queue": wish.queue, "outcome": receipt.outcome}
        told = {name: wish.payload[name] for name in ("lane", "number", "identity") if name in wish.payload}
        os.write(self.log, json.dumps({**about, **told}).encode() + b"\n")
        os.fsync(self.log)


async def main(name: str, rate: float, seed: int, log: Path) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    mind = Mind(name, Random(seed))  # noqa: S311 - a seeded choice
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    async with TaskQueue() as queue:
        producer, due = Producer(queue, file), monotonic()
        while not stopped.is_set():
            await producer.enqueue(mind.wish())
            due = max(due + 1 / rate, monotonic() - 1)  # what it could not send is made up for, but not for ever
            await asyncio.sleep(max(due - monotonic(), 0))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
