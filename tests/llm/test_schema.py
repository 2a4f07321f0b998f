"""The strict dialect of JSON schema."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field

from mindfleet.llm.schema import strict_schema
from mindfleet.testing.model_server.filling import filled
from mindfleet.testing.model_server.strictness import violations


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(default=9, ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: frozenset[str] = frozenset()


class Person(BaseModel):
    """Somebody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=20, description="as they say it")
    born: date | None = None
    ids: list[UUID] = Field(default=[], max_length=3)
    colour: Colour = Field(default=Colour.RED, description="of the hair")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] = Cat()
    friends: "list[Person]" = []


class Everything(BaseModel):
    people: list[Person]
    best: Person | None = None
    score: float = Field(gt=0, lt=1)
    code: str = Field(default="", pattern="^[a-z]+$")


@pytest.mark.parametrize("schema", [Everything, Person, Cat])
def test_keeps_every_rule_of_strict_mode(schema: type[BaseModel]) -> None:
    assert list(violations(strict_schema(schema))) == []


def test_every_property_is_required_and_every_object_closed() -> None:
    person = _definition(Everything, "Person")
    assert person["required"] == ["name", "born", "ids", "colour", "pet", "friends"]
    assert person["additionalProperties"] is False
    assert "default" not in str(strict_schema(Everything))


def test_says_in_words_what_the_dialect_cannot_say() -> None:
    properties = _definition(Everything, "Person")["properties"]
    assert properties["name"] == {"type": "string", "description": "as they say it (minLength: 1, maxLength: 20)"}
    assert properties["colour"] == {"anyOf": [{"$ref": "#/$defs/Colour"}], "description": "of the hair"}
    assert properties["ids"]["maxItems"] == 3
    assert strict_schema(Everything)["properties"]["code"]["description"] == "(pattern: ^[a-z]+$)"  # type: ignore[index]


def test_a_value_that_fills_the_strict_schema_fills_the_model() -> None:
    assert Person.model_validate(filled(strict_schema(Person)) | {"name": "Ann"})


class FreeForm(BaseModel):
    extra: dict[str, int]


class Pair(BaseModel):
    both: tuple[int, str]


class Whatever(BaseModel):
    model_config = ConfigDict(extra="allow")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [(FreeForm, r"FreeForm\.extra is a free-form"), (Pair, r"Pair\.both uses .*prefixItems"), (Whatever, "free-form")],
)
def test_refuses_what_cannot_be_said(schema: type[BaseModel], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        strict_schema(schema)


def _definition(schema: type[BaseModel], name: str) -> dict[str, Any]:
    definitions: Any = strict_schema(schema)["$defs"]
    definition: dict[str, Any] = definitions[name]
    return definition
