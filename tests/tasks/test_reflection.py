"""What connects the conversations of one user."""

from datetime import timedelta
from typing import Any

from mindfleet.analysis.findings import Reading
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.testing.llm import CannedLLM
from tasks.reflection import Reflection, ReflectionAnswer, StatedInsight
from tasks.summarization import SummaryAnswer
from tests.tasks.conftest import START, Talk

GOOD = SummaryAnswer(summary="Ana was worried about her exam.", meaningfulness=4, topics=["exam"])


async def talked_twice(new_fleet: Any, *insights: StatedInsight) -> InMemoryFleet:
    model = CannedLLM(GOOD, ReflectionAnswer(insights=list(insights)), Reading())
    fleet: InMemoryFleet = new_fleet(llm=model)
    talk = Talk(fleet)
    await talk.says("I worry about the exam", "a lot")
    await talk.says("the exam again", "sigh", sent_at=START + timedelta(days=1))
    await talk.ends()
    return fleet


async def test_an_insight_rests_on_at_least_two_summaries(new_fleet: Any) -> None:
    fleet = await talked_twice(
        new_fleet,
        StatedInsight(insight="Exams weigh on Ana.", summaries=["s1", "s2"]),
        StatedInsight(insight="Ana likes cake.", summaries=["s1"]),
        StatedInsight(insight="Ana flies.", summaries=["s7", "s8"]),
    )

    [insight] = await fleet.insights.of("juniper", "ana")
    assert insight.content == "Exams weigh on Ana."
    assert len(insight.message_ids) == 4


async def test_one_summary_is_nothing_to_reflect_on(new_fleet: Any) -> None:
    model = CannedLLM(GOOD, Reading())
    fleet = new_fleet(llm=model)
    talk = Talk(fleet)

    await talk.says("I worry about the exam", "a lot")
    await talk.ends()

    assert all(ask.schema is not ReflectionAnswer for ask in model.asks)


async def test_an_insight_is_as_private_as_anything_that_was_read_for_it(new_fleet: Any) -> None:
    model = CannedLLM(
        GOOD, Reading(), ReflectionAnswer(insights=[StatedInsight(insight="Exams.", summaries=["s2", "s3"])])
    )
    talk = Talk(fleet := new_fleet(llm=model))
    await talk.says("a secret", "told in private", visibility="dm")
    for day in (1, 2):
        await talk.says("the exam", "again", sent_at=START + timedelta(days=day), visibility="public")
    await talk.ends()

    [insight] = await fleet.insights.of("juniper", "ana")
    assert insight.visibility == "dm"


async def test_reflecting_twice_changes_nothing(new_fleet: Any) -> None:
    fleet = await talked_twice(new_fleet, StatedInsight(insight="Exams weigh on Ana.", summaries=["s1", "s2"]))

    await fleet.run(Reflection(bot_name="juniper", user_id="ana"))

    assert len(await fleet.insights.of("juniper", "ana")) == 1
