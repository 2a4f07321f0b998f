"""Addresses in every form that the seeds, the servers and their other clients use."""

from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from mindfleet.settings import Loaded

Read = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ({"QUEUE_HOST": "valkey"}, "redis://valkey"),
        ({"QUEUE_HOST": "valkey", "QUEUE_PORT": "6380"}, "redis://valkey:6380"),
        ({"QUEUE_HOST": "valkey", "QUEUE_DB": "0"}, "redis://valkey/0"),
        (
            {"QUEUE_HOST": "valkey", "QUEUE_PORT": "6379", "QUEUE_PASSWORD": "a:b/c@d%", "QUEUE_DB": "3"},
            "redis://:a%3Ab%2Fc%40d%25@valkey:6379/3",
        ),
        ({"QUEUE_HOST": "::1", "QUEUE_PORT": "6379"}, "redis://[::1]:6379"),
    ],
)
async def test_redis_can_be_named_by_its_parts(read: Read, parts: dict[str, str], url: str) -> None:
    loaded = read(parts)
    assert loaded.settings.redis.url.get_secret_value() == url
    assert loaded.origins["redis", "url"] == "environment QUEUE_HOST"
    client = Redis.from_url(url).connection_pool.connection_kwargs
    assert client["host"] == parts["QUEUE_HOST"]
    assert client.get("password") == parts.get("QUEUE_PASSWORD")


def test_the_parts_count_only_without_redis_url(read: Read) -> None:
    loaded = read({"REDIS_URL": "redis://cache", "QUEUE_HOST": "valkey", "QUEUE_PASSWORD": "pw"})
    assert loaded.settings.redis.url.get_secret_value() == "redis://cache"
    assert loaded.origins["redis", "url"] == "environment REDIS_URL"
    assert read({"REDIS_URL": "redis://cache", "QUEUE_PORT": "1"}).settings.queue.port == 1


@pytest.mark.parametrize(
    "url", ["redis://cache:6379/0", "rediss://u:pw@cache:6380", "unix:///run/redis.sock?db=2", "redis://[::1]:1/0"]
)
def test_redis_takes_tls_sockets_and_passwords(read: Read, url: str) -> None:
    assert read({"REDIS_URL": f" {url}\n"}).settings.redis.url.get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("postgres://u:p@db:5432/app", "postgresql://u:p@db:5432/app"),
        ("postgresql+asyncpg://u:p@db/app?ssl=require", "postgresql://u:p@db/app?sslmode=require"),
        ("postgresql+psycopg://db/app?application_name=a%20b", "postgresql://db/app?application_name=a+b"),
        ("postgresql://u@/app?host=/run/pg", "postgresql://u@/app?host=/run/pg"),
        ("postgresql:///app?host=/run/pg", "postgresql:///app?host=/run/pg"),
    ],
)
def test_a_database_url_is_made_such_as_asyncpg_reads_it(read: Read, url: str, normal: str) -> None:
    assert read({"DATABASE_URL": url}).settings.postgres.address() == normal


def test_vectors_are_in_qdrant_when_one_is_named_otherwise_in_postgresql(read: Read) -> None:
    assert read().settings.vectors.adapter == "pgvector"
    assert read({"QDRANT_URL": "http://q"}).settings.vectors.adapter == "qdrant"
    assert read({"MINDFLEET_VECTORS__PATH": "q"}).settings.vectors.adapter == "qdrant"
    chosen = read({"QDRANT_URL": "http://q", "MINDFLEET_VECTORS__BACKEND": "pgvector"})
    assert chosen.settings.vectors.adapter == "pgvector"


def test_a_server_and_a_folder_for_qdrant_exclude_each_other(read: Read) -> None:
    with pytest.raises(ValueError, match="keep the server or the folder"):
        read({"QDRANT_URL": "http://q", "MINDFLEET_VECTORS__PATH": "q"})
