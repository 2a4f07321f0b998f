"""What an OpenAI-compatible endpoint understands, learnt from what it refuses.

Endpoints differ in three points: whether they take a JSON schema (`json_schema`: OpenAI, vLLM, Ollama, llama-server),
only the wish for JSON (`json_object`: DeepSeek, older llama-servers) or neither; how they call the limit of an answer;
and whether a temperature may be given. One that knows less says so with an error that names the parameter.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

Format = Literal["json_schema", "json_object", "plain"]
LimitName = Literal["max_completion_tokens", "max_tokens"]

_SIMPLER: dict[Format, Format] = {"json_schema": "json_object", "json_object": "plain"}
_OTHER_LIMIT: dict[LimitName, LimitName] = {
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_completion_tokens",
}
_ABOUT_FORMAT = re.compile(r"response.?format|json.?(?:schema|object|mode)|structured.?output|grammar", re.IGNORECASE)
_ABOUT_LIMIT = re.compile(r"max_(?:completion_)?tokens")
_WRONG_NAME = re.compile(
    r"unsupported|unrecogni[sz]ed|unknown|not supported|not permitted|unexpected|extra", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How to ask one model of one endpoint."""

    format: Format = "json_schema"
    limit_name: LimitName = "max_tokens"
    temperature: float | None = None
    limit_changed: bool = False

    def after(self, complaint: str) -> "Dialect | None":
        """The next dialect to try after the endpoint refused this one; None when the complaint is about other things.

        Each step gives something up, so there are at most four.
        """
        if self.temperature is not None and "temperature" in complaint:
            return replace(self, temperature=None)
        if not self.limit_changed and _ABOUT_LIMIT.search(complaint) and _WRONG_NAME.search(complaint):
            return replace(self, limit_name=_OTHER_LIMIT[self.limit_name], limit_changed=True)
        if self.format in _SIMPLER and _ABOUT_FORMAT.search(complaint):
            return replace(self, format=_SIMPLER[self.format])
        return None

    def after_prose(self) -> "Dialect":
        """For an endpoint that takes a format and then ignores it: say the schema in the prompt from now on."""
        return replace(self, format="plain")
