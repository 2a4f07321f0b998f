"""The processes of a stack, as rows."""

from datetime import UTC, datetime
from typing import Any

import psutil

from mindfleet.cli.printing import short, show, state, table
from mindfleet.embedded.runfile import ProcessRecord, Stack


def show_processes(stack: Stack) -> None:
    """What runs, in a table."""
    if not stack.processes:
        show("nothing is running")
        return
    table(("process", "state", "pid", "up"), [_row(record) for record in stack.processes], numbers=("pid", "up"))


def described(record: ProcessRecord) -> dict[str, Any]:
    """One process for `--json`."""
    return {
        "name": record.name,
        "kind": record.kind,
        "state": record.state,
        "pid": record.pid,
        "restarts": record.restarts,
        "started_at": record.started_at,
        "last_error": record.last_error,
        "log": record.log,
        "health": record.health,
    }


def measured(records: list[ProcessRecord], *, seconds: float = 0.1) -> dict[str, tuple[int, float]]:
    """Resident bytes and CPU in percent of one core over a moment, children included, by name."""
    families = {record.name: _family(record) for record in records}
    for member in (member for family in families.values() for member in family):
        _usage(member)
    psutil.cpu_percent(interval=seconds)
    used = {name: [_usage(member) for member in family] for name, family in families.items()}
    return {name: (sum(size for size, _ in usages), sum(cpu for _, cpu in usages)) for name, usages in used.items()}


def _family(record: ProcessRecord) -> list[psutil.Process]:
    if record.identity is None or not record.identity.alive():
        return []
    try:
        process = psutil.Process(record.identity.pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _usage(process: psutil.Process) -> tuple[int, float]:
    try:
        return process.memory_info().rss, process.cpu_percent()
    except psutil.NoSuchProcess:
        return 0, 0.0


def _row(record: ProcessRecord) -> tuple[object, ...]:
    return record.name, state(record.state), record.pid, uptime(record)


def uptime(record: ProcessRecord) -> str:
    """How long it has been running; empty when it is not."""
    return short(datetime.now(UTC) - datetime.fromisoformat(record.started_at)) if record.started_at else ""
