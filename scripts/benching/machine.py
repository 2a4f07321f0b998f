"""The machine that is measured on, and how busy it is."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.benching.checkout import commit


def machine(store: str) -> dict[str, Any]:
    """Where this was measured, and how busy the machine was when it began."""
    return {
        "at": now(),
        "cpus": os.cpu_count(),
        "cpu": _cpu(),
        "system": platform.platform(),
        "commit": commit(),
        "python": platform.python_version(),
        "store": f"{store}, append-only file, fsync every second, loopback",
        "load_at_start": load(),
    }


def now() -> str:
    """In UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load() -> list[float]:
    """Processes that ran or wanted to, over the last one, five and fifteen minutes: beyond the CPUs, they waited."""
    return [round(average, 2) for average in os.getloadavg()]


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())
