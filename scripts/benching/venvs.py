"""An environment for each peer, with the newest version that its package index has."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.benching.checkout import ROOT, state
from scripts.benching.systems import System

CACHE = ROOT / ".mindfleet" / "bench"
INSTALL_WITHIN = 300.0
FRESH_FOR = 24 * 3600.0
"""For so many seconds an environment is taken as it is; then its packages are looked for anew."""


class CannotInstall(Exception):
    """This system cannot be had here; the message is what the installer said."""


@dataclass(frozen=True)
class Environment:
    python: Path
    version: str
    """Of the system, with that of Python."""


def environment(system: System) -> Environment:
    """The environment of this system, made or brought up to date where needed.

    Raises:
        CannotInstall: no interpreter of this machine takes it.
    """
    if not system.requirements:
        return Environment(Path(sys.executable), f"{state()} on Python {sys.version.split()[0]}")
    folder = CACHE / system.name
    if not _is_fresh(folder):
        _install(system, folder)
    python = folder / "bin" / "python"
    return Environment(python, _version(python, system.package))


def _is_fresh(folder: Path) -> bool:
    done = folder / "installed"
    return done.is_file() and time.time() - done.stat().st_mtime < FRESH_FOR


def _install(system: System, folder: Path) -> None:
    """In the newest interpreter that takes it, ours first, so that all run on the same one where they can."""
    said = ""
    for interpreter in _interpreters():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _make(interpreter, folder, system.requirements)
        except subprocess.CalledProcessError as error:
            said = said or error.stdout
            continue
        except subprocess.TimeoutExpired:
            raise CannotInstall(f"it took longer than {INSTALL_WITHIN:.0f} s") from None
        (folder / "installed").touch()
        return
    shutil.rmtree(folder, ignore_errors=True)
    raise CannotInstall("; ".join(said.strip().splitlines()[-3:]))


def _make(interpreter: str, folder: Path, requirements: tuple[str, ...]) -> None:
    python = str(folder / "bin" / "python")
    if uv := _uv():
        _run(uv, "venv", "--quiet", "--python", interpreter, str(folder))
        _run(uv, "pip", "install", "--quiet", "--upgrade", "--python", python, *requirements)
    else:
        _run(interpreter, "-m", "venv", str(folder))
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", *requirements)


def _run(*command: str) -> None:
    subprocess.run(
        command, check=True, timeout=INSTALL_WITHIN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _uv() -> str | None:
    own = ROOT / ".mindfleet" / "uv" / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv")


def _interpreters() -> Iterator[str]:
    """Ours, then later ones: on the path, or installed beside ours."""
    base = Path(sys.base_prefix) / "bin" / "python3"
    yield str(base)
    for name in ("python3.13", "python3.12"):
        beside = base.resolve().parents[2].glob(f"*/bin/{name}")
        for found in (shutil.which(name), *map(str, beside)):
            if found and _starts(found):
                yield found


def _starts(interpreter: str) -> bool:
    return subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode == 0


def _version(python: Path, package: str) -> str:
    ask = f"import sys, importlib.metadata as m; print(m.version({package!r}), 'on Python', sys.version.split()[0])"
    return subprocess.run([python, "-c", ask], capture_output=True, check=True, text=True).stdout.strip()
