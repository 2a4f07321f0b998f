"""Short answers read with their question: "Where do you live?" "In Oslo" as "I live in Oslo"."""

import re
from collections.abc import Sequence

from mindfleet.conversation.turn import Turn
from mindfleet.rules.lexicon import labelled


def answer_as_statement(turn: Turn, context: Sequence[Turn]) -> str | None:
    """What a short answer says in full, or None when the turn is none.

    Args:
        turn: what was said.
        context: other turns of the conversation; the latest before `turn` is what it may answer.
    """
    answer = _LEAD.sub("", turn.content.strip(), count=1).strip(" .!,")
    question = _before(turn, context)
    if question is None or not answer or len(answer.split()) > _LONGEST or not _FRAGMENT.fullmatch(answer):
        return None
    last = question.content.strip().splitlines()[-1] if question.content.strip() else ""
    asked = re.split(r"(?<=[.!?])\s+", last)[-1]
    if not asked.endswith("?"):
        return None
    for statement, form in labelled("asked_answers"):
        if form.search(asked):
            return statement.replace("X", _bare(answer))
    return None


def _before(turn: Turn, context: Sequence[Turn]) -> Turn | None:
    """The latest turn before this one, if somebody else said it."""
    earlier = [other for other in context if other.id != turn.id and other.sent_at <= turn.sent_at]
    latest = max(earlier, key=lambda other: (other.sent_at, other.number or 0), default=None)
    same = latest is not None and latest.role == turn.role and latest.user_id == turn.user_id
    return None if same else latest


def _bare(answer: str) -> str:
    return re.sub(r"^(?:in|at|to|from|as|it's|it is|i'm|on)\s+", "", answer, flags=re.IGNORECASE)


_LONGEST = 8
_LEAD = re.compile(r"^(?:(?:yes|yeah|yep|sure|oh|well|hmm+|just|probably|mostly|of course)[,.!]*\s+)+", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"(?!.*\b(?:i|i'm|you|your|no|not|none|nothing|never|don't|nope|my|we|he|she|they|is|are|was|idk|secret|guess"
    r"|maybe|why)\b)"
    r"[\w ,'&-]+",
    re.IGNORECASE,
)
"""A few words without a verb or a person: no sentence of its own, no refusal."""
