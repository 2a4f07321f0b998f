"""The scripted model server: as strict with its clients as the real ones, and as unreliable as told."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from math import isclose
from typing import Any

import pytest
from openai import APIConnectionError, APIStatusError, AsyncOpenAI

from mindfleet.testing.model_server import Fails, HangsUp, Rules, Says, ScriptedModelServer

USER = {"role": "user", "content": "Answer in JSON."}
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["score", "tags"],
    "additionalProperties": False,
}


def wish(schema: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "Score", "strict": True, "schema": schema, **changes}}


@pytest.fixture
async def strict() -> AsyncIterator[ScriptedModelServer]:
    rules = Rules(api_key="sk-1", models=("small",), context_tokens=200, dimensions=8, largest_batch=3)
    async with ScriptedModelServer(rules=rules) as server:
        yield server


@pytest.fixture
async def client(strict: ScriptedModelServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=strict.url, api_key="sk-1", max_retries=0) as client:
        yield client


async def _post(client: AsyncOpenAI, body: dict[str, Any], path: str = "/chat/completions") -> Any:
    return await client.post(path, body=body, cast_to=object)


async def test_fills_the_schema_with_the_smallest_values(client: AsyncOpenAI) -> None:
    completion = await _post(client, {"model": "small", "messages": [USER], "response_format": wish(SCHEMA)})
    assert completion["choices"][0]["message"]["content"] == '{"score": 1, "tags": []}'
    assert completion["usage"]["total_tokens"] > 5


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"model": "large"}, 404, "does not exist"),
        ({"model": None}, 400, "model parameter"),
        ({"messages": []}, 400, "non-empty array"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "Invalid value: 'robot'"),
        ({"messages": [{"role": "user", "content": ""}]}, 400, "non-empty string"),
        ({"stream": True}, 400, "neither streams"),
        ({"colour": "red"}, 400, "Unrecognized request argument supplied: colour"),
        ({"max_tokens": 0}, 400, "Invalid 'max_tokens'"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, 400, "not both"),
        ({"max_tokens": 500}, 400, "maximum context length"),
        ({"temperature": 3}, 400, "Invalid 'temperature'"),
        ({"response_format": {"type": "yaml"}}, 400, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, 400, "Missing required parameter"),
        ({"response_format": wish(SCHEMA, name="a b")}, 400, "Invalid name"),
        ({"response_format": wish(SCHEMA | {"additionalProperties": True})}, 400, "additionalProperties"),
        ({"response_format": wish(SCHEMA | {"required": ["score"]})}, 400, r"required.*tags"),
        ({"response_format": wish(SCHEMA | {"minProperties": 1})}, 400, "minProperties"),
        ({"response_format": wish({"type": "array", "items": SCHEMA})}, 400, "at its root"),
        (
            {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "hi"}]},
            400,
            "the word 'json'",
        ),
    ],
)
async def test_refuses_what_breaks_the_protocol(
    strict: ScriptedModelServer, client: AsyncOpenAI, change: dict[str, Any], status: int, said: str
) -> None:
    strict.script([Says("unused")])
    with pytest.raises(APIStatusError, match=said) as caught:
        await _post(client, {"model": "small", "messages": [USER]} | change)
    assert caught.value.status_code == status
    completion = await _post(client, {"model": "small", "messages": [USER]})
    assert completion["choices"][0]["message"]["content"] == "unused", "a refused request uses up no script"


async def test_refuses_a_wrong_key_path_and_method(strict: ScriptedModelServer, client: AsyncOpenAI) -> None:
    async with AsyncOpenAI(base_url=strict.url, api_key="sk-2", max_retries=0) as stranger:
        with pytest.raises(APIStatusError, match="Incorrect API key"):
            await _post(stranger, {"model": "small", "messages": [USER]})
    with pytest.raises(APIStatusError, match="Invalid URL"):
        await _post(client, {}, "/completions")
    with pytest.raises(APIStatusError, match="Not allowed"):
        await client.get("/chat/completions", cast_to=object)
    assert [(request.method, request.path) for request in strict.requests] == [
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
        ("GET", "/v1/chat/completions"),
    ]


async def test_lists_its_models(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["small"]


@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_embeds_alike_texts_near_each_other(client: AsyncOpenAI, encoding: Any) -> None:
    texts = ["my cat Luna", "Luna is my cat", "rain in Oslo"]
    embedded = await client.embeddings.create(model="small", input=texts, encoding_format=encoding)
    raw = embedded.data[0].embedding
    assert isinstance(raw, str) == (encoding == "base64")
    plain = await client.embeddings.create(model="small", input=texts)
    first, second, third = (item.embedding for item in plain.data)
    assert isclose(_dot(first, first), 1, abs_tol=1e-6)
    assert _dot(first, second) > _dot(first, third)
    again = await client.embeddings.create(model="small", input="my cat Luna")
    assert again.data[0].embedding == first


@pytest.mark.parametrize("given", ["", [], ["a", ""], ["a"] * 4, 7])
async def test_refuses_empty_and_too_many_texts(client: AsyncOpenAI, given: Any) -> None:
    with pytest.raises(APIStatusError, match="'input'"):
        await _post(client, {"model": "small", "input": given}, "/embeddings")


async def test_refuses_dimensions_that_it_does_not_have(client: AsyncOpenAI) -> None:
    with pytest.raises(APIStatusError, match="8 dimensions"):
        await client.embeddings.create(model="small", input="x", dimensions=9)


async def test_misbehaves_on_embeddings_too(strict: ScriptedModelServer, client: AsyncOpenAI) -> None:
    strict.script([Fails(503), HangsUp()])
    with pytest.raises(APIStatusError, match="503"):
        await client.embeddings.create(model="small", input="x")
    with pytest.raises(APIConnectionError):
        await client.embeddings.create(model="small", input="x")


@pytest.mark.usefixtures("strict")
async def test_finds_the_schema_in_the_words_of_the_prompt(client: AsyncOpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}}
    told = {"role": "system", "content": f"Fill this JSON schema: {json.dumps(schema)}"}
    completion = await _post(client, {"model": "small", "messages": [told, USER]})
    assert completion["choices"][0]["message"]["content"] == '{"a": false}'


async def test_comes_back_on_the_same_port(strict: ScriptedModelServer, client: AsyncOpenAI) -> None:
    url = strict.url
    await strict.stop()
    with pytest.raises(APIConnectionError):
        await client.embeddings.create(model="small", input="x")
    await strict.start()
    assert strict.url == url
    assert (await client.embeddings.create(model="small", input="x")).data


async def test_hangs_up_on_waiting_clients_without_a_word(
    strict: ScriptedModelServer, client: AsyncOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    await client.embeddings.create(model="small", input="x")  # the connection is kept alive
    await strict.stop()
    await asyncio.sleep(0)
    assert not caplog.records


async def test_runs_as_a_process_until_it_is_told_to_stop() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mindfleet.testing.model_server",
        "--cycle",
        "answers,fails",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        body = {"model": "any", "messages": [USER], "response_format": wish(SCHEMA)}
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            assert (await _post(client, body))["choices"]
            with pytest.raises(APIStatusError, match="500"):
                await _post(client, body)
    finally:
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 20)
    assert code == 0


def _dot(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
