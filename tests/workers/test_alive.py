"""Whether a worker lives, as the health check of its image sees it."""

import os
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet.queues import Queue
from workers.alive import READY_FILE, ready, trouble

NOBODY = "redis://127.0.0.1:1/0"
BOTH = (Queue.COGNITION, Queue.SOCIAL)


async def give_sign_of_life(redis_url: str, *queues: Queue) -> None:
    async with Redis.from_url(redis_url) as redis:
        for queue in queues:
            await redis.set(f"{queue}:health-check", "j_complete=0", ex=60)


def test_says_that_it_is_up_for_as_long_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ready"
    monkeypatch.setenv(READY_FILE, str(file))

    with ready():
        assert file.read_text(encoding="utf-8") == str(os.getpid())
    assert not file.exists()


async def test_is_healthy_when_every_queue_shows_a_sign_of_life(redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "ready").write_text(str(os.getpid()), encoding="utf-8")
    await give_sign_of_life(redis_url, *BOTH)

    assert trouble(BOTH, url=redis_url, ready_file=tmp_path / "ready") is None
    assert trouble(BOTH, url=redis_url, ready_file=None) is None


async def test_names_the_queue_that_shows_none(redis_url: str) -> None:
    await give_sign_of_life(redis_url, Queue.COGNITION)

    assert trouble(BOTH, url=redis_url, ready_file=None) == "no sign of life from the worker of social"


@pytest.mark.parametrize("content", ["", "not a number", "4194305"])
def test_is_not_healthy_before_it_is_up_or_after_its_end(tmp_path: Path, content: str) -> None:
    (tmp_path / "ready").write_text(content, encoding="utf-8")

    wrong = trouble(BOTH, url=NOBODY, ready_file=tmp_path / "ready")
    assert wrong is not None
    assert "not up yet" in wrong
    assert trouble(BOTH, url=NOBODY, ready_file=tmp_path / "missing") is not None


def test_says_that_redis_is_away() -> None:
    wrong = trouble(BOTH, url=NOBODY, ready_file=None)

    assert wrong is not None
    assert wrong.startswith("Redis is away")
