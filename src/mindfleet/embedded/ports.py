"""TCP ports on the loopback interface."""

import random
import socket
from collections.abc import Collection
from itertools import islice

LOOPBACK = "127.0.0.1"

_RANGE = range(20_000, 32_000)
"""Below Linux' ephemeral ports, so that no outgoing connection sits on a port that we come back to."""


def free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def pick(count: int, *, avoid: Collection[int] = ()) -> tuple[int, ...]:
    """So many different free ports, at random."""
    candidates = random.sample(_RANGE, len(_RANGE))
    chosen = tuple(islice((port for port in candidates if port not in avoid and free(port)), count))
    if len(chosen) < count:
        raise OSError(f"no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")
    return chosen
