"""How a command was called: the settings it was given, and what it sees of the world."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import typer

from mindfleet.settings import Loaded, Settings, Surroundings, as_environment, load_with_origins
from mindfleet.settings.leaves import leaves
from mindfleet.settings.places import running_checkout


@dataclass(frozen=True)
class Call:
    """One call of the command line."""

    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings given as flags, by dotted name."""

    _said: set[str] = field(default_factory=set[str], compare=False, repr=False)
    """Warnings; settings are read several times, as the addresses of stores change when they are started."""

    @classmethod
    def of(cls, context: typer.Context) -> "Call":
        """The one that a command runs in."""
        call = context.find_object(cls)
        return call or cls()

    @property
    def surroundings(self) -> Surroundings:
        """The checkout stands for the working directory, so that a `.env` in the caller's folder changes nothing."""
        checkout = running_checkout()
        return Surroundings(_with_whole_paths(os.environ), checkout or Path.cwd(), checkout)

    @property
    def folder(self) -> Path:
        """Where what is started runs."""
        return self.surroundings.directory

    def load(self, **more: str) -> Loaded:
        """The settings, with further flags on top.

        Raises:
            SettingsInvalid: one line for each thing that is wrong.
        """
        return load_with_origins({**self._whole_flags, **_dotted(more)}, around=self.surroundings, said=self._said)

    def settings(self, **more: str) -> Settings:
        """The settings alone; `llm__provider="offline"` is a further flag."""
        return self.load(**more).settings

    def environment(self, **more: str) -> dict[str, str]:
        """What a process that takes no flags must be given to read the same settings."""
        return {**_paths_of(self.surroundings.environ), **as_environment({**self._whole_flags, **_dotted(more)})}

    @property
    def _whole_flags(self) -> dict[str, str]:
        paths = {leaf.dotted for leaf in leaves().values() if leaf.is_path}
        return {name: _whole(value) if name in paths else value for name, value in self.flags.items()}


def _dotted(more: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("__", "."): value for name, value in more.items()}


def _with_whole_paths(environ: Mapping[str, str]) -> dict[str, str]:
    """Relative paths start where the caller is, though everything else looks from the checkout."""
    return {**environ, **_paths_of(environ)}


def _paths_of(environ: Mapping[str, str]) -> dict[str, str]:
    names = {name for leaf in leaves().values() if leaf.is_path for name in leaf.names}
    return {name: _whole(value) for name, value in environ.items() if name in names and value.strip()}


def _whole(path: str) -> str:
    return str(Path(path.strip()).expanduser().absolute())
