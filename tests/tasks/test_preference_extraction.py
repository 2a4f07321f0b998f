"""How a user wishes the bot to talk."""

from datetime import UTC, datetime

from mindfleet.testing.fleet import InMemoryFleet
from tasks.preference_extraction import PreferenceExtraction


def wish(message: str, day: int) -> PreferenceExtraction:
    return PreferenceExtraction(
        bot_name="juniper", user_id="ana", message=message, sent_at=datetime(2026, 3, day, tzinfo=UTC)
    )


async def held(fleet: InMemoryFleet) -> dict[str, str]:
    return {wish.key: wish.value for wish in await fleet.preferences.of("juniper", "ana")}


async def test_an_explicit_wish_is_kept(fleet: InMemoryFleet) -> None:
    await fleet.run(wish("please keep your answers short", 2))

    assert await held(fleet) == {"verbosity": "short"}


async def test_the_latest_wish_holds_whichever_job_runs_first(fleet: InMemoryFleet) -> None:
    await fleet.run(wish("call me Max", 5))
    await fleet.run(wish("call me Anna", 2))

    assert await held(fleet) == {"nickname": "Max"}


async def test_what_is_no_wish_about_talking_is_not_kept(fleet: InMemoryFleet) -> None:
    await fleet.run(wish("I want a shorter commute to work in the mornings", 2))

    assert await held(fleet) == {}
