"""Verb forms: which verb a word belongs to, and in which form it stands."""

from functools import cache
from typing import Literal

from mindfleet.rules.lexicon import groups, words

Form = Literal["base", "s", "ing", "past", "part", ""]
"""`part` is a participle that is no past form; nothing stands for an unknown word."""


def lemma_of(word: str) -> str:
    """The verb that a form belongs to; an unknown word is its own."""
    return _forms().get(word, (word, ""))[0]


def form_of(word: str) -> Form:
    """The form in which a lower-case word stands, if it is a known verb; of two the base form is told."""
    return _forms().get(word, ("", ""))[1]


def is_participle(word: str) -> bool:
    """Whether "have …" can be followed by this word to make a perfect."""
    if form_of(word) in {"past", "part"}:
        return True
    irregular = groups("irregular_verbs").get(lemma_of(word))
    return irregular is not None and irregular[1] == word


def gerund(verb: str) -> str:
    """The -ing form: bake, baking."""
    if verb in words("doubling"):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


@cache
def _forms() -> dict[str, tuple[str, Form]]:
    table: dict[str, tuple[str, Form]] = {}
    for verb in sorted(words("verbs")):
        for form, kind in _regular(verb):
            table.setdefault(form, (verb, kind))
    for lemma, (past, participle) in groups("irregular_verbs").items():
        table[participle] = (lemma, "part")
        table[past] = (lemma, "past")
        for form, kind in _regular(lemma)[:3]:
            table[form] = (lemma, kind)
    return table


def _regular(verb: str) -> list[tuple[str, Form]]:
    s_form = verb + "es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else verb + "s"
    past = verb + "ed"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        s_form, past = verb[:-1] + "ies", verb[:-1] + "ied"
    elif verb.endswith("e"):
        past = verb + "d"
    elif verb in words("doubling"):
        past = verb + verb[-1] + "ed"
    return [(verb, "base"), (s_form, "s"), (gerund(verb), "ing"), (past, "past")]
