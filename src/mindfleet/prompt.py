"""Prompts are files: prose beside the task that uses it, with `$placeholders`."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from string import Template

USER_PART = "<!-- user -->"
"""The line that ends the fixed part (sent as the system message, so that providers can cache it)."""


@dataclass(frozen=True)
class Prompt:
    """A template in two parts: a fixed one, and one whose placeholders are filled for each question."""

    name: str
    text: str

    @classmethod
    def beside(cls, module_file: str) -> "Prompt":
        """The `.md` file of the same stem as a module, read once at import."""
        path = Path(module_file)
        return cls.named(module_file, path.stem)

    @classmethod
    def named(cls, module_file: str, stem: str) -> "Prompt":
        """The `.md` file of that stem in the folder of a module."""
        path = Path(module_file).with_name(f"{stem}.md")
        return cls(stem, path.read_text(encoding="utf-8"))

    def with_fixed(self, **values: str) -> "Prompt":
        """The prompt with the placeholders of its fixed part filled in, once and for all questions."""
        fixed, line, rest = self.text.partition(USER_PART)
        return Prompt(self.name, Template(fixed).substitute(values) + line + rest)

    @cached_property
    def version(self) -> str:
        """Changes with the text: the first 12 hex digits of its SHA-256."""
        return sha256(self.text.encode()).hexdigest()[:12]

    @cached_property
    def placeholders(self) -> frozenset[str]:
        return frozenset(Template(self._user_part).get_identifiers())

    @property
    def system(self) -> str:
        return self.text.partition(USER_PART)[0].strip()

    def render(self, values: dict[str, str]) -> str:
        """The user message.

        Raises:
            ValueError: `values` does not name exactly the placeholders.
        """
        if self.placeholders != values.keys():
            raise ValueError(f"prompt {self.name!r} takes {sorted(self.placeholders)}, but was given {sorted(values)}")
        return Template(self._user_part).substitute(values).strip()

    @property
    def _user_part(self) -> str:
        return self.text.partition(USER_PART)[2]
