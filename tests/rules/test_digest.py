"""Sessions in a few sentences that are true, dated and good English; how much they mean; what recurs."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mindfleet.conversation.turn import Turn
from mindfleet.rules.digest import LONGEST, digest
from mindfleet.rules.importance import emotions, meaningfulness
from mindfleet.rules.reflection import Known, Remembered, insights
from mindfleet.rules.statements import statements
from mindfleet.rules.telling import told
from mindfleet.rules.topics import topics

Say = Callable[..., Turn]

SMALL_TALK = ["Hi!", "How are you?", "I'm fine, thanks!", "Nice weather today", "See you!"]
REAL = [
    "I lost my grandma last week and I have been crying a lot.",
    "I moved to Oslo from Bergen last month because I started working at Equinor as an engineer.",
    "My cat Luna keeps me company, and pottery calms me down. I want to run a marathon in September.",
    "Pottery is what keeps me sane, I go to the pottery class every week and I made a bowl there yesterday.",
]


@pytest.fixture
def talk(say: Say) -> Callable[[list[str]], list[Turn]]:
    def said(lines: list[str]) -> list[Turn]:
        start = say("").sent_at
        return [say(line, at=start + timedelta(seconds=30 * place)) for place, line in enumerate(lines)]

    return said


Talk = Callable[[list[str]], list[Turn]]


def test_small_talk_means_little(talk: Talk) -> None:
    found = digest(talk(SMALL_TALK))
    assert found.meaningfulness <= 2


def test_real_news_means_enough_to_be_kept(talk: Talk) -> None:
    found = digest(talk(REAL))
    assert found.meaningfulness >= 3
    assert "grief" in found.emotions or "sadness" in found.emotions
    assert any("pottery" in topic.lower() for topic in found.topics)


def test_the_digest_names_who_said_what_with_dates(talk: Talk) -> None:
    text = digest(talk(REAL)).text
    assert text.startswith("Ana spoke of ")
    assert 'Ana said: "' in text
    assert "29 April to 5 May 2024" in text


def test_the_digest_rests_on_its_turns(talk: Talk) -> None:
    turns = talk(REAL)
    found = digest(turns)
    quotes = [piece.split('"')[0] for piece in found.text.split('said: "')[1:]]
    quoted = [turn for turn in turns if turn.id in found.turn_ids]
    assert quotes
    assert all(any(quote in turn.content for turn in quoted) for quote in quotes)


def test_the_digest_keeps_its_length(talk: Talk) -> None:
    assert len(digest(talk(REAL * 12)).text.split()) <= LONGEST


def test_nothing_is_digested_of_what_the_bot_says(say: Say) -> None:
    found = digest([say("I moved to Mars yesterday and I love it there", role="assistant")])
    assert (found.text, found.meaningfulness, found.turn_ids) == ("", 1, [])


def test_an_empty_session_is_nothing() -> None:
    found = digest([])
    assert (found.text, found.meaningfulness, found.emotions, found.topics) == ("", 1, [], [])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("I live in Oslo", "Ana lives in Oslo."),
        ("I work at a bank", "Ana works at a bank."),
        ("I'm a nurse", "Ana is a nurse."),
        ("I'm vegan", "Ana is vegan."),
        ("I'm an introvert", "Ana is an introvert."),
        ("I have blue eyes", "Ana has blue eyes."),
        ("my brother is a doctor", "Ana's brother is a doctor."),
        ("My favourite colour is green", "Ana's favourite colour is green."),
        ("I no longer work at Google", "Ana no longer works at Google."),
        ("I want to build my own house", "Ana wants to build their own house."),
        ("I've been vegan since 2020", "Ana is vegan (since 1 January 2020)."),
        ("I broke my arm", "Ana has a broken arm."),
        ("I have a degree in history", "Ana has a degree in history."),
    ],
)
def test_tells_a_fact_in_good_english(say: Say, text: str, sentence: str) -> None:
    assert sentence in [told(fact, "Ana") for fact in statements(say(text))]


def test_leaves_to_quotation_what_no_template_tells_well(say: Say) -> None:
    [fact] = statements(say("I went to a concert yesterday"))
    assert told(fact, "Ana") is None


@pytest.mark.parametrize(
    ("text", "felt"),
    [
        ("I'm so excited about the trip", ["excitement"]),
        ("I'm not worried at all", []),
        ("You must be proud!", []),
        ("Are you sad?", []),
        ("I was scared and then so relieved", ["fear", "relief"]),
    ],
)
def test_feelings_are_ones_own(say: Say, text: str, felt: list[str]) -> None:
    assert sorted(emotions([say(text)])) == felt


def test_grave_disclosures_weigh_more_than_length(talk: Talk) -> None:
    grave = ["My mom died last year.", "I have depression and I feel so lonely.", "I was in rehab, I'm ashamed of it."]
    assert meaningfulness(talk(grave)) >= 4


def test_topics_name_no_speaker(talk: Talk) -> None:
    assert all(
        "ana" not in topic.lower() for topic in topics(talk(["Ana loves Ana", "I told Ana about Ana's pottery"]))
    )


def test_insights_count_what_recurs() -> None:
    summaries = [
        Remembered(id="s1", topics=["pottery", "work"], emotions=["joy"]),
        Remembered(id="s2", topics=["Pottery"], emotions=["calm"]),
        Remembered(id="s3", topics=["travel"], emotions=["joy"]),
    ]
    facts = [
        Known(id="f1", predicate="LIKES", object="sushi", sessions=["s1", "s3"]),
        Known(id="f2", predicate="LIKES", object="tea", sessions=["s1"]),
    ]
    found = {(insight.text, *insight.sources) for insight in insights("Ana", summaries, facts)}
    assert found == {
        ("Ana spoke of pottery in 2 of 3 conversations.", "s1", "s2"),
        ("Ana showed joy in 2 of 3 conversations.", "s1", "s3"),
        ("Ana came back to sushi in 2 conversations.", "f1"),
    }


def test_one_session_gives_no_insight() -> None:
    assert insights("Ana", [Remembered(id="s1", topics=["pottery"], emotions=["joy"])]) == []
