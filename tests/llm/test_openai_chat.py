"""The adapter for OpenAI-compatible endpoints, over real HTTP."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.errors import ModelRefused, ModelUnavailable
from mindfleet.llm.reading import read
from mindfleet.testing.model_server import (
    Answers,
    Behaviour,
    Cuts,
    Drips,
    Fails,
    Filters,
    Garbles,
    HangsUp,
    Limits,
    Refuses,
    Rules,
    Says,
    ScriptedModelServer,
    Waits,
)
from tests.llm.moods import Mood, request_for, right_answer

Chat = Callable[..., OpenAIChat]


async def test_asks_for_the_strict_schema_and_reads_answer_and_usage(server: ScriptedModelServer, chat: Chat) -> None:
    reply = await chat(server).complete(request_for())

    assert read(reply.text, Mood, cut=reply.cut).value == Mood.model_validate(right_answer(None))
    assert (reply.cut, reply.refusal, reply.model, reply.cost_usd) == (False, None, "small", None)
    assert reply.input_tokens > 0
    assert reply.output_tokens > 0
    assert not reply.tokens_estimated
    body = server.requests[0].body
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["name"] == "Mood"
    assert body["max_tokens"] == 500
    assert "temperature" not in body


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 529])
async def test_an_error_that_passes_is_unavailable(server: ScriptedModelServer, chat: Chat, status: int) -> None:
    server.script([Fails(status)])
    with pytest.raises(ModelUnavailable, match=str(status)):
        await chat(server).complete(request_for())
    assert len(server.requests) == 1, "the fleet retries, not the client"


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [
        (Limits(retry_after="7"), 7),
        (Limits(retry_after="Sun, 01 Nov 2026 12:00:30 GMT"), 30),
        (Limits(retry_after=None, headers={"retry-after-ms": "250"}), 0.25),
        (Limits(retry_after=None, headers={"x-ratelimit-reset-requests": "1m30s"}), 90),
        (Limits(retry_after=None), None),
        (Fails(503, headers={"retry-after": "20"}), 20),
    ],
)
async def test_says_when_the_endpoint_wants_to_be_asked_again(
    server: ScriptedModelServer, chat: Chat, behaviour: Behaviour, seconds: float | None
) -> None:
    server.script([behaviour])
    with pytest.raises(ModelUnavailable) as caught:
        await chat(server).complete(request_for())
    assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("behaviour", "advice"),
    [
        (Fails(401, "Incorrect API key provided."), "OPENAI_API_KEY"),
        (Fails(402, "Insufficient credits"), "no credit left"),
        (Fails(403, "Country not supported"), "another model, or another key"),
        (Fails(404, "model not found"), "check the model's name"),
        (Fails(400, "too long", code="context_length_exceeded"), "lower limit for chunks"),
        (Fails(400, "filtered", code="content_filter"), "content filter objects"),
        (Fails(413, "Payload Too Large"), "lower limit for chunks"),
        (Fails(501, "Not Implemented"), "use another one"),
        (Fails(422, body={"detail": [{"msg": "messages is odd"}]}), "messages is odd"),
        (Fails(400, body={"error": "no such template"}), "no such template"),
        (Limits(code="insufficient_quota"), "no credit left"),
        (Garbles(b"<html>hello</html>", "text/html"), "OPENAI_BASE_URL"),
    ],
)
async def test_an_error_that_stays_is_refused_with_advice(
    server: ScriptedModelServer, chat: Chat, behaviour: Behaviour, advice: str
) -> None:
    server.script([behaviour])
    with pytest.raises(ModelRefused, match=advice):
        await chat(server).complete(request_for())


@pytest.mark.parametrize(
    "behaviour", [Garbles(), HangsUp(), HangsUp(share=0), Garbles(b"{}"), Garbles(b'{"choices":[]}')]
)
async def test_a_broken_reply_is_unavailable(server: ScriptedModelServer, chat: Chat, behaviour: Behaviour) -> None:
    server.script([behaviour])
    with pytest.raises(ModelUnavailable):
        await chat(server).complete(request_for())


@pytest.mark.parametrize(("code", "error"), [(429, ModelUnavailable), (502, ModelUnavailable), (404, ModelRefused)])
async def test_an_error_inside_a_good_status_is_an_error(
    server: ScriptedModelServer, chat: Chat, code: int, error: type[Exception]
) -> None:
    server.script([Garbles(b'{"error": {"code": %d, "message": "provider down"}}' % code)])
    with pytest.raises(error, match="provider down"):
        await chat(server).complete(request_for())


async def test_an_endpoint_that_is_away_is_unavailable(server: ScriptedModelServer, chat: Chat) -> None:
    provider = chat(server)
    await server.stop()
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await provider.complete(request_for())


@pytest.mark.parametrize(
    "slow", [Waits(timedelta(seconds=30)), Drips(timedelta(milliseconds=50), pieces=400)], ids=["silent", "dripping"]
)
async def test_a_call_ends_in_time_however_slow_the_endpoint(
    server: ScriptedModelServer, chat: Chat, slow: Behaviour
) -> None:
    server.script([slow])
    with pytest.raises(ModelUnavailable, match=r"in time|within 0\.3 s"):
        await asyncio.wait_for(chat(server, timeout=timedelta(seconds=0.3)).complete(request_for()), 5)


async def test_a_drip_that_ends_in_time_is_an_answer(server: ScriptedModelServer, chat: Chat) -> None:
    server.script([Drips(timedelta(milliseconds=5), pieces=10)])
    assert (await chat(server).complete(request_for())).text


@pytest.mark.parametrize(
    ("behaviour", "refusal"),
    [(Refuses("I must not say."), "I must not say."), (Filters(), "the provider's content filter stopped the answer")],
)
async def test_a_refusal_is_no_answer(
    server: ScriptedModelServer, chat: Chat, behaviour: Behaviour, refusal: str
) -> None:
    server.script([behaviour])
    assert (await chat(server).complete(request_for())).refusal == refusal


async def test_says_that_an_answer_was_cut_off(server: ScriptedModelServer, chat: Chat) -> None:
    server.script([Cuts(share=1.0)])
    assert (await chat(server).complete(request_for())).cut


async def test_counts_tokens_itself_where_the_endpoint_does_not(chat: Chat) -> None:
    async with ScriptedModelServer(rules=Rules(reports_usage=False), answer=right_answer) as server:
        reply = await chat(server).complete(request_for())
    assert reply.tokens_estimated
    assert reply.input_tokens > 5
    assert reply.output_tokens > 5


async def test_takes_the_cost_and_the_cached_tokens_that_the_endpoint_reports(
    server: ScriptedModelServer, chat: Chat
) -> None:
    usage = (
        b'{"prompt_tokens": 100, "completion_tokens": 5, "cost": 0.25, "prompt_tokens_details": {"cached_tokens": 80}}'
    )
    server.script(
        [Garbles(b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "usage": %b}' % usage)]
    )
    reply = await chat(server).complete(request_for())
    assert (reply.input_tokens, reply.cached_input_tokens, reply.cost_usd) == (100, 80, 0.25)


@pytest.mark.parametrize(
    ("formats", "asked"),
    [
        ({"text", "json_object"}, ["json_schema", "json_object"]),
        ({"text"}, ["json_schema", "json_object", None]),
    ],
)
async def test_falls_back_to_what_the_endpoint_takes_and_remembers_it(
    chat: Chat, formats: set[str], asked: list[str | None]
) -> None:
    async with ScriptedModelServer(rules=Rules(formats=frozenset(formats)), answer=right_answer) as server:
        provider = chat(server)
        for _ in range(2):
            assert "glad" in (await provider.complete(request_for())).text
        sent = [request.body.get("response_format", {}).get("type") for request in server.requests]
    assert sent == [*asked, asked[-1]]
    assert '"strength"' in server.requests[-1].body["messages"][0]["content"], "the schema is said in words"


@pytest.mark.parametrize(
    "objection",
    [
        Fails(500, 'response_format type must be one of "text" or "json_object", but got: json_schema'),
        Fails(422, body={"message": "This response_format type is unavailable now"}),
        Fails(400, body={"error": "'response_format.type' must be 'text'"}),
        Fails(400, "Failed to parse grammar"),
    ],
    ids=["llama-server", "deepseek", "lm-studio", "grammar"],
)
async def test_understands_how_real_endpoints_decline_a_schema(
    server: ScriptedModelServer, chat: Chat, objection: Behaviour
) -> None:
    server.script([objection])
    assert "glad" in (await chat(server).complete(request_for())).text
    assert server.requests[-1].body["response_format"] == {"type": "json_object"}


async def test_what_one_model_lacks_is_not_held_against_another(server: ScriptedModelServer, chat: Chat) -> None:
    provider = chat(server)
    server.script([Fails(400, "json_schema is not supported by this model")])
    await provider.complete(request_for(model="old"))
    await provider.complete(request_for(model="new"))
    assert server.requests[-1].body["response_format"]["type"] == "json_schema"


async def test_says_the_schema_in_words_after_an_endpoint_ignored_it(server: ScriptedModelServer, chat: Chat) -> None:
    provider = chat(server)
    server.script([Says("She is glad, I think.")])
    await provider.complete(request_for())
    await provider.complete(request_for())
    assert "response_format" not in server.requests[-1].body
    assert '"strength"' in server.requests[-1].body["messages"][0]["content"]


@pytest.mark.parametrize(("taken", "refused"), [("max_completion_tokens", "max_tokens")])
async def test_learns_the_name_of_the_token_limit(chat: Chat, taken: str, refused: str) -> None:
    async with ScriptedModelServer(rules=Rules(limit_names=frozenset({taken})), answer=right_answer) as server:
        provider = chat(server)
        for _ in range(2):
            await provider.complete(request_for())
    assert [refused in request.body for request in server.requests] == [True, False, False]
    assert server.requests[-1].body[taken] == 500


async def test_drops_a_temperature_that_the_model_does_not_take(chat: Chat) -> None:
    async with ScriptedModelServer(rules=Rules(temperature=False), answer=right_answer) as server:
        provider = chat(server, temperature=0.1)
        for _ in range(2):
            await provider.complete(request_for())
    assert ["temperature" in request.body for request in server.requests] == [True, False, False]


async def test_gives_up_at_once_when_the_objection_is_about_something_else(
    server: ScriptedModelServer, chat: Chat
) -> None:
    server.script([Fails(400, "messages[1] is odd")])
    with pytest.raises(ModelRefused, match="odd"):
        await chat(server).complete(request_for())
    assert len(server.requests) == 1


async def test_sends_the_key_and_keeps_it_out_of_errors(chat: Chat) -> None:
    async with ScriptedModelServer(rules=Rules(api_key="sk-right"), answer=right_answer) as server:
        await chat(server, api_key="sk-right").complete(request_for())
        with pytest.raises(ModelRefused) as caught:
            await chat(server, api_key="sk-wrong").complete(request_for())
    assert "sk-wrong" not in str(caught.value)


async def test_a_proxy_of_the_environment_is_not_for_an_endpoint_beside_us(
    server: ScriptedModelServer, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await chat(server).complete(request_for())).text


async def test_many_calls_share_the_connections(server: ScriptedModelServer, chat: Chat) -> None:
    provider = chat(server)
    server.script([Answers()] * 30)
    replies = await asyncio.gather(*(provider.complete(request_for()) for _ in range(30)))
    assert len(replies) == 30
