"""`pause`, `resume` and `limit`: what may run, changed while the fleet runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar, cast

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.gates import named
from mindfleet.cli.printing import emit, table, tell
from mindfleet.cli.queues import connected
from mindfleet.cli.targets import queue_called
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.settings import Settings
from mindfleet.steering import Gate, Limited, Pausable, Steering

T = TypeVar("T")

Paused = Annotated[Pausable, typer.Argument(metavar="queue|task|bot", help="Whose jobs.")]
Kind = Annotated[
    Literal["queue", "task", "bot", "group"] | None,
    typer.Argument(metavar="[queue|task|bot|group]", show_default=False),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="For example sensory, run_reflection or luna.")]
LimitedName = Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)]
Most = Annotated[str | None, typer.Argument(metavar="[N|off]", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]

OFF = "off"


def pause(context: typer.Context, kind: Paused, name: Name, *, as_json: AsJson = False) -> None:
    """Let no more jobs of a queue, a task or a bot start; those that run go on, the others wait.

    A limit of that task or bot is kept, and holds again once it is resumed.

    Example: ./bot.sh pause task run_reflection
    """
    settings = Call.of(context).settings()
    full = _full(settings, kind, name)
    asyncio.run(_steer(settings, lambda steering: steering.pause(kind, full)))
    _say(f"{kind} {full} is paused; ./bot.sh resume {kind} {name} ends that", as_json, kind=kind, name=full, most=0)


def resume(context: typer.Context, kind: Paused, name: Name, *, as_json: AsJson = False) -> None:
    """Let the jobs of a paused queue, task or bot start again.

    Example: ./bot.sh resume task run_reflection
    """
    settings = Call.of(context).settings()
    full = _full(settings, kind, name)
    through = asyncio.run(_steer(settings, lambda steering: steering.resume(kind, full)))
    jobs = "1 job" if through == 1 else f"{through} jobs"
    _say(f"{kind} {full} runs; {jobs} waited for that", as_json, kind=kind, name=full, let_through=through)


def limit(
    context: typer.Context, kind: Kind = None, name: LimitedName = None, most: Most = None, *, as_json: AsJson = False
) -> None:
    """Say how many jobs of a task, a bot or a group run at once in the whole fleet; of a queue: in each worker.

    Those that run already count. `off` takes a limit back; what is paused stays paused. Without words, shows what is
    limited and what is paused.

    Example: ./bot.sh limit bot luna 2
    """
    settings = Call.of(context).settings()
    if kind is None:
        _show(asyncio.run(_steer(settings, lambda steering: steering.gates())), as_json)
        return
    if name is None or most is None:
        raise CommandFailed("say how many: ./bot.sh limit task|bot|group|queue NAME N, or off", code=Exit.USAGE)
    full, number = _full(settings, kind, name), _number(most)
    through = asyncio.run(_steer(settings, lambda steering: _limit(steering, kind, full, number)))
    at_once = "as many as its settings say" if number is None else f"at most {number}"
    _say(f"{kind} {full} runs {at_once} at once", as_json, kind=kind, name=full, most=number, let_through=through)


async def _limit(
    steering: Steering, kind: Literal["queue", "task", "bot", "group"], name: str, most: int | None
) -> int:
    if kind != "queue":
        return await (steering.lift_limit(kind, name) if most is None else steering.set_limit(kind, name, most))
    queue = Queue(name)
    await (steering.reset_max_jobs(queue) if most is None else steering.set_max_jobs(queue, most))
    return 0


async def _steer(settings: Settings, do: Callable[[Steering], Awaitable[T]]) -> T:
    async with connected(settings) as redis:
        return await do(Steering(redis))


def _full(settings: Settings, kind: Pausable | Limited, name: str) -> str:
    """The name on the wire; of a bot or a group, any can be."""
    if kind == "queue":
        return queue_called(name).value
    if kind == "task":
        return Registry.load(settings.tasks).named(name if name.startswith("run_") else f"run_{name}").name
    return name


def _number(most: str) -> int | None:
    if most == OFF:
        return None
    if not most.isascii() or not most.isdigit() or int(most) < 1:
        raise CommandFailed(
            f"{most!r} is no number of jobs from 1 on, nor off", then="to stop all: ./bot.sh pause", code=Exit.USAGE
        )
    return int(most)


def _say(words: str, as_json: bool, **data: object) -> None:  # noqa: FBT001 - as it was called
    if as_json:
        emit(**data)
    else:
        tell(words)


def _show(gates: list[Gate], as_json: bool) -> None:  # noqa: FBT001 - as it was called
    if as_json:
        emit(gates=[cast("dict[str, object]", vars(gate)) for gate in gates])
    elif not gates:
        tell("nothing is limited or paused")
    else:
        rows = ((*named(gate), _at_most(gate), gate.running, gate.waiting) for gate in gates)
        table(("of", "name", "at most", "running", "waiting"), rows, numbers=("at most", "running", "waiting"))


def _at_most(gate: Gate) -> int | str:
    if gate.most:
        return f"{gate.most} each worker" if gate.kind == "slots" else gate.most
    return "paused" if gate.kept is None else f"paused ({gate.kept})"
