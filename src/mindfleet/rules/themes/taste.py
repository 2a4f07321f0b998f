"""What can be liked for good: things and activities, not reactions to what is at hand."""

import re

from mindfleet.rules.lexicon import alternatives, any_of, pattern, words
from mindfleet.rules.phrase import phrases
from mindfleet.rules.verbs import form_of, gerund, lemma_of


def liked(text: str) -> list[str]:
    """The things and activities that `text` lists as liked; nothing when it is a reaction to something at hand."""
    text = _PURPOSE.sub("", text)
    infinitive = re.match(r"to (?=[a-z]+)", text)
    if infinitive:
        return _checked([_activity(item) for item in _listed(text[infinitive.end() :])])
    if not _is_general(text) or _UNFINISHED.search(text):
        return []
    examples = _EXAMPLES.match(text)
    if examples and (named := _listed(examples["named"])):
        return _checked(named)
    return _checked(_with_shared_head(_listed(text)))


def _listed(text: str) -> list[str]:
    first = text.split(" ", 1)[0].lower()
    if not (first.endswith("ing") or form_of(first) == "base"):
        return phrases(text, keep="of", longest=5)
    found = phrases(text, keep="of in on with at to for from about by near around along under through", longest=7)
    placed = bool(found) and re.search(r"\b(?:near|around|along|under|through)\b", found[0])
    return found[:1] if placed else found


def _activity(item: str) -> str:
    """What "watch the birds" is as a taste: "watching the birds"; nothing when it is none."""
    verb, _, rest = item.partition(" ")
    verb = verb.lower()
    if verb in words("adverbs") or lemma_of(verb) in words("no_activities"):
        return ""
    return f"{gerund(verb)} {rest}".strip() if form_of(verb) == "base" else item


def _checked(items: list[str]) -> list[str]:
    """Up to the first that is no taste."""
    kept: list[str] = []
    for item in items:
        if not item or not _is_taste(item):
            break
        kept.append(item)
    return kept


def _with_shared_head(items: list[str]) -> list[str]:
    """Read "horror and crime novels" as "horror novels" and "crime novels"."""
    last = items[-1].lower().split() if items else []
    if len(last) < len(("comedy", "movies")) or last[-1] not in words("shared_heads"):
        return items
    return [
        f"{item} {last[-1]}" if item.lower() in words("genres") | words("nationalities") else item
        for item in items[:-1]
    ] + items[-1:]


def _is_general(text: str) -> bool:
    if not text or _REACTION.match(text):
        return False
    if text.split(maxsplit=1)[0].lower() in {"the", "my", "our"}:
        return _GENERAL.match(text) is not None or re.match(r"[Tt]he [A-Z]", text) is not None
    return True


def _is_taste(item: str) -> bool:
    parts = item.lower().split()
    if pattern("passing").search(item) or parts[0] in words("no_activities") or parts[0] in words("adverbs"):
        return False
    if any(part in _VERBS for part in parts[1:]):
        return False
    return len(parts) > 1 or not (parts[0] in words("judgements") or item.endswith("ly") or len(item) < _SHORTEST)


_SHORTEST = 3
_VERBS = frozenset(
    {"is", "are", "was", "were", "am", "do", "does", "did", "will", "would", "can", "could", "should"}
) | {"may", "must", "makes", "made", "gets", "got", "has", "had", "have", "been", "being"}
_PURPOSE = re.compile(
    r",? to (?:relax|unwind|de-?stress|clear my (?:head|mind)|calm down|stay fit|keep fit|pass the time"
    r"|stay in shape)\b.*"
)
_EXAMPLES = re.compile(
    r"(?:[\w-]+ )?(?:bands|movies|films|books|authors|artists|musicians|shows|series|games|sports|foods|dishes"
    r"|singers|writers|composers"
    r"|animals|activities|hobbies|things),? (?:such as|like|including) (?P<named>.+)",
    re.IGNORECASE,
)
_REACTION = re.compile(rf"{alternatives('reaction')}(?!\w)", re.IGNORECASE)
_UNFINISHED = re.compile(r"^[\w' ]+ (?:who|that|which)\b|\bthe \w+ (?:I|that|who|we|you)\b|\ban? \w+, \w+ \w+")
"""Phrases that say something else when cut: "the songs I know", "a small, sunny garden"."""

_GENERAL = re.compile(rf"{any_of(words('generic_tastes'))}\b(?! (?:of|in|here|that|is|and|you)\b)", re.IGNORECASE)
