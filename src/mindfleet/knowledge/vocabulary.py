"""The closed, versioned vocabulary of predicates."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

RELATED_TO = "RELATED_TO"
"""The relationship of everything that no member says; its `predicate` property has the words."""


@dataclass(frozen=True, kw_only=True)
class Predicate:
    name: str
    description: str
    one: bool = False
    """At any time at most one object is true."""

    words: str | None = None
    """How a fact reads between subject and object; by default the name in small letters."""

    opposite: str | None = None
    """Asserting this ends the opposite with the same object."""

    @property
    def in_words(self) -> str:
        return self.words or self.name.replace("_", " ").lower()


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    version: int
    predicates: dict[str, Predicate]

    def __contains__(self, name: str) -> bool:
        return name in self.predicates

    def of(self, name: str) -> Predicate:
        """The member of that name; anything else is a many-valued `RELATED_TO`."""
        return self.predicates.get(name, Predicate(name=name, description="anything else"))

    def for_prompt(self) -> str:
        """One line a member."""
        return "\n".join(f"{p.name}: {p.description}" for p in self.predicates.values())


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships, read once."""
    raw = yaml.safe_load(files("mindfleet.knowledge").joinpath("predicates.yaml").read_text(encoding="utf-8"))
    members = {name: Predicate(name=name, **fields) for name, fields in raw["predicates"].items()}
    return Vocabulary(version=raw["version"], predicates=members)
