"""What the documents show can be run, and comes out as they show it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, examples

WITH_EXAMPLES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in DOCUMENTS if next(examples(path), None)]


@pytest.mark.stack
@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_the_examples_of_a_document_run_and_print_what_it_shows(path: Path, fleet: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.docs.run_examples", str(path)],
        cwd=ROOT,
        env=fleet,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
