"""Settings, commands and links that the documents name are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mindfleet.cli.commands import COMMANDS
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.settings.leaves import leaves
from mindfleet.settings.loading import load_with_origins
from mindfleet.settings.places import Surroundings
from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks

BLOCKS = [block for path in DOCUMENTS for block in blocks(path)]
ENV_FILES = [pytest.param(block, id=str(block)) for block in BLOCKS if block.language == "ini"]

OTHERS = {"OLLAMA_CONTEXT_LENGTH", "NO_COLOR", "FORCE_COLOR", "NAME_FILE", "MINDFLEET_SLOT", "MINDFLEET_READY_FILE"}
"""Names of the environment that are no settings of ours."""

SETTING = re.compile(r"`((?:MINDFLEET|OPENAI|OLLAMA|ENABLE|EXTRACTION|SUMMARY|WORKER|NEO4J|QDRANT|HEALTH)_[A-Z_]+)[=`]")


@pytest.mark.parametrize("block", ENV_FILES)
def test_what_stands_in_an_env_file_is_a_setting(block: Block, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(block.text, encoding="utf-8")

    loaded = load_with_origins(around=Surroundings({"MINDFLEET_HOME": str(tmp_path)}, tmp_path, None))

    assert loaded.warnings == ()
    assert sum(origin.startswith("env file") for origin in loaded.origins.values()) >= len(block.text.splitlines())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = {name for leaf in leaves().values() for name in leaf.names} | OTHERS | set(vocabulary().predicates)

    assert {name for name in SETTING.findall(path.read_text(encoding="utf-8")) if name not in known} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"\./bot\.sh ([a-z]+)", path.read_text(encoding="utf-8")))

    assert named - COMMANDS.keys() == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_into_a_page_finds_its_heading(path: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", path.read_text(encoding="utf-8"))
        if anchor not in set(_anchors((path.parent / target) if target else path))
    ]

    assert broken == []


def _anchors(path: Path) -> Iterator[str]:
    """As GitHub makes them of headings."""
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / target).resolve()
        for target in re.findall(r"\]\(([^)#\s:]+)[^)]*\)", index.read_text(encoding="utf-8"))
    }

    assert [path.name for path in DOCUMENTS if path.name not in {"README.md", "index.md"} and path not in linked] == []
