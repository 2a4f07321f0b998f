"""jemalloc for Valkey, where the machine has it.

The images of Redis and of Valkey are built with jemalloc, the wheel with the allocator of the C library. With that one
scripts cost half as much again: what they free in large pieces makes every small piece dearer to find.
"""

import ctypes.util
from collections.abc import Mapping
from functools import cache


@cache
def jemalloc() -> str | None:
    """The name by which the linker knows it, as of Debian's `libjemalloc2`; None where there is none."""
    return ctypes.util.find_library("jemalloc")


def with_jemalloc(environment: Mapping[str, str]) -> dict[str, str]:
    """For a process that is to allocate by it; the same where there is none."""
    name = jemalloc()
    return {**environment, **({"LD_PRELOAD": name} if name else {})}
