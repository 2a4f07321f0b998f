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
    {"text": "I quit my job at IBM", "facts": [], "ended": [["user", "WORKS_AT", "IBM"], ["user", "HAS_ROLE", "IBM"]]},
    {"text": "I love baking", "facts": [["user", "LIKES", "bake"]]},
    {"text": "hello there", "facts": []},
    {"text": "I live in Oslo", "facts": [["user", "LIVES_IN", "Bergen"]]},
    {
        "text": "my dog Rex is brown",
        "facts": [["user", "HAS_PET", "Rex"]],
        "also": [["Rex", "HAS_APPEARANCE", "brown"]],
    },
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
    assert (report["asked"], report["found"] - report["right"]) == (6, 2)
    assert (report["recall"], report["sentences"]) == (0.8333, 6)


def test_one_wording_of_what_has_ended_is_enough(labelled: Path) -> None:
    lines = measured(labelled, "--errors").stdout.splitlines()
    assert "I quit my job at IBM" not in lines


def test_lists_what_was_wrong_and_what_was_missed(labelled: Path) -> None:
    lines = measured(labelled, "--errors").stdout.splitlines()
    assert lines[:3] == ["I live in Oslo", "  + user LIVES_IN Oslo", "  - user LIVES_IN Bergen"]
    assert lines[3:5] == ["my dog Rex is brown", "  + Rex IS_A dog"]


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    result = measured(tmp_path / "none.jsonl")
    assert result.returncode == 2
    assert "none.jsonl" in result.stderr
