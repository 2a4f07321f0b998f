"""The connection on which scripts are called, whoever waits for which answer."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from shutil import which
from time import monotonic

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError

from mindfleet.lua.line import STALLED, Line, line_of
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis

pytestmark = pytest.mark.stack


@pytest.fixture
async def redis(server: PrivateRedis) -> AsyncGenerator[Redis]:
    async with Redis.from_url(server.url) as redis:
        yield redis


async def _line(redis: Redis) -> Line:
    return await line_of(redis.connection_pool)


async def test_everybody_gets_his_own_answers(redis: Redis) -> None:
    line = await _line(redis)

    asked = [line.ask(b"".join(b"ECHO %d\r\n" % number for _ in range(number)), number) for number in range(1, 30)]
    answers = await asyncio.gather(*asked)

    assert answers == [[b"%d" % number] * number for number in range(1, 30)]


async def test_an_error_is_an_answer_like_others(redis: Redis) -> None:
    line = await _line(redis)

    first, second, third = await line.ask(b"ECHO a\r\nEVALSHA %s 0\r\nECHO b\r\n" % (b"0" * 40), 3)

    assert (first, type(second), third) == (b"a", NoScriptError, b"b")


async def test_a_large_answer_comes_in_pieces(redis: Redis) -> None:
    await redis.set("large", b"x" * 3_000_000)

    line = await _line(redis)
    [large], [small] = await asyncio.gather(line.ask(b"GET large\r\n", 1), line.ask(b"ECHO a\r\n", 1))

    assert (len(large), small) == (3_000_000, b"a")


async def test_all_who_call_at_once_share_one_line(redis: Redis) -> None:
    lines = await asyncio.gather(*[_line(redis) for _ in range(20)])

    assert len(set(map(id, lines))) == 1


async def test_whoever_gives_up_soon_disturbs_nobody(redis: Redis) -> None:
    line = await _line(redis)
    hasty = asyncio.ensure_future(line.ask(b"ECHO a\r\n", 1))
    patient = asyncio.ensure_future(line.ask(b"ECHO b\r\n", 1))
    await asyncio.sleep(0)
    hasty.cancel()

    assert await patient == [b"b"]
    assert line.is_open


async def test_a_redis_that_hangs_is_left_and_found_again(server: PrivateRedis, redis: Redis) -> None:
    line = await _line(redis)
    server.pause()
    other = asyncio.ensure_future(line.ask(b"ECHO a\r\n", 1))
    with suppress(TimeoutError):
        async with asyncio.timeout(STALLED * 1.2):
            await line.ask(b"ECHO b\r\n", 1)

    with pytest.raises(RedisConnectionError):
        await other
    server.go_on()
    assert await (await _line(redis)).ask(b"ECHO c\r\n", 1) == [b"c"]


async def test_a_redis_that_hangs_is_left_by_those_whose_patience_is_short(server: PrivateRedis, redis: Redis) -> None:
    line = await _line(redis)
    server.pause()
    began = monotonic()
    while line.is_open and monotonic() - began < 10 * STALLED:
        with suppress(TimeoutError, RedisConnectionError):
            async with asyncio.timeout(STALLED / 4):
                await line.ask(b"ECHO a\r\n", 1)
    server.go_on()

    assert not line.is_open


async def test_the_time_limit_of_the_pool_holds(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url, socket_timeout=0.1) as redis:
        line = await _line(redis)
        server.pause()
        with pytest.raises(RedisTimeoutError):
            await line.ask(b"ECHO a\r\n", 1)
        server.go_on()


async def test_a_line_that_is_lost_tells_who_waits_and_is_opened_anew(server: PrivateRedis, redis: Redis) -> None:
    line = await _line(redis)
    waiting = asyncio.ensure_future(line.ask(b"BLPOP nothing 0\r\n", 1))
    await asyncio.sleep(0)
    await server.kill()
    with pytest.raises(RedisConnectionError):
        await waiting
    with pytest.raises(RedisConnectionError):
        await _line(redis)
    await server.start()

    assert await (await _line(redis)).ask(b"ECHO b\r\n", 1) == [b"b"]


async def test_what_is_no_answer_of_redis_ends_the_line() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" if b"ECHO" in data else b"+OK\r\n+OK\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as stranger:
        port = stranger.sockets[0].getsockname()[1]
        async with Redis(host="127.0.0.1", port=port) as other:
            line = await _line(other)
            with pytest.raises(RedisConnectionError):
                await line.ask(b"ECHO a\r\n", 1)


async def test_an_answer_that_nobody_asked_for_ends_the_line(eventually: Eventually) -> None:
    async def answer_twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(b"$1\r\na\r\n$1\r\nb\r\n" if b"ECHO" in data else b"+OK\r\n+OK\r\n")
        writer.close()

    async with await asyncio.start_server(answer_twice, "127.0.0.1", 0) as stranger:
        port = stranger.sockets[0].getsockname()[1]
        async with Redis(host="127.0.0.1", port=port) as other:
            line = await _line(other)
            assert await line.ask(b"ECHO a\r\n", 1) == [b"a"]
            await eventually(_is_closed(line))
            assert await (await _line(other)).ask(b"ECHO a\r\n", 1) == [b"a"]


def _is_closed(line: Line) -> Callable[[], Awaitable[bool]]:
    async def is_closed() -> bool:
        return not line.is_open

    return is_closed


async def test_it_is_closed_with_its_pool(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url) as redis:
        line = await _line(redis)
        waiting = asyncio.ensure_future(line.ask(b"BLPOP nothing 0\r\n", 1))
        await asyncio.sleep(0)

    with pytest.raises(RedisConnectionError):
        await waiting
    assert not line.is_open


@pytest.mark.skipif(which("openssl") is None, reason="openssl makes the certificate")
async def test_it_is_as_secret_as_its_pool(server: PrivateRedis, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)  # noqa: ASYNC221
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, into = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(_pump(reader, into), _pump(inside, writer))

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0, ssl=context) as secret:
        port = secret.sockets[0].getsockname()[1]
        async with Redis(host="127.0.0.1", port=port, ssl=True, ssl_ca_certs=str(certificate)) as redis:
            line = await _line(redis)
            assert await line.ask(b"ECHO a\r\n" * 1000, 1000) == [b"a"] * 1000


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
    target.close()
