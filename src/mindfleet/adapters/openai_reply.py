"""What a chat completion says, read with suspicion: compatible endpoints leave fields out and invent others."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mindfleet.errors import ModelRefused, ModelUnavailable
from mindfleet.llm.provider import Reply, Request
from mindfleet.tokens import estimate


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Error(_Lenient):
    message: str = ""
    code: int | str | None = None


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None
    error: _Error | None = None


class _CachedTokens(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    prompt_tokens_details: _CachedTokens | None = None
    cost: float | None = None
    """USD; OpenRouter says it."""


class _Completion(_Lenient):
    model: str | None = None
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: _Error | None = None


def reply_in(body: bytes, request: Request) -> Reply:
    """The reply in the body of a 200.

    Raises:
        ModelUnavailable: the body is broken, or reports an error of the model behind the endpoint.
        ModelRefused: the body is of another kind than a chat completion.
    """
    completion = _completion_in(body)
    error = completion.error or (completion.choices[0].error if completion.choices else None)
    if error is not None:
        raise _reported(error)
    if not completion.choices:
        raise ModelUnavailable("the endpoint returned a chat completion without a choice")
    return _reply(completion, completion.choices[0], request)


def _completion_in(body: bytes) -> _Completion:
    try:
        return _Completion.model_validate_json(body)
    except ValidationError as error:
        if body.lstrip()[:1] == b"<":
            raise ModelRefused(
                "the endpoint answers with a web page instead of a chat completion: "
                "check OPENAI_BASE_URL, which for most endpoints ends in /v1"
            ) from error
        raise ModelUnavailable(f"the endpoint's reply is no chat completion: {body[:100]!r}") from error


def _reported(error: _Error) -> ModelUnavailable | ModelRefused:
    """An error within a 200, as OpenRouter sends it when the model's host fails."""
    said = f"the endpoint reports error {error.code}: {error.message[:300]}"
    if error.code in {400, 401, 402, 403, 404, 413, 422}:
        return ModelRefused(said)
    return ModelUnavailable(said)


def _reply(completion: _Completion, choice: _Choice, request: Request) -> Reply:
    text = choice.message.content or ""
    usage = completion.usage
    cached = usage.prompt_tokens_details if usage else None
    return Reply(
        text=text,
        cut=choice.finish_reason not in {"stop", "content_filter"},
        refusal=_refusal(choice),
        model=completion.model or request.model,
        input_tokens=usage.prompt_tokens if usage else sum(estimate(m.content) for m in request.messages),
        cached_input_tokens=(cached.cached_tokens or 0) if cached else 0,
        output_tokens=usage.completion_tokens if usage else estimate(text),
        tokens_estimated=usage is None,
        cost_usd=usage.cost if usage else None,
    )


def _refusal(choice: _Choice) -> str | None:
    if choice.finish_reason == "content_filter":
        return "the provider's content filter stopped the answer"
    return choice.message.refusal or None
