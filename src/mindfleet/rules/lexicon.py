"""The word lists that the rules lean on, one file each in `words/`, read once."""

from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The lower-case words and phrases of `words/<name>.txt`."""
    return frozenset(_entries(_text(name)))


@cache
def groups(name: str) -> dict[str, tuple[str, ...]]:
    """Lists of the form `group: word, word`, by group, in the order of the file."""
    pairs = (line.split(":", 1) for line in _lines(_text(name)))
    return {group.strip(): tuple(word.strip() for word in listed.split(",")) for group, listed in pairs}


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


def known(phrase: str, name: str) -> bool:
    """Whether the list `name` has the phrase, in either number."""
    listed = words(name)
    lower = phrase.lower().strip()
    if lower in listed:
        return True
    head, _, last = lower.rpartition(" ")
    return f"{head} {singular(last)}".strip() in listed


def head_known(phrase: str, name: str) -> bool:
    """Whether the list `name` has the phrase or the end of it ("dental nurse" by "nurse")."""
    parts = phrase.lower().split()
    return any(known(" ".join(parts[i:]), name) for i in range(len(parts)))


_IRREGULAR = {
    "children": "child", "kids": "kid", "wives": "wife", "people": "person", "men": "man", "women": "woman",
    "mice": "mouse", "geese": "goose", "puppies": "puppy", "ponies": "pony", "feet": "foot", "leaves": "leaf",
    "gas": "gas", "bus": "bus", "huskies": "husky", "movies": "movie", "cookies": "cookie", "pies": "pie",
}  # fmt: skip


def _text(name: str) -> str:
    return files(__package__).joinpath("words", f"{name}.txt").read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _entries(text: str) -> list[str]:
    return [
        entry.strip()
        for line in _lines(text)
        for entry in (line.split(",") if "," in line else line.split())
        if entry.strip()
    ]
