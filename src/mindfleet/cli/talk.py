"""One conversation with a bot: what it remembers goes into its answer, and what is said goes to the fleet."""

from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel, Field

from mindfleet import ids
from mindfleet.conversation.turn import Role, Turn
from mindfleet.ports.llm import Ask
from mindfleet.prompt import Prompt
from mindfleet.recall.context import Recollection
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.wiring import Opened, open_stores

PROMPT = Prompt.named(__file__, "chat")
TOKENS = 800
QUOTED = 3
"""Messages that a bot without a model quotes."""

REMEMBERED = 12
"""Turns of this conversation that a model sees."""


class ChatAnswer(BaseModel):
    """What the model is asked for."""

    answer: str = Field(min_length=1)


@dataclass(frozen=True)
class Reply:
    """What the bot says."""

    text: str
    remembered: int
    """How many messages it had in mind."""


@asynccontextmanager
async def talking(settings: Settings, *, bot_name: str, user_id: str, user_name: str) -> AsyncGenerator["Talk"]:
    """A conversation in the user's dm; its session ends with it.

    Raises:
        SettingsInvalid: no store is named and no stack is running.
        QueueUnavailable: Redis is away.
        StoreUnavailable: another store is.
    """
    async with open_stores(settings, connections=4) as opened, TaskQueue(settings=settings) as queue:
        talk = Talk(opened, queue, bot_name=bot_name, user_id=user_id, user_name=user_name)
        yield talk
        await talk.end()


class Talk:
    """Says and remembers."""

    def __init__(self, opened: Opened, queue: TaskQueue, *, bot_name: str, user_id: str, user_name: str) -> None:
        self.bot_name = bot_name
        self._opened = opened
        self._queue = queue
        self._user_id = user_id
        self._user_name = user_name
        self._channel = f"dm:{user_id}"
        self._before: deque[str] = deque(maxlen=REMEMBERED)

    async def answer(self, said: str) -> Reply:
        """Recall, think, and give both turns to the fleet."""
        known = await self._opened.remembering.recall(self.bot_name, self._user_id, said, TOKENS, audience="dm")
        message_id = await self._enqueue("user", said)
        quotes = await self._opened.conversations.by_id(known.sources[:QUOTED])
        text = await self._thought(message_id, said, known, quotes)
        await self._enqueue("assistant", text, reply_to=message_id)
        self._before.extend((f"{self._user_name}: {said}", f"{self.bot_name}: {text}"))
        return Reply(text, len(known.sources))

    async def end(self) -> None:
        """End the session, so that it is summarised."""
        if self._before:
            await self._queue.end_session(self.bot_name, self._channel)

    async def _enqueue(self, role: Role, content: str, reply_to: str | None = None) -> str:
        message_id = uuid4().hex
        await self._queue.enqueue_message(
            self.bot_name,
            self._user_id,
            self._channel,
            message_id,
            role,
            content,
            datetime.now(UTC),
            user_name=self._user_name,
            reply_to=reply_to,
        )
        return message_id

    async def _thought(self, message_id: str, said: str, known: Recollection, quotes: Sequence[Turn]) -> str:
        bot = await self._opened.bots.get(self.bot_name)
        voice = bot.voice or "friendly and brief"
        answer = await self._opened.llm.answer(
            Ask(
                key=ids.name("chat", self.bot_name, self._channel, message_id),
                prompt=PROMPT.with_fixed(bot=self.bot_name, voice=voice),
                values={
                    "memory": known.context or "Nothing yet.",
                    "before": "\n".join(self._before) or "Nothing yet.",
                    "user": self._user_name,
                    "said": said,
                },
                schema=ChatAnswer,
                tier="main",
                bot_name=self.bot_name,
                user_id=self._user_id,
                by_rules=lambda: ChatAnswer(answer=without_a_model(quotes)),
            )
        )
        return answer.value.answer


def without_a_model(quotes: Sequence[Turn]) -> str:
    """The fixed form of an answer: what was said that may help, and that this is all."""
    if not quotes:
        return "I have no language model, and I remember nothing that helps here. I will remember what you say."
    lines = [f"- {turn.speaker}, {turn.sent_at.day} {turn.sent_at:%B %Y}: {turn.content}" for turn in quotes]
    return "\n".join(["I have no language model, so I only tell what I remember:", *lines])
