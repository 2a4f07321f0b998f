"""The provider that needs no model: each task's own rules answer, and every answer says so."""

from mindfleet.errors import ModelRefused
from mindfleet.llm.provider import Reply, Request
from mindfleet.tokens import estimate, estimate_beside

NAME = "offline-rules"


class OfflineRules:
    """Answers by `Ask.by_rules`; the model's name is the version of the rules, `rules-<version>`. Costs nothing."""

    @property
    def name(self) -> str:
        return NAME

    async def complete(self, request: Request) -> Reply:
        """The answer by rules, with tokens counted as a model's would be.

        Raises:
            ModelRefused: the task has no rules for this question, so it needs a model.
        """
        if request.by_rules is None:
            raise ModelRefused(
                f"{request.purpose!r} has no offline rules and no language model is set up: "
                "set OPENAI_API_KEY (with OPENAI_BASE_URL for another endpoint than OpenAI's), "
                "or OLLAMA_HOST and OLLAMA_MODEL, and replay the job"
            )
        text = request.by_rules().model_dump_json(by_alias=True)
        return Reply(
            text=text,
            cut=False,
            refusal=None,
            model=request.model,
            input_tokens=await estimate_beside([message.content for message in request.messages]),
            cached_input_tokens=0,
            output_tokens=estimate(text),
            tokens_estimated=True,
            cost_usd=0.0,
        )
