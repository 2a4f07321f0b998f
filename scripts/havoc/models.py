"""How the model endpoint misbehaves: a little at all times, and all the time in a storm."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mindfleet.testing.model_server import Answers, Behaviour, Exchange, Fails, Garbles, HangsUp, Limits, Says, Waits

HANGS = Waits(timedelta(minutes=5))
FAULTS: tuple[Behaviour, ...] = (
    Limits(retry_after="1"),
    Limits(retry_after="2"),
    Fails(),
    Garbles(),
    HangsUp(),
    Says("I would rather talk about the weather."),
    HANGS,
)


@dataclass(frozen=True)
class Faulty:
    """Answers rightly but for a part of the requests."""

    random: Random
    part: float

    async def respond(self, exchange: Exchange) -> None:
        fault = self.random.random() < self.part
        await (self.random.choice(FAULTS) if fault else Answers()).respond(exchange)
