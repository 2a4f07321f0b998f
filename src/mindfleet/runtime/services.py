"""What the parameters of tasks are bound to, made of the ports of a process."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mindfleet.analysis.learning import Learning
from mindfleet.analysis.reader import Reader
from mindfleet.analysis.sources import Sources
from mindfleet.conversation.sessions import Cutting
from mindfleet.intake import Intake, Triggers
from mindfleet.outbox import Outbox, always
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.effects import Effects
from mindfleet.ports.embedder import Embedder
from mindfleet.ports.facts import Facts
from mindfleet.ports.journal import Analyses, Bots, Goals, Insights, Preferences, Summaries
from mindfleet.ports.llm import LLM
from mindfleet.ports.progress import Progress
from mindfleet.ports.relationships import Acquaintances, Relationships
from mindfleet.recall.indexing import Index
from mindfleet.recall.remembering import Stores
from mindfleet.runtime.executor import Services


class Ports(Stores, Protocol):
    """One of each; `wiring.Opened` with drivers behind them, `testing.InMemoryFleet` without."""

    @property
    def acquaintances(self) -> Acquaintances: ...
    @property
    def analyses(self) -> Analyses: ...
    @property
    def bots(self) -> Bots: ...
    @property
    def effects(self) -> Effects: ...
    @property
    def llm(self) -> LLM: ...


def services(
    ports: Ports,
    *,
    progress: Progress,
    triggers: Triggers,
    cutting: Cutting,
    still_ours: Callable[[], Awaitable[None]] = always,
) -> Services:
    """Every port by its Protocol, and what is made of several of them by its class.

    Args:
        ports: with or without drivers behind them.
        progress: of the running job.
        triggers: what follows from what was said.
        cutting: where conversations are cut.
        still_ours: raises `LeaseLost` when the running job belongs to another worker by now.
    """
    index = Index(ports.lexicon, ports.memories, ports.embedder)
    intake = Intake(
        conversations=ports.conversations,
        analyses=ports.analyses,
        index=index,
        cutting=cutting,
        triggers=triggers,
        clock=ports.clock,
    )
    reader = Reader(llm=ports.llm, analyses=ports.analyses, conversations=ports.conversations, bots=ports.bots)
    return {
        Acquaintances: ports.acquaintances,
        Analyses: ports.analyses,
        Bots: ports.bots,
        Clock: ports.clock,
        Conversations: ports.conversations,
        Embedder: ports.embedder,
        Facts: ports.facts,
        Goals: ports.goals,
        Index: index,
        Insights: ports.insights,
        Intake: intake,
        LLM: ports.llm,
        Learning: Learning(
            assertions=ports.assertions, facts=ports.facts, conversations=ports.conversations, index=index
        ),
        Outbox: Outbox(ports.effects, still_ours=still_ours),
        Preferences: ports.preferences,
        Progress: progress,
        Reader: reader,
        Relationships: ports.relationships,
        Sources: Sources(intake=intake, reader=reader, analyses=ports.analyses),
        Summaries: ports.summaries,
    }
