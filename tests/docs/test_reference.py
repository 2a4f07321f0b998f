"""The reference that is written from the code is as the code is."""

import subprocess
import sys

from mindfleet.job import Job, is_hidden
from mindfleet.registry import Registry
from scripts.referencing.markdown import field_docs
from tests.docs.blocks import ROOT


def test_the_pages_are_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/generate-reference", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


def test_every_field_that_a_producer_fills_says_what_it_means() -> None:
    silent = [
        f"{task.name}: {name}"
        for task in Registry.load(["tasks"]).values()
        for name, field in task.payload.model_fields.items()
        if not is_hidden(field) and not any(name in field_docs(kind) for kind in _payloads(task.payload))
    ]

    assert silent == []


def _payloads(kind: type) -> list[type]:
    return [base for base in kind.mro() if issubclass(base, Job) and base is not Job]
