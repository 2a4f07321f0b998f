"""A long benchmark that is interrupted goes on where it ended, and measures nothing twice."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from scripts.benching import measurements, report
from scripts.benching.checkout import state
from scripts.benching.machine import machine
from scripts.benching.notes import Attempt, Notes, NotesInUse, kept
from scripts.benching.plan import FULL
from scripts.benching.processes import BenchFailed
from scripts.benching.rounds import Bench
from scripts.benching.stage import Stage
from scripts.benching.systems import CEILING, OURS, STOCK, SYSTEMS, System
from scripts.benching.venvs import Environment

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench"
NOWHERE = cast("Stage", None)
"""For measures that start nothing."""

OF = {"plan": {"runs": 5}, "systems": {OURS: "commit 1", STOCK: "0.28"}}


def attempt(number: int, *, failure: str = "") -> Attempt:
    return Attempt(f"ours, enqueue, run {number}", OURS, [("enqueue_single", "jobs/s", 1000 / 3 + number)], [], failure)


def note(folder: Path, *numbers: int) -> None:
    """And be interrupted."""
    with suppress(KeyboardInterrupt), kept(folder, OF, afresh=False) as notes:
        for number in numbers:
            notes.add(attempt(number))
        raise KeyboardInterrupt


def names(folder: Path) -> list[str]:
    return [path.name.partition("-")[0] for path in sorted(folder.iterdir())]


def test_notes_go_on_where_they_ended(tmp_path: Path) -> None:
    note(tmp_path, 1, 2)

    with kept(tmp_path, OF, afresh=False) as notes:
        assert list(notes.attempts.values()) == [attempt(1), attempt(2)]
        assert [sitting.attempts for sitting in notes.sittings] == [2, 0]
        notes.add(attempt(3, failure="on purpose"))
        assert [sitting.attempts for sitting in notes.sittings] == [2, 1]


def test_an_attempt_is_on_the_disk_before_the_next_begins(tmp_path: Path) -> None:
    with kept(tmp_path, OF, afresh=False) as notes:
        notes.add(attempt(1))
        [file] = tmp_path.iterdir()
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    assert lines[0] == {"of": OF}
    assert lines[1]["sitting"] == 1
    assert lines[2]["attempt"]["which"] == "ours, enqueue, run 1"
    assert len(lines[2]["load"]) == 3


def test_a_kill_at_any_byte_costs_the_line_that_was_being_written_alone(tmp_path: Path) -> None:
    note(tmp_path, 1, 2)
    [file] = tmp_path.iterdir()
    written = file.read_bytes()
    ends = [end for end, byte in enumerate(written, start=1) if byte == ord("\n")]

    for size in range(len(written)):
        file.write_bytes(written[:size])
        note(tmp_path, 7)
        with kept(tmp_path, OF, afresh=False) as notes:
            whole = sum(end <= size for end in ends)
            assert [each.which[-1] for each in notes.attempts.values()] == [*"12"[: max(0, whole - 2)], "7"]


def test_what_is_whole_begins_anew(tmp_path: Path) -> None:
    with kept(tmp_path, OF, afresh=False) as notes:
        notes.add(attempt(1))
    assert names(tmp_path) == ["whole"]

    with kept(tmp_path, OF, afresh=False) as notes:
        assert notes.attempts == {}
        assert len(notes.sittings) == 1


def test_notes_are_left_out_when_that_is_asked_for(tmp_path: Path) -> None:
    note(tmp_path, 1)

    with kept(tmp_path, OF, afresh=True) as notes:
        assert notes.attempts == {}
        notes.add(attempt(2))
        [file] = tmp_path.iterdir()
        assert "run 1" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "other",
    [
        {**OF, "plan": {"runs": 3}},
        {**OF, "systems": {OURS: "commit 1"}},
        {**OF, "systems": {OURS: "commit 2", STOCK: "0.28"}},
        {**OF, "systems": {OURS: "commit 1", STOCK: "0.29"}},
    ],
    ids=["plan", "systems", "commit", "version"],
)
def test_what_differs_has_notes_of_its_own(tmp_path: Path, other: Mapping[str, Any]) -> None:
    note(tmp_path, 1)

    with kept(tmp_path, other, afresh=False) as notes:
        assert notes.attempts == {}
    with kept(tmp_path, OF, afresh=False) as notes:
        assert list(notes.attempts) == ["ours, enqueue, run 1"]


def test_two_do_not_note_the_same(tmp_path: Path) -> None:
    with kept(tmp_path, OF, afresh=False) as notes:
        notes.add(attempt(1))
        with pytest.raises(NotesInUse, match="another process"), kept(tmp_path, OF, afresh=True):
            pass
        assert "run 1" in next(tmp_path.iterdir()).read_text(encoding="utf-8")


def test_earlier_sittings_count_from_their_start_to_their_last_attempt() -> None:
    def lines() -> Iterator[dict[str, Any]]:
        for hour in ("10", "14"):
            yield {"at": f"2026-11-27T{hour}:00:00+00:00", "load": [1.0, 1.0, 1.0], "sitting": 1}
            for minute in ("20", "30"):
                at = f"2026-11-27T{hour}:{minute}:00+00:00"
                made = {"which": at, "system": OURS, "figures": [], "cut": [], "failure": ""}
                yield {"at": at, "load": [2.0, 1.0, 1.0], "attempt": made}

    notes = Notes(lines=lines())

    assert notes.earlier_s == 3600
    assert [(sitting.load_at_start[0], sitting.load_at_end[0]) for sitting in notes.sittings[:2]] == [(1.0, 2.0)] * 2


def test_a_change_in_what_is_measured_is_another_state(tmp_path: Path) -> None:
    for folder in ("src", "scripts/benching", "locks", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    before = state(tmp_path)
    (tmp_path / "docs" / "of_no_matter.md").touch()
    assert state(tmp_path) == before

    (tmp_path / "src" / "settle.lua").write_text("return 1", encoding="utf-8")
    added = state(tmp_path)
    (tmp_path / "src" / "settle.lua").write_text("return 2", encoding="utf-8")

    assert len({before, added, state(tmp_path)}) == 3


class Scripted:
    """Stands in for what measures: says of each system the same each time, and is interrupted once."""

    def __init__(self, interrupted_at: int = 0) -> None:
        self.calls: list[tuple[str, str, float]] = []
        self._interrupted_at = interrupted_at

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("throughput", "enqueue", "idle_pickup", "commands", "loaded_pickup", "recovery", "crowd"):
            monkeypatch.setattr(measurements, name, partial(self._measure, name))
        monkeypatch.setattr(measurements, "log_normal", lambda *_, **__: {})

    def _measure(self, name: str, _stage: object, system: System, *, load: float = 0, **_: object) -> dict[str, float]:
        self.calls.append((name, system.name, load))
        if len(self.calls) == self._interrupted_at:
            raise KeyboardInterrupt
        if system.name == "saq" and (load == 0.9 or name in {"recovery", "crowd"}):
            raise BenchFailed("on purpose")
        return {
            "jobs_s": 6000.0 if system.name == OURS else 300.0,
            "p50": 900.0 if name == "recovery" and system.name == STOCK else 5.0,
            "not_started_again": float(name == "recovery" and system.name == STOCK),
            "slots": 400,
            "filled": 1.0,
        }


PLAN = replace(FULL, runs=2, slots=(32,), processes=(1,), deep_runs=3, backlog_runs=0)


def bench(notes: Notes) -> Bench:
    return Bench(NOWHERE, [SYSTEMS[name] for name in (CEILING, OURS, STOCK, "saq")], PLAN, notes=notes)


def test_interrupted_anywhere_it_finds_what_it_finds_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at_once = Scripted()
    at_once.install(monkeypatch)
    otherwise = bench(Notes())
    otherwise.measure()
    assert otherwise.failures
    assert otherwise.cut

    for number in range(1, len(at_once.calls) + 1):
        twice = Scripted(interrupted_at=number)
        twice.install(monkeypatch)
        with pytest.raises(KeyboardInterrupt), kept(tmp_path, OF, afresh=False) as notes:
            bench(notes).measure()
        with kept(tmp_path, OF, afresh=False) as notes:
            again = bench(notes)
            again.measure()

        assert (again.found, again.failures, again.cut) == (otherwise.found, otherwise.failures, otherwise.cut)
        repeated = Counter(twice.calls) - Counter(at_once.calls)
        assert repeated[at_once.calls[number - 1]] == 1
        assert repeated.total() == 1 + (at_once.calls[number - 1][2] == 0.9)  # then the half of it is made again too


def test_a_recovery_that_was_cut_off_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Scripted().install(monkeypatch)
    made = bench(Notes())
    made.measure()

    figures = made.figures()
    assert [len(figures["recovery_p50"][name].runs) for name in (OURS, STOCK)] == [3, 1]
    assert "arq: recovery was cut off after 900 s, and not measured again: it would only be cut off again" in made.cut


def test_figures_of_unequal_numbers_of_runs_are_compared_by_their_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    Scripted().install(monkeypatch)
    made = bench(Notes())
    made.measure()
    environments = {system.name: Environment(Path(), "1") for system in made.systems}

    found = report.as_json(made, environments, machine("none"), {})

    assert [found["figures"]["recovery_p50"][name]["runs"] for name in (OURS, STOCK)] == [[5.0] * 3, [900.0]]
    assert found["ratios"][STOCK]["recovery"] == 180.0
    assert found["ratios"][STOCK]["throughput"] == 20.0
    assert found["goals"]["throughput at 32 slots, times that of stock arq"]["met"]
    assert found["sittings"][0]["attempts"] == len(made.notes.attempts)


def test_killed_and_started_again_it_measures_everything_once(tmp_path: Path) -> None:
    asked = [sys.executable, str(SCRIPT), "--full", "--brief", "--json", "--systems", CEILING]
    asked += ["--notes", str(tmp_path / "notes")]
    with subprocess.Popen(asked, env={"TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True) as killed:
        assert killed.stderr is not None
        first = list(takewhile(lambda line: "32x2" not in line, killed.stderr))  # the second attempt
        started = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
    assert psutil.wait_procs(started, timeout=30)[1] == []
    [noted] = (tmp_path / "notes").iterdir()
    before = noted.read_text(encoding="utf-8")
    noted.write_text(before + '{"at": "2026-11', encoding="utf-8")  # as if it had been killed while it wrote

    second = subprocess.run(asked, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=True)

    found = json.loads(second.stdout)
    begun = Counter(attempts_in("".join(first) + second.stderr))
    assert set(begun.values()) == {1}
    assert len(begun) == sum(sitting["attempts"] for sitting in found["sittings"])
    assert [sitting["attempts"] for sitting in found["sittings"]] == [1, len(begun) - 1]
    assert "so far 1;" in second.stderr
    assert {len(figure["runs"]) for systems in found["figures"].values() for figure in systems.values()} == {1}
    [whole] = (tmp_path / "notes").iterdir()
    assert whole.read_text(encoding="utf-8").startswith(before)
    assert whole.name.startswith("whole-")


def attempts_in(said: str) -> list[str]:
    return [line.partition(" s  ")[2] for line in said.splitlines() if line.endswith(", run 1")]
