"""The canned language model that task authors test with."""

import pytest
from pydantic import BaseModel

from mindfleet.errors import ModelUnavailable
from mindfleet.ports.llm import LLM
from mindfleet.testing.llm import CannedLLM
from tests.llm.moods import Mood, ask_for

GLAD = Mood(feeling="glad", strength=4)
SAD = Mood(feeling="sad", strength=2)


async def test_answers_by_the_class_that_is_asked_for() -> None:
    llm: LLM = CannedLLM(GLAD)
    assert (await llm.answer(ask_for())).value == GLAD


async def test_answers_the_same_key_with_the_same_value_and_pays_once() -> None:
    llm = CannedLLM(GLAD, SAD)
    ask = ask_for()
    given = [(await llm.answer(question)).value for question in (ask, ask, ask_for(), ask_for())]
    assert given == [GLAD, GLAD, SAD, SAD]
    assert len(llm.asks) == 4
    assert llm.paid.count(ask.key) == 1


async def test_fails_as_scripted_and_answers_the_retry() -> None:
    llm = CannedLLM()
    llm.script(Mood, ModelUnavailable("away"), GLAD)
    ask = ask_for()
    with pytest.raises(ModelUnavailable):
        await llm.answer(ask)
    assert (await llm.answer(ask)).value == GLAD


async def test_shows_a_missing_placeholder() -> None:
    with pytest.raises(ValueError, match=r"takes .*name"):
        await CannedLLM(GLAD).answer(ask_for(values={}))


class Free(BaseModel):
    anything: dict[str, str]


async def test_shows_a_schema_that_endpoints_refuse() -> None:
    with pytest.raises(TypeError, match="free-form"):
        await CannedLLM(Free(anything={})).answer(ask_for(schema=Free))


async def test_says_what_it_was_not_given() -> None:
    with pytest.raises(LookupError, match="was given no Mood"):
        await CannedLLM().answer(ask_for())
