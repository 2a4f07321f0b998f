"""What a worker does with a job, done by hand."""

from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.queues import Queue
from mindfleet.runtime.claims import Again, Claim, End, Settled, read_claim


async def take(redis: Redis, queue: Queue) -> Claim:
    """Have a worker take one job."""
    answer = await lua.CLAIM(redis, queue.value, "w1~hand.1", 1, 60_000, 1, 5, 86_400_000, 0, 0)
    [row] = answer[4]
    return read_claim(row)


async def settle(redis: Redis, claim: Claim, settled: Settled) -> None:
    """Have the worker say what came of it."""
    assert await lua.SETTLE(redis, "w1", 1, 100, 1, claim.job_id, claim.token, *settled.arguments()) == [1]


def done(text: str = '{"facts": 2}') -> End:
    """It is done."""
    return End(outcome="done", text=text)


def failed_once(why: str, delay: int = 60_000) -> Again:
    """It failed, and is to be tried again."""
    return Again(outcome="retried", delay=delay, failed=True, why=why)
