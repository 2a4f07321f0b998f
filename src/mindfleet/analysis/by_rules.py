"""The reading of the offline provider: what the rules find, in the schema that a model fills."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from mindfleet.analysis.findings import GoalStep, Reading, StatedFact, StatedGoal, StatedPreference
from mindfleet.analysis.verify import handle_of, handles
from mindfleet.conversation.turn import Turn
from mindfleet.ports.journal import Goal
from mindfleet.rules.goals import advances
from mindfleet.rules.goals import goals as stated_goals
from mindfleet.rules.statements import statements
from mindfleet.rules.wishes import wishes


def read_by_rules(wanted: Sequence[Turn], context: Sequence[Turn], goals: Sequence[Goal], zone: ZoneInfo) -> Reading:
    """What the rules find in `wanted`; `context` are the turns around them."""
    names = handles(wanted)
    return Reading(
        facts=[fact for handle, turn in names.items() for fact in _facts(handle, turn, context, zone)],
        preferences=[
            StatedPreference(key=wish.key, value=wish.value, message=handle)
            for handle, turn in names.items()
            for wish in wishes(turn)
        ],
        goals=[
            StatedGoal(goal=goal.text, message=handle, by=goal.by)
            for handle, turn in names.items()
            for goal in stated_goals(turn, zone=zone)
        ],
        progress=[step for goal in goals for step in _progress(goal, wanted, names)],
    )


def _progress(goal: Goal, wanted: Sequence[Turn], names: Mapping[str, Turn]) -> list[GoalStep]:
    found = advances(goal.description, [goal.criteria] if goal.criteria else [], wanted)
    if not found.evidence:
        return []
    return [
        GoalStep(
            slug=goal.slug,
            status="in_progress",
            progress=found.progress,
            message=handle_of(found.evidence[-1], names),
            reasoning="the message has the words of the goal",
        )
    ]


def _facts(handle: str, turn: Turn, context: Sequence[Turn], zone: ZoneInfo) -> list[StatedFact]:
    return [
        StatedFact(
            subject=said.subject,
            predicate=said.predicate,
            object=said.object,
            confidence=said.confidence,
            message=handle,
            quote=said.quote,
            holds=said.holds,
            since=said.since,
            until=said.until,
        )
        for said in statements(turn, context=context, zone=zone)
    ]
