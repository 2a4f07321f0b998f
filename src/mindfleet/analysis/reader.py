"""Reads turns of a user once: what a stored analysis covers is never read again."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from mindfleet import ids
from mindfleet.analysis.by_rules import read_by_rules
from mindfleet.analysis.findings import Findings, Reading
from mindfleet.analysis.verify import Evidence, handles, verified
from mindfleet.conversation.parts import line, parts
from mindfleet.conversation.turn import Turn
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.ports.conversations import Conversations
from mindfleet.ports.journal import Analyses, Analysis, Bots, Goal, Origin
from mindfleet.ports.llm import LLM, Answer, Ask
from mindfleet.prompt import Prompt
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.wishes import ALLOWED

PREFERENCES = "\n".join(
    f"{key}: {' | '.join(values) if values else 'in the words of the user'}" for key, values in ALLOWED.items()
)
PROMPT = Prompt.named(__file__, "reading").with_fixed(vocabulary=vocabulary().for_prompt(), preferences=PREFERENCES)

CONTEXT_TURNS = 6
"""So many turns before the first one are shown, to make sense of it."""

TOKENS_AT_ONCE = 3000
"""Of transcript in one call; longer ones are read in parts."""


class Reader:
    """Finds what turns say about their user."""

    def __init__(self, *, llm: LLM, analyses: Analyses, conversations: Conversations, bots: Bots) -> None:
        self._llm = llm
        self._analyses = analyses
        self._conversations = conversations
        self._bots = bots

    async def read(self, turns: Sequence[Turn]) -> list[Analysis]:
        """The analyses that cover the user's turns among `turns`, made where there are none.

        Args:
            turns: of one bot and one user, in order of time; replies of the bot help to understand.

        Raises:
            ModelUnavailable: see `LLM.answer`.
        """
        own = [turn for turn in turns if turn.role == "user"]
        done = await self._current(await self._analyses.covering([turn.id for turn in own]))
        covered = {message_id for analysis in done for message_id in analysis.message_ids}
        new = [turn for turn in own if turn.id not in covered]
        if not new:
            return done
        before = await self._conversations.before(turns[0], limit=CONTEXT_TURNS)
        telling = [turn for turn in new if carries_memory(turn, recent=_heard_by(turn, [*before, *turns]))]
        dull = [turn for turn in new if turn not in telling]
        if dull:
            done.append(await self._keep(dull, Findings(), None))
        if telling:
            done += await self._read_new(turns, telling, before)
        return done

    async def _current(self, analyses: Sequence[Analysis]) -> list[Analysis]:
        """Those whose messages still read as they did; what was edited in the meantime is read again."""
        ids_ = [message_id for analysis in analyses for message_id in analysis.message_ids]
        turns = {turn.id: turn for turn in await self._conversations.by_id(ids_)}
        return [analysis for analysis in analyses if is_current(analysis, turns)]

    async def _read_new(self, turns: Sequence[Turn], telling: Sequence[Turn], before: Sequence[Turn]) -> list[Analysis]:
        bot = await self._bots.get(telling[0].bot_name)
        goals = bot.goals
        zone = ZoneInfo(await self._conversations.timezone(bot.name, telling[0].user_id) or bot.timezone)
        analyses: list[Analysis] = []
        for part in await asyncio.to_thread(parts, turns, TOKENS_AT_ONCE):
            wanted = [turn for turn in part if turn in telling]
            if wanted:
                answer = await self._ask(wanted, part, before, goals, zone)
                findings = verified(answer.value, _evidence(wanted, goals))
                analyses.append(
                    await self._keep(wanted, findings, Origin(provider=answer.provider, answer_key=answer.key))
                )
            before = list(part[-CONTEXT_TURNS:])
        return analyses

    async def _ask(
        self,
        wanted: Sequence[Turn],
        part: Sequence[Turn],
        before: Sequence[Turn],
        goals: Sequence[Goal],
        zone: ZoneInfo,
    ) -> Answer[Reading]:
        return await self._llm.answer(
            Ask(
                key=question_key("reading", wanted, PROMPT.version),
                prompt=PROMPT,
                values={
                    "user": wanted[0].speaker,
                    "date": f"{wanted[-1].sent_at.astimezone(zone):%A, %d %B %Y}",
                    "goals": "\n".join(f"{g.slug}: {g.description} {g.criteria}".strip() for g in goals) or "none",
                    "before": "\n".join(map(line, before)) or "nothing",
                    "messages": transcript(part, wanted),
                },
                schema=Reading,
                tier="utility",
                bot_name=wanted[0].bot_name,
                user_id=wanted[0].user_id,
                by_rules=lambda: read_by_rules(wanted, [*before, *part], goals, zone),
            )
        )

    async def _keep(self, turns: Sequence[Turn], findings: Findings, origin: Origin | None) -> Analysis:
        analysis = Analysis(
            id=question_key("analysis", turns),
            bot_name=turns[0].bot_name,
            user_id=turns[0].user_id,
            message_ids=tuple(turn.id for turn in turns),
            findings=findings.model_dump(mode="json"),
            origin=origin,
        )
        await self._analyses.put(analysis)
        return analysis


def is_current(analysis: Analysis, turns: Mapping[UUID, Turn]) -> bool:
    """Whether the messages of an analysis, as they stand now, are those that it read."""
    read = [turns[message_id] for message_id in analysis.message_ids if message_id in turns]
    return analysis.id == question_key("analysis", read)


def question_key(kind: str, turns: Sequence[Turn], *more: object) -> UUID:
    """Names a question about these very texts: an edited one is another question."""
    digest = sha256("\x1f".join(f"{turn.id}\x1e{turn.content}" for turn in turns).encode()).hexdigest()
    return ids.name(kind, digest, *more)


def transcript(turns: Sequence[Turn], wanted: Sequence[Turn]) -> str:
    """One line a turn; those that may be cited carry their handle."""
    names = {turn.id: handle for handle, turn in handles(wanted).items()}
    return "\n".join(f"[{names[turn.id]}] {line(turn)}" if turn.id in names else line(turn) for turn in turns)


def _heard_by(turn: Turn, others: Sequence[Turn]) -> list[str]:
    """What somebody else had said before: to repeat it tells nothing."""
    return [each.content for each in others if each.speaker != turn.speaker and each.sent_at <= turn.sent_at]


def _evidence(wanted: Sequence[Turn], goals: Sequence[Goal]) -> Evidence:
    return Evidence(handles(wanted), wanted[0].user_id, frozenset(goal.slug for goal in goals))
