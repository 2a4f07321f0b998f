"""What people say about themselves and theirs becomes facts; each line is one way to say it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mindfleet.conversation.turn import Turn
from mindfleet.rules.statements import statements

Say = Callable[..., Turn]
NOW, ENDED = True, False
SAID_FILE = Path(__file__).with_name("said.txt")

HOLDS = {
    "I work at Google as an engineer": ["user WORKS_AT Google", "user HAS_ROLE engineer"],
    "i work as a nurse in a hospital": ["user HAS_ROLE nurse"],
    "I'm a software developer at Spotify.": ["user HAS_ROLE software developer", "user WORKS_AT Spotify"],
    "Just got a job as a barista at Starbucks": ["user HAS_ROLE barista", "user WORKS_AT Starbucks"],
    "I'm the manager of a small bookstore": ["user HAS_ROLE manager of a small bookstore"],
    "I run my own photography business": ["user OWNS_BUSINESS photography business"],
    "I study medicine at the University of Oslo": ["user STUDIES medicine", "user STUDIES_AT University of Oslo"],
    "I'm doing my PhD in physics at Cambridge": ["user STUDIES physics", "user STUDIES_AT Cambridge"],
    "I graduated from Harvard": ["user GRADUATED_FROM Harvard"],
    "I have a degree in history": ["user GRADUATED_FROM degree in history"],
    "I teach math": ["user TEACHES math"],
    "I'm working on my first novel": ["user WORKS_ON novel"],
    "I volunteer at the local food bank": ["user VOLUNTEERS_AT local food bank"],
    "I live in a small flat in Lisbon": ["user LIVES_IN Lisbon", "user HAS_HOME small flat"],
    "i live in oslo": ["user LIVES_IN oslo"],
    "I live with my parents": ["user LIVES_WITH parents"],
    "I grew up in a small town near Munich": ["user COMES_FROM Munich"],
    "I'm from Poland but I live in Germany now": ["user COMES_FROM Poland", "user LIVES_IN Germany"],
    "I was born and raised in Texas": ["user BORN_IN Texas"],
    "I've been to Egypt": ["user VISITED Egypt"],
    "My name is Peter": ["user HAS_NAME Peter"],
    "Hi, I'm Sarah": ["user HAS_NAME Sarah"],
    "call me Max": ["user HAS_NICKNAME Max"],
    "I'm 34 years old": ["user HAS_AGE 34"],
    "My birthday is March 3rd": ["user BORN_ON March 3rd"],
    "I'm half Japanese and half Irish": ["user HAS_NATIONALITY Japanese", "user HAS_NATIONALITY Irish"],
    "I'm fluent in German and Dutch": ["user SPEAKS German", "user SPEAKS Dutch"],
    "I speak French, German and a bit of Spanish": ["user SPEAKS French", "user SPEAKS German", "user SPEAKS Spanish"],
    "I'm a trans man": ["user HAS_GENDER trans man"],
    "I'm an atheist": ["user BELIEVES_IN atheist"],
    "I'm really shy": ["user HAS_TRAIT shy"],
    "I'm a night owl": ["user HAS_TRAIT night owl"],
    "I have blue eyes and long brown hair": ["user HAS_APPEARANCE blue eyes", "user HAS_APPEARANCE long brown hair"],
    "my cat Luna is black": ["user HAS_PET Luna", "Luna IS_A cat", "Luna HAS_APPEARANCE black"],
    "Luna, my cat, is sick": ["user HAS_PET Luna", "Luna IS_A cat"],
    "I have two cats, Luna and Bella": ["user HAS_PET Luna", "Luna IS_A cat", "user HAS_PET Bella", "Bella IS_A cat"],
    "I have a cat. Her name is Luna.": ["user HAS_PET Luna", "Luna IS_A cat"],
    "We have a dog and three chickens": ["user HAS_PET dog", "user HAS_PET three chickens"],
    "My sister Anna lives in Berlin": ["user SIBLING_OF Anna", "Anna LIVES_IN Berlin"],
    "Anna is my sister. She lives in Berlin.": ["user SIBLING_OF Anna", "Anna LIVES_IN Berlin"],
    "My best friend Kate is a vegan": ["user FRIEND_OF Kate", "Kate EATS vegan"],
    "I have a brother named Ben and a sister called Amy": ["user SIBLING_OF Ben", "user SIBLING_OF Amy"],
    "I have two sisters and a twin brother": ["user HAS_RELATIVE two sisters", "user HAS_RELATIVE twin brother"],
    "My wife's name is Julia": ["user MARRIED_TO Julia"],
    "I'm married to Tom": ["user HAS_RELATIONSHIP_STATUS married", "user MARRIED_TO Tom"],
    "My 5-year-old son Ben plays the violin": ["user PARENT_OF Ben", "Ben HAS_AGE 5", "Ben PLAYS violin"],
    "My brother is a doctor": ["user HAS_RELATIVE brother", "brother HAS_ROLE doctor"],
    "I love hiking and sushi": ["user LIKES hiking", "user LIKES sushi"],
    "I love hiking and work at a bank": ["user LIKES hiking", "user WORKS_AT bank"],
    "I like to watch the birds or go for a swim": ["user LIKES watching the birds", "user LIKES going for a swim"],
    "I like horror and crime novels": ["user LIKES horror novels", "user LIKES crime novels"],
    "I like bands like Muse and Blur": ["user LIKES Muse", "user LIKES Blur"],
    "I don't like olives": ["user DISLIKES olives"],
    "I can't stand cilantro": ["user DISLIKES cilantro"],
    "My favourite colour is green": ["user HAS_FAVOURITE colour: green"],
    "Sushi is my favorite food": ["user HAS_FAVOURITE food: Sushi"],
    "My favorite genres are rock and pop": ["user HAS_FAVOURITE genre: rock", "user HAS_FAVOURITE genre: pop"],
    "I'm a huge fan of Radiohead": ["user FAN_OF Radiohead"],
    "I'm interested in astronomy": ["user INTERESTED_IN astronomy"],
    "My hobbies are chess and collecting stamps": ["user HAS_HOBBY chess", "user HAS_HOBBY collecting stamps"],
    "I play the guitar and tennis": ["user PLAYS guitar", "user PLAYS tennis"],
    "I sing in a choir": ["user MEMBER_OF choir"],
    'I\'m reading "The Hobbit"': ["user READS The Hobbit"],
    "I've been learning how to weld": ["user LEARNS welding"],
    "I'm taking Spanish lessons": ["user LEARNS Spanish"],
    "I'm good at drawing": ["user HAS_SKILL drawing"],
    "I'm allergic to peanuts and cats.": ["user ALLERGIC_TO peanuts", "user ALLERGIC_TO cats"],
    "I have asthma and a nut allergy": ["user HAS_CONDITION asthma", "user ALLERGIC_TO nut"],
    "I was diagnosed with ADHD": ["user HAS_CONDITION ADHD"],
    "I take insulin": ["user TAKES_MEDICATION insulin"],
    "I'm vegan": ["user EATS vegan"],
    "I drink coffee every morning": ["user DRINKS coffee"],
    "I run three times a week": ["user EXERCISES_BY running"],
    "I'm scared of spiders and heights": ["user AFRAID_OF spiders", "user AFRAID_OF heights"],
    "I'm worried about my exam": ["user WORRIED_ABOUT exam"],
    "I drive a red Tesla": ["user DRIVES red Tesla"],
    "I own a boat": ["user OWNS boat"],
    "I use Linux": ["user USES Linux"],
    "I'd love to visit Japan someday": ["user WANTS_TO visit Japan"],
    "I dream of opening a restaurant": ["user WANTS_TO open a restaurant"],
    "I'm trying to quit smoking": ["user WANTS_TO quit smoking"],
    "I'm planning to buy a house": ["user PLANS_TO buy a house"],
    "I won a chess tournament": ["user ACHIEVED won chess tournament"],
    "I wrote a book about whales": ["user CREATED book about whales"],
    "My dog is sick, what should I do?": ["user HAS_PET dog"],
    "Remember that I'm allergic to nuts": ["user ALLERGIC_TO nuts"],
}

NO_LONGER = {
    "I no longer work at Google": "user WORKS_AT Google",
    "I don't work at IBM anymore": "user WORKS_AT IBM",
    "I used to live in Rome": "user LIVES_IN Rome",
    "I lived in Rome": "user LIVES_IN Rome",
    "I broke up with Tom": "user PARTNER_OF Tom",
    "I quit smoking": "user HAS_HABIT smoking",
    "I gave up alcohol": "user DRINKS alcohol",
    "I don't eat meat": "user EATS meat",
    "I used to play football": "user PLAYS football",
    "I lost my job as a plumber": "user HAS_ROLE plumber",
}

DATED = {
    "I moved to Oslo from Bergen last month": ("user LIVES_IN Oslo", date(2024, 4, 1)),
    "I'm flying to Rome next Friday": ("user TRAVELS_TO Rome", date(2024, 5, 17)),
    "I have a job interview on Tuesday": ("user HAS_EVENT job interview", date(2024, 5, 14)),
    "I went to a concert last Friday": ("user HAS_EVENT concert", date(2024, 5, 3)),
    "Last Friday we went to a piano recital": ("user HAS_EVENT piano recital", date(2024, 5, 3)),
    "We went camping two weeks ago": ("user HAS_EVENT camping", date(2024, 4, 24)),
    "I've been vegan since 2020": ("user EATS vegan", date(2020, 1, 1)),
    "I started working at Google last week": ("user WORKS_AT Google", date(2024, 4, 29)),
    "I ran a night race last Saturday": ("user HAS_EVENT night race", date(2024, 5, 4)),
    "My wedding is in September": ("user HAS_EVENT wedding", date(2024, 9, 1)),
    "I painted that harbour view last year": ("user CREATED harbour view painting", date(2023, 1, 1)),
}


def told(turn: Turn) -> dict[str, bool]:
    return {f"{s.subject} {s.predicate} {s.object}": s.holds for s in statements(turn)}


@pytest.mark.parametrize(("text", "facts"), HOLDS.items())
def test_understands(say: Say, text: str, facts: list[str]) -> None:
    assert told(say(text)) == dict.fromkeys(facts, NOW)


@pytest.mark.parametrize(("text", "fact"), NO_LONGER.items())
def test_hears_that_something_ended(say: Say, text: str, fact: str) -> None:
    assert told(say(text)) == {fact: ENDED}


@pytest.mark.parametrize(("text", "fact", "since"), [(text, *dated) for text, dated in DATED.items()])
def test_dates_what_is_said_with_time_words(say: Say, text: str, fact: str, since: date) -> None:
    assert [(f"{s.subject} {s.predicate} {s.object}", s.since) for s in statements(say(text))] == [(fact, since)]


def test_ends_a_fact_on_the_day_that_is_named(say: Say) -> None:
    [home] = statements(say("I lived in Paris until 2019"))
    assert (home.holds, home.since, home.until) == (False, None, date(2019, 12, 31))


def test_reads_time_words_where_the_speaker_is(say: Say) -> None:
    late = say("I went to a concert yesterday", at=datetime(2024, 5, 8, 23, 30, tzinfo=UTC))
    [in_tokyo] = statements(late, zone=ZoneInfo("Asia/Tokyo"))
    [in_london] = statements(late, zone=ZoneInfo("UTC"))
    assert (in_tokyo.since, in_london.since) == (date(2024, 5, 8), date(2024, 5, 7))


def test_knows_a_name_from_an_earlier_turn_of_the_same_speaker(say: Say) -> None:
    earlier, now = say("my cat Whiskers is old"), say("Whiskers is black")
    assert statements(now) == []
    assert [(s.subject, s.object) for s in statements(now, context=[earlier])] == [("Whiskers", "black")]


def test_does_not_take_a_name_from_somebody_else(say: Say) -> None:
    earlier = say("my cat Whiskers is old", speaker="Ben")
    assert statements(say("Whiskers is black"), context=[earlier]) == []


def test_quotes_the_clause_verbatim(say: Say) -> None:
    turn = say("Hey! I\u2019m a nurse, and my cat Luna is black \U0001f63b")
    assert {s.quote for s in statements(turn)} == {"I\u2019m a nurse", "my cat Luna is black"}


def test_is_less_sure_of_what_we_do_than_of_what_i_do(say: Say) -> None:
    [mine], [ours] = statements(say("I live in Oslo")), statements(say("We live in Oslo"))
    assert mine.confidence > ours.confidence


SAID = [line.split(" => ") for line in SAID_FILE.read_text(encoding="utf-8").splitlines() if " => " in line]


@pytest.mark.parametrize(("text", "facts"), SAID)
def test_understands_in_passing_too(say: Say, text: str, facts: str) -> None:
    expected = {fact.removesuffix(" (ended)"): not fact.endswith(" (ended)") for fact in facts.split("; ")}
    assert told(say(text)) == expected
