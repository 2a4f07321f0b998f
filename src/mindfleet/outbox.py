"""Sending something out of the house, once: what a task takes that posts, mails or publishes.

    async def run_greeting(job: Greeting, outbox: Outbox, discord: Discord) -> Done:
        message_id = await outbox.send(discord.messages, {"channel": job.channel_id, "text": …})

The intent is on record before the provider hears of it, and so is its answer before anything is made of it. A run that
was cut off in between is followed by one that finds the intent, and repeats it under the same idempotency key; of a
provider that takes no such keys it asks whether it has it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from mindfleet import ids
from mindfleet.current_job import JobContext, current_job
from mindfleet.errors import GiveUp, MindfleetError
from mindfleet.ports.effects import Effect, Effects, Payload


class NotSent(MindfleetError):
    """The provider certainly did not take it, as when it refused the request or could not be reached."""

    def __init__(self, because: Exception) -> None:
        super().__init__(str(because))
        self.because = because
        """What the job's attempt ends with."""


class OutcomeUnknown(GiveUp):
    """It may have been sent or not, and only a person can tell; it is not sent again until one did."""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """How one kind of thing gets to its provider."""

    kind: str
    """For people: `discord.message`."""

    send: Callable[[UUID, Payload], Awaitable[str]]
    """Hands the payload over under that key, and returns what the provider calls it.

    Raises `NotSent` when the provider certainly did not take it. After any other error it may have."""

    keeps_keys: bool = False
    """Whether the provider answers a key that it knows with its first answer, and does nothing."""

    find: Callable[[UUID, Payload], Awaitable[str | None]] | None = None
    """Asks a provider that does not keep keys what it calls the thing; None when it does not have it."""


async def always() -> None:
    """Nobody else can have the job."""


class Outbox:
    """Sends for the job that runs here.

    Args:
        effects: the record.
        still_ours: raises `LeaseLost` when the job belongs to another worker by now; asked just before sending.
    """

    def __init__(self, effects: Effects, *, still_ours: Callable[[], Awaitable[None]] = always) -> None:
        self._effects = effects
        self._still_ours = still_ours

    async def send(self, carrier: Carrier, payload: Payload, *, part: int = 1) -> str:
        """Send something, unless this job has done so already.

        Args:
            carrier: how.
            payload: what. Of two that runs of a job made for the same part, the first is sent.
            part: tells apart what one job sends; the same number for the same thing in every run.

        Returns:
            What the provider calls it.

        Raises:
            LeaseLost: a later start of the job has taken over.
            OutcomeUnknown: an earlier run may have sent it, and the provider cannot be asked.
            StoreUnavailable: there is no record without PostgreSQL, and nothing is sent without a record.
        """
        async with self.sending(carrier, payload, part=part) as provider_id:
            return provider_id

    @asynccontextmanager
    async def sending(self, carrier: Carrier, payload: Payload, *, part: int = 1) -> AsyncGenerator[str]:
        """Send something, and note that it is done at the end of the block, which writes what follows from it.

        The block runs again in the next run of the job when it did not come to its end; what it writes must bear that.
        """
        job = current_job.get() or JobContext(uuid4().hex, "", 1)
        effect = await self._effects.intend(
            key=effect_key(job, part), job_id=job.job_id, kind=carrier.kind, payload=payload, fence=job.attempt
        )
        yield await self._delivered(effect, carrier, fence=job.attempt)
        if effect.state != "done":
            await self._effects.done(effect.key, fence=job.attempt)

    async def _delivered(self, effect: Effect, carrier: Carrier, *, fence: int) -> str:
        """What the provider calls it; sends it if need be."""
        if effect.provider_id is not None:
            return effect.provider_id
        found = await self._left_by_another(effect, carrier, fence=fence)
        provider_id = found if found is not None else await self._send(effect, carrier, fence=fence)
        await self._effects.sent(effect.key, provider_id, fence=fence)
        return provider_id

    async def _left_by_another(self, effect: Effect, carrier: Carrier, *, fence: int) -> str | None:
        """What came of the intent of an earlier run; None when it is to be sent."""
        if effect.state == "intent" and (effect.tries == 1 or carrier.keeps_keys):
            return None
        if carrier.find is not None:
            return await carrier.find(effect.key, effect.payload)
        await self._effects.unknown(effect.key, fence=fence)
        raise OutcomeUnknown(
            f"an earlier run may have sent this {effect.kind} ({effect.key}) or not, and the provider cannot be asked: "
            f"look there, say what you found with ./bot.sh effects resolve {effect.key}, then replay the job"
        )

    async def _send(self, effect: Effect, carrier: Carrier, *, fence: int) -> str:
        await self._still_ours()
        try:
            return await carrier.send(effect.key, effect.payload)
        except NotSent as refused:
            await self._effects.withdraw(effect.key, fence=fence)
            raise refused.because from refused


def effect_key(job: JobContext, part: int) -> UUID:
    """The name of the n-th thing that a job sends: the same in every run of it, replays too, and another when its id is
    used again.
    """
    job_id, call = job.origin[:2] if job.origin else (job.job_id, job.call)
    return ids.name("effect", job_id, call, part)
