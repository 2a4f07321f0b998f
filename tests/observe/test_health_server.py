"""Health is told over HTTP, also while the loop that it is about stands still."""

import asyncio
import http.client
import json
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from mindfleet.observe.health import Patience
from mindfleet.observe.health_server import serve_health
from mindfleet.observe.watching import in_background, watch_loop
from mindfleet.queues import Queue
from mindfleet.vitals import Vitals

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

PATIENCE = Patience(loop=timedelta(seconds=1), claim=timedelta(seconds=30))


@dataclass(frozen=True)
class Told:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def asked(url: str, path: str, method: str = "GET") -> Told:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        text = response.read()
        return Told(response.status, dict(response.headers), json.loads(text) if text else {})
    finally:
        connection.close()


@contextmanager
def serving(vitals: Vitals, *, host: str = "127.0.0.1", port: int = 0) -> Generator[str]:
    with serve_health(vitals, PATIENCE, host=host, port=port, version="1.2.3") as url:
        yield url


@pytest.fixture
def vitals() -> Vitals:
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5})
    vitals.comes_up()
    return vitals


def test_a_process_that_is_well_says_so_on_every_path(vitals: Vitals) -> None:
    with serving(vitals) as url:
        for path in ("/livez", "/readyz", "/health", "/health?verbose"):
            told = asked(url, path)
            assert told.status == 200
            assert told.body["status"] == "pass"
            assert told.body["worker_id"] == "w1-cell"
            assert told.body["version"] == "1.2.3"
            assert told.headers["Content-Type"] == "application/json"
            assert told.headers["Cache-Control"] == "no-store"


def test_a_lost_store_is_no_reason_to_restart(vitals: Vitals) -> None:
    vitals.store("graph", lost="ServiceUnavailable")
    with serving(vitals) as url:
        assert asked(url, "/livez").status == 200
        for path in ("/readyz", "/health"):
            told = asked(url, path)
            assert told.status == 503
            assert told.body["reasons"] == ["graph is lost: ServiceUnavailable"]
        vitals.store("graph", lost=None)
        assert asked(url, "/readyz").status == 200


def test_a_process_that_drains_is_live_and_not_ready(vitals: Vitals) -> None:
    vitals.drains()
    with serving(vitals) as url:
        assert [asked(url, path).status for path in ("/livez", "/readyz", "/health")] == [200, 503, 503]


def test_another_path_is_told_which_there_are(vitals: Vitals) -> None:
    with serving(vitals) as url:
        told = asked(url, "/metricz")
        assert told.status == 404
        assert told.body == {"paths": ["/livez", "/readyz", "/health"]}


def test_a_head_has_the_status_without_a_body(vitals: Vitals) -> None:
    vitals.drains()
    with serving(vitals) as url:
        told = asked(url, "/readyz", method="HEAD")
        assert told.status == 503
        assert told.body == {}


def test_a_client_that_says_nothing_keeps_nobody_else_waiting(vitals: Vitals) -> None:
    with serving(vitals) as url:
        place = urlsplit(url)
        assert place.hostname
        assert place.port
        with socket.create_connection((place.hostname, place.port)):
            assert asked(url, "/livez").status == 200


def test_a_port_that_another_worker_has_is_said_and_one_is_picked(
    vitals: Vitals, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(vitals) as first:
        port = urlsplit(first).port
        assert port
        with caplog.at_level(logging.WARNING), serving(Vitals("w2-cell", {}), port=port) as second:
            assert second != first
            assert asked(first, "/livez").body["worker_id"] == "w1-cell"
            assert asked(second, "/livez").body["worker_id"] == "w2-cell"
    assert f"HEALTH_PORT={port} is taken" in caplog.text


def test_a_port_is_free_again_at_once(vitals: Vitals) -> None:
    with serving(vitals) as first:
        port = urlsplit(first).port
        assert port
        assert asked(first, "/livez").status == 200
    with serving(vitals, port=port) as again:
        assert again == first


def test_an_address_that_is_not_this_machines_is_refused(vitals: Vitals) -> None:
    with pytest.raises(OSError, match="assign"), serving(vitals, host="192.0.2.1"):
        pass


def test_a_server_that_listens_everywhere_is_reached_by_loopback(vitals: Vitals) -> None:
    with serving(vitals, host="0.0.0.0") as url:  # noqa: S104 - what a container does
        assert url.startswith("http://127.0.0.1:")
        assert asked(url, "/livez").status == 200


def stand_still(until: threading.Event) -> None:
    """As a call into a library does that waits and lets other threads run."""
    until.wait()


def compute_without_end(until: threading.Event) -> None:
    """As Python code does that never gives way."""
    while not until.is_set():
        pass


@pytest.mark.parametrize("hold_up", [stand_still, compute_without_end])
async def test_a_loop_that_stands_still_is_told_while_it_does(
    vitals: Vitals, eventually: Eventually, hold_up: Callable[[threading.Event], None]
) -> None:
    begin, end, leave = threading.Event(), threading.Event(), threading.Event()

    async def work() -> None:
        async with in_background(watch_loop(vitals)):
            await asyncio.to_thread(begin.wait)
            hold_up(end)
            await asyncio.to_thread(leave.wait)

    async def status() -> int:
        return (await asyncio.to_thread(asked, url, "/livez")).status

    async def is_well() -> bool:
        return await status() == 200

    async def is_not() -> bool:
        return await status() == 503

    thread = threading.Thread(target=lambda: asyncio.run(work()), daemon=True)
    with serving(vitals) as url:
        thread.start()
        try:
            assert await is_well()
            begin.set()
            await eventually(is_not)
            told = await asyncio.to_thread(asked, url, "/livez")
            assert told.body["reasons"][0].startswith("the event loop has not ticked for")
            assert told.body["loop"]["lag_seconds"] > 0.5
            assert (await asyncio.to_thread(asked, url, "/readyz")).status == 503
            end.set()
            await eventually(is_well)
        finally:
            for event in (begin, end, leave):
                event.set()
            await asyncio.to_thread(thread.join, 10)


def test_an_error_of_ours_is_logged(
    vitals: Vitals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise KeyError("signs")

    monkeypatch.setattr(vitals, "signs", fail)
    with caplog.at_level(logging.ERROR), serving(vitals) as url, pytest.raises(http.client.RemoteDisconnected):
        asked(url, "/livez")
    assert "broke off" in caplog.text
