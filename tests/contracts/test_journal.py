"""What every keeper of analyses, preferences, goals, insights and bots must do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from mindfleet import ids
from mindfleet.conversation.turn import Turn
from mindfleet.ports.journal import Analysis, Bot, Goal, GoalProgress, Insight, Origin, Preference
from tests.contracts.stores import NOON, Stores, a_turn


def analysis(bot: str, *message_ids: UUID, origin: Origin | None = None) -> Analysis:
    return Analysis(
        id=ids.name("analysis", bot, *message_ids),
        bot_name=bot,
        user_id="ana",
        message_ids=message_ids,
        findings={"facts": [{"quote": "hello ✨", "confidence": 0.5}], "goals": [], "none": None},
        origin=origin,
    )


def preference(turn: Turn, origin: Origin, value: str, *, key: str = "length") -> Preference:
    return Preference(
        bot_name=turn.bot_name,
        user_id=turn.user_id,
        key=key,
        value=value,
        message_id=turn.id,
        said_at=turn.sent_at,
        visibility=turn.visibility,
        origin=origin,
    )


def own_goal(bot: str, slug: str, description: str = "…") -> Goal:
    goal_id = ids.name("bot goal", bot, slug)
    return Goal(id=goal_id, bot_name=bot, user_id=None, slug=slug, description=description, criteria="when done")


def stated_goal(turn: Turn, origin: Origin, slug: str, *, due: date | None = None) -> Goal:
    return Goal(
        id=ids.name("goal", turn.bot_name, turn.user_id, slug),
        bot_name=turn.bot_name,
        user_id=turn.user_id,
        slug=slug,
        description=turn.content,
        due=due,
        message_id=turn.id,
        said_at=turn.sent_at,
        visibility=turn.visibility,
        origin=origin,
    )


def step(goal: Goal, turn: Turn, origin: Origin, progress: float) -> GoalProgress:
    return GoalProgress(
        goal_id=goal.id,
        user_id=turn.user_id,
        message_id=turn.id,
        status="in_progress",
        progress=progress,
        reasoning="they said so",
        said_at=turn.sent_at,
        origin=origin,
    )


async def test_an_analysis_is_found_by_its_name_and_by_what_it_covers(stores: Stores, bot: str) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    first, second = analysis(bot, one, two, origin=await stores.origin(bot)), analysis(bot, three)
    await stores.analyses.put(first)
    await stores.analyses.put(second)

    assert await stores.analyses.get(first.id) == first
    assert await stores.analyses.get(uuid4()) is None
    assert await stores.analyses.covering([two]) == [first]
    assert await stores.analyses.covering([three, one]) == [first, second]
    assert await stores.analyses.covering([]) == []


async def test_the_first_analysis_of_a_name_is_kept(stores: Stores, bot: str) -> None:
    first = analysis(bot, uuid4())
    await stores.analyses.put(first)
    await stores.analyses.put(replace(first, findings={}))

    assert await stores.analyses.get(first.id) == first


async def test_analyses_of_a_text_that_changed_are_discarded(stores: Stores, bot: str) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    touched, untouched = analysis(bot, one, two), analysis(bot, three)
    await stores.analyses.put(touched)
    await stores.analyses.put(untouched)
    await stores.analyses.discard([two])

    assert await stores.analyses.covering([one, two, three]) == [untouched]


async def test_a_window_that_nobody_knows_can_be_done(stores: Stores) -> None:
    before = await stores.conversations.gathering()
    await stores.analyses.window_done(f"unknown {uuid4()}")

    assert await stores.conversations.gathering() == before


async def test_the_preference_that_was_stated_last_holds_whichever_comes_in_first(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    early, late = await stores.say(a_turn(bot, "early")), await stores.say(a_turn(bot, "late", minute=1))
    short, long = preference(early, origin, "short"), preference(late, origin, "long")
    formal = preference(early, origin, "formal", key="address")
    await stores.preferences.put([long])
    await stores.preferences.put([short, formal])
    await stores.preferences.put([])

    assert await stores.preferences.of(bot, "ana") == [formal, long]
    assert await stores.preferences.of(bot, "ben") == []


async def test_an_edited_message_states_what_it_says_now(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    turn = await stores.say(a_turn(bot, "short answers please"))
    for value in ("short", "long"):
        await stores.preferences.put([preference(turn, origin, value)])

    assert await stores.preferences.of(bot, "ana") == [preference(turn, origin, "long")]


async def test_users_goals_come_back_the_oldest_first(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    early, late = await stores.say(a_turn(bot, "early")), await stores.say(a_turn(bot, "late", minute=1))
    piano = stated_goal(early, origin, "play-the-piano", due=date(2026, 12, 24))
    marathon = stated_goal(late, origin, "a-marathon")
    await stores.goals.put([marathon, piano])
    await stores.goals.put([])

    assert await stores.goals.of_user(bot, "ana") == [piano, marathon]
    assert await stores.goals.of_user(bot, "ben") == []
    assert await stores.goals.of_bot(bot) == []


async def test_a_goal_stated_again_holds_as_it_was_said_last(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    early, late = await stores.say(a_turn(bot, "early")), await stores.say(a_turn(bot, "late", minute=1))
    latest = stated_goal(late, origin, "a-marathon", due=date(2027, 5, 1))
    await stores.goals.put([latest])
    await stores.goals.put([stated_goal(early, origin, "a-marathon")])

    assert await stores.goals.of_user(bot, "ana") == [latest]


async def test_progress_is_kept_once_for_each_message(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    goal = own_goal(bot, "cheer-up")
    await stores.bots.put(Bot(name=bot, goals=(goal,)))
    early, late = await stores.say(a_turn(bot, "early")), await stores.say(a_turn(bot, "late", minute=1))
    ben = await stores.say(a_turn(bot, "hi", user="ben", channel="dm:ben"))
    first, second, other = step(goal, early, origin, 0.25), step(goal, late, origin, 0.5), step(goal, ben, origin, 1.0)
    await stores.goals.advance([second, other])
    await stores.goals.advance([replace(first, progress=0.1), second])
    await stores.goals.advance([first])

    assert await stores.goals.progress(bot, "ana") == [first, second]
    assert sorted(await stores.goals.progress(bot), key=lambda s: s.progress) == [first, second, other]
    assert await stores.goals.progress(f"other {bot}") == []


async def test_a_goal_that_is_no_more_takes_no_progress(stores: Stores, bot: str) -> None:
    turn = await stores.say(a_turn(bot, "hi"))
    await stores.goals.advance([step(own_goal(bot, "gone"), turn, await stores.origin(bot), 0.5)])

    assert await stores.goals.progress(bot) == []


async def test_a_bot_that_nobody_described_is_registered_with_utc_and_without_goals(stores: Stores, bot: str) -> None:
    assert await stores.bots.get(bot) == Bot(name=bot)
    assert Bot(name=bot) in await stores.bots.all()


async def test_a_bot_is_what_its_file_says_now(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    turn = await stores.say(a_turn(bot, "hi"))
    listen, cheer = own_goal(bot, "listen"), own_goal(bot, "cheer-up")
    stated = stated_goal(turn, origin, "a-marathon")
    await stores.bots.put(Bot(name=bot, voice="warm", timezone="Europe/Oslo", goals=(cheer, listen)))
    await stores.goals.put([stated])
    await stores.goals.advance([step(listen, turn, origin, 0.5), step(cheer, turn, origin, 0.5)])

    now = Bot(name=bot, voice="dry", goals=(replace(cheer, description="another one"),))
    await stores.bots.put(now)
    assert await stores.bots.get(bot) == now
    assert await stores.goals.of_bot(bot) == list(now.goals)
    assert await stores.goals.of_user(bot, "ana") == [stated]
    assert [s.goal_id for s in await stores.goals.progress(bot)] == [cheer.id]


async def test_a_bots_goals_come_back_by_their_names(stores: Stores, bot: str) -> None:
    goals = tuple(own_goal(bot, slug) for slug in ("listen", "cheer-up", "laugh"))
    await stores.bots.put(Bot(name=bot, goals=goals))

    assert [goal.slug for goal in (await stores.bots.get(bot)).goals] == ["cheer-up", "laugh", "listen"]


async def test_what_a_message_stated_can_be_taken_back(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    kept, edited = [await stores.say(a_turn(bot, text, minute=n)) for n, text in enumerate(("one", "two"))]
    await stores.preferences.put([preference(kept, origin, "short"), preference(edited, origin, "long")])
    await stores.goals.put([stated_goal(kept, origin, "a-marathon"), stated_goal(edited, origin, "a-piano")])

    await stores.preferences.withdraw([edited.id])
    await stores.goals.withdraw([edited.id])

    assert [wish.value for wish in await stores.preferences.of(bot, "ana")] == ["short"]
    assert [goal.slug for goal in await stores.goals.of_user(bot, "ana")] == ["a-marathon"]


def insight(bot: str, origin: Origin, day: int, *messages: UUID) -> Insight:
    return Insight(
        id=uuid4(),
        bot_name=bot,
        user_id="ana",
        content=f"insight {day}",
        message_ids=messages,
        visibility="dm",
        origin=origin,
        read_until=NOON + timedelta(days=day),
        made_at=NOON + timedelta(days=day),
    )


async def revise(stores: Stores, bot: str, day: int, read: Sequence[UUID], *insights: Insight) -> None:
    await stores.insights.revise(bot, "ana", read=read, until=NOON + timedelta(days=day), insights=insights)


async def test_insights_come_back_the_newest_first_and_once(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    messages = [uuid4() for _ in range(3)]
    insights = [insight(bot, origin, day, messages[day]) for day in range(3)]
    for day in (0, 1, 2, 2):
        await revise(stores, bot, day, [messages[day]], insights[day])

    assert await stores.insights.of(bot, "ana") == insights[::-1]
    assert await stores.insights.of(bot, "ana", limit=1) == insights[2:]
    assert await stores.insights.of(bot, "ben") == []


async def test_a_new_reading_replaces_what_rests_on_nothing_else(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    first, second, elsewhere = uuid4(), uuid4(), uuid4()
    old, other = insight(bot, origin, 1, first), insight(bot, origin, 1, first, elsewhere)
    new = insight(bot, origin, 2, first, second)

    await revise(stores, bot, 1, [first, elsewhere], old, other)
    await revise(stores, bot, 2, [first, second], new)

    assert {seen.id for seen in await stores.insights.of(bot, "ana")} == {other.id, new.id}


async def test_a_reading_that_comes_late_changes_nothing(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    message = uuid4()
    new, late = insight(bot, origin, 2, message), insight(bot, origin, 1, message)

    await revise(stores, bot, 2, [message], new)
    await revise(stores, bot, 1, [message], late)

    assert await stores.insights.of(bot, "ana") == [new]
