"""The example env files and the reference say what the tree says, and can be used as they are."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from mindfleet.settings import Loaded, Settings
from mindfleet.settings.leaves import leaves
from mindfleet.settings.templates import example, generated

Read = Callable[..., Loaded]
Side = Literal["client", "workers"]

ROOT = Path(__file__).resolve().parents[2]
SIDES: tuple[Side, ...] = ("client", "workers")


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[A-Z])", "", text, flags=re.MULTILINE)


def test_none_is_stale() -> None:
    stale = [str(path) for path, text in generated().items() if (ROOT / path).read_text() != text]
    assert stale == [], "run scripts/generate-examples"


def test_the_script_says_so_by_its_exit_code() -> None:
    script = str(ROOT / "scripts" / "generate-examples")
    codes = [
        subprocess.run([sys.executable, script, option], check=False, capture_output=True).returncode
        for option in ("--check", "--chekc")
    ]
    assert codes == [0, 2]


@pytest.mark.parametrize("side", SIDES)
def test_an_example_changes_nothing_as_it_is_and_nothing_when_all_of_it_is_uncommented(
    read: Read, folders: dict[str, Path], side: Side
) -> None:
    before = read().settings
    for text in (example(side), uncommented(example(side))):
        (folders["directory"] / ".env").write_text(text)
        loaded = read()
        assert loaded.settings == before
        assert loaded.warnings == ()


@pytest.mark.parametrize("side", SIDES)
def test_an_example_can_be_sourced_and_gives_the_shell_what_it_gives_us(tmp_path: Path, side: Side) -> None:
    file = tmp_path / "env"
    file.write_text(uncommented(example(side)))
    names = re.findall(r"^([A-Z_0-9]+)=", file.read_text(), flags=re.MULTILINE)
    shell = f'set -eu; set -a; . {file}; set +a; for name in {" ".join(names)}; do printenv "$name"; done'
    done = subprocess.run(
        ["/bin/sh", "-c", shell], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    printed = dict(zip(names, done.stdout.splitlines(), strict=True))
    assert done.stderr == ""
    if side == "workers":
        assert printed["MINDFLEET_LLM__PRICES"] == "{}"
        assert printed["SUMMARY_MESSAGE_THRESHOLD"] == "20"
        assert printed["DATABASE_URL"] == ""
    else:
        assert printed["MINDFLEET_QUEUE__ENQUEUE_TIMEOUT"] == "0.5"


def test_every_setting_is_in_an_example_of_those_who_read_it() -> None:
    written = {side: set(re.findall(r"^#?([A-Z_0-9]+)=", example(side), flags=re.MULTILINE)) for side in SIDES}
    for leaf in leaves().values():
        if leaf.path != ("env_file",):
            wanted = SIDES if leaf.side == "both" else (leaf.side,)
            assert {side for side in SIDES if leaf.name in written[side]} == set(wanted), leaf.name


@pytest.mark.parametrize("side", SIDES)
def test_only_what_stores_of_ones_own_need_is_not_commented_out_and_is_blank(side: Side) -> None:
    open_lines = [line for line in example(side).splitlines() if line and not line.startswith("#")]
    assert open_lines == ["REDIS_URL=", "DATABASE_URL=", "NEO4J_URL=", "NEO4J_USER=", "NEO4J_PASSWORD="]


def test_the_reference_has_every_setting_and_no_path_of_this_machine() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text()
    for leaf in leaves().values():
        assert f"| `{leaf.name}`" in text
        assert f"| `{leaf.dotted}` |" in text
    for generated_text in generated().values():
        assert str(Settings().home) not in generated_text
        assert str(Path.home()) not in generated_text


def test_names_are_not_used_twice() -> None:
    names = [name for leaf in leaves().values() for name in leaf.names]
    assert len(names) == len(set(names)) + sum(leaf.plain_name == leaf.nested_name for leaf in leaves().values())
