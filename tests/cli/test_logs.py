"""Following and merging logs."""

from contextlib import closing
from pathlib import Path

import pytest

from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.logs import Growing, chosen, last_lines
from mindfleet.embedded.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path)
    home.create()
    return home


def write(home: Home, name: str, *lines: str) -> None:
    home.log(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_lines_of_several_logs_come_in_order_of_time(home: Home) -> None:
    write(home, "sensory", "2026-01-01T10:00:00.000Z one", "  its traceback", "2026-01-01T10:00:03.000Z four")
    write(home, "social", "2026-01-01T10:00:01.000Z two", "2026-01-01T10:00:02.000Z three")
    found = [line for _, line in last_lines(chosen(home, "workers"), 10)]
    assert [line.split()[-1] for line in found] == ["one", "traceback", "two", "three", "four"]


def test_the_cells_name_means_all_workers_where_there_are_four(home: Home) -> None:
    write(home, "sensory", "a")
    write(home, "valkey", "b")
    assert list(chosen(home, "insight-worker")) == ["sensory"]
    write(home, "insight-worker", "c")
    assert list(chosen(home, "insight-worker")) == ["insight-worker"]
    assert list(chosen(home, "workers")) == ["insight-worker", "sensory"]
    assert list(chosen(home, "stack")) == ["valkey"]
    assert list(chosen(home, "all")) == ["insight-worker", "sensory", "valkey"]


def test_an_unknown_name_is_refused_with_those_there_are(home: Home) -> None:
    write(home, "sensory", "a")
    with pytest.raises(CommandFailed, match=r"there are .*sensory"):
        chosen(home, "memory")


def test_a_growing_log_gives_whole_lines_only_and_survives_rotation(home: Home) -> None:
    log = home.log("sensory")
    log.write_text("before\n", encoding="utf-8")
    with closing(Growing(log)) as growing:
        assert growing.new_lines() == []
        with log.open("a", encoding="utf-8") as file:
            file.write("one\ntw")
            file.flush()
            assert growing.new_lines() == ["one"]
            file.write("o\n")
        log.replace(log.with_name("sensory.log.1"))
        log.write_text("three\n", encoding="utf-8")
        assert growing.new_lines() == ["two", "three"]


def test_a_log_that_does_not_exist_yet_is_waited_for(home: Home) -> None:
    with closing(Growing(home.log("social"))) as growing:
        assert growing.new_lines() == []
        write(home, "social", "hello")
        assert growing.new_lines() == ["hello"]
