"""bot.sh itself, in a checkout whose environment is a stand-in: nothing is downloaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "dirname", "readlink", "cat", "cksum", "mkdir")
PYTHON = '#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout, in a path with a space, whose environment is up to date."""
    checkout = tmp_path / "a checkout"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    for name in ("bot.sh", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, checkout / name)
    python = checkout / ".venv" / "bin" / "python"
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    (checkout / ".venv" / ".built-from").write_text(built_from(checkout), encoding="utf-8")
    return checkout


def built_from(checkout: Path) -> str:
    sources = b"".join((checkout / name).read_bytes() for name in ("pyproject.toml", "requirements.lock"))
    summed = subprocess.run([shutil.which("cksum") or "cksum"], input=sources, capture_output=True, check=True)
    return f"{checkout}\n{summed.stdout.decode()}"


@pytest.fixture
def only_tools(tmp_path: Path) -> str:
    """A PATH with what bot.sh needs of the machine, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return str(folder)


def run(script: Path, *arguments: str, path: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(script), *arguments]
    return subprocess.run(
        command, env={"PATH": path}, cwd=folder, capture_output=True, text=True, check=False, timeout=30
    )


def test_hands_everything_over_from_any_folder_and_through_links(
    checkout: Path, only_tools: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "first").symlink_to(checkout / "bot.sh")
    (tmp_path / "second").symlink_to(Path("else where") / "first")
    for script in (checkout / "bot.sh", elsewhere / "first", tmp_path / "second"):
        done = run(script, "enqueue", "x", "text=two words", "", path=only_tools, folder=elsewhere)
        handed = [str(elsewhere), "-P", "-m", "mindfleet.cli", "enqueue", "x", "text=two words", ""]
        assert done.stdout.split("\n")[:-1] == handed, done.stderr


def test_says_which_python_is_missing_when_an_environment_must_be_built(checkout: Path, only_tools: str) -> None:
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("# changed\n")
    done = run(checkout / "bot.sh", "status", path=only_tools, folder=checkout)
    assert done.returncode == 69
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert done.stdout == ""


def test_says_what_a_build_that_failed_needs(checkout: Path, only_tools: str) -> None:
    (checkout / ".venv" / ".built-from").unlink()
    (checkout / ".mindfleet").write_text("in the way", encoding="utf-8")
    (Path(only_tools) / "python3.11").symlink_to(sys.executable)
    done = run(checkout / "bot.sh", "status", path=only_tools, folder=checkout)
    assert done.returncode == 1
    assert "mkdir: " in done.stderr.splitlines()[0]
    assert "could not be built" in done.stderr.splitlines()[1]
    assert done.stdout == ""


def test_an_environment_of_another_place_is_not_taken_for_this_one(checkout: Path, only_tools: str) -> None:
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    assert run(moved / "bot.sh", "status", path=only_tools, folder=moved).returncode == 69


def test_is_short_and_executable() -> None:
    script = ROOT / "bot.sh"
    assert len(script.read_text(encoding="utf-8").splitlines()) < 80
    assert os.access(script, os.X_OK)
