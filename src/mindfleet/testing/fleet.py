"""A whole fleet in memory: jobs run one after the other, each at once, and their follow-ups after them.

    fleet = InMemoryFleet(Registry.load(["tasks"]), triggers=triggered)
    await fleet.run(MessageIntake(…))
    assert await fleet.facts.about("juniper", ["ana"])

No Redis, no store, no model: milliseconds. What is due later waits in `fleet.later` until `fleet.run_later()`.
"""

from collections import deque
from datetime import timedelta
from uuid import uuid4

from mindfleet.conversation.sessions import Cutting
from mindfleet.current_job import JobContext, current_job
from mindfleet.intake import Triggers
from mindfleet.job import Done, FollowUp, Job
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.offline import OfflineRules
from mindfleet.ports.llm import LLM
from mindfleet.recall.remembering import Remembering
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.services import services
from mindfleet.runtime.verdict import Dead, Finished, Verdict
from mindfleet.testing.clock import FakeClock
from mindfleet.testing.embedder import WordEmbedder
from mindfleet.testing.in_memory_acquaintances import InMemoryAcquaintances
from mindfleet.testing.in_memory_assertions import InMemoryAssertions
from mindfleet.testing.in_memory_conversations import InMemoryConversations
from mindfleet.testing.in_memory_effects import InMemoryEffects
from mindfleet.testing.in_memory_facts import InMemoryFacts
from mindfleet.testing.in_memory_journal import (
    InMemoryAnalyses,
    InMemoryBots,
    InMemoryGoals,
    InMemoryInsights,
    InMemoryPreferences,
    InMemorySummaries,
)
from mindfleet.testing.in_memory_relationships import InMemoryRelationships
from mindfleet.testing.lexicon import InMemoryLexicon
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.memories import InMemoryMemories


class Reports:
    """The port `Progress`: remembers what was reported."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, str]] = []

    async def report(self, done: int, total: int, note: str = "") -> None:
        self.heard.append((done, total, note))


class InMemoryFleet:
    """Every port in memory, and the registered tasks on them.

    Args:
        tasks: what can run.
        triggers: what follows from turns and ends of sessions.
        llm: by default the offline provider behind a real gateway.
        cutting: where conversations are cut.
        off: features that are off.
    """

    def __init__(
        self,
        tasks: Registry,
        *,
        triggers: Triggers,
        llm: LLM | None = None,
        cutting: Cutting | None = None,
        off: frozenset[str] = frozenset(),
    ) -> None:
        self.tasks = tasks
        self.clock = FakeClock()
        self.conversations = InMemoryConversations(clock=self.clock)
        self.analyses = InMemoryAnalyses(self.conversations)
        self.summaries = InMemorySummaries()
        self.preferences = InMemoryPreferences()
        self.goals = InMemoryGoals()
        self.insights = InMemoryInsights()
        self.bots = InMemoryBots(self.goals)
        self.assertions = InMemoryAssertions()
        self.acquaintances = InMemoryAcquaintances(self.conversations)
        self.facts = InMemoryFacts()
        self.relationships = InMemoryRelationships()
        self.lexicon = InMemoryLexicon()
        self.memories = InMemoryMemories()
        self.embedder = WordEmbedder()
        self.effects = InMemoryEffects(clock=self.clock)
        self.progress = Reports()
        self.calls = ModelCallsInMemory()
        self.llm = llm or self._offline()
        self.later: list[FollowUp] = []
        self.verdicts: list[tuple[str, Verdict]] = []
        self._cut_off: set[str] = set()
        self._executor = Executor(
            tasks,
            services(self, progress=self.progress, triggers=triggers, cutting=cutting or Cutting()),
            lambda name: name not in off,
        )

    async def run(self, job: Job, *, job_id: str | None = None) -> Verdict:
        """See a job through, and what follows from it at once.

        Raises:
            Exception: what a follow-up died of.
        """
        first = await self._attempt(job, job_id or uuid4().hex)
        line = deque(self._due(first))
        while line:
            verdict = await self._attempt(line.popleft(), uuid4().hex)
            if isinstance(verdict, Dead):
                raise verdict.because
            line += self._due(verdict)
        return first

    async def cut_off(self, job: Job, *, job_id: str) -> None:
        """Run a job in a worker that dies before what follows is enqueued; the next run of that id is its second."""
        await self._attempt(job, job_id)
        self._cut_off.add(job_id)

    async def run_later(self) -> None:
        """Run what was put off, as if its time had come."""
        waiting, self.later = self.later, []
        for follow_up in waiting:
            await self.run(follow_up.job)

    @property
    def remembering(self) -> Remembering:
        """The read side over these stores."""
        return Remembering(self)

    async def _attempt(self, job: Job, job_id: str) -> Verdict:
        task = self.tasks.of(job)
        token = current_job.set(JobContext(job_id, task.name, 2 if job_id in self._cut_off else 1))
        try:
            verdict = await self._executor.run(
                task.name, job.model_dump(mode="json", exclude_none=True), limit=timedelta(minutes=5), failures=0
            )
        finally:
            current_job.reset(token)
        self.verdicts.append((task.name, verdict))
        return verdict

    def _due(self, verdict: Verdict) -> list[Job]:
        """The jobs that follow at once; the others are put off."""
        done = verdict.done if isinstance(verdict, Finished) else Done()
        follow_ups = [each if isinstance(each, FollowUp) else FollowUp(job=each) for each in done.then]
        put_off = [each for each in follow_ups if each.after or (each.at and each.at > self.clock.now())]
        self.later += put_off
        return [each.job for each in follow_ups if each not in put_off]

    def _offline(self) -> Gateway:
        rules = TierModel(OfflineRules(), "rules")
        return Gateway(
            tiers={"main": rules, "reflective": rules, "utility": rules},
            answers=AnswersInMemory(),
            calls=self.calls,
            clock=self.clock,
        )
