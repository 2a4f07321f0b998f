"""Finding the answer in what a model wrote."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from mindfleet.llm.reading import Unreadable, read


class Fact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: str
    confidence: float = Field(ge=0, le=1)


class Facts(BaseModel):
    facts: list[Fact] = []
    notes: list[str] = []


ONE = '{"facts": [{"subject": "Luna", "confidence": 0.9}]}'
LUNA = Facts(facts=[Fact(subject="Luna", confidence=0.9)])


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"  \n{ONE}\n",
        f"Sure! Here it is:\n```json\n{ONE}\n```\nAnything else?",
        f"```\n{ONE}\n```",
        f"I considered {{the cat}} and {{}} and found: {ONE}",
        f"{ONE} (I left out {{smalltalk}}.)",
        '{"facts": [{"subject": "Luna", "confidence": 0.9,},],}',
        '{"facts": [{"subject": "Luna", "confidence": 0.9}\n  ,\n ]}',
        '{"facts": [{"subject": "Luna", "confidence": "0.9"}]}',
        f'<think>Perhaps {{"facts": []}}? No.</think>\n{ONE}',
        f"The opening tag was in the prompt, see.</think>{ONE}",
        f"{ONE}\n\nOr, to say it again:\n{ONE}",
        '{"facts": [{"subject": "Luna", "confidence": 0.9}]',
        '{"facts": [{"subject": "Luna", "confidence": 0.9}',
        '```json\n{"facts": [{"subject": "Luna", "confidence": 0.9}]\n```',
        '{"facts": [{"subject": "Lu\\u0000na", "confidence": 0.9}]}',
        '{"facts": [{"subject": "Luna\\ud83d", "confidence": 0.9}]}',
    ],
)
def test_forgives_the_form(text: str) -> None:
    assert read(text, Facts, cut=False).value == LUNA


def test_keeps_what_looks_like_json_inside_a_string() -> None:
    said = 'she wrote {"facts": [,]} and ]}, in "quotes" \\ and\nwent'
    text = json.dumps({"facts": [{"subject": said, "confidence": 1}]}).replace("\\n", "\n")
    assert read(text, Facts, cut=False).value.facts[0].subject == said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no whole JSON object"),
        ("I cannot do that.", "no whole JSON object"),
        ("[]", "no whole JSON object"),
        ('{"facts": [{"subject": "Luna", "conf', "no whole JSON object"),
        ('{"facts": [{"subject": "Luna", "confidence": 0.9', "no whole JSON object"),
        ('{"facts": [{"subject": "Luna", "confidence": 0.9},', "no whole JSON object"),
        ('{"facts": [{"subject": "Luna"', "no whole JSON object"),
        ("{'facts': []}", "no whole JSON object"),
        ('{"facts": [}', "no whole JSON object"),
        ("{}", "none of the fields facts, notes"),
        ('{"error": "overloaded"}', "none of the fields facts, notes"),
        ('{"facts": [{"subject": "Luna"}]}', "facts.0.confidence: Field required"),
        ('{"facts": [{"subject": "Luna", "confidence": 7}]}', "facts.0.confidence: Input should be less than"),
        ('{"facts": [{"subject": "Luna", "confidence": NaN}]}', "no whole JSON object"),
        ('{"facts": [{"subject": "Luna", "confidence": 1e999}]}', "a number is too large"),
        ('{"facts": null}', "facts: Input should be a valid array"),
        (ONE + '{"facts": [{"subject": "Milo", "confidence": 0.9}]}', "2 different objects"),
        (ONE + '{"facts": []}', "2 different objects"),
    ],
)
def test_refuses_what_is_not_there(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(text, Facts, cut=False)


def test_does_not_close_the_brackets_of_an_answer_that_was_cut_off() -> None:
    with pytest.raises(Unreadable, match="cut off at the token limit"):
        read('{"facts": [{"subject": "Luna", "confidence": 0.9}', Facts, cut=True)


def test_takes_a_whole_answer_from_a_text_that_was_cut_off_behind_it() -> None:
    assert read(ONE + "\nBecause she said so, and furth", Facts, cut=True).value == LUNA


def test_lists_a_dozen_problems_and_none_of_the_values() -> None:
    text = json.dumps({"facts": [{"subject": "a secret", "confidence": 9}] * 30})
    with pytest.raises(Unreadable) as caught:
        read(text, Facts, cut=False)
    assert len(str(caught.value).splitlines()) == 13
    assert "and 18 more" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "hostile",
    [
        "{" * 200_000,
        '{"' * 100_000,
        '{"facts":' + "[" * 200_000,
        '{"facts":' * 20_000,
        '"' * 200_001,
        '{"facts": "' + "\\" * 200_001,
        "{}" * 50_000,
        "</think>" * 20_000,
        '{"facts": [' + ", " * 100_000,
        '{"notes": [' + "1" * 100_000 + "]}",
        "{ " * 100_000 + '"',
        '{"facts":' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=range(12),
)
def test_hostile_text_is_refused_in_no_time(hostile: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable):
        read(hostile, Facts, cut=False)
    assert time.monotonic() - began < 2


@given(st.builds(Facts, facts=st.lists(st.builds(Fact, subject=st.text(), confidence=st.floats(0, 1)), min_size=1)))
def test_reads_back_whatever_was_written(facts: Facts) -> None:
    reading = read(f"Here:\n```json\n{facts.model_dump_json()}\n```", Facts, cut=False)
    clean = json.loads(facts.model_dump_json().replace("\\u0000", ""))
    assert reading.value == Facts.model_validate(clean)
    assert Facts.model_validate_json(reading.text) == reading.value


@given(st.text(alphabet='{}[]",:\\ \n`facts01', max_size=200), st.booleans())
def test_any_text_is_read_or_refused(text: str, cut: bool) -> None:
    try:
        reading = read(text, Facts, cut=cut)
    except Unreadable:
        return
    assert Facts.model_validate_json(reading.text) == reading.value


@given(st.integers(0, len(ONE) - 1))
def test_no_beginning_of_an_answer_gives_another_answer(length: int) -> None:
    """Whatever is cut off, the result is the whole answer or none."""
    two = '{"facts": [{"subject": "Luna", "confidence": 0.9}], "notes": ["x", "y"]}'
    try:
        reading = read(two[:length], Facts, cut=True)
    except Unreadable:
        return
    raise AssertionError(f"made {reading.value} of {two[:length]!r}")
