"""`enqueue`: gives the fleet a job, as a bot would."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.gates import in_words, is_pause
from mindfleet.cli.printing import emit, show, tell
from mindfleet.cli.queues import connected
from mindfleet.cli.targets import queue_called
from mindfleet.jobs import JobPending
from mindfleet.receipt import Receipt
from mindfleet.registry import Registry
from mindfleet.settings import Settings
from mindfleet.steering import Steering
from mindfleet.task import AnyTask
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import JobFailed

TaskName = Annotated[str, typer.Argument(metavar="TASK", help="For example run_summarization; see ./bot.sh tasks.")]
Fields = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for its result; exit 1 when it fails.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for the result.")]
Defer = Annotated[float | None, typer.Option("--defer-by", help="Seconds before it may run.", show_default=False)]
JobId = Annotated[str | None, typer.Option("--job-id", help="Its id; a second one is a duplicate.", show_default=False)]
Priority = Annotated[
    int | None,
    typer.Option("--priority", help="0 to 10 instead of its task's own; the higher starts first.", show_default=False),
]
Expires = Annotated[
    float | None,
    typer.Option("--expires", help="Seconds after it is due from which on it is not started.", show_default=False),
]
OnQueue = Annotated[str | None, typer.Option("--queue", help="Instead of the task's own.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def enqueue(  # noqa: PLR0913 - the options of a command line
    context: typer.Context,
    task: TaskName,
    fields: Fields = None,
    *,
    wait: Wait = False,
    timeout: Timeout = 60,
    defer_by: Defer = None,
    job_id: JobId = None,
    queue: OnQueue = None,
    priority: Priority = None,
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Give the fleet a job, and print its id.

    Values are texts; where the payload wants a list or an object, write JSON.

    Example: ./bot.sh enqueue run_knowledge_extraction user_id=ana bot_name=luna message="I moved to Oslo" --wait
    """
    settings = Call.of(context).settings()
    payload = payload_of(Registry.load(settings.tasks).named(_full(task)), fields or ())
    options = {"_defer_by": defer_by, "_job_id": job_id, "_priority": priority, "_expires": expires}
    options |= {"_queue_name": queue_called(queue).value if queue else None}
    patience, announce = timeout if wait else None, _say_nothing if as_json else _announce
    receipt, result = asyncio.run(_enqueue(settings, _full(task), {**options, **payload}, patience, announce))
    if as_json:
        emit(job_id=str(receipt), outcome=receipt.outcome, reason=receipt.reason or None, result=result)
    elif wait and receipt:
        show(json.dumps(result, ensure_ascii=False))


def payload_of(task: AnyTask, words: Sequence[str]) -> dict[str, Any]:
    """The payload in `KEY=VALUE` words; checked by whoever takes it.

    Raises:
        CommandFailed: a word is none, or a value that should be JSON is not.
    """
    payload: dict[str, Any] = {}
    kinds: dict[str, Any] = task.payload.model_json_schema().get("properties", {})
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise CommandFailed(f"{word!r} is not KEY=VALUE", then="see ./bot.sh help enqueue", code=Exit.USAGE)
        payload[name] = value if _takes_text(kinds.get(name, {})) else _parsed(name, value)
    return payload


def _full(name: str) -> str:
    return name if name.startswith("run_") else f"run_{name}"


def _takes_text(kind: dict[str, Any]) -> bool:
    """By its JSON schema; what is unknown is left to the payload's own words."""
    kinds: list[dict[str, Any]] = kind.get("anyOf") or [kind]
    return any(one.get("type", "string") == "string" and "$ref" not in one for one in kinds)


def _parsed(name: str, value: str) -> Any:  # noqa: ANN401 - JSON can be anything
    try:
        return json.loads(value)
    except ValueError as error:
        raise CommandFailed(f"{name} is to be JSON, but {value!r} is not: {error}", code=Exit.USAGE) from error


def _announce(receipt: Receipt) -> None:
    """Before its result is waited for, so that whoever stops waiting knows the job."""
    show(str(receipt))
    if receipt.reason or receipt.duplicate:
        tell(receipt.reason or "the same job waits already; nothing was added")


def _say_nothing(receipt: Receipt) -> None:
    del receipt


async def _enqueue(
    settings: Settings,
    task: str,
    call: dict[str, Any],
    patience: float | None,
    announce: Callable[[Receipt], None],
) -> tuple[Receipt, Any]:
    own = call["_queue_name"] or Registry.load(settings.tasks).named(task).queue.value
    job = {("queue", own), ("task", task), ("bot", str(call.get("bot_name")))}
    async with TaskQueue(settings=settings) as queue:
        receipt = await queue.enqueue(task, **call)
        announce(receipt)
        if patience is None or not receipt:
            return receipt, None
        try:
            return receipt, await queue.wait(receipt, patience)
        except JobFailed as error:
            raise CommandFailed(f"{receipt} failed: {error}", then="why: ./bot.sh logs workers") from error
        except JobPending as error:
            raise CommandFailed(str(error), then=await _why_not(settings, job)) from error


async def _why_not(settings: Settings, gates_of_it: Collection[tuple[str, str]]) -> str:
    """What holds a job up, as far as somebody has paused it."""
    async with connected(settings) as redis:
        gates = await Steering(redis).gates()
    paused = [in_words(gate) for gate in gates if is_pause(gate) and (gate.kind, gate.name) in gates_of_it]
    return "; ".join(paused) or "is its worker up? ./bot.sh status"
