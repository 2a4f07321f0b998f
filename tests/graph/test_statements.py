"""One statement for each member of the vocabulary, made when the file is loaded; none is made of a model's words."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet.adapters.graph import facts, relationships
from mindfleet.adapters.graph.facts import CYPHER, expand
from mindfleet.adapters.graph.records import instant, key
from mindfleet.knowledge.vocabulary import RELATED_TO, vocabulary

MEMBERS = [*vocabulary().predicates, RELATED_TO]


@pytest.mark.parametrize("label", ["User", "Entity"])
@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_has_its_statement_for_each_kind_of_subject(member: str, label: str) -> None:
    statement = CYPHER[f"put_{member}_of_{label}"]

    assert f"[edge:{member} " in statement
    assert f"(subject:{label} " in statement


def test_no_placeholder_is_left() -> None:
    for name, statement in CYPHER.items():
        assert "PREDICATE" not in name + statement
        assert "SUBJECT" not in name + statement


def test_a_statement_without_a_placeholder_stays_one() -> None:
    assert expand({"about": "RETURN 1"}) == {"about": "RETURN 1"}


def test_no_label_has_the_name_of_a_relationship_type() -> None:
    """ArcadeDB has one name space for both; it takes the first and refuses the second."""
    text = "".join([*facts.CYPHER.values(), *relationships.CYPHER.values()])
    labels = set(re.findall(r"\(\w*:(\w+)", text))
    types = set(re.findall(r"\[\w*:(\w+)", text))

    assert labels == {"User", "Entity", "Bot"}
    assert types == {*MEMBERS, "KNOWS"}
    assert not {label.casefold() for label in labels} & {name.casefold() for name in types}


@given(st.lists(st.text("ab|\\"), min_size=1, max_size=3), st.lists(st.text("ab|\\"), min_size=1, max_size=3))
def test_different_parts_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (key(*one) == key(*other)) == (one == other)


LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=3_652_000)).map(lambda passed: LONG_AGO + passed)


@given(instants, instants)
def test_instants_lie_in_order_as_texts(one: datetime, other: datetime) -> None:
    assert (instant(one) < instant(other)) == (one < other)
    assert datetime.fromisoformat(instant(one)) == one


def test_an_instant_is_the_same_text_in_every_zone() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert instant(at.astimezone(timezone(timedelta(hours=9)))) == instant(at)
