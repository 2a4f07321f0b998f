"""Taking in what was said: record it, place it in its session and window, make it findable."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from mindfleet import ids
from mindfleet.conversation.sessions import Cutting, Step, Window, end, place
from mindfleet.conversation.turn import Role, Turn, Visibility
from mindfleet.current_job import is_rerun, job_id
from mindfleet.errors import Postpone
from mindfleet.job import FollowUp
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import ChannelLog, Conversations
from mindfleet.ports.journal import Analyses
from mindfleet.recall.indexing import Index, document_of_turn

PATIENCE = timedelta(seconds=60)
"""How long a turn, or the end of a session, waits for what was sent before it.

Longer than a dead worker can hold the job of that one: a session that ends too early is summarised in pieces.
"""

LOOK_AGAIN = timedelta(seconds=1)


def message_uuid(bot_name: str, channel_id: str, message_id: str) -> UUID:
    """The row of a message that has an id of its own."""
    return ids.name("message", bot_name, channel_id, message_id)


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text of the seeds' calls, which know users but no channels and often no message ids."""

    user_id: str
    role: Role
    content: str
    sent_at: datetime
    message_id: str | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class Taken:
    """The rows of a call, and the jobs that follow from taking them in."""

    turns: tuple[Turn, ...]
    then: tuple[FollowUp, ...]


Triggers = Callable[[Sequence[Step], Cutting, datetime], Sequence[FollowUp]]
"""What follows from steps, at an instant."""


class Intake:
    """The one way into the transcript."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        analyses: Analyses,
        index: Index,
        cutting: Cutting,
        triggers: Triggers,
        clock: Clock,
    ) -> None:
        self._conversations = conversations
        self._analyses = analyses
        self._index = index
        self.cutting = cutting
        self._triggers = triggers
        self._clock = clock

    async def message(self, turn: Turn, *, after: UUID | None = None) -> Taken:
        """Take in a message; the same one again changes nothing, another text under its id is an edit.

        Args:
            turn: without session and number.
            after: the message that its producer sent before it in this channel; it takes its place after that one.

        Raises:
            Postpone: the message before it is not there yet; this one is recorded, and placed when that one is.
        """
        async with self._conversations.channel(turn.bot_name, turn.channel_id) as log, _noted(log) as steps:
            waits = await self._arrive(log, turn, after, steps)
        await self._index.write([document_of_turn(turn)])
        if waits:
            raise Postpone("the message before it is not there yet", after=LOOK_AGAIN)
        return self._taken((turn,), steps)

    async def texts(
        self,
        texts: Sequence[Text],
        *,
        bot_name: str,
        channel_id: str,
        visibility: Visibility,
        task: str,
        session: str | None = None,
        evidence_only: bool = False,
    ) -> Taken:
        """Take in the texts of a seed's call: each is the row of that text that `task` was not given yet, or a new one.

        The same job finds the same rows again.

        Args:
            texts: in order.
            bot_name: the bot's.
            channel_id: where new rows go.
            visibility: of new rows.
            task: who is given the rows.
            session: what the bot calls the session of new rows.
            evidence_only: the text is no turn of its own.
        """
        turns: list[Turn] = []
        job = job_id()
        async with self._conversations.channel(bot_name, channel_id) as log, _noted(log) as steps:
            for position, text in enumerate(texts):
                row = await log.given(task, job, position)
                row = row or await self._matching(log, text, task, bot_name, channel_id)
                if row is None:
                    row = _row(text, bot_name, channel_id, visibility, (task, job, position))
                    await log.record(row, evidence_only=evidence_only)
                    if not evidence_only:
                        steps.extend(await self._place(log, row, session))
                await log.give(row.id, task, job, position)
                turns.append(row)
        await self._index.write([document_of_turn(turn) for turn in turns])
        return self._taken(turns, steps)

    async def end_sessions(
        self, bot_name: str, channel_id: str, *, after: UUID | None = None, asked_at: datetime | None = None
    ) -> Taken:
        """End the open sessions of a channel.

        Args:
            bot_name: the bot's.
            channel_id: the channel.
            after: the message that its producer sent before, which takes its place first.
            asked_at: when that was asked for; a while later the end waits no longer.

        Raises:
            Postpone: the message that the producer sent before is not there yet.
        """
        async with self._conversations.channel(bot_name, channel_id) as log, _noted(log) as steps:
            is_patient = asked_at is None or asked_at + PATIENCE > self._clock.now()
            if after and is_patient and not await _is_placed(log, after):
                raise Postpone("the message before the end of the session is not there yet", after=LOOK_AGAIN)
            channel = await log.state(self._clock.now())
            for step in [end(session, channel) for session in channel.sessions.values() if not session.ended]:
                await log.apply(step)
                steps.append(step)
        return self._taken((), steps)

    async def end_idle(self, bot_name: str, channel_id: str, session_id: str) -> Taken:
        """End a session in which nothing was said for a while.

        Raises:
            Postpone: something was.
        """
        async with self._conversations.channel(bot_name, channel_id) as log, _noted(log) as steps:
            channel = await log.state(self._clock.now())
            session = channel.sessions.get(session_id)
            if session and not session.ended:
                await self._refuse_live(session_id)
                steps.append(end(session, channel))
                await log.apply(steps[-1])
        return self._taken((), steps)

    async def close(self, window: Window, channel_id: str) -> None:
        """Close a window: what is said from now on opens another."""
        async with self._conversations.channel(window.bot_name, channel_id) as log:
            await log.apply(Step(closed=(replace(window, closed=True),)))

    async def _refuse_live(self, session_id: str) -> None:
        touched = await self._conversations.last_touched(session_id)
        rest = (touched + self.cutting.idle - self._clock.now()) if touched else timedelta()
        if rest > timedelta():
            raise Postpone("the session goes on", after=rest)

    def _taken(self, turns: Sequence[Turn], steps: Sequence[Step]) -> Taken:
        return Taken(tuple(turns), tuple(self._triggers(steps, self.cutting, self._clock.now())))

    async def _arrive(self, log: ChannelLog, turn: Turn, after: UUID | None, steps: list[Step]) -> bool:
        """Adds the steps; returns whether the turn has to wait for the one before it."""
        recorded = await log.find(turn.id)
        if recorded and recorded.turn.content != turn.content:
            steps += await self._amend(log, replace(recorded.turn, content=turn.content))
            return False
        if recorded and recorded.placed:
            return False
        if recorded is None:
            await log.record(turn)
        if after and not await _is_placed(log, after):
            await log.wait_for(turn.id, after)
            if recorded is None or recorded.recorded_at + PATIENCE > self._clock.now():
                return True
        steps += await self._place(log, turn)
        return False

    async def _place(self, log: ChannelLog, turn: Turn, session: str | None = None) -> list[Step]:
        """Place a turn, and then those that wait for it."""
        steps: list[Step] = []
        line = [turn]
        while line:
            following = line.pop(0)
            step = place(following, await log.state(following.sent_at), self.cutting, external_id=session)
            await log.apply(step)
            steps.append(step)
            line += await log.waiting_for(following.id)
        return steps

    async def _amend(self, log: ChannelLog, turn: Turn) -> list[Step]:
        """An edited text is analysed again, in a window of its own."""
        await log.amend(turn)
        await self._analyses.discard([turn.id])
        if turn.role == "assistant" or turn.session_id is None:
            return []
        window = Window(
            id=ids.name("window", turn.id, sha256(turn.content.encode()).hexdigest()).hex,
            bot_name=turn.bot_name,
            user_id=turn.user_id,
            session_id=turn.session_id,
            opened_at=turn.sent_at,
            last_at=turn.sent_at,
            closed=True,
        )
        step = Step(turn=turn, window_id=window.id, opened=(window,), closed=(window,), edited=True)
        await log.apply(step)
        return [step]

    async def _matching(self, log: ChannelLog, text: Text, task: str, bot_name: str, channel_id: str) -> Turn | None:
        if text.message_id is not None:
            recorded = await log.find(message_uuid(bot_name, channel_id, text.message_id))
            return recorded.turn if recorded else None
        return await log.unmatched(user_id=text.user_id, role=text.role, content=text.content, task=task)


@asynccontextmanager
async def _noted(log: ChannelLog) -> AsyncGenerator[list[Step]]:
    """Collects the steps of the running job.

    They start with those of a run that was cut off: it changed the transcript, and what follows may never have been
    enqueued.
    """
    name = job_id()
    before = await log.noted(name) if is_rerun() else ()
    steps = list(before)
    yield steps
    if len(steps) > len(before):
        await log.note(name, steps)


async def _is_placed(log: ChannelLog, turn_id: UUID) -> bool:
    recorded = await log.find(turn_id)
    return recorded is not None and recorded.placed


def _row(text: Text, bot_name: str, channel_id: str, visibility: Visibility, given_to: tuple[str, str, int]) -> Turn:
    own = text.message_id
    return Turn(
        id=message_uuid(bot_name, channel_id, own) if own is not None else ids.name("text", *given_to),
        bot_name=bot_name,
        channel_id=channel_id,
        user_id=text.user_id,
        role=text.role,
        speaker=text.speaker or (bot_name if text.role == "assistant" else text.user_id),
        content=text.content,
        sent_at=text.sent_at,
        visibility=visibility,
        message_id=own,
    )
