"""What the sections of the tree are made of."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

Side = Literal["client", "workers", "both"]
"""Who reads a setting: the bot (`task_queue`, `memory`), the workers and `bot.sh`, or both."""


class Section(BaseModel):
    """Settings that belong together; its docstring is its title in the generated files."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )


def setting(
    meaning: str,
    *,
    env: str | None = None,
    side: Side = "workers",
    needed: bool = False,
    default_in_words: str | None = None,
    unit: str | None = None,
    **field: Any,  # noqa: ANN401 - pydantic's Field takes these
) -> Any:  # noqa: ANN401 - as pydantic's Field does
    """One leaf of the tree.

    Args:
        meaning: one line, for the generated files and `config show`.
        env: its plain name in the environment, beside the uniform `MINDFLEET_SECTION__NAME`.
        side: who reads it.
        needed: whoever runs on stores of their own must set it.
        default_in_words: for a default that is computed, or that None stands for.
        unit: of a number.
        **field: what pydantic's `Field` takes, above all `default`.
    """
    about: JsonDict = {
        "env": env,
        "side": side,
        "needed": needed,
        "default_in_words": default_in_words,
        "unit": unit,
    }
    description: Any = Field(description=meaning, json_schema_extra={"about": about}, **field)
    return description
