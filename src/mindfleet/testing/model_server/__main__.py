"""Run the scripted model server as a process: prints its address and answers until it is stopped.

python -m mindfleet.testing.model_server --port 8100 --cycle answers,answers,limits,fails
"""

import argparse
import asyncio
import signal
from datetime import timedelta
from itertools import cycle

from mindfleet.testing.model_server.behaviours import (
    Answers,
    Behaviour,
    Cuts,
    Drips,
    Exchange,
    Fails,
    Filters,
    Garbles,
    HangsUp,
    Limits,
    Refuses,
    Says,
    Waits,
    Wraps,
)
from mindfleet.testing.model_server.protocol import Rules
from mindfleet.testing.model_server.server import ScriptedModelServer

_BY_NAME: dict[str, Behaviour] = {
    "answers": Answers(),
    "wraps": Wraps(),
    "cuts": Cuts(),
    "prose": Says("I would rather talk about the weather."),
    "refuses": Refuses(),
    "filters": Filters(),
    "garbles": Garbles(),
    "hangs-up": HangsUp(),
    "drips": Drips(timedelta(milliseconds=200)),
    "limits": Limits(),
    "fails": Fails(),
}


class _Cycle:
    """One behaviour after the other, over and over, each after a pause."""

    def __init__(self, names: list[str], pause: timedelta) -> None:
        self._behaviours = cycle([_BY_NAME[name] for name in names])
        self._pause = pause

    async def respond(self, exchange: Exchange) -> None:
        await Waits(self._pause, next(self._behaviours)).respond(exchange)


def main() -> None:
    options = _options()
    asyncio.run(_run(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mindfleet.testing.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--api-key", help="demand this key")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before every answer")
    parser.add_argument("--dimensions", type=int, default=384, help="of embeddings")
    parser.add_argument(
        "--cycle", type=_names, default=["answers"], metavar="NAMES", help=f"some of {','.join(_BY_NAME)}, in turn"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in _BY_NAME]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown {', '.join(unknown)}: choose from {', '.join(_BY_NAME)}")
    return names


async def _run(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopped.set)
    rules = Rules(api_key=options.api_key, dimensions=options.dimensions)
    async with ScriptedModelServer(rules=rules, port=options.port) as server:
        server.script([], then=_Cycle(options.cycle, timedelta(seconds=options.latency)))
        print(server.url, flush=True)  # noqa: T201  the address is this program's output
        await stopped.wait()


if __name__ == "__main__":
    main()
