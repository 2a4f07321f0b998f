"""Programs beside the stores."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from mindfleet.embedded import runfile, stack
from mindfleet.embedded.program import Program
from mindfleet.embedded.runfile import ProcessRecord, Stack

from .conftest import Soon

pytestmark = pytest.mark.stack

WORKER = """
import os, pathlib, signal, socket, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
child = subprocess.Popen(["sleep", "1000"])
(folder / "child").write_text(str(child.pid))

def drain(*_):
    with socket.create_connection(("127.0.0.1", int(os.environ["STORE_PORT"]))):
        (folder / "drained").touch()
    sys.exit()

signal.signal(signal.SIGTERM, drain if len(sys.argv) == 2 else signal.SIG_IGN)
pathlib.Path(os.environ["MINDFLEET_READY_FILE"]).write_text(str(os.getpid()))
while not (folder / "fail").exists():
    time.sleep(0.01)
sys.exit("it has failed")
"""


@pytest.fixture
async def worker(shared_home: Path, tmp_path: Path) -> AsyncGenerator[Program]:
    """A worker that is up."""
    running = await stack.start(shared_home)
    program = Program(
        name="worker",
        argv=(sys.executable, "-c", WORKER, str(tmp_path)),
        env={"STORE_PORT": port(running)},
        ready_file=tmp_path / "ready",
    )
    await stack.start(shared_home, programs=[program])
    yield program
    await stack.remove(shared_home, [program.name], drain=timedelta(0))


def record(home: Path, name: str = "worker") -> ProcessRecord:
    running = stack.status(home)
    assert running is not None
    found = running.process(name)
    assert found is not None
    return found


def port(running: Stack) -> str:
    """Of Valkey."""
    return running.redis_url.rpartition(":")[2].removesuffix("/0")


def process_in(file: Path) -> psutil.Process:
    return psutil.Process(int(file.read_text()))


async def test_a_worker_is_up_when_it_says_so(shared_home: Path, tmp_path: Path, worker: Program) -> None:
    assert record(shared_home).state == "up"
    assert worker.ready_file is not None
    assert process_in(worker.ready_file).pid == record(shared_home).pid


async def test_a_worker_that_runs_is_left_alone_by_the_next_start(shared_home: Path, worker: Program) -> None:
    before = record(shared_home)
    await stack.start(shared_home, programs=[worker])
    assert record(shared_home) == before


async def test_a_killed_worker_is_replaced_and_its_children_end(
    shared_home: Path, tmp_path: Path, worker: Program, soon: Soon
) -> None:
    before, child = record(shared_home), process_in(tmp_path / "child")
    psutil.Process(before.pid).kill()
    await soon(lambda: record(shared_home).state == "up" and record(shared_home).pid != before.pid)
    await soon(lambda: not child.is_running())
    assert record(shared_home).restarts == 1


async def test_a_worker_that_keeps_failing_is_seen_in_a_crash_loop_until_it_is_started_again(
    shared_home: Path, tmp_path: Path, worker: Program, soon: Soon
) -> None:
    (tmp_path / "fail").touch()
    await soon(lambda: record(shared_home).state == "crash-loop")
    assert record(shared_home).restarts == 6
    assert record(shared_home).last_error == "ended with 1: it has failed"
    (tmp_path / "fail").unlink()
    await stack.start(shared_home, programs=[worker])
    assert record(shared_home).state == "up"
    assert record(shared_home).restarts == 0


async def test_restart_replaces_the_worker_and_keeps_the_stores(shared_home: Path, worker: Program) -> None:
    before = record(shared_home)
    after = await stack.restart(shared_home, programs=[worker])
    assert after.process("valkey") == record(shared_home, "valkey")
    assert record(shared_home).pid != before.pid
    assert record(shared_home).state == "up"


async def test_a_program_that_does_not_come_up_is_taken_back_and_its_last_lines_are_told(shared_home: Path) -> None:
    broken = Program(name="broken", argv=(sys.executable, "-c", "print('colour?'); exit(78)"), ready_file=Path("/no"))
    with pytest.raises(stack.StackFailed, match=r"broken does not stay up: ended with 78(?s:.*)colour?"):
        await stack.start(shared_home, programs=[broken])
    running = stack.status(shared_home)
    assert running is not None
    assert running.process("broken") is None
    assert {process.state for process in running.processes} == {"up"}


async def test_a_program_that_does_not_exist_is_told(shared_home: Path) -> None:
    with pytest.raises(stack.StackFailed, match=r"cannot start: .*No such file.*'/no/such/program'"):
        await stack.start(shared_home, programs=[Program(name="absent", argv=("/no/such/program",))])


async def test_a_program_that_is_never_ready_is_named_when_the_time_is_up(shared_home: Path, tmp_path: Path) -> None:
    log = Path(record(shared_home, "valkey").log).with_name("slow.log")
    log.write_text("an earlier run\n")
    told = (sys.executable, "-c", "import time; print('Redis is away', flush=True); time.sleep(1000)")
    slow = Program(name="slow", argv=told, ready_file=tmp_path / "never")
    with pytest.raises(stack.StackFailed, match=r"slow was not up in time(?s:.*)Redis is away") as failed:
        await stack.start(shared_home, programs=[slow], within=timedelta(seconds=2))
    assert "an earlier run" not in str(failed.value)


async def test_when_the_process_that_the_stack_runs_for_dies_workers_drain_before_the_stores_stop(
    home: Path, tmp_path: Path, soon: Soon
) -> None:
    owner = psutil.Popen(["sleep", "1000"])
    running = await stack.start(home, lifeline=owner.pid)
    argv = (sys.executable, "-c", WORKER, str(tmp_path))
    program = Program(name="worker", argv=argv, env={"STORE_PORT": port(running)}, ready_file=tmp_path / "ready")
    await stack.start(home, programs=[program])
    owner.kill()
    owner.wait()
    await soon(lambda: not running.supervisor.alive())
    assert (tmp_path / "drained").exists()
    assert runfile.read_unverified(home) is None


async def test_a_second_stop_cuts_the_patience_of_the_first_short(home: Path, tmp_path: Path, soon: Soon) -> None:
    argv = (sys.executable, "-c", WORKER, str(tmp_path), "ignore SIGTERM")
    await stack.start(home, programs=[Program(name="worker", argv=argv, ready_file=tmp_path / "ready")])
    patient = asyncio.create_task(stack.stop(home, drain=timedelta(minutes=5)))
    await soon(lambda: record(home).state == "draining")
    await stack.stop(home, drain=timedelta(0))
    assert await patient
    assert stack.status(home) is None


async def test_runs_without_stores_until_somebody_wants_them(home: Path, tmp_path: Path) -> None:
    program = Program(
        name="worker",
        argv=(sys.executable, "-c", WORKER, str(tmp_path)),
        env={"STORE_PORT": "1"},
        ready_file=tmp_path / "ready",
    )
    try:
        alone = await stack.start(home, programs=[program], stores=False)
        assert [process.name for process in alone.processes] == ["worker"]
        assert alone.redis_url == ""
        pid = record(home).pid
        whole = await stack.start(home)
        assert {process.state for process in whole.processes if process.kind == "store"} == {"up"}
        assert whole.redis_url
        assert record(home).pid == pid
    finally:
        await stack.stop(home, drain=timedelta(0))
