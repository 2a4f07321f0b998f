"""The measure of the rules counts as its docstring says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/measure-rules"

LINES = [
    {
        "text": "I work at Google as an engineer",
        "facts": [["user", "WORKS_AT", "google"], ["user", "HAS_ROLE", "an engineer"]],
    },
    {"text": "I quit my job at IBM", "facts": [["user", "WORKS_AT", "IBM"]], "holds": False},
    {"text": "I love baking", "facts": [["user", "LIKES", "bake"]]},
    {"text": "hello there", "facts": []},
    {"text": "I live in Oslo", "facts": [["user", "LIVES_IN", "Bergen"]]},
]


def measured(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options, str(file)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    return file


def test_counts_matches_whatever_article_case_or_ending(labelled: Path) -> None:
    report = json.loads(measured(labelled, "--json").stdout)
    assert (report["labelled"], report["found"], report["matched"]) == (5, 5, 4)
    assert (report["precision"], report["recall"], report["sentences"]) == (0.8, 0.8, 5)


def test_lists_what_was_wrong_and_what_was_missed(labelled: Path) -> None:
    lines = measured(labelled, "--errors").stdout.splitlines()
    assert lines[:3] == ["I live in Oslo", "  + user LIVES_IN Oslo", "  - user LIVES_IN Bergen"]


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    result = measured(tmp_path / "none.jsonl")
    assert result.returncode == 2
    assert "none.jsonl" in result.stderr
