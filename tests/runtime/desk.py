"""The scripts themselves, at times that a test says: who is given which job next."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Again, Back, Claim, End, Settled, read_claim

QUEUE = "arq:sensory"
START = 1_800_000_000_000
"""ms since 1970, when the desk opens."""


class Desk:
    """One Redis; `now` moves only when a test moves it."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.now = START

    async def open(self, *queues: str) -> None:
        """A worker of ours was there."""
        for queue in queues or (QUEUE,):
            await self._run(lua.CLAIM, queue, "opener", 0, 4000, 0, 5, 0, 1, 0)

    async def put(self, job_id: str, **about: Any) -> str:
        """What became of it."""
        told = {"queue": QUEUE, "durable": False, "data": job_id.encode(), **about}
        entrant = Entrant(job_id=job_id, **told)
        _, _, [(outcome, *_)] = await self._run(lua.ENQUEUE, 1, *entrant.arguments())
        said: str = outcome.decode()
        return said

    async def claim(
        self, room: int = 100, queue: str = QUEUE, worker: str = "worker", company: int = 0, *, recovers: bool = False
    ) -> list[Claim]:
        told = (queue, worker, room, 4000, 1, 5, 0, 0, 0, company, int(recovers))
        answer = await self._run(lua.CLAIM, *told)
        return [read_claim(row) for row in answer[4]]

    async def started(self, room: int = 100, queue: str = QUEUE) -> list[str]:
        """The ids of what is claimed."""
        return [claim.job_id for claim in await self.claim(room, queue)]

    async def settle(self, claim: Claim, settled: Settled | None = None) -> bool:
        """Whether the token still held."""
        verdict = settled or End(outcome="done")
        [held] = await self._run(lua.SETTLE, "worker", 1, 100, 1, claim.job_id, claim.token, *verdict.arguments())
        return bool(held == 1)

    async def retry(self, claim: Claim, delay: int, *, hold: int = 300_000, failed: bool = True) -> bool:
        outcome = "retried" if failed else "postponed"
        return await self.settle(claim, Again(outcome=outcome, delay=delay, failed=failed, hold=hold))

    async def hand_back(self, claim: Claim) -> bool:
        return await self.settle(claim, Back())

    async def cancel(self, job_id: str) -> None:
        await self._run(lua.CANCEL, job_id, "cancelled", b"", 0, "null", 100)

    async def renew(self, claim: Claim) -> str:
        [answer] = await self._run(lua.RENEW, 4000, 1, claim.job_id, claim.token)
        said: str = answer.decode()
        return said

    async def outlast_leases(self) -> None:
        """Every lease ends; the server's own clock, by which keys expire, does not move with ours."""
        self.now += 4001
        for key in await self.redis.keys("arq:in-progress:*"):
            await self.redis.delete(key)

    async def work_off(self, room: int = 1) -> list[str]:
        """Everything, so many at a time, in the order of its start."""
        order: list[str] = []
        while claims := await self.claim(room):
            order += [claim.job_id for claim in claims]
            for claim in claims:
                await self.settle(claim)
        return order

    async def _run(self, script: lua.Script, *arguments: Any) -> Any:
        told: Sequence[Any] = (self.now, *arguments)
        return await self.redis.execute_command("EVAL", script.text, 0, *told)  # type: ignore[no-untyped-call]
