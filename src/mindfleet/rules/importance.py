"""How much a stretch of conversation matters: a score from 1 to 5, its emotions and its topics.

The rubric counts points over the turns of people (what the bot says scores nothing):

- 1 point for each fact that somebody states about themselves or theirs, 1 more when it is dated or a plan;
- 1 point for each turn that tells at length (20 words and more) of oneself;
- 1 point for each emotion of one's own, 2 for a grave one (grief, fear, sadness, guilt, loneliness);
- 2 points for each turn of disclosure (illness, death, love, faith, identity, trauma, "I have never told anyone").

0 points are 1 (nothing), up to 2 are 2 (small talk), up to 9 are 3 (worth keeping), up to 24 are 4, more are 5. Grave
disclosure with three turns about it is never less than 4.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.lexicon import groups, words
from mindfleet.rules.statement import Statement
from mindfleet.rules.statements import statements
from mindfleet.rules.spelling import plain
from mindfleet.rules.text import own_words

_STEPS = ((0, 1), (2, 2), (9, 3), (24, 4))
"""Up to so many points: the score."""

_GRAVE = frozenset({"grief", "fear", "sadness", "guilt", "loneliness"})
_TELLING_WORDS = 20
_MANY_DISCLOSURES = 3
_DISCLOSURE = re.compile(
    r"\b(?:died|passed away|funeral|cancer|diagnos\w+|depress\w+|suicid\w+|miscarriage|divorc\w+|broke up|breakup|break-up|abus\w+|assault\w*|rehab|sober|addict\w*|therapy|therapist"
    r"|panic attacks?|came out|coming out|transition(?:ed|ing)?|gay|lesbian|bisexual|transgender|pregnan\w+|adopt\w+|engaged|proposed|got married|wedding|lost my (?:job|mom|mum|mother|dad|father|brother|sister|son|daughter|husband|wife|dog|cat|home|baby)"
    r"|laid off|fired|evicted|never told|told (?:nobody|no one)|secret|confess|in love|accident|surgery|hospital|trauma\w*|grie(?:f|ving))\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:I|I'm|my|me|we|our|us|im)\b", re.IGNORECASE)
_ABOUT_YOU = re.compile(r"\b(?:you|your|you're|you've|that's|sounds|must)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_NEGATED = re.compile(r"\b(?:not|n't|never|no|without|less)\b[\w' ]{0,12}$", re.IGNORECASE)


def meaningfulness(turns: Sequence[Turn], *, facts: Sequence[Statement] | None = None) -> int:
    """1 (nothing) to 5 (would change how one speaks to this person); the module's docstring has the rubric."""
    people = [turn for turn in turns if turn.role == "user"]
    if facts is None:
        facts = [fact for turn in people for fact in statements(turn)]
    felt = Counter(emotion for turn in people for emotion in _felt(turn))
    disclosures = sum(1 for turn in people if _OWN.search(turn.content) and _DISCLOSURE.search(own_words(turn.content)))
    points = (
        sum(1 + (fact.since is not None or fact.predicate in {"PLANS_TO", "WANTS_TO"}) for fact in facts)
        + sum(1 for turn in people if _tells_at_length(turn))
        + sum(2 if emotion in _GRAVE else 1 for emotion in felt)
        + 2 * disclosures
    )
    score = next((score for limit, score in _STEPS if points <= limit), 5)
    return max(score, 4) if disclosures >= _MANY_DISCLOSURES and set(felt) & _GRAVE else score


def emotions(turns: Sequence[Turn], *, most: int = 5) -> list[str]:
    """What the people say they feel, most frequent first; at most `most`."""
    felt = Counter(emotion for turn in turns if turn.role == "user" for emotion in _felt(turn))
    return [emotion for emotion, _ in felt.most_common(most)]


def topics(turns: Sequence[Turn], *, facts: Sequence[Statement] | None = None, most: int = 5) -> list[str]:
    """What it is about, in the people's own words: up to `most` noun phrases, the weightiest first."""
    people = [turn for turn in turns if turn.role == "user" and carries_memory(turn)]
    if facts is None:
        facts = [fact for turn in people for fact in statements(turn)]
    names = {part.lower() for turn in turns for part in turn.speaker.split()}
    weights: Counter[str] = Counter()
    for fact in facts:
        if fact.predicate not in _NO_TOPIC:
            weights[_topic_of(fact)] += 3
    for phrase in (phrase for turn in people for phrase in _phrases(turn.content)):
        if not names & set(phrase.split()):
            weights[phrase] += 1 + phrase.count(" ") * 2
    return _distinct([topic for topic, weight in weights.most_common(40) if weight > 1] or list(weights), most)


_NO_TOPIC = frozenset("HAS_AGE HAS_NAME BORN_ON HAS_GENDER HAS_RELATIONSHIP_STATUS HAS_NICKNAME IS_A SPEAKS".split())


def _topic_of(fact: Statement) -> str:
    return fact.object.split(": ", 1)[-1]


def _felt(turn: Turn) -> list[str]:
    """The emotions that a turn speaks of as its author's own."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(own_words(turn.content)):
        if sentence.rstrip().endswith("?") or (_ABOUT_YOU.search(sentence) and not _OWN.search(sentence)):
            continue
        for match in _feelings().finditer(sentence):
            if not _NEGATED.search(sentence[: match.start()]):
                found.append(_emotion_of()[match.group().lower()])
    return list(dict.fromkeys(found))


@cache
def _emotion_of() -> dict[str, str]:
    return {word: emotion for emotion, listed in groups("emotions").items() for word in listed}


@cache
def _feelings() -> re.Pattern[str]:
    listed = "|".join(re.escape(word) for word in sorted(_emotion_of(), key=len, reverse=True))
    return re.compile(rf"\b(?:{listed})\b", re.IGNORECASE)


def _tells_at_length(turn: Turn) -> bool:
    text = own_words(turn.content)
    return (
        len(text.split()) >= _TELLING_WORDS
        and bool(re.search(r"\b(?:I|I'm|I've|my|we)\b", text))
        and carries_memory(turn)
    )


def _phrases(content: str) -> list[str]:
    """Runs of words between stop words: "adoption agency", "support group"."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(own_words(content)):
        run: list[str] = []
        for token in re.findall(r"[A-Za-z][A-Za-z'+-]*|[^\sA-Za-z]", plain(sentence).replace("'s ", " ")):
            word = token.lower()
            if token[0].isalpha() and word not in words("stopwords") and len(word) > 2 and not _UNLIKELY.search(word):
                run.append(word)
                continue
            found += _run(run)
            run = []
        found += _run(run)
    return found


def _run(run: list[str]) -> list[str]:
    return [" ".join(run)] if 0 < len(run) <= 3 else []


_UNLIKELY = re.compile(r"(?:ly|ed|ful|ous|able|ible|less|est|'t|'re|'ve|'ll)$")


def _distinct(candidates: list[str], most: int) -> list[str]:
    kept: list[str] = []
    for candidate in candidates:
        parts = set(candidate.lower().split())
        if not any(parts & set(other.lower().split()) for other in kept):
            kept.append(candidate)
        if len(kept) == most:
            break
    return kept
