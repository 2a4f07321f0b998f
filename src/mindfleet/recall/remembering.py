"""What the fleet knows that helps to answer: found by words and by meaning, in turns and in facts.

The search is scoped to one bot and to what the user took part in; the audience decides what may be heard. How the
rankings are fused, and what it brings, is in decision 0003.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mindfleet.knowledge.timeline import derive_all, is_true
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.embedder import Embedder
from mindfleet.ports.facts import Assertions, Fact, Facts
from mindfleet.ports.journal import (
    Goal,
    GoalProgress,
    Goals,
    Insight,
    Insights,
    Preference,
    Preferences,
    Summaries,
    Summary,
)
from mindfleet.ports.memories import Document, Kind, Lexicon, Memories, Scope
from mindfleet.ports.relationships import Relationship, Relationships
from mindfleet.recall.audience import MAY_HEAR, Audience, for_ears
from mindfleet.recall.context import Recollection, Remembered, compose, relationship_in_words
from mindfleet.recall.fusion import Ranking, fuse_for, without_names
from mindfleet.recall.indexing import documents_of_fact

CANDIDATES = 60
"""Of each search."""

SEARCHED: tuple[Kind, ...] = ("turn", "fact")
"""Together: one ranking of both beats two that are fused."""

SUMMARIES = 2
"""The latest ones are shown."""


class Stores(Protocol):
    """What remembering reads."""

    @property
    def assertions(self) -> Assertions: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def embedder(self) -> Embedder: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def goals(self) -> Goals: ...
    @property
    def insights(self) -> Insights: ...
    @property
    def lexicon(self) -> Lexicon: ...
    @property
    def memories(self) -> Memories: ...
    @property
    def preferences(self) -> Preferences: ...
    @property
    def relationships(self) -> Relationships: ...
    @property
    def summaries(self) -> Summaries: ...


@dataclass(frozen=True, kw_only=True)
class GoalState:
    """A goal, and how far it has come for one user."""

    goal: Goal
    progress: float
    status: str
    evidence: tuple[GoalProgress, ...]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """All that is held of one user, for one audience."""

    user_id: str
    name: str
    relationship: Relationship | None
    relationship_in_words: str
    """`know each other well`; empty for strangers."""

    preferences: list[Preference]
    facts: list[Fact]
    goals: list[GoalState]
    insights: list[Insight]
    summaries: list[Summary]


class Remembering:
    """Answers from the stores."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def recall(
        self,
        bot_name: str,
        user_id: str,
        query: str,
        token_budget: int,
        *,
        audience: Audience,
        as_of: datetime | None = None,
    ) -> Recollection:
        """What helps to answer `query`, as a block for the prompt, with its sources; see `mindfleet.memory.recall`."""
        channels = await self._stores.conversations.channels_of(bot_name, user_id)
        members = await self._stores.conversations.members(bot_name, channels)
        scope = Scope(bot_name=bot_name, channels=tuple(channels), visibilities=MAY_HEAR[audience], until=as_of)
        found, facts, about_user = await asyncio.gather(
            self._search(query, scope, [*members.values(), bot_name]),
            self._facts_in_scope(bot_name, user_id, channels, members, audience, as_of),
            self._about_user(bot_name, user_id, channels, audience, as_of),
        )
        relationship, preferences, summaries = about_user
        return compose(
            Remembered(
                user_name=members.get(user_id, user_id),
                relationship=relationship,
                preferences=preferences,
                found=[(document, facts.get(document.id)) for document in found if _still_true(document, facts)],
                known=[fact for fact in facts.values() if fact.user_id == user_id],
                summaries=summaries,
                names=members,
            ),
            token_budget,
        )

    async def facts(
        self, bot_name: str, user_id: str, *, audience: Audience, as_of: datetime | None = None
    ) -> list[Fact]:
        """The user's facts, ended ones too unless `as_of` names an instant."""
        channels = await self._stores.conversations.channels_of(bot_name, user_id)
        return await self._facts_heard(bot_name, user_id, [user_id], channels, audience, as_of)

    async def summaries(self, bot_name: str, user_id: str, *, audience: Audience, limit: int = 20) -> list[Summary]:
        """Of the sessions that the user took part in, the newest first."""
        channels = await self._stores.conversations.channels_of(bot_name, user_id)
        return await self._stores.summaries.in_channels(
            bot_name, channels, visibilities=MAY_HEAR[audience], limit=limit
        )

    async def goals(self, bot_name: str, user_id: str, *, audience: Audience) -> list[GoalState]:
        """The bot's own goals and those that the user stated, with their progress for this user."""
        own, stated, progress = await asyncio.gather(
            self._stores.goals.of_bot(bot_name),
            self._stores.goals.of_user(bot_name, user_id),
            self._stores.goals.progress(bot_name, user_id),
        )
        shown = await self._stores.conversations.by_id([step.message_id for step in progress])
        may_be_heard = {turn.id for turn in for_ears(shown, audience)}
        heard = [step for step in progress if step.message_id in may_be_heard]
        return [_state(goal, heard) for goal in [*own, *for_ears(stated, audience)]]

    async def profile(self, bot_name: str, user_id: str, *, audience: Audience) -> Profile:
        """All that is known of the user and may be said to this audience."""
        channels = await self._stores.conversations.channels_of(bot_name, user_id)
        members = await self._stores.conversations.members(bot_name, channels)
        relationship = await self._stores.relationships.get(bot_name, user_id)
        return Profile(
            user_id=user_id,
            name=members.get(user_id, user_id),
            relationship=relationship,
            relationship_in_words=relationship_in_words(relationship) if relationship else "",
            preferences=for_ears(await self._stores.preferences.of(bot_name, user_id), audience),
            facts=await self.facts(bot_name, user_id, audience=audience, as_of=self._stores.clock.now()),
            goals=await self.goals(bot_name, user_id, audience=audience),
            insights=for_ears(await self._stores.insights.of(bot_name, user_id), audience),
            summaries=await self.summaries(bot_name, user_id, audience=audience),
        )

    async def _search(self, query: str, scope: Scope, speakers: Sequence[str]) -> list[Document]:
        """Turns and facts, the most helpful first."""
        if not scope.channels or not query.strip():
            return []
        vector = await self._stores.embedder.query(without_names(query, speakers))

        results = await asyncio.gather(
            self._stores.memories.nearest(vector, scope=scope, kinds=SEARCHED, limit=CANDIDATES),
            self._stores.lexicon.matching(query, scope=scope, kinds=SEARCHED, limit=CANDIDATES),
        )
        ids = list(dict.fromkeys(hit.id for hits in results for hit in hits))
        documents = {document.id: document for document in await self._stores.lexicon.documents(ids)}
        rankings = [Ranking([hit.id for hit in hits if hit.id in documents]) for hits in results]
        said_by = {document.id: document.speaker for document in documents.values()}
        return [documents[found] for found in fuse_for(query, rankings, speakers=speakers, said_by=said_by)]

    async def _facts_in_scope(
        self,
        bot_name: str,
        user_id: str,
        channels: Sequence[str],
        members: Mapping[str, str],
        audience: Audience,
        as_of: datetime | None,
    ) -> dict[UUID, Fact]:
        """The facts that are true at that instant, by the ids of their documents."""
        at = as_of or self._stores.clock.now()
        return {
            document.id: fact
            for fact in await self._facts_heard(bot_name, user_id, list(members), channels, audience, at)
            for document in documents_of_fact(fact, user_name=members.get(fact.user_id, fact.user_id))
        }

    async def _facts_heard(
        self,
        bot_name: str,
        user_id: str,
        about: Sequence[str],
        channels: Sequence[str],
        audience: Audience,
        as_of: datetime | None,
    ) -> list[Fact]:
        """The facts about these users that the audience may know.

        A user in private hears all of their own, as it stands in the graph. Everybody else hears what follows from
        what was said where they may hear it: else a date, or an end, would tell what was said in private.
        """
        whole = [user_id] if audience == "dm" and user_id in about else []
        rest = [other for other in about if other not in whole]
        known, heard = await asyncio.gather(
            self._stores.facts.about(bot_name, whole, as_of=as_of),
            self._stores.assertions.heard(bot_name, rest, channels=channels, visibilities=MAY_HEAR[audience]),
        )
        derived = derive_all([assertion for assertion in heard if as_of is None or assertion.said_at <= as_of])
        return [*known, *(fact for fact in derived if as_of is None or is_true(fact, as_of))]

    async def _about_user(
        self, bot_name: str, user_id: str, channels: Sequence[str], audience: Audience, as_of: datetime | None
    ) -> tuple[Relationship | None, list[Preference], list[Summary]]:
        relationship, preferences, summaries = await asyncio.gather(
            self._stores.relationships.get(bot_name, user_id),
            self._stores.preferences.of(bot_name, user_id),
            self._stores.summaries.in_channels(
                bot_name, channels, visibilities=MAY_HEAR[audience], until=as_of, limit=SUMMARIES
            ),
        )
        held = [wish for wish in for_ears(preferences, audience) if as_of is None or wish.said_at <= as_of]
        return relationship, held, summaries


def _still_true(document: Document, facts: Mapping[UUID, Fact]) -> bool:
    return document.kind != "fact" or document.id in facts


def _state(goal: Goal, progress: Sequence[GoalProgress]) -> GoalState:
    evidence = tuple(step for step in progress if step.goal_id == goal.id)
    return GoalState(
        goal=goal,
        progress=max((step.progress for step in evidence), default=0.0),
        status="completed"
        if any(step.status == "completed" for step in evidence)
        else "in_progress"
        if evidence
        else "open",
        evidence=evidence,
    )
