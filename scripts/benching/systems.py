"""The systems that can be measured, and what each needs to be installed."""

from dataclasses import dataclass

OURS = "ours"
STOCK = "arq"
CEILING = "ceiling"


@dataclass(frozen=True, kw_only=True)
class System:
    name: str
    requirements: tuple[str, ...] = ()
    """What is installed for it; nothing for what runs in the checkout's own environment."""

    package: str = ""
    """Whose version is reported."""

    settings: str
    has_bulk: bool = False
    runs_jobs: bool = True
    native_core: bool = False
    """Whether its hot path is not Python, so that it is reported apart."""

    crowds: bool = False
    """Whether its program can be many workers in one process."""

    worker_first: bool = False
    """Whether its producers do less for queues that no worker has been at yet, as no queue in use is."""

    keeps_ledger: bool = False
    """Whether its jobs are copied to PostgreSQL."""

    polls: bool = False
    """Whether it sleeps between polls, so that a short window would catch one poll more or less."""

    @property
    def module(self) -> str:
        return f"scripts.benching.peers.{self.name}"


SYSTEMS = {
    system.name: system
    for system in (
        System(
            name=CEILING,
            settings="one script a batch of as many jobs as slots: pop it, delete the one before; no job is run",
            has_bulk=True,
            runs_jobs=False,
        ),
        System(
            name=OURS,
            settings=(
                "payloads validated, leases of 3 s, jobs deduplicated by name until done, ledger written to PostgreSQL "
                "by the workers, events told; results kept for an hour"
            ),
            has_bulk=True,
            worker_first=True,
            keeps_ledger=True,
            crowds=True,
        ),
        System(
            name=STOCK,
            requirements=("arq",),
            package="arq",
            settings="its defaults, results kept for an hour",
            polls=True,
            crowds=True,
        ),
        System(
            name="saq",
            requirements=("saq[redis,hiredis]", "typing_extensions"),
            package="saq",
            settings="dequeue_timeout=1; jobs: timeout=300, retries=2; results kept for ten minutes",
        ),
        System(
            name="streaq",
            requirements=("streaq", "uvloop"),
            package="streaq",
            settings="uvloop; tasks: timeout=300, silent; results kept for five minutes",
            has_bulk=True,
        ),
        System(
            name="taskiq",
            requirements=("taskiq", "taskiq-redis", "redis[hiredis]", "uvloop"),
            package="taskiq",
            settings="RedisStreamBroker, xread_count and max-prefetch as slots; uvloop; results kept for ten minutes",
        ),
        System(
            name="celery",
            requirements=("celery[redis]", "redis[hiredis]"),
            package="celery",
            settings="threads; acks_late; results ignored, as its guide advises; no gossip, no mingle",
        ),
        System(
            name="dramatiq",
            requirements=("dramatiq[redis]", "redis[hiredis]"),
            package="dramatiq",
            settings="one process, a thread a slot; results not kept, its default",
        ),
        System(
            name="docket",
            requirements=("pydocket", "redis[hiredis]"),
            package="pydocket",
            settings="minimum_check_interval=100 ms, two connections a slot; redelivery_timeout=300 s",
            has_bulk=True,
        ),
        System(
            name="ardiq",
            requirements=("ardiq",),
            package="ardiq",
            settings="its defaults",
            has_bulk=True,
            native_core=True,
        ),
    )
}
