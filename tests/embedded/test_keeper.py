"""One store under its keeper."""

import socket
from pathlib import Path

import pytest

from mindfleet.embedded.credentials import Keyring
from mindfleet.embedded.home import Home
from mindfleet.embedded.ports import LOOPBACK
from mindfleet.embedded.servers.graph import Graph
from mindfleet.embedded.servers.postgres import Postgres
from mindfleet.embedded.servers.valkey import Valkey

from .conftest import kept

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("store", [Valkey, Postgres, Graph])
async def test_a_store_that_finds_its_port_taken_comes_up_on_another(
    store: type[Valkey | Postgres | Graph], tmp_path: Path
) -> None:
    home = Home.at(tmp_path)
    home.create()
    service = store(home)
    at = Keyring(home).settle(service.name, count=2 if store is Graph else 1)
    with socket.create_server((LOOPBACK, at.ports[-1])):
        async with kept(service, home) as keeper:
            assert keeper.record().state == "up"
            assert keeper.record().restarts == 1
    assert f":{at.ports[0]}" not in service.url


async def test_a_stopped_keeper_leaves_no_process(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.create()
    async with kept(Valkey(home), home) as keeper:
        process = keeper.record().identity
        assert process is not None
        assert process.alive()
    assert not process.alive()
    assert keeper.record().state == "down"
