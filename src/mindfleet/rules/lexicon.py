"""The lists that the rules lean on: words in `words/`, patterns in `patterns/`, read once."""

import re
from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The lower-case words and phrases of `words/<name>.txt`, separated by commas, or by spaces where there is none."""
    return frozenset(entry for line in _lines(f"words/{name}.txt") for entry in _entries(line))


@cache
def groups(name: str) -> dict[str, tuple[str, ...]]:
    """Lists of the form `group: word, word` in `words/<name>.txt`, by group, in the order of the file."""
    pairs = (line.split(":", 1) for line in _lines(f"words/{name}.txt"))
    return {group.strip(): tuple(_entries(listed)) for group, listed in pairs}


@cache
def alternatives(name: str) -> str:
    """The lines of `patterns/<name>.txt`, each a regular expression, as one group."""
    return f"(?:{'|'.join(line.strip() for line in _lines(f'patterns/{name}.txt'))})"


@cache
def pattern(name: str) -> re.Pattern[str]:
    """`alternatives` as whole words, in any case."""
    return re.compile(rf"(?<!\w){alternatives(name)}(?!\w)", re.IGNORECASE)


@cache
def labelled(name: str, parts: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The lines `label: regular expression` of `patterns/<name>.txt`, as whole words; `parts` replace their names."""
    found: list[tuple[str, re.Pattern[str]]] = []
    for line in _lines(f"patterns/{name}.txt"):
        label, _, expression = line.partition(": ")
        for part, meaning in parts:
            expression = expression.replace(part, meaning)
        found.append((label, re.compile(rf"(?<!\w)(?:{expression})(?!\w)", re.IGNORECASE)))
    return tuple(found)


def any_of(names: frozenset[str]) -> str:
    """A regular expression for any of these phrases, the longest first."""
    return f"(?:{'|'.join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))})"


def singular(word: str) -> str:
    """`word` without the ending of its plural, as far as spelling shows it."""
    irregular = _IRREGULAR.get(word)
    if irregular:
        return irregular
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes", "toes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def known(phrase: str, *lists: str) -> bool:
    """Whether one of the lists has the phrase, in either number."""
    lower = phrase.lower().strip()
    head, _, last = lower.rpartition(" ")
    one = f"{head} {singular(last)}".strip()
    return any(lower in words(name) or one in words(name) for name in lists)


def head_known(phrase: str, *lists: str) -> bool:
    """Whether one of the lists has the phrase or the end of it ("dental nurse" by "nurse")."""
    parts = phrase.lower().split()
    return any(known(" ".join(parts[start:]), *lists) for start in range(len(parts)))


_IRREGULAR = {
    "children": "child",
    "grandchildren": "grandchild", "twins": "twins", "kids": "kid", "wives": "wife", "people": "person",
    "men": "man", "women": "woman",
    "mice": "mouse", "geese": "goose", "feet": "foot", "leaves": "leaf", "gas": "gas", "bus": "bus", "movies": "movie",
    "cookies": "cookie", "pies": "pie", "series": "series",
}  # fmt: skip


def _lines(path: str) -> list[str]:
    text = files("mindfleet.rules").joinpath(path).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]


def _entries(line: str) -> list[str]:
    return [entry.strip() for entry in (line.split(",") if "," in line else line.split()) if entry.strip()]
