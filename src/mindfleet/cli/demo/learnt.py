"""What the fleet has learnt from a script, read back from the stores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mindfleet.cli.demo.script import Message, Question, Script
from mindfleet.conversation.sessions import Session
from mindfleet.conversation.turn import Visibility
from mindfleet.intake import message_uuid
from mindfleet.ports.facts import Fact
from mindfleet.ports.journal import Goal, GoalProgress, Preference, Summary
from mindfleet.ports.parked import ParkedJob
from mindfleet.ports.relationships import Relationship
from mindfleet.queues import Queue
from mindfleet.recall.context import Recollection, relationship_in_words
from mindfleet.runtime.outcomes import RUNS_AGAIN
from mindfleet.wiring import Opened

ANYWHERE: tuple[Visibility, ...] = ("dm", "channel", "public")
TOKENS = 1200
"""The budget of an answer, as `memory.recall` has it."""

MOST = 100_000

SHOWN_COUNTS = ("done", "retried", "parked")


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """All of it; users and bots come in the order of the script."""

    script: Script
    jobs: Mapping[Queue, Mapping[str, int]]
    sessions: Sequence[Session]
    summaries: Sequence[Summary]
    facts: Sequence[Fact]
    preferences: Mapping[str, Sequence[Preference]]
    goals: Sequence[Goal]
    progress: Sequence[GoalProgress]
    relationships: Mapping[str, Relationship]
    answers: Sequence[tuple[Question, Recollection]]
    messages: Mapping[UUID, Message]
    parked: Sequence[ParkedJob]
    usage: Mapping[str, Any]

    @property
    def ended(self) -> int:
        """How many jobs came to an end."""
        return sum(
            count for counts in self.jobs.values() for outcome, count in counts.items() if outcome not in RUNS_AGAIN
        )

    def ids(self, rows: Iterable[UUID]) -> list[str]:
        """The file's own ids of these messages."""
        return [self.messages[row].message_id for row in rows if row in self.messages]


async def learn(opened: Opened, script: Script, jobs: Mapping[Queue, Mapping[str, int]]) -> Learnt:
    """Ask the stores, and ask memory the script's questions as of its last message."""
    people = script.people
    return Learnt(
        script=script,
        jobs=jobs,
        sessions=[session for bot in script.bot_names for session in await opened.conversations.sessions(bot)],
        summaries=[summary for bot in script.bot_names for summary in await _summaries(opened, script, bot)],
        facts=[f for bot, user in people for f in await opened.remembering.facts(bot, user, audience="dm")],
        preferences={user: wishes for bot, user in people if (wishes := await opened.preferences.of(bot, user))},
        goals=await _goals(opened, script),
        progress=[step for bot in script.bot_names for step in await opened.goals.progress(bot)],
        relationships={u: found for b, u in people if (found := await opened.relationships.get(b, u))},
        answers=[(question, await _answer(opened, script, question)) for question in script.questions],
        messages={message_uuid(m.bot_name, m.channel_id, m.message_id): m for m in script.messages},
        parked=await opened.parked.all(limit=MOST),
        usage=await _usage(opened, script),
    )


def as_data(learnt: Learnt) -> dict[str, Any]:
    """For `--json`."""
    return {
        "messages": len(learnt.script.messages),
        "sessions": len(learnt.sessions),
        "jobs": {q.short: {name: counts.get(name, 0) for name in SHOWN_COUNTS} for q, counts in learnt.jobs.items()},
        "summaries": [_summary(summary, learnt) for summary in learnt.summaries],
        "facts": [_fact(fact, learnt) for fact in learnt.facts],
        "goals": [_goal(goal, learnt) for goal in learnt.goals],
        "preferences": {user: {w.key: w.value for w in wishes} for user, wishes in learnt.preferences.items()},
        "relationship": {user: _relationship(found) for user, found in learnt.relationships.items()},
        "recall": [
            {"question": question.question, "context": answer.context, "sources": learnt.ids(answer.sources)}
            for question, answer in learnt.answers
        ],
        "llm": dict(learnt.usage),
    }


async def _summaries(opened: Opened, script: Script, bot: str) -> list[Summary]:
    """Also those that are not meaningful enough to be kept, in order of time."""
    channels = [channel for name, channel in script.lanes if name == bot]
    found = await opened.summaries.in_channels(bot, channels, visibilities=ANYWHERE, kept_only=False, limit=MOST)
    return sorted(found, key=lambda summary: (summary.started_at, summary.first_turn, summary.id))


async def _goals(opened: Opened, script: Script) -> list[Goal]:
    own = [goal for bot in script.bot_names for goal in await opened.goals.of_bot(bot)]
    return own + [goal for bot, user in script.people for goal in await opened.goals.of_user(bot, user)]


async def _answer(opened: Opened, script: Script, question: Question) -> Recollection:
    return await opened.remembering.recall(
        question.bot_name,
        question.user_id,
        question.question,
        TOKENS,
        audience=question.audience,
        as_of=script.over_at,
    )


async def _usage(opened: Opened, script: Script) -> dict[str, Any]:
    """All calls together; who answered, even when nobody was asked."""
    used = [usage for bot in script.bot_names for usage in await opened.calls.usage(bot)]
    answered_by = list(dict.fromkeys(usage.provider for usage in used)) or [opened.settings.llm.answered_by]
    return {
        "provider": ", ".join(answered_by),
        "calls": sum(usage.calls for usage in used),
        "input_tokens": sum(usage.input_tokens for usage in used),
        "output_tokens": sum(usage.output_tokens for usage in used),
    }


def _summary(summary: Summary, learnt: Learnt) -> dict[str, Any]:
    return {
        "session_id": summary.session_id,
        "channel_id": summary.channel_id,
        "started_at": summary.started_at.isoformat(),
        "ended_at": summary.ended_at.isoformat(),
        "user_ids": list(summary.user_ids),
        "content": summary.content,
        "meaningfulness": summary.meaningfulness,
        "kept": summary.kept,
        "emotions": list(summary.emotions),
        "topics": list(summary.topics),
        "sources": learnt.ids(summary.message_ids),
        "provider": summary.origin.provider,
    }


def _fact(fact: Fact, learnt: Learnt) -> dict[str, Any]:
    return {
        "user_id": fact.user_id,
        "subject": fact.subject,
        "predicate": fact.predicate,
        "object": fact.object,
        "confidence": fact.confidence,
        "valid_from": fact.valid_from.isoformat(),
        "valid_to": fact.valid_to.isoformat() if fact.valid_to else None,
        "sources": learnt.ids(evidence.message_id for evidence in fact.evidence),
        "provider": fact.provider,
    }


def _goal(goal: Goal, learnt: Learnt) -> dict[str, Any]:
    return {
        "user_id": goal.user_id,
        "bot_name": goal.bot_name,
        "slug": goal.slug,
        "description": goal.description,
        "criteria": goal.criteria,
        "due": goal.due.isoformat() if goal.due else None,
        "sources": learnt.ids([goal.message_id] if goal.message_id else []),
        "progress": [_step(step, learnt) for step in learnt.progress if step.goal_id == goal.id],
    }


def _step(step: GoalProgress, learnt: Learnt) -> dict[str, Any]:
    return {
        "user_id": step.user_id,
        "status": step.status,
        "progress": step.progress,
        "reasoning": step.reasoning,
        "sources": learnt.ids([step.message_id]),
    }


def _relationship(found: Relationship) -> dict[str, Any]:
    known = found.acquaintance
    return {
        "familiarity": round(found.familiarity, 3),
        "words": relationship_in_words(found),
        "messages": known.user_turns,
        "replies": known.bot_turns,
        "sessions": known.sessions,
        "days": known.days,
        "first_at": known.first_at.isoformat(),
        "last_at": known.last_at.isoformat(),
    }
