"""Reciprocal rank fusion, and the speaker whom a question names."""

from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet.recall.fusion import Ranking, fuse, fuse_for, named_speaker, speaker_first, without_names

lists_of_ids = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=20), max_size=4)


def test_a_single_ranking_keeps_its_order() -> None:
    assert fuse([Ranking(["c", "a", "b"])]) == ["c", "a", "b"]


def test_nothing_found_is_nothing() -> None:
    assert fuse([]) == []
    assert fuse([Ranking([]), Ranking([])]) == []


def test_what_two_searches_agree_on_comes_first() -> None:
    assert fuse([Ranking(["only words", "both"]), Ranking(["only meaning", "both"])])[0] == "both"


def test_scores_are_weight_by_k_plus_rank() -> None:
    # With k=1: a 1/2 + 1/4, b 1/3, c 1/4 + 1/2, d 1/3.
    assert fuse([Ranking(["a", "b", "c"]), Ranking(["c", "d", "a"])], k=1) == ["a", "c", "b", "d"]


def test_a_heavier_ranking_wins() -> None:
    assert fuse([Ranking(["a", "b"]), Ranking(["b", "a"], weight=2)]) == ["b", "a"]


def test_ties_go_by_id() -> None:
    first, second = UUID(int=1), UUID(int=2)
    assert fuse([Ranking([second]), Ranking([first])]) == [first, second]


def test_an_id_that_stands_twice_counts_once() -> None:
    assert fuse([Ranking(["a", "b", "a"]), Ranking(["b", "c"])]) == fuse([Ranking(["a", "b"]), Ranking(["b", "c"])])


def test_a_small_k_lets_one_excellent_rank_beat_two_middling_ones() -> None:
    words = ["best", *(f"w{i}" for i in range(30)), "middling"]
    meaning = [*(f"m{i}" for i in range(30)), "middling"]
    rankings = [Ranking(words), Ranking(meaning)]
    assert fuse(rankings, k=10).index("best") < fuse(rankings, k=10).index("middling")
    assert fuse(rankings, k=60).index("middling") < fuse(rankings, k=60).index("best")


@given(lists_of_ids)
def test_keeps_every_id_once(lists: list[list[int]]) -> None:
    fused = fuse([Ranking(ids) for ids in lists])
    assert sorted(fused) == sorted(set().union(*lists))


@given(lists_of_ids)
def test_the_order_of_the_rankings_does_not_matter(lists: list[list[int]]) -> None:
    rankings = [Ranking(ids, weight) for ids, weight in zip(lists, (1, 0.7, 2, 1.3), strict=False)]
    assert len({tuple(fuse(order)) for order in permutations(rankings)}) <= 1


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does Ana paint?", "Ana"),
        ("what does ana paint?", "Ana"),
        ("Where is Ana's studio?", "Ana"),
        ("Where is Ana\u2019s studio?", "Ana"),
        ("What did Ana give to Ben?", None),
        ("What did Anatol paint?", None),
        ("Who paints?", None),
        ("Does J. R. (Bob) sing?", "J. R. (Bob)"),
        ("What will Ana do?", "Ana"),
        ("When does Cy come?", "cy"),
    ],
)
def test_finds_the_one_speaker_whom_the_question_names(question: str, named: str | None) -> None:
    assert named_speaker(question, ["Ana", "Ben", "J. R. (Bob)", "Will", "cy", " "]) == named


def test_puts_the_speaker_first_and_keeps_the_order_otherwise() -> None:
    said_by = {1: "Ana", 2: "Ben", 3: "Ana"}
    assert speaker_first([2, 3, 9, 1], said_by, "Ana") == [3, 1, 2, 9]


def test_prefers_what_the_named_speaker_said() -> None:
    speakers, said_by = ["Ana", "Ben"], {1: "Ben", 2: "Ana", 3: "Ben"}
    rankings = [Ranking([1, 2, 3]), Ranking([1, 2, 3])]
    assert fuse_for("What does Ana paint?", rankings, speakers=speakers, said_by=said_by) == [2, 1, 3]
    assert fuse_for("What is painted?", rankings, speakers=speakers, said_by=said_by) == [1, 2, 3]
    assert fuse_for("What do Ana and Ben paint?", rankings, speakers=speakers, said_by=said_by) == [1, 2, 3]


def test_a_second_name_counts_even_when_nothing_of_that_speaker_was_found() -> None:
    said_by = {1: "Cleo", 2: "Ana"}
    fused = fuse_for("What did Ana tell Ben?", [Ranking([1, 2])], speakers=["Ana", "Ben", "Cleo"], said_by=said_by)
    assert fused == [1, 2]


def test_the_preference_for_a_speaker_drops_nothing() -> None:
    said_by = {1: "Ben", 2: "Ana"}
    assert fuse_for("Ana?", [Ranking([1, 2, 3])], speakers=["Ana", "Ben"], said_by=said_by) == [2, 1, 3]


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("What does Ana paint?", "What does paint?"),
        ("When was Ana's show?", "When was show?"),
        ("Did Ana Maria sing?", "Did sing?"),
        ("Analysis, please", "Analysis, please"),
        ("Ana?", "Ana?"),
        ("", ""),
    ],
)
def test_leaves_the_names_out_of_what_is_searched_by_meaning(question: str, rest: str) -> None:
    assert without_names(question, ["Ana", "Ana Maria"]) == rest
