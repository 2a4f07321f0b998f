"""Valkey allocates by jemalloc where the machine has it."""

import subprocess
import sys

import pytest

from mindfleet.embedded.servers import allocator

LOOK = "print('jemalloc' in open('/proc/self/maps').read())"


def test_a_process_allocates_by_it_where_there_is_one() -> None:
    env = allocator.with_jemalloc({"A": "b"})

    told = subprocess.run([sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=True)

    assert (told.stdout.strip(), told.stderr) == (str(allocator.jemalloc() is not None), "")


def test_nothing_is_changed_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "jemalloc", lambda: None)

    assert allocator.with_jemalloc({"A": "b"}) == {"A": "b"}
