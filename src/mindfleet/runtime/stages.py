"""Stages of conversations that nothing is going to finish: what followed was lost with the process that knew of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mindfleet.conversation.sessions import Cutting, unsummarised
from mindfleet.job import FollowUp
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations, Left
from mindfleet.ports.journal import Summaries
from mindfleet.ports.ledger import JobState, Ledger

HORIZON = timedelta(days=2)
"""Sessions that were last spoken in longer ago are left as they are."""

SETTLED = timedelta(minutes=1)
"""And those in which somebody spoke less long ago: what follows from that is being enqueued."""


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Enqueues what is left, unless its job is on its way or has ended: then that is as it should be.

    Args:
        conversations, summaries, ledger, clock: the ports.
        cutting: where conversations are cut.
        follow: the jobs that follow from what is left.
        id_of: the id that such a job is enqueued under.
        enqueue: does it; returns whether it was not there.
    """

    conversations: Conversations
    summaries: Summaries
    ledger: Ledger
    clock: Clock
    cutting: Cutting
    follow: Callable[[Left], Sequence[FollowUp]]
    id_of: Callable[[FollowUp], str]
    enqueue: Callable[[FollowUp], Awaitable[bool]]

    async def resume(self) -> int:
        """Returns how many jobs were enqueued."""
        left = await self.left()
        reopened = self.follow(Left(windows=left.windows, idle=left.idle))
        finished = self.follow(Left(spans=left.spans))
        states = await self.ledger.states([self.id_of(follow_up) for follow_up in (*reopened, *finished)])
        lost = [its for its in reopened if _is_lost(states.get(self.id_of(its)), though_done=True)]
        lost += [its for its in finished if _is_lost(states.get(self.id_of(its)), though_done=False)]
        return sum([await self.enqueue(follow_up) for follow_up in lost])

    async def left(self) -> Left:
        """What is left to do, whether or not somebody is about to."""
        now = self.clock.now()
        unfinished = await self.conversations.unfinished(since=now - HORIZON, until=now - SETTLED)
        covered = await self.summaries.spans([session.id for session in unfinished.ended])
        return Left(
            windows=unfinished.windows,
            idle=unfinished.idle,
            spans=[
                (span, session)
                for session in unfinished.ended
                for span in unsummarised(
                    session, [its for its in covered if its.session_id == session.id], self.cutting
                )
            ],
        )


def _is_lost(state: JobState | None, *, though_done: bool) -> bool:
    """Whether nobody is going to do it.

    A job that waits is the business of the ledger, and one that was parked or cancelled has had its chance. One that
    was done before the stage was opened again, as by an edit, has not.
    """
    return state is None or (though_done and state.outcome == "done")
