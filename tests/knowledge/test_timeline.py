"""What was said, in any order, gives one and the same story."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet import ids
from mindfleet.conversation.turn import Visibility
from mindfleet.knowledge.timeline import derive, thing_key
from mindfleet.knowledge.vocabulary import Predicate, vocabulary
from mindfleet.ports.facts import USER, Assertion, Fact

LIVES_IN = vocabulary().of("LIVES_IN")
WORKS_AT = vocabulary().of("WORKS_AT")
LIKES = vocabulary().of("LIKES")
DISLIKES = vocabulary().of("DISLIKES")

JAN, FEB, MAR, APR, MAY, JUN, JUL = (datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 8))


def say(  # noqa: PLR0913 - each is a field of an assertion that some test varies
    what: str,
    at: datetime,
    *,
    predicate: str = "LIVES_IN",
    holds: bool = True,
    since: datetime | None = None,
    until: datetime | None = None,
    confidence: float = 0.8,
    visibility: Visibility = "dm",
    nth: int = 0,
) -> Assertion:
    message_id = ids.name("message", at, nth)
    return Assertion(
        id=ids.name("assertion", message_id, predicate, what, holds, since, until, confidence),
        bot_name="nova",
        user_id="u1",
        subject=USER,
        predicate=predicate,
        object=what,
        holds=holds,
        since=since,
        until=until,
        confidence=confidence,
        quote=what,
        message_id=message_id,
        said_at=at,
        channel_id="dm:u1",
        visibility=visibility,
        provider="offline-rules",
        answer_key=ids.name("answer", message_id),
    )


def story(facts: Sequence[Fact]) -> list[tuple[str, datetime, datetime | None]]:
    return [(fact.object, fact.valid_from, fact.valid_to) for fact in facts]


def test_what_is_said_once_is_true_from_then_on() -> None:
    [fact] = derive([say("Berlin", JAN)], LIVES_IN)

    assert (fact.object, fact.valid_from, fact.valid_to) == ("Berlin", JAN, None)
    assert (fact.bot_name, fact.user_id, fact.subject, fact.predicate) == ("nova", "u1", USER, "LIVES_IN")
    assert fact.id == ids.name("fact", "nova", "u1", USER, "LIVES_IN", "berlin", JAN.isoformat())


def test_nothing_said_nothing_known() -> None:
    assert derive([], LIVES_IN) == []


def test_a_beginning_that_is_told_counts_instead_of_the_time_of_telling() -> None:
    assert story(derive([say("Berlin", MAR, since=JAN)], LIVES_IN)) == [("Berlin", JAN, None)]


def test_a_move_closes_the_former_place() -> None:
    facts = derive([say("Berlin", JAN), say("Oslo", MAR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR), ("Oslo", MAR, None)]


def test_the_message_of_the_move_is_no_evidence_of_the_former_place() -> None:
    berlin, oslo = derive([say("Berlin", JAN), say("Oslo", MAR, visibility="public")], LIVES_IN)

    assert [e.visibility for e in berlin.evidence] == ["dm"]
    assert [e.visibility for e in oslo.evidence] == ["public"]


def test_a_planned_move_closes_the_present_place_on_its_day() -> None:
    facts = derive([say("Berlin", JAN), say("Oslo", FEB, since=JUN)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, JUN), ("Oslo", JUN, None)]


def test_speaking_of_the_present_place_leaves_the_plan_alone() -> None:
    facts = derive([say("Berlin", JAN), say("Oslo", FEB, since=JUN), say("Berlin", MAR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, JUN), ("Oslo", JUN, None)]


def test_a_plan_outlives_another_move_before_it() -> None:
    facts = derive([say("Berlin", JAN), say("Oslo", FEB, since=JUN), say("Paris", MAR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR), ("Paris", MAR, JUN), ("Oslo", JUN, None)]


def test_a_plan_that_is_called_off_is_true_at_no_instant_and_limits_nothing() -> None:
    called_off = say("Oslo", MAR, holds=False)
    facts = derive([say("Berlin", JAN), say("Oslo", FEB, since=JUN), called_off, say("Paris", APR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, APR), ("Paris", APR, None), ("Oslo", JUN, JUN)]


def test_moving_back_opens_a_second_time_there() -> None:
    facts = derive([say("Berlin", JAN), say("Oslo", MAR), say("Berlin", MAY)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR), ("Oslo", MAR, MAY), ("Berlin", MAY, None)]
    assert len({fact.id for fact in facts}) == 3


def test_a_visit_with_an_end_gives_the_home_back() -> None:
    facts = derive([say("Oslo", JAN), say("Paris", MAR, until=MAY)], LIVES_IN)

    assert story(facts) == [("Oslo", JAN, MAR), ("Paris", MAR, MAY), ("Oslo", MAY, None)]


def test_the_latest_word_wins_also_for_the_past_that_it_speaks_of() -> None:
    facts = derive([say("Berlin", FEB), say("Oslo", MAR, since=JAN)], LIVES_IN)

    assert story(facts) == [("Oslo", JAN, None), ("Berlin", FEB, FEB)]


def test_a_place_in_the_past_does_not_touch_the_present_one() -> None:
    facts = derive([say("Oslo", MAR), say("Berlin", APR, since=JAN, until=FEB)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, FEB), ("Oslo", MAR, None)]


def test_two_jobs_are_true_at_once() -> None:
    facts = derive([say("Google", JAN, predicate="WORKS_AT"), say("a bakery", MAR, predicate="WORKS_AT")], WORKS_AT)

    assert story(facts) == [("Google", JAN, None), ("a bakery", MAR, None)]


def test_a_repeat_adds_its_message_and_raises_the_confidence_only() -> None:
    said = [say("Berlin", JAN, confidence=0.6), say("Berlin", MAR, confidence=0.9), say("Berlin", FEB, confidence=0.7)]
    [fact] = derive(said, LIVES_IN)

    assert (fact.valid_from, fact.valid_to, fact.confidence) == (JAN, None, 0.9)
    assert [e.message_id for e in fact.evidence] == [ids.name("message", at, 0) for at in (JAN, FEB, MAR)]
    assert fact.answer_key == said[0].answer_key


def test_a_repeat_with_an_earlier_beginning_moves_the_beginning() -> None:
    assert story(derive([say("Berlin", FEB), say("Berlin", MAR, since=JAN)], LIVES_IN)) == [("Berlin", JAN, None)]


def test_one_message_counts_once_as_evidence() -> None:
    [fact] = derive([say("Berlin", JAN), say("berlin", JAN)], LIVES_IN)

    assert len(fact.evidence) == 1


@pytest.mark.parametrize("spelling", ["the Beatles", "The  BEATLES", "beatles", " Beatles "])
def test_case_spaces_and_articles_make_no_second_thing(spelling: str) -> None:
    [fact] = derive([say("The Beatles", JAN), say(spelling, FEB)], LIVES_IN)

    assert fact.object == spelling
    assert thing_key(spelling) == "beatles"


@pytest.mark.parametrize("name", ["The", "An", "Thea", "Ana", "A-ha"])
def test_a_name_is_not_mistaken_for_an_article(name: str) -> None:
    assert thing_key(name) == name.casefold()


def test_an_end_closes_at_the_time_it_tells() -> None:
    facts = derive([say("Berlin", JAN), say("Berlin", MAR, holds=False, until=FEB)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, FEB)]
    assert len(facts[0].evidence) == 2


def test_an_end_without_a_time_closes_when_it_is_said() -> None:
    assert story(derive([say("Berlin", JAN), say("Berlin", MAR, holds=False)], LIVES_IN)) == [("Berlin", JAN, MAR)]


def test_an_end_that_is_told_twice_stays_the_first() -> None:
    facts = derive([say("Berlin", JAN), say("Berlin", MAR, holds=False), say("Berlin", MAY, holds=False)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR)]
    assert len(facts[0].evidence) == 3


def test_after_an_end_the_same_may_begin_again() -> None:
    facts = derive([say("Berlin", JAN), say("Berlin", MAR, holds=False), say("Berlin", MAY)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR), ("Berlin", MAY, None)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (APR, APR)),
        (None, FEB, (FEB, FEB)),
        (JAN, None, (JAN, APR)),
        (JAN, FEB, (JAN, FEB)),
        (MAR, FEB, (FEB, FEB)),
    ],
)
def test_an_end_without_a_beginning(
    since: datetime | None, until: datetime | None, expected: tuple[datetime, datetime]
) -> None:
    facts = derive([say("Berlin", APR, holds=False, since=since, until=until)], LIVES_IN)

    assert story(facts) == [("Berlin", *expected)]


def test_an_end_before_the_known_beginning_leaves_nothing_true() -> None:
    facts = derive([say("Berlin", FEB), say("Berlin", MAR, holds=False, until=JAN)], LIVES_IN)

    assert story(facts) == [("Berlin", FEB, FEB)]


def test_an_end_in_the_future_is_an_end_already() -> None:
    facts = derive(
        [say("Google", JAN, predicate="WORKS_AT"), say("Google", FEB, predicate="WORKS_AT", until=JUN)], WORKS_AT
    )

    assert story(facts) == [("Google", JAN, JUN)]


def test_a_later_word_moves_an_end_that_has_not_come() -> None:
    leaving = [say("Berlin", FEB, holds=False, until=MAY), say("Berlin", MAR, holds=False, until=JUL)]

    assert story(derive([say("Berlin", JAN), *leaving], LIVES_IN)) == [("Berlin", JAN, JUL)]


def test_an_end_of_another_place_changes_nothing_here() -> None:
    facts = derive([say("Oslo", JAN), say("Berlin", FEB, holds=False)], LIVES_IN)

    assert story(facts) == [("Oslo", JAN, None), ("Berlin", FEB, FEB)]


def test_beginning_and_end_in_one_message() -> None:
    facts = derive([say("Berlin", APR, since=JAN), say("Berlin", APR, holds=False, until=MAR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR)]


def test_leaving_one_place_for_another_in_one_message() -> None:
    facts = derive([say("Berlin", JAN), say("Berlin", MAR, holds=False), say("Oslo", MAR)], LIVES_IN)

    assert story(facts) == [("Berlin", JAN, MAR), ("Oslo", MAR, None)]


def test_liking_ends_when_the_same_is_disliked() -> None:
    liked = [say("coffee", JAN, predicate="LIKES"), say("tea", JAN, predicate="LIKES")]
    disliked = [say("Coffee", MAR, predicate="DISLIKES")]

    assert set(story(derive(liked, LIKES, disliked))) == {("coffee", JAN, MAR), ("tea", JAN, None)}
    assert story(derive(disliked, DISLIKES, liked)) == [("Coffee", MAR, None)]


def test_liking_begins_again_when_disliking_ends_by_it() -> None:
    liked = [say("coffee", JAN, predicate="LIKES"), say("coffee", MAY, predicate="LIKES")]
    disliked = [say("coffee", MAR, predicate="DISLIKES")]

    assert story(derive(liked, LIKES, disliked)) == [("coffee", JAN, MAR), ("coffee", MAY, None)]
    assert story(derive(disliked, DISLIKES, liked)) == [("coffee", MAR, MAY)]


def test_not_disliking_any_more_is_not_liking() -> None:
    disliked = [say("coffee", JAN, predicate="DISLIKES"), say("coffee", MAR, predicate="DISLIKES", holds=False)]

    assert derive([], LIKES, disliked) == []
    assert story(derive(disliked, DISLIKES)) == [("coffee", JAN, MAR)]


def test_the_surer_of_two_that_were_said_at_once_is_the_one_that_holds() -> None:
    facts = derive([say("Brazil", JAN, confidence=0.9), say("the south", JAN, confidence=0.5)], LIVES_IN)

    assert {(fact.object, fact.valid_to) for fact in facts} == {("Brazil", None), ("the south", JAN)}


def test_times_are_given_in_utc() -> None:
    said = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    [fact] = derive([say("Berlin", said)], LIVES_IN)

    assert fact.valid_from.tzinfo is UTC
    assert fact.id == derive([say("Berlin", JAN)], LIVES_IN)[0].id


moments = st.integers(0, 12).map(lambda n: JAN + timedelta(days=n))
claims = st.builds(
    say,
    st.sampled_from(["Oslo", "oslo", "the Oslo", "Berlin", "Paris"]),
    moments,
    predicate=st.sampled_from(["LIKES", "DISLIKES"]),
    holds=st.booleans(),
    since=st.none() | moments,
    until=st.none() | moments,
    confidence=st.sampled_from([0.5, 0.9]),
    nth=st.integers(0, 2),
)
as_one_valued = Predicate(name="LIKES", description="as if one could like one thing only", one=True)


def both_ways(said: Sequence[Assertion]) -> list[list[Fact]]:
    likes = [a for a in said if a.predicate == "LIKES"]
    dislikes = [a for a in said if a.predicate == "DISLIKES"]
    return [derive(likes, as_one_valued), derive(likes, LIKES, dislikes), derive(dislikes, DISLIKES, likes)]


@given(st.lists(claims, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(said: list[Assertion], random: Random) -> None:
    shuffled = [*said, *said[:2]]
    random.shuffle(shuffled)

    assert both_ways(shuffled) == both_ways(said)


@given(st.lists(claims, max_size=8))
def test_no_fact_ends_before_it_begins_and_no_two_have_one_id(said: list[Assertion]) -> None:
    for facts in both_ways(said):
        assert all(fact.valid_to is None or fact.valid_from <= fact.valid_to for fact in facts)
        assert len({fact.id for fact in facts}) == len(facts)


@given(st.lists(claims, max_size=8))
def test_what_excludes_each_other_is_never_true_at_once(said: list[Assertion]) -> None:
    one_valued, likes, dislikes = both_ways(said)
    for facts in (one_valued, *by_thing([*likes, *dislikes])):
        lasting = sorted((f for f in facts if f.valid_from != f.valid_to), key=lambda f: f.valid_from)
        assert all(a.valid_to is not None and a.valid_to <= b.valid_from for a, b in pairwise(lasting))


@given(st.lists(claims, max_size=8))
def test_nothing_that_was_said_is_dropped(said: list[Assertion]) -> None:
    one_valued, likes, dislikes = both_ways(said)

    assert messages_of(one_valued) == {a.message_id for a in said if a.predicate == "LIKES"}
    assert messages_of([*likes, *dislikes]) == {a.message_id for a in said}


@given(st.lists(claims, max_size=8))
def test_the_last_word_on_the_present_holds(said: list[Assertion]) -> None:
    last = say("Rome", JUL, predicate="LIKES")
    now = [f for f in derive([*said, last], as_one_valued) if f.valid_to is None and f.valid_from <= JUL]

    assert [fact.object for fact in now] == ["Rome"]


def by_thing(facts: Sequence[Fact]) -> list[list[Fact]]:
    keys = {thing_key(fact.object) for fact in facts}
    return [[fact for fact in facts if thing_key(fact.object) == key] for key in keys]


def messages_of(facts: Sequence[Fact]) -> set[UUID]:
    return {evidence.message_id for fact in facts for evidence in fact.evidence}
