"""What the demo gives out."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from mindfleet.cli.demo.learnt import Learnt, as_data
from mindfleet.cli.demo.script import Message, Question, Script
from mindfleet.cli.demo.telling import tell_all
from mindfleet.conversation.sessions import Session
from mindfleet.intake import message_uuid
from mindfleet.ports.facts import USER, Evidence, Fact
from mindfleet.ports.journal import Goal, GoalProgress, Origin, Preference, Summary
from mindfleet.ports.relationships import Acquaintance, Relationship
from mindfleet.queues import Queue
from mindfleet.recall.context import Recollection

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
ROW = message_uuid("luna", "dm", "m1")
KEY = UUID(int=7)
ORIGIN = Origin(provider="offline-rules", answer_key=KEY)


@pytest.fixture
def learnt() -> Learnt:
    message = Message(
        bot_name="luna",
        user_id="ana",
        channel_id="dm",
        message_id="m1",
        role="user",
        content="I live in [bold]Oslo",
        sent_at=AT,
        user_name="Ana",
    )
    question = Question(bot_name="luna", user_id="ana", audience="dm", question="Where?")
    return Learnt(
        script=Script(messages=[message], questions=[question], bots=Path(), names={"ana": "Ana"}),
        jobs={queue: {"done": 2, "skipped": 1} for queue in Queue},
        sessions=[Session(id="s", bot_name="luna", channel_id="dm", started_at=AT, last_at=AT, turns=1)],
        summaries=[a_summary("Ana lives in Oslo.", 4), a_summary("Small talk.", 2)],
        facts=[a_fact()],
        preferences={"ana": [a_wish()]},
        goals=[a_goal(None, "help"), a_goal("ana", "run")],
        progress=[a_step()],
        relationships={"ana": a_relationship()},
        answers=[(question, Recollection(context="Ana lives in Oslo.", sources=[ROW], tokens=5))],
        messages={ROW: message},
        parked=[],
        usage={"provider": "offline-rules", "calls": 3, "input_tokens": 10, "output_tokens": 5},
    )


def a_summary(content: str, meaningfulness: int) -> Summary:
    return Summary(
        id=UUID(int=meaningfulness),
        bot_name="luna",
        channel_id="dm",
        session_id="s",
        first_turn=1,
        last_turn=1,
        user_ids=("ana",),
        visibility="dm",
        content=content,
        meaningfulness=meaningfulness,
        emotions=("calm",),
        topics=("Oslo",),
        kept=meaningfulness > 2,
        message_ids=(ROW,),
        started_at=AT,
        ended_at=AT,
        origin=ORIGIN,
    )


def a_fact() -> Fact:
    return Fact(
        id=UUID(int=1),
        bot_name="luna",
        user_id="ana",
        subject=USER,
        predicate="LIVES_IN",
        object="Oslo",
        confidence=0.9,
        valid_from=AT,
        valid_to=None,
        evidence=(Evidence(message_id=ROW, channel_id="dm", visibility="dm"),),
        provider="offline-rules",
        answer_key=KEY,
    )


def a_wish() -> Preference:
    return Preference(
        bot_name="luna",
        user_id="ana",
        key="verbosity",
        value="short",
        message_id=ROW,
        said_at=AT,
        visibility="dm",
        origin=ORIGIN,
    )


def a_goal(user_id: str | None, slug: str) -> Goal:
    return Goal(id=UUID(int=len(slug)), bot_name="luna", user_id=user_id, slug=slug, description=slug)


def a_step() -> GoalProgress:
    return GoalProgress(
        goal_id=UUID(int=4),
        user_id="ana",
        message_id=ROW,
        status="in_progress",
        progress=0.5,
        reasoning="She asked.",
        said_at=AT,
        origin=ORIGIN,
    )


def a_relationship() -> Relationship:
    known = Acquaintance(
        bot_name="luna",
        user_id="ana",
        user_name="Ana",
        user_turns=1,
        bot_turns=0,
        sessions=1,
        days=1,
        first_at=AT,
        last_at=AT,
    )
    return Relationship(acquaintance=known, familiarity=0.25)


def test_the_json_has_exactly_the_promised_keys(learnt: Learnt) -> None:
    data = as_data(learnt)
    assert list(data) == [
        "messages", "sessions", "jobs", "summaries", "facts", "goals", "preferences", "relationship", "recall", "llm",
    ]  # fmt: skip
    assert data["jobs"] == {queue.short: {"done": 2, "retried": 0, "parked": 0} for queue in Queue}
    assert data["preferences"] == {"ana": {"verbosity": "short"}}
    assert data["recall"] == [{"question": "Where?", "context": "Ana lives in Oslo.", "sources": ["m1"]}]
    assert data["llm"] == {"provider": "offline-rules", "calls": 3, "input_tokens": 10, "output_tokens": 5}
    (fact,) = data["facts"]
    assert {"user_id", "subject", "predicate", "object", "confidence", "valid_from", "valid_to", "sources"} <= set(fact)
    assert fact["sources"] == ["m1"]


def test_the_bots_own_goals_are_listed_with_their_progress(learnt: Learnt) -> None:
    own, stated = as_data(learnt)["goals"]
    assert (own["user_id"], stated["user_id"]) == (None, "ana")
    assert [step["progress"] for step in own["progress"]] == [0.5]
    assert stated["progress"] == []


def test_a_person_is_told_all_of_it_and_nothing_is_read_as_markup(
    learnt: Learnt, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_all(learnt)
    told = capsys.readouterr().out
    for words in (
        "1 sessions, 1 summaries kept of 2",
        "(Ana) -LIVES_IN→ (Oslo)",
        "wishes verbosity: short",
        "familiarity 0.25",
        "50%, She asked.",
        "too slight to be kept",
        "[m1] Ana, 01 Jan 2026: I live in [bold]Oslo",
    ):
        assert words in told
