"""Sees that nothing outlives the supervisor: waits until the supervisor dies, then ends what it left behind.

Its standard input is a pipe whose other end only the supervisor holds; the kernel closes that end however the
supervisor dies. One that stops in good order says FAREWELL first.
"""

import argparse
import sys
from pathlib import Path

from mindfleet.embedded import leftovers, runfile
from mindfleet.embedded.identity import Identity, session_members

FAREWELL = b"farewell\n"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--socket", type=Path, required=True)
    arguments.add_argument("--pid", type=int, required=True)
    arguments.add_argument("--birth", required=True)
    options = arguments.parse_args()
    supervisor = Identity(options.pid, options.birth)
    if sys.stdin.buffer.read() != FAREWELL:
        _clean_up_after(supervisor, options.home)
        if not options.socket.is_relative_to(options.home):  # in the home it may be the next supervisor's by now
            leftovers.remove_socket(options.socket)


def _clean_up_after(supervisor: Identity, home: Path) -> None:
    """What is recorded first, in good order; then whatever else is of the supervisor's session.

    By now the file may describe the next supervisor's stack, which is not touched.
    """
    session = session_members(supervisor.pid)
    stack = runfile.read_unverified(home)
    if stack is not None and stack.supervisor == supervisor:
        leftovers.end_processes(stack)
    leftovers.end_all(leftovers.terminated(session), leftovers.WORKER_PATIENCE)


if __name__ == "__main__":
    main()
