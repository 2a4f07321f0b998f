"""Who has been spoken of in a message, so that "she lives in Berlin" is about somebody, if it can be only one."""

import re

from mindfleet.rules.lexicon import known, singular, words
from mindfleet.rules.people import NAME, NOUN, is_given_name, names_in


class Company:
    """Those who came up so far, each by name or by relation."""

    def __init__(self) -> None:
        self._met: dict[str, str] = {}
        """The relation noun of each, by name or by itself."""

    def meet(self, text: str) -> None:
        """Take note of everybody in a clause (spelt out)."""
        for match in _IS_MINE.finditer(text):
            self._met[match["name"]] = singular(match["noun"].lower())
        for match in _SOMEBODY.finditer(_IS_MINE.sub("", text)):
            noun = singular(match["noun"].lower())
            for name in names_in(match["names"] or "") or (noun,):
                self._met.setdefault(name, noun)
        for match in _NAME.finditer(text):
            if is_given_name(match.group()) and match.group() not in self._met:
                self._met[match.group()] = ""

    def whom(self, pronoun: str) -> str | None:
        """The only one that "he" or "she" can be; None when there are several or none."""
        fitting = [name for name, noun in self._met.items() if _fits(noun, pronoun)]
        return fitting[0] if len(fitting) == 1 else None

    def nameless(self, pronoun: str) -> str | None:
        """The only relation or animal without a name that "her name" can be about."""
        fitting = [name for name, noun in self._met.items() if name == noun and _fits(noun, pronoun)]
        return fitting[0] if len(fitting) == 1 else None


def _fits(noun: str, pronoun: str) -> bool:
    if noun in words("women"):
        return pronoun in {"she", "her"}
    if noun in words("men"):
        return pronoun in {"he", "his"}
    return pronoun not in {"it", "its"} or known(noun, "animals")


_IS_MINE = re.compile(rf"\b(?P<name>{NAME}) (?:is|was) (?:my|our) (?:[\w-]+ ){{0,2}}?(?P<noun>{NOUN})")
_NAME = re.compile(rf"\b{NAME}\b")
_SOMEBODY = re.compile(
    rf"\b(?P<noun>{NOUN})(?:,? (?:who is )?(?:named|called|whose name is)|'s name is"
    rf"|,)?(?: (?P<names>{NAME}(?:,? and {NAME})?))?",
    re.IGNORECASE,
)
