"""What every keeper of `Answers` must do."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from tests.contracts.stores import Stores, an_answer


async def test_gives_back_what_it_was_given(stores: Stores, bot: str) -> None:
    answer = replace(an_answer(bot, text='{"mood": "glad ✨"}'), cost_usd=0.1 + 0.2, user_id=None)

    assert await stores.answers.put(answer) == answer
    assert await stores.answers.get(answer.key) == answer


async def test_has_nothing_for_a_question_that_was_never_asked(stores: Stores) -> None:
    assert await stores.answers.get(uuid4()) is None


async def test_the_first_answer_is_kept_and_returned(stores: Stores, bot: str) -> None:
    first = an_answer(bot, text='"first"')
    await stores.answers.put(first)

    assert await stores.answers.put(replace(first, text='"second"')) == first
    assert await stores.answers.get(first.key) == first


async def test_two_who_asked_at_once_go_on_with_the_same_answer(stores: Stores, bot: str) -> None:
    key = uuid4()
    kept = await asyncio.gather(*(stores.answers.put(an_answer(bot, key=key, text=f'"{n}"')) for n in range(8)))

    assert len({answer.text for answer in kept}) == 1
