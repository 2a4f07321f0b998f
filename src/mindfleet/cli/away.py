"""A store that is away, and that nobody has named: then nothing runs here, which is what has to be said."""

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.embedded import stack
from mindfleet.errors import MindfleetError, QueueUnavailable, StoreUnnamed
from mindfleet.settings import Loaded

REDIS = ("redis", "url")

NOT_SETTINGS = ("default", "run file")
"""Where an address may come from without anybody having set it."""


def nothing_is_here(loaded: Loaded) -> bool:
    """Whether no stack runs in this home, and no setting names another Redis."""
    return stack.status(loaded.settings.home) is None and loaded.origins[REDIS] in NOT_SETTINGS


def in_words_of_here(error: QueueUnavailable | StoreUnnamed, call: Call) -> MindfleetError:
    """The same error, or a plainer one when nobody has said where the store is and none was started."""
    if isinstance(error, StoreUnnamed):
        return _nothing_runs(error.name)
    return _nothing_runs("REDIS_URL") if nothing_is_here(call.load()) else error


def _nothing_runs(name: str) -> CommandFailed:
    then = f"start it: ./bot.sh start stack; or set {name}"
    return CommandFailed(f"nothing is running here, and {name} is not set", then=then, code=Exit.UNAVAILABLE)
