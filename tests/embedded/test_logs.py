from pathlib import Path

import pytest

from mindfleet.embedded import logs


def test_the_tail_is_the_last_lines_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("".join(f"line {n}\n\n" for n in range(1000)))
    assert logs.tail(log, 3) == ["line 997", "line 998", "line 999"]


def test_the_tail_may_begin_where_a_run_began_unless_the_log_was_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("before\nnow\n")
    assert logs.tail(log, since=len("before\n")) == ["now"]
    log.write_text("anew\n")
    assert logs.tail(log, since=len("before\n")) == ["anew"]


def test_a_log_that_is_not_there_has_no_tail(tmp_path: Path) -> None:
    assert logs.tail(tmp_path / "worker.log") == []


def test_a_large_log_is_put_aside_and_a_small_one_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGE", 10)
    log = tmp_path / "worker.log"
    log.write_text("small")
    logs.rotate(log)
    assert log.exists()
    log.write_text("larger than that")
    logs.rotate(log)
    assert not log.exists()
    assert (tmp_path / "worker.log.1").read_text() == "larger than that"
