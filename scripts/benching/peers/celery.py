"""Celery: threads, so that a slot costs what it does elsewhere; acknowledged late, so that a lost job comes back."""

import time
from typing import Any

from celery import Celery as Application

from scripts.benching.peers import program
from scripts.benching.peers.threaded import Threaded

PROBE = program.probe()
APPLICATION: Any = Application("bench", broker=program.REDIS_URL)
APPLICATION.conf.update(
    task_default_queue=program.QUEUE,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_hijack_root_logger=False,
)


def _nothing() -> None:
    PROBE.count()


def _hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    time.sleep(hold_s)


nothing = APPLICATION.task(name="nothing")(_nothing)
hold = APPLICATION.task(name="hold")(_hold)


class Celery(Threaded):
    def send(self) -> None:
        nothing.delay()

    def send_hold(self, sent_ns: int, hold_s: float) -> None:
        hold.delay(sent_ns, hold_s)

    def work(self, slots: int) -> None:
        options = ["--pool", "threads", "--concurrency", str(slots), "--loglevel", "ERROR"]
        APPLICATION.worker_main(["worker", *options, "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    program.main(Celery())
