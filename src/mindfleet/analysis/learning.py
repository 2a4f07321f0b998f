"""From checked findings to facts: assertions are kept as they were made, the facts of the graph follow from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID

from mindfleet import ids
from mindfleet.analysis.findings import Findings, FoundFact
from mindfleet.analysis.reader import is_current
from mindfleet.conversation.turn import Turn
from mindfleet.knowledge.timeline import derive
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.facts import Assertion, Assertions, Fact, Facts, Slot, UserAssertions
from mindfleet.ports.journal import Analysis, Origin
from mindfleet.recall.indexing import Index, documents_of_fact


class Learning:
    """Writes what analyses found into the graph of facts, and makes it findable."""

    def __init__(self, *, assertions: Assertions, facts: Facts, conversations: Conversations, index: Index) -> None:
        self._assertions = assertions
        self._facts = facts
        self._conversations = conversations
        self._index = index

    async def learn(self, analyses: Sequence[Analysis]) -> int:
        """Learn the facts of analyses of one user; doing it again changes nothing.

        Returns:
            How many facts were asserted.
        """
        if not analyses:
            return 0
        whose = analyses[0]
        async with self._assertions.of_user(whose.bot_name, whose.user_id) as held:
            turns = await self._turns_of(analyses)
            current = [analysis for analysis in analyses if is_current(analysis, turns)]
            read = [message_id for analysis in current for message_id in analysis.message_ids]
            if not read:
                return 0
            asserted = [a for analysis in current for a in _assertions(analysis, turns)]
            slots = await held.replace(read, asserted)
            known = await self._facts.about(whose.bot_name, [whose.user_id])
            for slot in sorted(_with_opposites(slots), key=lambda slot: (slot.subject, slot.predicate)):
                await self._derive(held, turns[read[0]], slot, [fact for fact in known if _answers(fact, slot)])
        return len(asserted)

    async def _turns_of(self, analyses: Sequence[Analysis]) -> dict[UUID, Turn]:
        message_ids = [message_id for analysis in analyses for message_id in analysis.message_ids]
        return {turn.id: turn for turn in await self._conversations.by_id(message_ids)}

    async def _derive(self, held: UserAssertions, said: Turn, slot: Slot, known: Sequence[Fact]) -> None:
        """Write the facts of a slot; what is no longer so is unfindable before it is gone.

        After a crash at any line the job runs again and comes to the same.
        """
        predicate = vocabulary().of(slot.predicate)
        opposite = await held.in_slot(Slot(slot.subject, predicate.opposite)) if predicate.opposite else []
        facts = derive(await held.in_slot(slot), predicate, opposite)
        documents = {d.id: d for fact in facts for d in documents_of_fact(fact, user_name=said.speaker)}
        stale = {d.id for fact in known for d in documents_of_fact(fact, user_name=said.speaker)}
        await self._index.remove(sorted(stale - documents.keys()))
        await self._facts.replace(said.bot_name, said.user_id, user_name=said.speaker, slot=slot, facts=facts)
        await self._index.write(list(documents.values()))


def _answers(fact: Fact, slot: Slot) -> bool:
    return fact.predicate == slot.predicate and fact.subject.casefold() == slot.subject.casefold()


def _assertions(analysis: Analysis, turns: Mapping[UUID, Turn]) -> Iterator[Assertion]:
    if analysis.origin is None:
        return
    for found in Findings.model_validate(analysis.findings).facts:
        if found.turn_id in turns:
            yield _assertion(found, turns[found.turn_id], analysis.origin)


def _assertion(found: FoundFact, turn: Turn, origin: Origin) -> Assertion:
    what = (found.subject.casefold(), found.predicate, found.object.casefold(), found.holds)
    return Assertion(
        id=ids.name("assertion", turn.id, *what),
        bot_name=turn.bot_name,
        user_id=turn.user_id,
        subject=found.subject,
        predicate=found.predicate,
        object=found.object,
        holds=found.holds,
        since=_midnight(found.since),
        until=_midnight(found.until),
        confidence=found.confidence,
        quote=found.quote,
        message_id=turn.id,
        said_at=turn.sent_at,
        channel_id=turn.channel_id,
        visibility=turn.visibility,
        provider=origin.provider,
        answer_key=origin.answer_key,
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _with_opposites(slots: Iterable[Slot]) -> set[Slot]:
    """A new like may end a dislike, so that both have to be derived again."""
    known = vocabulary()
    opposites = {Slot(slot.subject, opposite) for slot in slots if (opposite := known.of(slot.predicate).opposite)}
    return set(slots) | opposites
