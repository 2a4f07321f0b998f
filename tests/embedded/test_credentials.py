import socket
from pathlib import Path

import pytest

from mindfleet.embedded import ports
from mindfleet.embedded.credentials import Keyring
from mindfleet.embedded.home import Home
from mindfleet.embedded.servers.postgres import Postgres


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home.at(tmp_path / "home")
    made.create()
    return made


def test_password_and_ports_are_the_same_at_the_next_start(home: Home) -> None:
    assert Keyring(home).settle("graph", count=2) == Keyring(home).settle("graph", count=2)


def test_each_store_has_a_password_of_its_own(home: Home) -> None:
    keyring = Keyring(home)
    assert keyring.settle("valkey", count=1).password != keyring.settle("postgres", count=1).password


def test_a_port_that_is_taken_by_now_is_replaced_and_the_password_stays(home: Home) -> None:
    before = Keyring(home).settle("valkey", count=1)
    with socket.create_server((ports.LOOPBACK, before.ports[0])):
        after = Keyring(home).settle("valkey", count=1)
    assert after.ports != before.ports
    assert after.password == before.password


def test_a_store_that_moves_gets_ports_that_no_other_store_of_the_home_has(home: Home) -> None:
    keyring = Keyring(home)
    valkey, graph = keyring.settle("valkey", count=1), keyring.settle("graph", count=2)
    moved = keyring.move("graph")
    assert len({*valkey.ports, *graph.ports, *moved.ports}) == 5
    assert Keyring(home).settle("graph", count=2) == moved


def test_only_the_owner_may_read_the_passwords(home: Home) -> None:
    Keyring(home).settle("valkey", count=1)
    assert home.credentials.stat().st_mode & 0o777 == 0o600
    assert home.path.stat().st_mode & 0o777 == 0o700


def test_a_database_whose_password_is_lost_is_not_replaced_silently(home: Home) -> None:
    home.data("postgres").mkdir()
    with pytest.raises(FileNotFoundError, match="restore that file"):
        Postgres(home)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as other:
        assert not ports.free(other.getsockname()[1])
