"""The rules on sentences that they were not written from."""

import json
import subprocess
import sys
from pathlib import Path

MEASURE = Path(__file__).parents[2] / "scripts" / "measure-rules"


def test_nine_of_ten_facts_that_the_rules_find_are_right() -> None:
    run = subprocess.run([sys.executable, MEASURE, "--json"], capture_output=True, text=True, check=True)
    measured = json.loads(run.stdout)

    assert measured["sentences"] >= 200
    assert measured["precision"] >= 0.9
    assert measured["found"] >= 100
