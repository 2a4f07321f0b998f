"""English words as PostgreSQL's configuration `english` sees them: stemmed, without the commonest ones."""

import re
from typing import Protocol, cast

from snowballstemmer import (  # it ships no types
    stemmer,  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
)

_STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below between both but
    by can did do does doing don down during each few for from further had has have having he her here hers herself him
    himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or
    other our ours ourselves out over own s same she should so some such t than that the their theirs them themselves
    then there these they this those through to too under until up very was we were what when where which while who
    whom why will with you your yours yourself yourselves
    """.split()  # noqa: SIM905  words read best as text
)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  the library's name


class English:
    """Takes text apart."""

    def __init__(self) -> None:
        self._snowball = cast("_Stemmer", stemmer("english"))

    def words(self, text: str) -> list[str]:
        """The stems in the order of the text, as often as they stand there."""
        words = re.findall(r"[^\W_]+", text.lower())
        return [self._snowball.stemWord(word) for word in words if word not in _STOP_WORDS]
