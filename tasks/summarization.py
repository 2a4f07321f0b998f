"""Turn a piece of a session into one long-term memory."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from mindfleet import ids
from mindfleet.analysis.reader import question_key
from mindfleet.conversation.parts import line, parts
from mindfleet.conversation.turn import Turn, Visibility
from mindfleet.errors import GiveUp
from mindfleet.intake import Intake, Text
from mindfleet.job import HIDDEN, Done, FollowUp, Name
from mindfleet.payloads import FromUser, Said, dated
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.journal import Origin, Summaries, Summary
from mindfleet.ports.llm import LLM, Answer, Ask
from mindfleet.ports.progress import Progress
from mindfleet.prompt import Prompt
from mindfleet.queues import Queue
from mindfleet.recall.indexing import Index, document_of_summary
from mindfleet.retry import Retry
from mindfleet.rules.digest import digest
from mindfleet.task import task
from tasks.reflection import Reflection

PROMPT = Prompt.beside(__file__)

KEPT_FROM = 3
"""A summary less meaningful than this is not remembered."""

TOKENS_AT_ONCE = 6000
"""Of transcript in one call; a longer one is summarised in parts, and the parts once more."""

SHORTEST = 2
"""Turns; less is no conversation."""


class SummaryAnswer(BaseModel):
    """What the model is asked for."""

    summary: str = Field(min_length=1)
    meaningfulness: int = Field(ge=1, le=5)
    emotions: list[str] = Field(default_factory=list)
    topics: list[str] = Field(default_factory=list)


class Summarization(FromUser):
    """A session to summarise: the messages that a bot hands over, or the turns that the fleet recorded."""

    positional: ClassVar = ("user_id", "bot_name", "session_id", "messages?")

    user_id: Name | None = None  # type: ignore[assignment]  # the fleet summarises sessions of several users
    """With whom the bot spoke."""

    session_id: Name
    """Your own id of the session, or the fleet's."""

    messages: list[Said] | None = None
    """What was said, in order; without them, the turns that the fleet has recorded for that session."""

    first_turn: int | None = HIDDEN
    last_turn: int | None = HIDDEN

    @model_validator(mode="after")
    def _with_times(self) -> Self:
        if self.messages and self.user_id is None:
            raise ValueError("messages are somebody's: give the user_id")
        if self.messages and any(said.sent_at is None for said in self.messages):
            return self.model_copy(update={"messages": dated(self.messages, self.sent_at)})
        return self

    def key(self) -> str | None:
        """A span of turns is summarised once; a seed's call is whatever the producer says."""
        return f"{self.session_id}:{self.first_turn}-{self.last_turn}" if self.first_turn else None


@task(queue=Queue.COGNITION, timeout=timedelta(minutes=5), retry=Retry(attempts=6, first=timedelta(seconds=5)))
async def run_summarization(
    job: Summarization,
    llm: LLM,
    intake: Intake,
    conversations: Conversations,
    summaries: Summaries,
    index: Index,
    progress: Progress,
) -> Done:
    """Summarise the turns, judge how much they mean, and remember the summary from a meaningfulness of 3."""
    turns, then = await _turns(job, intake, conversations)
    if len(turns) < SHORTEST:
        return Done(result={"kept": False, "reason": f"fewer than {SHORTEST} turns"}, then=then)
    summary = await _stored(turns, summaries)
    if summary is None:
        answer = await _summarise(turns, llm, progress)
        summary = _summary(turns, await conversations.participants(turns[0].session_id or ""), answer)
        await summaries.put(summary)
    if not summary.kept:
        return Done(result={"kept": False, "meaningfulness": summary.meaningfulness}, then=then)
    names = await conversations.participants(summary.session_id)
    await index.write([document_of_summary(summary, speakers=" and ".join(names.values()))])
    reflections = [
        FollowUp(job=Reflection(bot_name=summary.bot_name, user_id=user_id, summary_id=summary.id))
        for user_id in summary.user_ids
    ]
    return Done(
        result={"kept": True, "meaningfulness": summary.meaningfulness, "summary": str(summary.id)},
        then=[*then, *reflections],
    )


async def _turns(
    job: Summarization, intake: Intake, conversations: Conversations
) -> tuple[list[Turn], Sequence[FollowUp]]:
    if job.messages:
        taken = await intake.texts(
            [
                Text(
                    user_id=job.user_id or "",
                    role=said.role,
                    content=said.content,
                    sent_at=said.sent_at or job.sent_at,
                    message_id=said.message_id,
                    speaker=said.author,
                )
                for said in job.messages
            ],
            bot_name=job.bot_name,
            channel_id=job.channel_id,
            visibility=job.visibility,
            task="run_summarization",
            session=job.session_id,
        )
        return await conversations.by_id([turn.id for turn in taken.turns]), taken.then
    session = await conversations.session(job.bot_name, job.session_id)
    if session is None:
        raise GiveUp(f"the bot {job.bot_name} has no session {job.session_id!r}: hand its messages over")
    return await conversations.turns(session.id, first=job.first_turn or 1, last=job.last_turn), ()


async def _stored(turns: Sequence[Turn], summaries: Summaries) -> Summary | None:
    """A summary that covers these very turns, or more of the session."""
    wanted = {turn.id for turn in turns}
    of_session = await summaries.of_session(turns[0].session_id or "")
    return next((summary for summary in of_session if wanted <= set(summary.message_ids)), None)


async def _summarise(turns: Sequence[Turn], llm: LLM, progress: Progress) -> Answer[SummaryAnswer]:
    """One call for a transcript that fits; otherwise one for each part and one for the whole."""
    groups = await asyncio.to_thread(parts, turns, TOKENS_AT_ONCE)
    answers: list[Answer[SummaryAnswer]] = []
    for number, group in enumerate(groups, start=1):
        answers.append(await llm.answer(_ask(group, "\n".join(map(line, group)))))
        await progress.report(number, len(groups), "parts summarised")
    if len(answers) == 1:
        return answers[0]
    return await llm.answer(_ask(turns, "\n".join(f"Part {n}: {a.value.summary}" for n, a in enumerate(answers, 1))))


def _ask(turns: Sequence[Turn], messages: str) -> Ask[SummaryAnswer]:
    return Ask(
        key=question_key("summary", turns, PROMPT.version),
        prompt=PROMPT,
        values={"bot": turns[0].bot_name, "messages": messages},
        schema=SummaryAnswer,
        tier="main",
        bot_name=turns[0].bot_name,
        user_id=turns[0].user_id,
        by_rules=lambda: _by_rules(turns),
    )


def _by_rules(turns: Sequence[Turn]) -> SummaryAnswer:
    found = digest(turns)
    names = " and ".join(sorted({turn.speaker for turn in turns}))
    return SummaryAnswer(
        summary=found.text or f"{names} made small talk.",
        meaningfulness=found.meaningfulness if found.text else 1,
        emotions=found.emotions,
        topics=found.topics,
    )


def _summary(turns: Sequence[Turn], participants: dict[str, str], answer: Answer[SummaryAnswer]) -> Summary:
    numbers = [turn.number for turn in turns if turn.number]
    first, last = min(numbers), max(numbers)
    said = turns[0]
    speakers = {turn.user_id for turn in turns}
    return Summary(
        id=ids.name("summary", said.session_id, first, last),
        bot_name=said.bot_name,
        channel_id=said.channel_id,
        session_id=said.session_id or "",
        first_turn=first,
        last_turn=last,
        user_ids=tuple(user_id for user_id in participants if user_id in speakers),
        visibility=narrowest(turns),
        content=answer.value.summary.strip(),
        meaningfulness=answer.value.meaningfulness,
        emotions=tuple(answer.value.emotions[:5]),
        topics=tuple(answer.value.topics[:5]),
        kept=answer.value.meaningfulness >= KEPT_FROM,
        message_ids=tuple(turn.id for turn in turns),
        started_at=turns[0].sent_at,
        ended_at=turns[-1].sent_at,
        origin=Origin(provider=answer.provider, answer_key=answer.key),
    )


def narrowest(turns: Sequence[Turn]) -> Visibility:
    """What rests on several messages may be heard only where all of them may."""
    heard: set[Visibility] = {turn.visibility for turn in turns}
    return "dm" if "dm" in heard else "channel" if "channel" in heard else "public"
