"""What start, stop and restart are told to act on."""

import pytest

from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.targets import Targets, queue_called, targets
from mindfleet.queues import Queue

EVERY = tuple(Queue)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([], Targets(stack=False, queues=EVERY, cell=False)),
        (["workers"], Targets(stack=False, queues=EVERY, cell=False)),
        (["stack"], Targets(stack=True, queues=(), cell=False)),
        (["all"], Targets(stack=True, queues=EVERY, cell=False)),
        (["sensory", "workers"], Targets(stack=False, queues=(Queue.SENSORY,), cell=False)),
        (["social", "social"], Targets(stack=False, queues=(Queue.SOCIAL,), cell=False)),
        (["insight-worker"], Targets(stack=False, queues=EVERY, cell=True)),
        (["insight-worker", "action"], Targets(stack=False, queues=(Queue.ACTION,), cell=True)),
        (["stack", "action"], Targets(stack=True, queues=(Queue.ACTION,), cell=False)),
    ],
)
def test_words_mean_stores_and_workers(words: list[str], meant: Targets) -> None:
    assert targets(words, default="workers") == meant


def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    with pytest.raises(CommandFailed, match="did you mean workers"):
        targets(["worker"], default="all")
    with pytest.raises(CommandFailed, match="there are stack, workers, all"):
        targets(["xyz"], default="all")


@pytest.mark.parametrize("name", ["sensory", "arq:sensory"])
def test_a_queue_has_a_short_and_a_long_name(name: str) -> None:
    assert queue_called(name) is Queue.SENSORY
