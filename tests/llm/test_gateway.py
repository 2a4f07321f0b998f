"""The gateway: typed answers, paid for once, every call on record."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel

from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.current_job import JobContext, current_job
from mindfleet.errors import ModelAnswerInvalid, ModelRefused, ModelUnavailable, StoreUnavailable
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.offline import OfflineRules
from mindfleet.llm.prices import Price, Prices
from mindfleet.ports.answers import StoredAnswer
from mindfleet.ports.model_calls import ModelCall
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.model_server import (
    Answers,
    Behaviour,
    Cuts,
    Fails,
    Limits,
    Refuses,
    Rules,
    Says,
    ScriptedModelServer,
    Waits,
    Wraps,
)
from tests.llm.moods import NOW, Mood, ask_for, right_answer, stored

Make = Callable[..., Gateway]
Chat = Callable[..., OpenAIChat]

GLAD = Mood(feeling="glad", strength=4, causes=["the sea"])
FOREVER = Waits(timedelta(minutes=5))


async def test_answers_with_a_value_and_where_it_came_from(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    answer = await gateway_over(chat(server)).answer(ask := ask_for())
    assert answer.value == GLAD
    assert (answer.key, answer.provider, answer.model) == (ask.key, "local", "small")
    assert answer.prompt_version == ask.prompt.version
    assert answer.input_tokens > 0
    assert answer.cost_usd is None, "nobody knows the price of a model named small"
    assert server.requests[0].body["messages"] == [
        {"role": "system", "content": "You judge moods."},
        {"role": "user", "content": "How does Ann feel?"},
    ]


async def test_an_answer_is_paid_for_once(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> None:
    gateway, ask = gateway_over(chat(server)), ask_for()
    first = await gateway.answer(ask)
    assert await gateway.answer(ask) == first
    assert len(server.requests) == 1


async def test_a_worker_killed_between_answer_and_write_leaves_the_answer(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    ask = ask_for()
    await gateway_over(chat(server)).answer(ask)  # and then the process dies, before it wrote anything of its own
    server.script([], then=Fails(500))
    retried = await gateway_over(chat(server)).answer(ask)
    assert retried.value == GLAD
    assert len(server.requests) == 1


async def test_other_keys_are_other_questions(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> None:
    gateway = gateway_over(chat(server))
    await gateway.answer(ask_for())
    await gateway.answer(ask_for())
    assert len(server.requests) == 2


async def test_concurrent_asks_of_one_key_make_one_call(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    server.script([Waits(timedelta(milliseconds=50))])
    gateway, ask = gateway_over(chat(server)), ask_for()
    given = await asyncio.gather(*(gateway.answer(ask) for _ in range(20)))
    assert [answer.value for answer in given] == [GLAD] * 20
    assert len(server.requests) == 1


async def test_one_of_several_askers_may_leave(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> None:
    server.script([Waits(timedelta(milliseconds=200))])
    gateway, ask = gateway_over(chat(server)), ask_for()
    leaving, staying = (asyncio.create_task(gateway.answer(ask)) for _ in range(2))
    await server.received(1)
    leaving.cancel()
    assert (await staying).value == GLAD
    assert leaving.cancelled()
    assert len(server.requests) == 1


async def test_two_workers_that_asked_at_once_go_on_with_the_same_answer(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, answers: AnswersInMemory
) -> None:
    ask = ask_for()
    other = '{"feeling": "sad", "strength": 1, "causes": []}'
    server.script([Waits(timedelta(milliseconds=100))])
    asking = asyncio.create_task(gateway_over(chat(server)).answer(ask))
    await server.received(1)
    await answers.put(stored(ask.key, other))  # the other worker was quicker
    assert (await asking).value.feeling == "sad"


async def test_a_stored_answer_that_no_longer_fits_counts_as_none(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, answers: AnswersInMemory
) -> None:
    ask = ask_for()
    await answers.put(stored(ask.key, '{"sentiment": "fine"}'))
    assert (await gateway_over(chat(server)).answer(ask)).value == GLAD


@pytest.mark.parametrize(
    "bad",
    [
        Says("I would rather not say."),
        Says('{"feeling": "glad", "strength": 9}'),
        Says('{"feeling": "glad"}'),
        Says(""),
        Cuts(),
    ],
    ids=["prose", "out of bounds", "field missing", "empty", "cut off"],
)
async def test_an_invalid_answer_gets_one_chance_to_be_mended(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, calls: ModelCallsInMemory, bad: Behaviour
) -> None:
    server.script([bad])
    answer = await gateway_over(chat(server)).answer(ask_for())
    assert answer.value == GLAD
    assert [(call.repair, call.outcome) for call in calls.recorded] == [(False, "invalid"), (True, "answered")]
    assert answer.input_tokens == sum(call.input_tokens for call in calls.recorded), "both calls were paid for"


async def test_the_model_sees_its_answer_and_what_is_wrong_with_it(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    server.script([Says('{"feeling": "glad", "strength": 9}')])
    await gateway_over(chat(server)).answer(ask_for())
    *_, own, complaint = server.requests[-1].body["messages"]
    assert own == {"role": "assistant", "content": '{"feeling": "glad", "strength": 9}'}
    assert "strength: Input should be less than or equal to 5" in complaint["content"]
    assert '"additionalProperties": false' in complaint["content"]


async def test_an_answer_that_was_cut_off_gets_twice_the_room(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    server.script([Cuts()])
    await gateway_over(chat(server), max_output_tokens=300).answer(ask_for())
    assert [request.body["max_tokens"] for request in server.requests] == [300, 600]


async def test_after_a_failed_repair_it_gives_up_and_stores_nothing(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, answers: AnswersInMemory, calls: ModelCallsInMemory
) -> None:
    server.script([], then=Says("no"))
    with pytest.raises(ModelAnswerInvalid, match=r"does not fill Mood.*MINDFLEET_LLM__MODEL_UTILITY"):
        await gateway_over(chat(server)).answer(ask_for())
    assert len(server.requests) == 2
    assert not answers.kept
    assert [call.outcome for call in calls.recorded] == ["invalid", "invalid"]


async def test_prose_around_the_answer_needs_no_repair(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    server.script([Wraps()])
    assert (await gateway_over(chat(server)).answer(ask_for())).value == GLAD
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (Limits(retry_after="3"), "unavailable"),
        (Fails(500), "unavailable"),
        (Fails(401), "refused"),
        (Refuses("I must not."), "refused"),
    ],
)
async def test_a_failed_call_is_on_record_too(
    server: ScriptedModelServer, failing: Gateway, calls: ModelCallsInMemory, behaviour: Behaviour, outcome: str
) -> None:
    server.script([behaviour])
    with pytest.raises(ModelUnavailable if outcome == "unavailable" else ModelRefused):
        await failing.answer(ask_for())
    [call] = calls.recorded
    assert call.outcome == outcome
    assert call.error


@pytest.fixture
def failing(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> Gateway:
    return gateway_over(chat(server))


async def test_a_failure_is_not_kept_for_the_retry(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> None:
    gateway, ask = gateway_over(chat(server)), ask_for()
    server.script([Fails(500)])
    with pytest.raises(ModelUnavailable):
        await gateway.answer(ask)
    assert (await gateway.answer(ask)).value == GLAD


async def test_a_job_that_is_stopped_leaves_a_record_and_no_answer(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, calls: ModelCallsInMemory, answers: AnswersInMemory
) -> None:
    server.script([FOREVER])
    asking = asyncio.create_task(gateway_over(chat(server)).answer(ask_for()))
    await server.received(1)
    asking.cancel("shutting down")
    with pytest.raises(asyncio.CancelledError, match="shutting down"):
        await asking
    assert [call.outcome for call in calls.recorded] == ["cancelled"]
    assert not answers.kept


async def test_a_record_says_what_for_for_whom_and_at_what_price(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make, calls: ModelCallsInMemory
) -> None:
    gateway = gateway_over(chat(server), "gpt-4o-mini", prices=Prices({"gpt-4o-mini": Price(input=1, output=2)}))
    token = current_job.set(JobContext("job-1", "run_summarization", 2))
    try:
        answer = await gateway.answer(ask := ask_for())
    finally:
        current_job.reset(token)
    [call] = calls.recorded
    assert (call.job_id, call.task, call.at) == ("job-1", "run_summarization", NOW)
    assert (call.key, call.bot_name, call.user_id, call.tier) == (ask.key, "luna", "ann", "utility")
    assert (call.prompt, call.prompt_version) == ("mood", ask.prompt.version)
    assert (call.provider, call.model, call.repair, call.error) == ("local", "gpt-4o-mini", False, None)
    assert call.latency > timedelta(0)
    assert call.cost_usd == answer.cost_usd == pytest.approx((call.input_tokens + 2 * call.output_tokens) / 1e6)


async def test_each_tier_asks_its_own_model(server: ScriptedModelServer, chat: Chat, gateway_over: Make) -> None:
    provider = chat(server)
    tiers = {
        "main": TierModel(provider, "a"),
        "reflective": TierModel(provider, "b"),
        "utility": TierModel(provider, "c"),
    }
    gateway = gateway_over(provider, tiers=tiers)
    for tier in tiers:
        await gateway.answer(ask_for(tier=tier))
    assert [request.body["model"] for request in server.requests] == ["a", "b", "c"]


class Flaky(AnswersInMemory):
    """A store that goes away after the question and before the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.away = True

    async def put(self, answer: StoredAnswer) -> StoredAnswer:
        if self.away:
            raise StoreUnavailable("the database is restarting")
        return await super().put(answer)


async def test_a_store_that_goes_away_in_between_costs_no_second_call(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    answers, ask = Flaky(), ask_for()
    gateway = gateway_over(chat(server), answers=answers)
    with pytest.raises(StoreUnavailable):
        await gateway.answer(ask)
    answers.away = False
    assert (await gateway.answer(ask)).value == GLAD
    assert len(server.requests) == 1
    assert ask.key in answers.kept


class Closed(AnswersInMemory):
    async def get(self, key: UUID) -> StoredAnswer | None:
        raise StoreUnavailable(f"no {key} today")


async def test_nothing_is_asked_while_answers_could_not_be_kept(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    with pytest.raises(StoreUnavailable):
        await gateway_over(chat(server), answers=Closed()).answer(ask_for())
    assert not server.requests


class SlowStore(AnswersInMemory):
    """Takes its time to store, and says when it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def put(self, answer: StoredAnswer) -> StoredAnswer:
        self.begun.set()
        await self.go_on.wait()
        return await super().put(answer)


async def test_a_job_stopped_while_its_answer_is_being_stored_has_it_stored(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    answers, ask = SlowStore(), ask_for()
    asking = asyncio.create_task(gateway_over(chat(server), answers=answers).answer(ask))
    await asyncio.wait_for(answers.begun.wait(), 5)
    asking.cancel()
    answers.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ask.key in answers.kept


class FlakyCalls(ModelCallsInMemory):
    def __init__(self) -> None:
        super().__init__()
        self.away = True

    async def record(self, call: ModelCall) -> None:
        if self.away:
            raise StoreUnavailable("the database is restarting")
        await super().record(call)


async def test_records_wait_for_a_store_that_is_away(
    server: ScriptedModelServer, chat: Chat, gateway_over: Make
) -> None:
    calls = FlakyCalls()
    gateway = gateway_over(chat(server), calls=calls)
    await gateway.answer(first := ask_for())
    calls.away = False
    await gateway.answer(second := ask_for())
    assert [call.key for call in calls.recorded] == [first.key, second.key]


async def test_the_offline_provider_answers_by_rules_and_says_so(gateway_over: Make, calls: ModelCallsInMemory) -> None:
    gateway = gateway_over(OfflineRules(), "rules-7")
    answer = await gateway.answer(ask_for(by_rules=lambda: GLAD))
    assert (answer.value, answer.provider, answer.model, answer.cost_usd) == (GLAD, "offline-rules", "rules-7", 0)
    [call] = calls.recorded
    assert call.tokens_estimated
    assert call.input_tokens > 5


async def test_the_offline_provider_names_the_setting_where_it_has_no_rules(gateway_over: Make) -> None:
    with pytest.raises(ModelRefused, match=r"OPENAI_API_KEY.*OLLAMA_HOST"):
        await gateway_over(OfflineRules(), "rules-7").answer(ask_for())


class FreeForm(BaseModel):
    anything: dict[str, str]


async def test_a_schema_that_endpoints_refuse_is_refused_offline_too(gateway_over: Make) -> None:
    ask = ask_for(schema=FreeForm, by_rules=lambda: FreeForm(anything={}))
    with pytest.raises(TypeError, match="free-form"):
        await gateway_over(OfflineRules(), "rules-7").answer(ask)


async def test_works_through_a_storm(chat: Chat, gateway_over: Make, calls: ModelCallsInMemory) -> None:
    """Sixty questions, each asked by three jobs, of an endpoint that answers every third request badly."""
    async with ScriptedModelServer(rules=Rules(formats=frozenset({"text"})), answer=right_answer) as server:
        server.script([Says("prose") if number % 3 else Answers() for number in range(60)])
        gateway = gateway_over(chat(server))
        keys = [uuid4() for _ in range(60)]
        given = await asyncio.gather(
            *(gateway.answer(ask_for(key)) for key in keys for _ in range(3)), return_exceptions=True
        )
    answered = {answer.key for answer in given if not isinstance(answer, BaseException)}
    assert all(isinstance(answer, ModelAnswerInvalid) for answer in given if isinstance(answer, BaseException))
    assert len({call.key for call in calls.recorded}) == 60
    assert {call.key for call in calls.recorded if call.outcome == "answered"} == answered
    assert len(calls.recorded) == sum(call.repair for call in calls.recorded) + 60
