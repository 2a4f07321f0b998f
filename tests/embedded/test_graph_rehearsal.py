from pathlib import Path

import pytest

from mindfleet.embedded import graph_archive
from mindfleet.embedded.graph_rehearsal import rehearse
from mindfleet.embedded.home import Home
from mindfleet.embedded.servers.graph import Graph

from .conftest import kept

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
async def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an archive in it."""
    directory = tmp_path_factory.mktemp("cache") / "below"
    await rehearse(directory)
    return directory


async def log_of_a_start(home: Home, cache: Path) -> str:
    home.create()
    async with kept(Graph(home, graph_archive.options(cache)), home) as keeper:
        assert keeper.record().restarts == 0
    return home.log("graph").read_text()


def test_nothing_but_the_archive_is_left(cache: Path) -> None:
    assert list(cache.iterdir()) == [graph_archive.archive(cache)]


async def test_the_graph_starts_with_the_archive(cache: Path, tmp_path: Path) -> None:
    assert "[warning]" not in await log_of_a_start(Home.at(tmp_path), cache)


async def test_a_second_rehearsal_finds_the_first(cache: Path) -> None:
    made = graph_archive.archive(cache).stat().st_mtime_ns
    assert (await rehearse(cache)).stat().st_mtime_ns == made


async def test_the_graph_starts_with_a_broken_archive_too(tmp_path: Path) -> None:
    graph_archive.archive(tmp_path).write_text("no archive")
    assert "ArcadeDB Server started" in await log_of_a_start(Home.at(tmp_path), tmp_path)


def test_without_an_archive_the_jvm_is_told_nothing(tmp_path: Path) -> None:
    assert graph_archive.options(tmp_path) == ()
