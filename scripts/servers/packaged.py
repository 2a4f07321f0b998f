"""Redis and PostgreSQL, as Debian packs them."""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from scripts.servers.machine import CannotStart, Home, free_port, program

POSTGRES = "/usr/lib/postgresql/15/bin"


def redis(home: Home) -> None:
    server = program("redis-server", package="redis-server")
    client = program("redis-cli", package="redis-tools")
    port, folder = free_port(), home.path / "redis"
    folder.mkdir(mode=0o700)
    durable = ("--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction")
    home.launch(
        "redis",
        [server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), *durable],
        ready_when=[client, "-p", str(port), "ping"],
        exports={"MINDFLEET_TEST_REDIS_URL": f"redis://127.0.0.1:{port}/0"},
    )


def postgresql(home: Home) -> None:
    """As the user postgres where we are root: PostgreSQL refuses to run as root."""
    server = program("postgres", package="postgresql-15", beside=POSTGRES)
    user = "postgres" if os.geteuid() == 0 else None
    port, folder, password = free_port(), home.path / "postgresql", secrets.token_urlsafe(16)
    _init(Path(server).with_name("initdb"), folder, password, user)
    home.launch(
        "postgresql",
        [
            server,
            "-D",
            str(folder),
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ],
        ready_when=[
            program("pg_isready", package="postgresql-client-15", beside=POSTGRES),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ],
        stop_signal=signal.SIGINT,  # "fast": it does not wait for its clients to leave
        exports={"MINDFLEET_TEST_DATABASE_URL": f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"},
        user=user,
    )


def _init(initdb: Path, folder: Path, password: str, user: str | None) -> None:
    folder.mkdir(mode=0o700)
    secret = folder.with_name("postgresql.password")
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if user is not None:
        shutil.chown(folder, user, user)
        shutil.chown(secret, user, user)
    command = [
        str(initdb),
        "-D",
        str(folder),
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    done = subprocess.run(
        command,
        user=user,
        group=user,
        extra_groups=None if user is None else (),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if done.returncode:
        raise CannotStart(f"initdb failed: {done.stderr.strip()[-500:]}")
