"""What remains of a model's answer once it is checked: 76 realistic bad ones, and 8 that use the right words."""

from datetime import UTC, datetime

import pytest

from mindfleet import ids
from mindfleet.analysis.findings import Findings, Reading
from mindfleet.analysis.verify import Evidence, verified
from mindfleet.conversation.turn import Turn
from mindfleet.llm.reading import Unreadable, read
from tests.data.answer_parts import BadAnswer, Line, Transcript
from tests.data.bad_answers import BAD_ANSWERS, SUBTLE_ANSWERS

FREE_WORDS = frozenset({"the", "a", "an", "my"})


def turn(line: Line) -> Turn:
    return Turn(
        id=ids.name("line", line["handle"]),
        bot_name="juniper",
        channel_id="c",
        user_id=line["user_id"],
        role=line["role"],
        speaker=line["speaker"],
        content=line["text"],
        sent_at=datetime(2026, 3, 10, 12, tzinfo=UTC),
        visibility="channel",
    )


def checked(answer: BadAnswer) -> Findings:
    transcript: Transcript = answer.transcript
    handles = {line["handle"]: turn(line) for line in transcript.lines}
    reading = read(answer.raw, Reading, cut=answer.cut).value
    return verified(reading, Evidence(handles, transcript.user_id, frozenset(transcript.goals)))


def triples(findings: Findings, *, holds: bool) -> set[tuple[str, str, str]]:
    return {(f.subject, f.predicate, plain(f.object)) for f in findings.facts if f.holds is holds}


def plain(text: str) -> str:
    return " ".join(word for word in text.casefold().split() if word not in FREE_WORDS)


@pytest.mark.parametrize("answer", [a for a in BAD_ANSWERS if a.readable], ids=lambda answer: answer.name)
def test_only_what_the_users_own_messages_say_is_kept(answer: BadAnswer) -> None:
    found = checked(answer)

    assert triples(found, holds=True) == {(s, p, plain(o)) for s, p, o in answer.keeps}
    assert triples(found, holds=False) == {(s, p, plain(o)) for s, p, o in answer.ends}
    assert {wish.key for wish in found.preferences} == {key for key, _ in answer.keeps_preferences}
    assert [goal.goal for goal in found.goals] == list(answer.keeps_goals)
    assert [(step.slug, step.status) for step in found.progress] == list(answer.keeps_progress)


@pytest.mark.parametrize("answer", [a for a in BAD_ANSWERS if not a.readable], ids=lambda answer: answer.name)
def test_a_broken_answer_is_an_error_and_never_nothing_found(answer: BadAnswer) -> None:
    with pytest.raises(Unreadable):
        read(answer.raw, Reading, cut=answer.cut)


def test_a_refusal_says_why() -> None:
    wrong = next(answer for answer in BAD_ANSWERS if answer.why == "unknown_message" and answer.readable)

    assert any("there is no message" in reason for reason in checked(wrong).refused)


@pytest.mark.parametrize("name", ["a question taken for a fact", "a hypothesis taken for a fact"])
def test_what_is_only_asked_or_supposed_is_refused(name: str) -> None:
    answer = next(answer for answer in SUBTLE_ANSWERS if answer.name == name)

    assert triples(checked(answer), holds=True) == {(s, p, plain(o)) for s, p, o in answer.keeps}
