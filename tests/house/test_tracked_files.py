"""What git keeps could be given to anyone: no secrets, no machine's paths, no registry's hosts."""

import os
import re
from pathlib import Path

import pytest

OF_A_MACHINE = re.compile(r"(?<![\w.])/(work|farm|home/(?!worker)\w+|Users/\w+|root)/\w")
HOSTS = re.compile(
    r"pypi\.org/simple|files\.pythonhosted\.org|registry\.npmjs|static\.crates\.io|repo1?\.maven|proxy\.golang"
    r"|--(extra-)?index-url|https?://[^\s\"']+\.(whl|tar\.gz)\b"
)
SECRETS = re.compile(
    r"\b(sk-[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{30,}|xox[bp]-\w{10,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
LARGEST = 1_000_000
"""Bytes; a model's tokenizer is the largest thing that a repository of prose and code should hold."""


@pytest.mark.parametrize("wrong", [OF_A_MACHINE, HOSTS, SECRETS], ids=["machine paths", "registry hosts", "secrets"])
def test_no_tracked_file_holds(root: Path, tracked_files: tuple[Path, ...], wrong: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in tracked_files
        if path != Path("tests/house/test_tracked_files.py")
        for number, line in enumerate((root / path).read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if wrong.search(line)
    ]

    assert found == []


def test_no_tracked_file_is_large(root: Path, tracked_files: tuple[Path, ...]) -> None:
    assert [path for path in tracked_files if (root / path).stat().st_size > LARGEST] == []


def test_what_can_be_run_says_by_what(root: Path, tracked_files: tuple[Path, ...]) -> None:
    can_be_run = [path for path in tracked_files if os.access(root / path, os.X_OK)]
    starts = {path: (root / path).read_bytes()[:2] for path in can_be_run}

    assert [path for path, start in starts.items() if start != b"#!"] == []
    assert {Path("bot.sh"), Path("scripts/check"), Path(".ci/run")} <= starts.keys()


def test_links_in_documents_lead_somewhere(root: Path, tracked_files: tuple[Path, ...]) -> None:
    broken = [
        f"{path}: {target}"
        for path in tracked_files
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", (root / path).read_text(encoding="utf-8"))
        if "://" not in target and not ((root / path).parent / target).exists()
    ]

    assert broken == []
