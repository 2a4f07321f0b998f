"""Dramatiq: one process a worker and a thread a slot, as its command line starts them."""

import os
import sys
import time
from typing import Any

from dramatiq import actor, set_broker
from dramatiq.brokers.redis import RedisBroker

from scripts.benching.peers import program
from scripts.benching.peers.threaded import Threaded

PROBE = program.probe()
BROKER: Any = RedisBroker(url=program.REDIS_URL)
set_broker(BROKER)


def _nothing() -> None:
    PROBE.count()


def _hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    time.sleep(hold_s)


OPTIONS: Any = {"queue_name": program.QUEUE, "time_limit": program.JOB_TIMEOUT_S * 1000}
nothing: Any = actor(_nothing, actor_name="nothing", **OPTIONS)
hold: Any = actor(_hold, actor_name="hold", **OPTIONS)


class Dramatiq(Threaded):
    def send(self) -> None:
        nothing.send()

    def send_hold(self, sent_ns: int, hold_s: float) -> None:
        hold.send(sent_ns, hold_s)

    def work(self, slots: int) -> None:
        options = ["--processes", "1", "--threads", str(slots), "--skip-logging"]
        command = [sys.executable, "-m", "dramatiq", "scripts.benching.peers.dramatiq", *options]
        os.execv(sys.executable, command)  # noqa: S606 - its own command line


if __name__ == "__main__":
    program.main(Dramatiq())
