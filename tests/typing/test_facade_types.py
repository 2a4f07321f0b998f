"""The facade is typed: right calls pass both checkers, wrong ones fail both."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = Path(__file__).with_name("facade_calls.py")
ROOT = CALLS.parent.parent.parent
WRONG = {number for number, line in enumerate(CALLS.read_text().splitlines(), 1) if line.endswith("# E")}


def checked_by(*checker: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *checker, str(CALLS)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    return run


def mypy() -> set[int]:
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", CALLS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    return {int(number) for number in re.findall(rf"{CALLS.name}:(\d+): error", run.stdout)}


def pyright() -> set[int]:
    run = checked_by("pyright", "--outputjson")
    found = json.loads(run.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_exactly_the_wrong_calls_are_errors(checker: object) -> None:
    assert callable(checker)
    assert checker() == WRONG
