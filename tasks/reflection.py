"""Look across the sessions of one user: what recurs, what has changed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from mindfleet import ids
from mindfleet.conversation.turn import Visibility
from mindfleet.job import HIDDEN, BotJob, Done, Name
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.facts import Fact, Facts
from mindfleet.ports.journal import Insight, Insights, Origin, Summaries, Summary
from mindfleet.ports.llm import LLM, Answer, Ask
from mindfleet.prompt import Prompt
from mindfleet.queues import Queue
from mindfleet.recall.indexing import in_words
from mindfleet.retry import Retry
from mindfleet.rules.reflection import Remembered
from mindfleet.rules.reflection import insights as recurring_insights
from mindfleet.task import MAINTENANCE, task

PROMPT = Prompt.beside(__file__)

SUMMARIES_AT_ONCE = 12
FACTS_AT_ONCE = 40
FEWEST = 2
"""Summaries; across fewer there is nothing to see."""


class StatedInsight(BaseModel):
    insight: str = Field(min_length=1)
    summaries: list[str]
    """Handles of the summaries that it rests on."""


class ReflectionAnswer(BaseModel):
    """What the model is asked for."""

    insights: list[StatedInsight] = Field(default_factory=list[StatedInsight])


class Reflection(BotJob):
    positional: ClassVar = ("user_id", "bot_name?")

    user_id: Name
    """Whom it is about."""

    summary_id: UUID | None = HIDDEN
    """The summary that led to it."""

    def order(self) -> str:
        """Slow thoughts about a user delay neither talk nor what follows from it."""
        return f"reflections:{self.bot_name}:{self.user_id}"

    def key(self) -> str | None:
        """Each new summary leads to one reflection on each of its users."""
        return f"{self.user_id}:{self.summary_id}" if self.summary_id else None


@task(
    queue=Queue.COGNITION,
    timeout=timedelta(minutes=5),
    retry=Retry(attempts=5, first=timedelta(seconds=10)),
    priority=MAINTENANCE,
)
async def run_reflection(
    job: Reflection,
    llm: LLM,
    conversations: Conversations,
    summaries: Summaries,
    facts: Facts,
    insights: Insights,
    clock: Clock,
) -> Done:
    """Read the latest summaries and facts of the user together, and keep what connects at least two of them."""
    channels = await conversations.channels_of(job.bot_name, job.user_id)
    latest = await summaries.in_channels(
        job.bot_name, channels, visibilities=("dm", "channel", "public"), limit=SUMMARIES_AT_ONCE
    )
    about = [summary for summary in reversed(latest) if job.user_id in summary.user_ids]
    if len(about) < FEWEST:
        return Done(result={"insights": 0, "reason": f"fewer than {FEWEST} summaries"})
    names = await conversations.members(job.bot_name, channels)
    user = names.get(job.user_id, job.user_id)
    known = await facts.about(job.bot_name, [job.user_id], as_of=about[-1].ended_at)
    shown = known[-FACTS_AT_ONCE:]
    answer = await llm.answer(_ask(job, user, about, shown))
    heard = _narrowest(about, shown)
    found = [
        Insight(
            id=ids.name("insight", job.bot_name, job.user_id, " ".join(stated.insight.casefold().split())),
            bot_name=job.bot_name,
            user_id=job.user_id,
            content=stated.insight.strip(),
            message_ids=tuple(dict.fromkeys(m for summary in cited for m in summary.message_ids)),
            visibility=heard,
            origin=Origin(provider=answer.provider, answer_key=answer.key),
            read_until=about[-1].ended_at,
            made_at=clock.now(),
        )
        for stated, cited in _backed(answer, about)
    ]
    read = [message_id for summary in about for message_id in summary.message_ids]
    await insights.revise(job.bot_name, job.user_id, read=read, until=about[-1].ended_at, insights=found)
    return Done(result={"insights": len(found)})


def _ask(job: Reflection, user: str, about: Sequence[Summary], known: Sequence[Fact]) -> Ask[ReflectionAnswer]:
    return Ask(
        key=ids.name("reflection", job.user_id, PROMPT.version, *(summary.id for summary in about)),
        prompt=PROMPT,
        values={
            "user": user,
            "facts": "\n".join(in_words(fact, user_name=user) for fact in known) or "none",
            "summaries": "\n".join(f"[{handle}] {s.ended_at:%Y-%m-%d}: {s.content}" for handle, s in _handles(about)),
        },
        schema=ReflectionAnswer,
        tier="reflective",
        bot_name=job.bot_name,
        user_id=job.user_id,
        by_rules=lambda: _by_rules(user, about),
    )


def _handles(about: Sequence[Summary]) -> list[tuple[str, Summary]]:
    return [(f"s{number}", summary) for number, summary in enumerate(about, start=1)]


def _backed(answer: Answer[ReflectionAnswer], about: Sequence[Summary]) -> list[tuple[StatedInsight, list[Summary]]]:
    """The insights that rest on at least two summaries that exist."""
    by_handle = dict(_handles(about))
    stated = [(s, [by_handle[h] for h in dict.fromkeys(s.summaries) if h in by_handle]) for s in answer.value.insights]
    return [(insight, cited) for insight, cited in stated if len(cited) >= FEWEST]


def _by_rules(user: str, about: Sequence[Summary]) -> ReflectionAnswer:
    remembered = [Remembered(id=handle, topics=s.topics, emotions=s.emotions) for handle, s in _handles(about)]
    found = recurring_insights(user, remembered)
    return ReflectionAnswer(insights=[StatedInsight(insight=each.text, summaries=each.sources) for each in found])


def _narrowest(about: Sequence[Summary], shown: Sequence[Fact]) -> Visibility:
    """As private as the most private of all that the model was shown: it may have used any of it."""
    heard: set[Visibility] = {summary.visibility for summary in about}
    heard |= {evidence.visibility for fact in shown for evidence in fact.evidence}
    return "dm" if "dm" in heard else "channel" if "channel" in heard else "public"
