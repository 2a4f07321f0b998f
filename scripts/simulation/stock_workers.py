"""Workers of arq's own beside ours, at jobs of stock producers that none of ours has seen."""

from scripts.simulation.book import STOCK, Life
from scripts.simulation.world import World

LOCKED_FOR = 5000


def take(world: World, which: int) -> None:
    """One begins with a job, and locks it as arq does."""
    free = [life for life in _unseen(world) if life.due <= world.now and not world.execute("EXISTS", _lock(life))]
    if free:
        life = free[which % len(free)]
        world.execute("SET", _lock(life), STOCK, "PX", LOCKED_FOR)
        life.stock_until = world.now + LOCKED_FOR


def finish(world: World, which: int) -> None:
    """One ends a job, if its lock has not run out."""
    taken = [life for life in _unseen(world) if life.stock_until >= world.now and life.id in world.view().locks]
    if taken:
        life = taken[which % len(taken)]
        world.execute("DEL", f"arq:job:{life.id}", _lock(life))
        world.execute("ZREM", life.queue, life.id)
        world.execute("ZREM", "arq:abort", life.id)
        del world.book.lives[life.id]


def _unseen(world: World) -> list[Life]:
    return [life for life in world.book.lives.values() if not life.is_known and not life.is_gone(world.now)]


def _lock(life: Life) -> str:
    return f"arq:in-progress:{life.id}"
