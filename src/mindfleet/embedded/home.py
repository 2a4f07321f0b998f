"""Where one stack keeps everything: data, logs, and what is known of its processes."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mindfleet.errors import SettingsInvalid


@dataclass(frozen=True)
class Home:
    """A directory that belongs to one stack; two homes share nothing."""

    path: Path

    @classmethod
    def at(cls, path: Path | str) -> "Home":
        """`path` made absolute, for processes with other working directories."""
        return cls(Path(path).absolute())

    @property
    def run(self) -> Path:
        """What holds only while the stack runs."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def credentials(self) -> Path:
        return self.path / "credentials.json"

    def data(self, store: str) -> Path:
        return self.path / store

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Makes what is missing, readable by its owner only.

        Raises:
            SettingsInvalid: it cannot be made there.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.run, self.logs):
                directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = f"{error.filename}: cannot be made ({error.strerror}); set MINDFLEET_HOME to a folder of yours"
            raise SettingsInvalid(reason) from error


def write_private(path: Path, text: str) -> None:
    """Replaces the file as a whole or not at all; only its owner may read it (mode 0600)."""
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(scratch).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(scratch).unlink()
        raise
