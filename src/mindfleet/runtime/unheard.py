"""Settlements whose answers were lost: they are sent once more, and Redis may have done the first already."""

from collections.abc import Sequence

from redis.asyncio import Redis

from mindfleet.runtime.claims import End, Settled
from mindfleet.runtime.held import Held

Ended = Sequence[tuple[Held, Settled]]


class Unheard:
    """What was sent, and not heard of."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sent: set[tuple[str, str]] = set()

    def __bool__(self) -> bool:
        return bool(self._sent)

    def add(self, ended: Ended) -> None:
        """Nobody knows whether Redis has settled these."""
        self._sent.update(map(_name, ended))

    async def heard(self, ended: Ended, answers: Sequence[int | bytes]) -> list[int | bytes]:
        """What is answered now, with 1 for those that Redis had settled the first time.

        Raises:
            RedisError, OSError: it does not answer.
        """
        again = [i for i, answer in enumerate(answers) if answer == 0 and _name(ended[i]) in self._sent]
        found = list(answers)
        for i, result in zip(again, await self._results([ended[i] for i in again]), strict=True):
            found[i] = int(_was_ours(*ended[i], result))
        self._sent.difference_update(map(_name, ended))
        return found

    async def _results(self, ended: Ended) -> list[bytes | None]:
        """The results that are kept under the ids of these jobs."""
        if not ended:
            return []
        results: list[bytes | None] = await self._redis.mget([f"arq:result:{held.claim.job_id}" for held, _ in ended])
        return results


def _name(each: tuple[Held, Settled]) -> tuple[str, str]:
    claim = each[0].claim
    return claim.job_id, claim.token


def _was_ours(held: Held, settled: Settled, result: bytes | None) -> bool:
    """Whether it was this worker's word that Redis has taken.

    Nobody else can have had the job while its lease lasted; later that shows in its result, which says when it was run.
    """
    is_its_result = isinstance(settled, End) and bool(settled.result) and settled.result == result
    return is_its_result or held.is_valid()
