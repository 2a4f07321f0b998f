"""The single runs. Each takes a stage and a system, and returns figures of that run by name."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from mindfleet.runtime.ledger_entries import STREAM
from scripts.benching.processes import BenchFailed, Process, waited_for
from scripts.benching.stage import SETTLED_AFTER, Produced, Run, Stage, finished
from scripts.benching.statistics import percentiles
from scripts.benching.systems import System

Found = dict[str, float]

IDLE_SLOTS = 32
COUNTED_JOBS = 1000
BOTH_STARTED_WITHIN = 1.0

SECOND_IS_UP_AFTER = 3.0
FIRST_DONE_WITHIN = 10.0

OVERFILLED_AFTER = 2.0
"""For how long after all slots are filled a system shows that it starts more jobs than it has."""

LOG_NORMAL_MU, LOG_NORMAL_SIGMA = 2.3, 0.8
LOG_NORMAL_RANGE = 2.0, 60.0
LOG_NORMAL_MEAN_S = 13.5
"""Half take more than ten seconds. The mean is that of the durations as they are cut to the range."""


@dataclass
class Usage:
    """What workers and Redis have used so far."""

    at: float
    ran: int
    workers_s: float
    redis_s: float
    ledger_s: float
    bytes: int

    @classmethod
    def of(cls, run: Run) -> "Usage":
        return cls(
            bytes=run.store.traffic(),
            workers_s=sum(worker.cpu_s() for worker in run.workers),
            redis_s=run.store.process.cpu_s(),
            ledger_s=run.ledger.process.cpu_s() if run.ledger else 0.0,
            ran=run.readings.ran(),
            at=time.monotonic(),
        )


def throughput(stage: Stage, system: System, *, slots: int, processes: int, jobs: int, window_s: float) -> Found:
    """How many no-op jobs a second run, while more of them wait than can; and what one costs.

    From when every worker process has run a job, or a second after the first has, until the window is over or all
    have run.
    """
    with stage.run(system) as run:
        run.settle_in()
        run.fill(jobs)
        ran, were = run.readings.ran(), run.readings.processes()
        run.start_workers(slots, processes)
        run.wait_for_jobs(ran + 1)
        first = time.monotonic()
        while run.readings.processes() < were + processes and time.monotonic() - first < BOTH_STARTED_WITHIN:
            time.sleep(0.001)
        return _worked(run, ran + jobs, window_s)


def _worked(run: Run, jobs: int, window_s: float) -> Found:
    before = Usage.of(run)
    while time.monotonic() - before.at < window_s and run.readings.ran() < jobs:
        time.sleep(0.001)
    after = Usage.of(run)
    seconds, ran = after.at - before.at, after.ran - before.ran
    if not ran:
        raise BenchFailed(f"no job ran within {seconds:.1f} s after the first")
    ledger = _ledger(run, (after.ledger_s - before.ledger_s) / ran * 1e6) if run.ledger else {}
    return {
        **ledger,
        "jobs": ran,
        "seconds": seconds,
        "jobs_s": ran / seconds,
        "worker_cpu_us": (after.workers_s - before.workers_s) / ran * 1e6,
        "redis_cpu_us": (after.redis_s - before.redis_s) / ran * 1e6,
        "worker_bytes": (after.bytes - before.bytes) / ran,
        "rss_mb": sum(worker.rss_mb() for worker in run.workers) / len(run.workers),
    }


def _ledger(run: Run, cpu_us: float) -> Found:
    """What PostgreSQL cost, and how far it is behind: what has not been written is not in the cost either."""
    return {
        "ledger_cpu_us": cpu_us,
        "ledger_behind": run.store.length(STREAM),
        "ledger_lag_ms": run.store.oldest_ms(STREAM),
    }


def enqueue(stage: Stage, system: System, *, jobs: int, seconds: float) -> Found:
    """Jobs that a producer sends in a second: awaited one by one, with 32 in flight, and in bulk."""
    found: Found = {}
    with stage.run(system) as run:
        run.settle_in()
        before = run.store.traffic()
        single = run.produce("single", "--jobs", jobs, "--seconds", seconds)
        found["single_bytes"] = (run.store.traffic() - before) / single["jobs"]
        found |= _rate("single", single)
        found |= _rate("in_flight", run.produce("single", "--jobs", jobs, "--seconds", seconds, "--in-flight", 32))
        if system.has_bulk:
            found |= _rate("bulk", run.produce("bulk", "--jobs", jobs * 5, "--seconds", seconds))
        if copied := run.write_down():
            found["ledger_us"] = copied.cpu_s / copied.entries * 1e6
            found["ledger_jobs_s"] = copied.entries / copied.seconds
    return found


def _rate(name: str, produced: Produced) -> Found:
    jobs = produced["jobs"]
    return {f"{name}_jobs_s": jobs / produced["seconds"], f"{name}_cpu_us": produced["cpu_s"] / jobs * 1e6}


def idle_pickup(stage: Stage, system: System, *, jobs: int, gap_s: float) -> Found:
    """Milliseconds from before the enqueue to the start of the job, of single jobs sent to an idle worker."""
    with stage.run(system) as run:
        run.start_workers(IDLE_SLOTS)
        run.produce("pickups", "--jobs", 1, "--gap", 0)
        run.wait_for_jobs(1)
        run.produce("pickups", "--jobs", jobs + 1, "--gap", gap_s)
        run.wait_for_jobs(jobs + 2)
        return percentiles(_latencies_ms(run)[2:])


def loaded_pickup(stage: Stage, system: System, *, load: float, hold_s: float, seconds: float) -> Found:
    """The same while that share of the slots is taken on average, by jobs that each hold one for so long."""
    gap_s = hold_s / (IDLE_SLOTS * load)
    jobs = round(seconds / gap_s)
    with stage.run(system) as run:
        run.start_workers(IDLE_SLOTS)
        run.produce("pickups", "--jobs", 1, "--gap", 0)
        run.wait_for_jobs(1)
        produced = run.produce("pickups", "--jobs", jobs, "--gap", gap_s, "--hold", hold_s)
        run.wait_for_jobs(jobs + 1)
        latencies = _latencies_ms(run)[1 + jobs // 10 :]
    return {**percentiles(latencies), "jobs": len(latencies), "producer_late_ms": produced["latest_s"] * 1000}


def _latencies_ms(run: Run) -> list[float]:
    return [(started - sent) / 1e6 for sent, started in run.readings.pickups()]


def commands(stage: Stage, system: System) -> Found:
    """Commands for each job: those that clients send, and those that scripts run, at 32 slots under load."""
    with stage.run(system) as run:
        run.settle_in()
        with run.store.watched() as sending:
            run.produce("single", "--jobs", COUNTED_JOBS, "--in-flight", 32)
        before = run.readings.ran()
        with run.store.watched() as working:
            run.start_workers(IDLE_SLOTS)
            run.wait_for_jobs(before + COUNTED_JOBS)
            time.sleep(SETTLED_AFTER)
    return {
        "enqueue_sent": sending.sent / COUNTED_JOBS,
        "enqueue_in_scripts": sending.in_scripts / COUNTED_JOBS,
        "work_sent": working.sent / COUNTED_JOBS,
        "work_in_scripts": working.in_scripts / COUNTED_JOBS,
        "sent": (sending.sent + working.sent) / COUNTED_JOBS,
        "in_scripts": (sending.in_scripts + working.in_scripts) / COUNTED_JOBS,
    }


def backlogs(
    stage: Stage, beside: Stage, system: System, *, few: int, many: int, fill_s: float, first: int, times: int
) -> list[tuple[Found, Found]]:
    """What one job costs while few wait and while many do: of the first jobs of a worker that has just started.

    Args:
        stage: where many wait.
        beside: where few do, in another Redis of the same kind: in one, few would be measured beside many.
        system: whose.
        few: how many jobs wait there,
        many: and here.
        fill_s: for how long they may be sent; fewer wait when that is too short, and `waiting` of a run says how many.
        first: how many jobs are measured of each worker.
        times: how many workers in each Redis, in turn; of many, what each ran until it ended is gone, thousands may be.

    Returns:
        For each turn what was found with few and with many.
    """
    with stage.run(system) as deep, beside.run(system) as shallow, deep.store.growing():
        for run in (deep, shallow):
            run.settle_in()
        many = deep.fill(many, within_s=fill_s)
        found: list[tuple[Found, Found]] = []
        for _ in range(times):
            shallow.fill(few)
            with_few = {**_first_jobs(shallow, first), "waiting": few}
            found.append((with_few, {**_first_jobs(deep, first), "waiting": many}))
        return found


def _first_jobs(run: Run, first: int) -> Found:
    """Of a worker that starts now, and then ends."""
    before = run.readings.ran()
    run.start_workers(IDLE_SLOTS)
    run.wait_for_jobs(before + 1)
    found = _worked(run, before + first, FIRST_DONE_WITHIN)
    time.sleep(SETTLED_AFTER)
    run.workers.pop().stop()
    return found


def recovery(stage: Stage, system: System, *, jobs: int, cut_off_s: float) -> Found:
    """Seconds from the SIGKILL of a worker to the next start of each of its jobs, on another that was idle.

    A job that has not started again when the wait is cut off counts as having taken until then.
    """
    with stage.run(system) as run:
        run.settle_in()
        before = run.readings.ran()
        run.start_workers(jobs)
        run.produce("pickups", "--jobs", jobs, "--gap", 0, "--hold", 2 * cut_off_s)
        run.wait_for_jobs(before + jobs)
        run.start_workers(jobs)
        time.sleep(SECOND_IS_UP_AFTER)  # it has no job by which to know
        run.workers.pop(0).stop()
        killed = time.monotonic_ns()
        with suppress(BenchFailed):
            waited_for(lambda: run.readings.ran() >= before + 2 * jobs, cut_off_s, "not all started again", every=0.01)
        again = [(started - killed) / 1e9 for _, started in run.readings.pickups() if started > killed]
    late = [cut_off_s] * (jobs - len(again))
    return {**percentiles([*again, *late]), "jobs": jobs, "not_started_again": len(late)}


def crowd(stage: Stage, system: System, *, slots: int, processes: int, each: int, hold_s: float) -> Found:
    """What share of their slots many workers of one queue fill, when there are more jobs than slots."""
    room = slots * processes * each
    with stage.run(system) as run:
        run.settle_in()
        before = run.readings.ran()
        run.produce("pickups", "--jobs", room + room // 4, "--gap", 0, "--hold", hold_s)
        run.start_workers(slots, processes, each=each)
        run.wait_for_jobs(before + 1)
        with suppress(BenchFailed):
            waited_for(lambda: run.readings.ran() - before >= room, hold_s, "not all slots were filled", every=0.05)
            time.sleep(OVERFILLED_AFTER)
        starts = sorted(started for _, started in run.readings.pickups())
    return {"slots": room, "filled": sum(start < starts[0] + hold_s * 1e9 for start in starts) / room}


def log_normal(
    stage: Stage, system: System, *, queues: Mapping[str, int], load: float, seconds: float
) -> dict[str, Found]:
    """Pickup on several queues at once, of jobs of 2 to 60 seconds, as long as calls to models take; in real time.

    Args:
        queues: by name, how many slots the one worker of each has.
        load: the share of its slots that is taken on average.
        seconds: for how long jobs are sent.
    """
    with stage.run(system) as run:
        for queue, slots in queues.items():
            run.start_workers(slots, queue=queue)
            run.produce("pickups", "--jobs", 1, "--gap", 0, queue=queue)
        producers = {queue: _start_log_normal(run, queue, slots * load, seconds) for queue, slots in queues.items()}
        sent = {queue: finished(producer)["jobs"] for queue, producer in producers.items()}
        return {queue: _pickups_of(run, queue, int(jobs)) for queue, jobs in sent.items()}


def _start_log_normal(run: Run, queue: str, busy: float, seconds: float) -> Process:
    gap_s = LOG_NORMAL_MEAN_S / busy
    shape = ("--lognormal", LOG_NORMAL_MU, LOG_NORMAL_SIGMA, *LOG_NORMAL_RANGE)
    return run.start_producer("pickups", "--jobs", max(2, round(seconds / gap_s)), "--gap", gap_s, *shape, queue=queue)


def _pickups_of(run: Run, queue: str, jobs: int) -> Found:
    readings = run.readings_of(queue)
    waited_for(lambda: readings.ran() > jobs, 2 * LOG_NORMAL_RANGE[1], f"{jobs} jobs of {queue} did not start")
    latencies = [(started - sent) / 1e6 for sent, started in readings.pickups()][1:]
    return {**percentiles(latencies), "jobs": len(latencies)}
