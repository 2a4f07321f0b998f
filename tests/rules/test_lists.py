"""The lists of words and patterns that ship with the rules are sound."""

import re
from importlib.resources import files

import pytest

from mindfleet.rules.lexicon import alternatives, known, labelled, singular, words
from mindfleet.rules.verbs import form_of, gerund, is_participle, lemma_of

WORDS = sorted(file.name.removesuffix(".txt") for file in files("mindfleet.rules").joinpath("words").iterdir())
PATTERNS = sorted(file.name.removesuffix(".txt") for file in files("mindfleet.rules").joinpath("patterns").iterdir())
LABELLED = {"wishes", "asked_facts", "asked_answers"}


@pytest.mark.parametrize("name", WORDS)
def test_words_are_lower_case_and_not_empty(name: str) -> None:
    assert words(name)
    assert all(entry == entry.strip() for entry in words(name))


@pytest.mark.parametrize("name", [name for name in PATTERNS if name not in LABELLED])
def test_patterns_compile(name: str) -> None:
    assert re.compile(alternatives(name))


@pytest.mark.parametrize("name", sorted(LABELLED))
def test_labelled_patterns_compile(name: str) -> None:
    assert all(label for label, _ in labelled(name))


@pytest.mark.parametrize(
    ("form", "lemma", "kind"),
    [("lives", "live", "s"), ("moved", "move", "past"), ("studying", "study", "ing"), ("went", "go", "past"),
     ("swimming", "swim", "ing"), ("flown", "fly", "part"), ("studies", "study", "s"), ("quit", "quit", "base")],
)  # fmt: skip
def test_knows_verb_forms(form: str, lemma: str, kind: str) -> None:
    assert (lemma_of(form), form_of(form)) == (lemma, kind)


@pytest.mark.parametrize(("verb", "ing"), [("bake", "baking"), ("run", "running"), ("lie", "lying"), ("see", "seeing")])
def test_makes_gerunds(verb: str, ing: str) -> None:
    assert gerund(verb) == ing


def test_knows_participles_that_look_like_base_forms() -> None:
    assert is_participle("become")
    assert not is_participle("live")


@pytest.mark.parametrize(
    ("plural", "one"), [("cats", "cat"), ("puppies", "puppy"), ("children", "child"), ("bus", "bus")]
)
def test_knows_plurals(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_a_word_is_known_in_either_number() -> None:
    assert known("Peanuts", "allergens")
    assert not known("Mondays", "allergens")
