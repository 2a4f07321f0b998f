"""What is known of a worker process from outside: its health over HTTP, its heartbeat, and the file that says where."""

import os
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import version
from socket import gethostname

from redis.asyncio import Redis

from mindfleet.embedded.reports import Report
from mindfleet.errors import SettingsInvalid
from mindfleet.observe.health import Patience
from mindfleet.observe.health_server import serve_health
from mindfleet.observe.heartbeat import Birth, heartbeat
from mindfleet.observe.watching import backlog_of, in_background, ping_of, probe, watch_loop, watch_queues, watch_stores
from mindfleet.settings import Settings
from mindfleet.vitals import REDIS, Vitals
from mindfleet.wiring import Opened
from workers.alive import reported

VERSION = version("mindfleet")


@asynccontextmanager
async def watched(settings: Settings, vitals: Vitals) -> AsyncGenerator[str]:
    """Tell of its health over HTTP while the body runs, and watch its loop; gives the URL.

    Raises:
        SettingsInvalid: it cannot listen on HEALTH_HOST and HEALTH_PORT.
    """
    said = settings.health
    patience = Patience(loop=said.loop_patience, claim=said.claim_patience)
    with ExitStack() as stack:
        try:
            serving = serve_health(vitals, patience, host=said.host, port=said.port, version=VERSION)
            url = stack.enter_context(serving)
        except OSError as error:
            wrong = f"health cannot be told on HEALTH_HOST={said.host} HEALTH_PORT={said.port}: {error}"
            raise SettingsInvalid(wrong) from error
        async with in_background(watch_loop(vitals)):
            yield url


@asynccontextmanager
async def told_of(vitals: Vitals, health: str, opened: Opened, redis: Redis) -> AsyncGenerator[None]:
    """Probe the stores, give heartbeats, and report that the process is up, while the body runs."""
    birth = Birth(host=gethostname(), pid=os.getpid(), version=VERSION, started_at=opened.clock.now(), health=health)
    stores = {REDIS: ping_of(redis), **opened.pings}
    await probe(vitals, stores)
    async with (
        in_background(watch_stores(vitals, stores), watch_queues(vitals, backlog_of(redis))),
        heartbeat(redis, vitals, birth, clock=opened.clock),
    ):
        vitals.comes_up()
        with reported(opened.settings.home, Report.of_this_process(vitals.worker_id, health)):
            yield
