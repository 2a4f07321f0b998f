"""What the demo makes of a file."""

import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mindfleet.cli.demo.conversations import read
from mindfleet.cli.demo.script import ScriptInvalid

SAMPLE = Path(str(files("mindfleet.cli"))) / "sample" / "conversation.jsonl"


@pytest.fixture
def locomo(tmp_path: Path) -> Path:
    path = tmp_path / "pair.json"
    talk: dict[str, Any] = {
        "speaker_a": "Ana",
        "speaker_b": "Bo",
        "session_2": [{"speaker": "Bo", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a red kite"}],
        "session_2_date_time": "10:05 am on 1 June, 2024",
        "session_1": [
            {"speaker": "Bo", "dia_id": "D1:1", "text": "Hi Ana"},
            {"speaker": "Ana", "dia_id": "D1:2", "text": "Hi Bo"},
            {"speaker": "Bo", "dia_id": "D1:3", "text": "Bye"},
        ],
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_3_date_time": "1:00 pm on 9 May, 2025",
    }
    questions = [
        {"question": "What did the two do?", "category": 1},
        {"question": "When did Ana greet Bo?", "category": 2},
        {"question": "What else?", "category": 2},
        {"question": "What did Bo show?", "category": 4},
        {"question": "What did Ana show?", "category": 5},
    ]
    path.write_text(json.dumps({"conversation": talk, "qa": questions, "sample_id": "pair-1"}), encoding="utf-8")
    return path


def line(**changes: object) -> str:
    said = {
        "bot_name": "luna", "user_id": "ana", "channel_id": "dm-ana", "message_id": "1", "role": "user",
        "content": "hi", "sent_at": "2026-01-01T10:00:00Z",
    }  # fmt: skip
    return json.dumps({**said, **changes})


def test_the_sample_is_what_the_issue_asks_for() -> None:
    script = read(SAMPLE)
    users = {message.user_id for message in script.messages}
    assert len(script.messages) >= 60
    assert users == {"maren", "idris"}
    assert script.bot_files == [SAMPLE.parent / "juniper.yaml"]
    assert len(_sessions(script.messages)) >= 5
    assert max(_sessions(script.messages).values()) > 20
    assert [(question.user_id, question.audience) for question in script.questions] == [
        ("maren", "dm"),
        ("idris", "dm"),
        ("idris", "channel"),
    ]


def test_locomo_sessions_come_by_number_and_turns_every_half_minute(locomo: Path) -> None:
    script = read(locomo)
    began = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert [(m.message_id, m.sent_at) for m in script.messages] == [
        ("D1:1", began),
        ("D1:2", began + timedelta(seconds=30)),
        ("D1:3", began + timedelta(seconds=60)),
        ("D2:1", datetime(2024, 6, 1, 10, 5, tzinfo=UTC)),
    ]


def test_both_speakers_of_locomo_are_users_of_a_channel_and_the_bot_listens(locomo: Path) -> None:
    script = read(locomo)
    assert {(m.user_id, m.user_name, m.role, m.visibility) for m in script.messages} == {
        ("Ana", "Ana", "user", "channel"),
        ("Bo", "Bo", "user", "channel"),
    }
    assert script.lanes == [("listener", "pair-1")]


def test_a_speaker_of_locomo_can_be_the_bot(locomo: Path) -> None:
    script = read(locomo, bot="bo")
    assert [(m.bot_name, m.user_id, m.role) for m in script.messages] == [
        ("Bo", "Ana", "assistant"),
        ("Bo", "Ana", "user"),
        ("Bo", "Ana", "assistant"),
        ("Bo", "Ana", "assistant"),
    ]


def test_the_caption_of_a_picture_is_part_of_what_was_said(locomo: Path) -> None:
    assert read(locomo).messages[-1].content == "Look! [shared image: a red kite]"


def test_of_locomo_the_first_questions_of_three_categories_are_asked(locomo: Path) -> None:
    script = read(locomo)
    assert [(q.question, q.user_id, q.audience) for q in script.questions] == [
        ("What did Bo show?", "Bo", "channel"),
        ("When did Ana greet Bo?", "Ana", "channel"),
        ("What did the two do?", "Bo", "channel"),
    ]


def test_ask_replaces_the_questions_and_names_whom_it_mentions(locomo: Path) -> None:
    script = read(locomo, ask=["what of ANA's kite?", "and what else?"])
    assert [(q.question, q.user_id) for q in script.questions] == [
        ("what of ANA's kite?", "Ana"),
        ("and what else?", "Bo"),
    ]


def test_a_question_about_the_sample_is_heard_where_the_user_is_alone_with_the_bot() -> None:
    (question,) = read(SAMPLE, ask=["Where does Idris work?"]).questions
    assert (question.user_id, question.audience) == ("idris", "dm")


def test_json_lines_need_no_header(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text(line() + "\n\n" + line(message_id="2", role="ai") + "\n", encoding="utf-8")
    script = read(path)
    assert [(m.message_id, m.role) for m in script.messages] == [("1", "user"), ("2", "assistant")]
    assert script.questions == []
    assert script.bot_files == []


def test_every_wrong_line_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    lines = [line(), line(sent_at="2026-01-01T10:00:00"), line(colour="red"), "{", line(timezone="Mars/Olympus")]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ScriptInvalid) as caught:
        read(path)
    told = str(caught.value).splitlines()
    assert [text.split(": ")[0] for text in told] == [f"{path}:{number}" for number in (2, 3, 4, 5)]
    assert "sent_at" in told[0]
    assert "colour" in told[1]
    assert "Mars/Olympus" in told[3]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no message"),
        ("not a conversation", "Invalid JSON"),
        ('{"mindfleet": "conversation", "version": 2}', "version"),
        ('{"mindfleet": "conversation", "version": 1}', "no message"),
    ],
)
def test_what_is_no_conversation_is_refused_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptInvalid, match=why):
        read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptInvalid, match=r"gone\.jsonl: cannot be read"):
        read(tmp_path / "gone.jsonl")


def test_a_question_of_somebody_who_never_speaks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    header = {
        "mindfleet": "conversation",
        "version": 1,
        "questions": [{"user_id": "zoe", "audience": "dm", "question": "who?"}],
    }
    path.write_text(json.dumps(header) + "\n" + line(), encoding="utf-8")
    with pytest.raises(ScriptInvalid, match="zoe"):
        read(path)


def test_a_bot_that_nobody_is_is_refused(locomo: Path) -> None:
    with pytest.raises(ScriptInvalid, match="there are Ana and Bo"):
        read(locomo, bot="Cleo")


def test_a_session_without_a_readable_time_is_refused(locomo: Path) -> None:
    content = json.loads(locomo.read_text(encoding="utf-8"))
    content["conversation"]["session_1_date_time"] = "yesterday"
    locomo.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ScriptInvalid, match="session_1_date_time is 'yesterday'"):
        read(locomo)


def test_several_conversations_in_one_file_are_refused(locomo: Path, tmp_path: Path) -> None:
    content = json.loads(locomo.read_text(encoding="utf-8"))
    path = tmp_path / "both.json"
    path.write_text(json.dumps([content, content]), encoding="utf-8")
    with pytest.raises(ScriptInvalid, match="holds 2 conversations"):
        read(path)
    path.write_text(json.dumps([content]), encoding="utf-8")
    assert len(read(path).messages) == 4


@pytest.mark.parametrize(("name", "sessions", "turns"), [("26", 19, 419), ("30", 19, 369), ("41", 32, 663)])
def test_locomo_itself_is_read_whole(name: str, sessions: int, turns: int) -> None:
    folder = os.environ.get("MINDFLEET_DATA")
    if not folder:
        pytest.skip("MINDFLEET_DATA is not set: it names the folder with locomo/conv-*.json")
    script = read(Path(folder) / "locomo" / f"conv-{name}.json")
    assert len(script.messages) == turns
    assert len(_sessions(script.messages)) == sessions
    assert len(script.questions) == 3


def _sessions(messages: Any) -> Counter[tuple[str, int]]:
    """How many messages each session has, cut where a channel pauses for half an hour."""
    counts: Counter[tuple[str, int]] = Counter()
    for channel in {message.channel_id for message in messages}:
        here = [message for message in messages if message.channel_id == channel]
        number = 0
        counts[channel, number] += 1
        for earlier, later in pairwise(here):
            number += later.sent_at - earlier.sent_at >= timedelta(minutes=30)
            counts[channel, number] += 1
    return counts
