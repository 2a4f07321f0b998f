"""`effects`: what jobs sent out of the house, where only a person can tell whether it arrived."""

import asyncio
import json
import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.choosing import the_one
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.listing import ListsByDefault
from mindfleet.cli.printing import emit, show, table, tell
from mindfleet.ports.effects import Effect, Effects
from mindfleet.settings import Settings
from mindfleet.wiring import open_effects

effects = typer.Typer(cls=ListsByDefault)

Key = Annotated[str, typer.Argument(metavar="KEY", help="As ./bot.sh effects shows it, or its beginning.")]
All = Annotated[bool, typer.Option("--all", help="Those too that are on their way, or sent by a job that goes on.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many are shown.")]
Sent = Annotated[
    str | None, typer.Option("--sent", metavar="ID", help="It arrived; the provider calls it so.", show_default=False)
]
NotSent = Annotated[bool, typer.Option("--not-sent", help="It did not arrive, and may be sent again.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@effects.command("list")
def list_effects(context: typer.Context, *, every: All = False, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what may have been sent or not, the oldest first; `list` may be left out.

    Example: ./bot.sh effects
    """
    found = asyncio.run(_look(Call.of(context).settings(), limit + 1, every=every))
    shown = found[:limit]
    if as_json:
        emit(effects=[_as_data(effect) for effect in shown], more=len(found) > limit)
        return
    if not shown:
        tell("nothing is on its way" if every else "of everything that was sent, it is known whether it arrived")
        return
    rows = (
        (effect.key, effect.kind, effect.state, _when(effect.changed_at), effect.tries, effect.job_id)
        for effect in shown
    )
    table(("effect", "kind", "state", "since", "tries", "job"), rows, numbers=("tries",))
    if len(found) > limit:
        tell("there are more; --limit shows them")


@effects.command("show")
def show_effect(context: typer.Context, key: Key, *, as_json: AsJson = False) -> None:
    """Show one with what was to be sent.

    Example: ./bot.sh effects show 3f1c
    """
    data = _as_data(asyncio.run(_one(Call.of(context).settings(), key)))
    if as_json:
        emit(effect=data)
        return
    for name in ("key", "kind", "state", "changed_at", "tries", "job_id", "provider_id"):
        if data[name] is not None:
            show(f"{name:<12} {data[name]}")
    show(json.dumps(data["payload"], ensure_ascii=False, indent=2))


@effects.command("resolve")
def resolve_effect(
    context: typer.Context, key: Key, *, sent: Sent = None, not_sent: NotSent = False, as_json: AsJson = False
) -> None:
    """Say what became of one that nobody could tell of, after you looked at the provider; then replay its job.

    Example: ./bot.sh effects resolve 3f1c --not-sent
    """
    if (sent is not None) == not_sent or sent == "":
        raise CommandFailed("say either: --sent and what the provider calls it, or --not-sent", code=Exit.USAGE)
    effect = asyncio.run(_resolve(Call.of(context).settings(), key, sent))
    if as_json:
        emit(effect=_as_data(effect))
    else:
        what = "is known as sent" if sent else "may be sent again"
        tell(f"{effect.kind} {effect.key} {what}; its job goes on with ./bot.sh parked replay {effect.job_id}")


async def _look(settings: Settings, limit: int, *, every: bool) -> list[Effect]:
    async with open_effects(settings) as effects:
        return list(await effects.open(state=None if every else "unknown", limit=limit))


async def _one(settings: Settings, said: str) -> Effect:
    async with open_effects(settings) as effects:
        return await _there(effects, said)


async def _resolve(settings: Settings, said: str, provider_id: str | None) -> Effect:
    async with open_effects(settings) as effects:
        key = (await _there(effects, said)).key
        was_unknown = await effects.resolve(key, provider_id)
        effect = await _there(effects, str(key))
    if not was_unknown:
        raise CommandFailed(f"the effect {key} is {effect.state}: only of unknown ones it is asked what became of them")
    return effect


async def _there(effects: Effects, said: str) -> Effect:
    """The only one whose key begins so."""
    start = said.removesuffix("…").lower()
    digits = start.replace("-", "")
    if not re.fullmatch("[0-9a-f]{1,32}", digits):
        raise CommandFailed(f"{said!r} is no key of an effect", then="see ./bot.sh effects", code=Exit.USAGE)
    found = await effects.between(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    key = the_one([str(key) for key in found], start, "effects")
    effect = await effects.one(UUID(key)) if key else None
    if effect is None:
        raise CommandFailed(f"no effect {said} is on record", then="see ./bot.sh effects")
    return effect


def _as_data(effect: Effect) -> dict[str, Any]:
    return {**asdict(effect), "key": str(effect.key), "changed_at": effect.changed_at and effect.changed_at.isoformat()}


def _when(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant else ""
