"""An endpoint's errors, sorted into those that pass and those that need a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from mindfleet.errors import MindfleetError, ModelRefused, ModelUnavailable
from mindfleet.llm.retry_after import retry_after

_PASSING = frozenset({408, 409, 425, 429})
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_LONGEST = 300

_WHAT_TO_CHANGE: Mapping[int, str] = {
    401: "set OPENAI_API_KEY to a key that the endpoint knows",
    402: "the account has no credit left: add some, or set another endpoint or model",
    403: "the key may not use this model from here: use another model, or another key",
    404: "check the model's name, and that OPENAI_BASE_URL ends as the endpoint wants it, mostly in /v1",
    413: "the request is too large for the endpoint: set a lower limit for chunks of text",
    501: "the endpoint lacks what we ask for: use another one",
}
_TOO_LONG = "the text is too long for the model: set a lower limit for chunks of text, or a model with a longer context"
_OTHERWISE = "if the model's name and the endpoint's address are right, this is a bug"


def complaint(error: APIStatusError) -> str:
    """What the endpoint objects to, whatever form its error body has, in one line."""
    said = " ".join(str(part) for part in (error.param, _message(error)) if part)
    return " ".join(said.split())


def translated(error: APIError, *, endpoint: str, model: str, now: datetime) -> MindfleetError:
    """The error of ours that `error` means.

    `ModelUnavailable`, with the wait the endpoint asks for, where trying later helps (time-outs, connections, 408,
    409, 425, 429, 5xx); `ModelRefused`, saying what to change, for everything else, an exhausted account included.
    """
    if isinstance(error, APITimeoutError):
        return ModelUnavailable(f"{endpoint} did not answer in time")
    if isinstance(error, APIConnectionError):
        return ModelUnavailable(f"{endpoint} cannot be reached, or hung up: {error.__cause__ or error}")
    if not isinstance(error, APIStatusError):
        return ModelUnavailable(f"{endpoint} answered with something that is no reply: {error.message[:_LONGEST]}")
    said = f"{endpoint} answered {error.status_code} for model {model!r}: {complaint(error)[:_LONGEST]}"
    if _passes(error):
        return ModelUnavailable(said, retry_after=retry_after(_headers(error), now=now))
    return ModelRefused(f"{said}; {_what_to_change(error)}")


def _passes(error: APIStatusError) -> bool:
    if error.status_code in _PASSING:
        return error.code not in _NO_CREDIT and error.type not in _NO_CREDIT
    return error.status_code >= 500 and error.status_code not in _WHAT_TO_CHANGE  # noqa: PLR2004  server errors


def _what_to_change(error: APIStatusError) -> str:
    said = complaint(error).lower()
    if error.status_code in _PASSING:
        return _WHAT_TO_CHANGE[402]
    if error.code == "context_length_exceeded" or "context length" in said or "context size" in said:
        return _TOO_LONG
    if error.code == "content_filter" or "content management policy" in said:
        return "the provider's content filter objects to the text: use another provider for it"
    return _WHAT_TO_CHANGE.get(error.status_code, _OTHERWISE)


def _message(error: APIStatusError) -> str:
    """Of `{"error": {...}}` the client gives the inside; others send `{"error": "..."}`, `{"detail": ...}` or text."""
    body = error.body
    if isinstance(body, dict):
        fields = cast("dict[str, object]", body)
        return str(fields.get("message") or fields.get("error") or fields.get("detail") or fields)
    return str(body or error.message)


def _headers(error: APIStatusError) -> dict[str, str]:
    return {name.lower(): value for name, value in error.response.headers.items()}
