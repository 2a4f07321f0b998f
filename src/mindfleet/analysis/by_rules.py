"""The reading of the offline provider: what the rules find, in the schema that a model fills."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from mindfleet.analysis.findings import GoalStep, Reading, StatedFact, StatedGoal, StatedPreference
from mindfleet.analysis.verify import handle_of, handles
from mindfleet.conversation.turn import Turn
from mindfleet.ports.journal import Goal
from mindfleet.rules.goals import advances, stated_goals
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
        progress=[
            GoalStep(
                slug=goal.slug,
                status="in_progress",
                progress=step.progress,
                message=handle_of(step.turn_id, names),
                reasoning=step.reasoning,
            )
            for goal in goals
            for step in advances(goal.description, goal.criteria, wanted)
        ],
    )


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
