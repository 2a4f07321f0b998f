"""From a message to its clauses: who does what, since when; what is not meant in earnest is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from itertools import pairwise

from mindfleet.rules.company import Company
from mindfleet.rules.earnest import clause_in_earnest, sentence_in_earnest
from mindfleet.rules.heads import AUXILIARIES, Head, head_of
from mindfleet.rules.lexicon import pattern, words
from mindfleet.rules.people import NAME, NOUN, is_given_name
from mindfleet.rules.phrase import BOUNDARY
from mindfleet.rules.pieces import Piece, pieces
from mindfleet.rules.subjects import USER, Subject, subject_of
from mindfleet.rules.text import Sentence, sentences
from mindfleet.rules.verbs import form_of, gerund, lemma_of
from mindfleet.rules.when import When, times


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One statement that the speaker makes."""

    quote: str
    """Verbatim."""

    text: str
    """The whole of it, spelt out."""

    subject: Subject
    head: Head
    rest: str
    """What follows the head, spelt out; `|` stands for time words that were taken out."""

    said_on: date
    """The day on which it was said, where the speaker is."""

    when: When | None = None
    ever_since: bool = False
    """It goes on: "since I was six", "all my life"."""

    second: str = ""
    """The part of `rest` that belongs to a second verb ("… and work at Google")."""

    @property
    def about_user(self) -> bool:
        return self.subject.name == USER

    @property
    def about_being(self) -> bool:
        """About a person or an animal, the speaker included."""
        return not self.subject.thing

    @property
    def complement(self) -> str:
        """`rest` without what belongs to a second verb."""
        return self.rest.removesuffix(self.second)

    @property
    def confidence(self) -> float:
        return 0.8 if self.subject.elided else 0.85 if self.subject.together else 0.95


@dataclass(frozen=True, kw_only=True)
class Reading:
    """For whom and when a message is read."""

    sent_at: datetime
    zone: tzinfo
    names: frozenset[str] = frozenset()
    """Names that are known to be somebody's, besides common given names."""


def clauses(content: str, reading: Reading) -> list[Clause]:
    """The clauses of a message that state something about the speaker or somebody named."""
    company = Company()
    return [
        clause
        for sentence in sentences(content)
        if sentence_in_earnest(sentence.text)
        for clause in _of_sentence(content, sentence, reading, company)
    ]


def _of_sentence(content: str, sentence: Sentence, reading: Reading, company: Company) -> Iterator[Clause]:
    fronted: When | None = None
    beside: Piece | None = None
    found = _said_by_author(pieces(sentence))
    for number, piece in enumerate(found):
        if piece.is_subordinate or not clause_in_earnest(piece.text):
            company.meet(piece.text)
            continue
        clause = _read(piece, content, reading, company, first=number == 0)
        company.meet(piece.text)
        if clause is None:
            fronted = next(iter(times(piece.text, reading.sent_at, reading.zone)), fronted)
            beside = piece if _BESIDE.fullmatch(piece.text) else None
            if not beside and _MINE.search(piece.text):
                yield _aside(piece, content, reading)
            continue
        if beside and piece.joint.endswith("and"):
            quote = _quote(replace(piece, start=beside.start), content)
            clause = replace(clause, text=f"{beside.text} and {clause.text}", quote=quote)
        lasts = number + 1 < len(found) and found[number + 1].joint == "since"
        clause = replace(
            clause, when=clause.when or fronted, ever_since=lasts or _LASTING.search(clause.text) is not None
        )
        fronted, beside = None, None
        yield from _each_verb(clause, reading)


def _said_by_author(found: list[Piece]) -> list[Piece]:
    """Without what follows "she said:" or "Anna:"."""
    for number, (piece, after) in enumerate(pairwise(found)):
        named = number == 0 and is_given_name(piece.text)
        if after.joint == ":" and (named or pattern("speech").search(piece.text)):
            return found[: number + (not named)]
    return found


def _read(piece: Piece, content: str, reading: Reading, company: Company, *, first: bool) -> Clause | None:
    text = _introduced(piece.text, company)
    found = times(text, reading.sent_at, reading.zone)
    subject = _subject(_LEADING.sub("", _without(text, found)), reading, company, first=first)
    taken = head_of(subject.predicate) if subject else None
    if subject is None or taken is None:
        return None
    head, length = taken
    if subject.thing and head.progressive:  # "my hobby is collecting": a thing does nothing, it is
        head, length = replace(head, lemma="be", progressive=False), length - 1
    rest = " ".join(subject.predicate[length:])
    head, rest = _begun(head, rest)
    if found and head.tense in {"past", "perfect", "used"}:
        found = times(text, reading.sent_at, reading.zone, past=True)
    if _NO_MORE.search(rest):
        head, rest = replace(head, ended=head.negated or head.ended), _NO_MORE.sub("", rest).strip()
    return Clause(
        quote=_quote(piece, content),
        text=f"{piece.lead}{text}",
        subject=subject,
        head=head,
        rest=rest,
        said_on=reading.sent_at.astimezone(reading.zone).date(),
        when=found[0] if found else None,
    )


def _begun(head: Head, rest: str) -> tuple[Head, str]:
    """Read "started working at Google" as "have been working at Google", "finished reading" as "read"."""
    if head.lemma == "finish" and (ended := re.match(r"(?P<verb>reading|watching)\b", rest)):
        return replace(head, lemma=lemma_of(ended["verb"])), rest[ended.end() :].strip()
    match = _BEGUN.match(rest) if head.lemma in {"start", "begin"} and head.tense in {"past", "perfect"} else None
    verb = match["ing"] or match["base"] if match else ""
    if not match or not form_of(verb):
        return head, rest
    return replace(head, lemma=lemma_of(verb), tense="perfect", progressive=True), rest[match.end() :].strip()


def _aside(piece: Piece, content: str, reading: Reading) -> Clause:
    """What is no clause but speaks of the speaker's own: "a gift from my sister Anna"."""
    return Clause(
        quote=_quote(piece, content),
        text=f"{piece.lead}{piece.text}",
        subject=Subject(name="", predicate=[], thing=True),
        head=Head(lemma=""),
        rest="",
        said_on=reading.sent_at.astimezone(reading.zone).date(),
    )


def _quote(piece: Piece, content: str) -> str:
    return content[piece.start : piece.end].strip(" ,;:-\u2013\u2014()")


def _subject(text: str, reading: Reading, company: Company, *, first: bool) -> Subject | None:
    word, _, after = text.partition(" ")
    if word.lower() in {"he", "she"}:
        whom = company.whom(word.lower())
        return Subject(name=whom, predicate=after.split()) if whom else None
    return subject_of(text, reading.names, first=first)


def _introduced(text: str, company: Company) -> str:
    """The same said the other way round: "her name is Luna" is "my cat's name is Luna"."""
    for rewritten, plainly in _REWRITTEN:
        text = rewritten.sub(plainly, text)
    match = _THEIR_NAME.match(text)
    whom = company.nameless((match["whose"] or match["who"]).lower()) if match else None
    return f"my {whom}'s name is {text[match.end() :]}" if match and whom else text


def _each_verb(clause: Clause, reading: Reading) -> Iterator[Clause]:
    """The clause, and one more for each further verb of the same subject."""
    joints = [match for match in _AND_VERB.finditer(clause.rest) if _is_second_verb(clause, match)]
    yield replace(clause, second=clause.rest[joints[0].start() :]) if joints else clause
    past = clause.head.tense in {"past", "perfect", "used"}
    found = times(clause.text, reading.sent_at, reading.zone, past=past) if joints else []
    for match in joints:
        tokens = (_carried(clause) + clause.rest[match.start("verb") :]).split()
        taken = head_of(tokens)
        if taken:
            head, length = taken
            when = found[-1] if len(found) > 1 else clause.when
            yield replace(clause, head=head, rest=" ".join(tokens[length:]), when=when, second="")


def _is_second_verb(clause: Clause, match: re.Match[str]) -> bool:
    word, after = match["verb"].lower(), (match["after"] or "").lower()
    form = form_of(word)
    if word in AUXILIARIES:
        return True
    if match.group().startswith(", like") or not form:
        return False
    if form == "ing":
        return clause.head.progressive
    if clause.head.tense in {"past", "perfect"}:
        return form in {"past", "part"}
    if form == "s" or not clause.about_user:
        return form == "s" and not clause.about_user
    return form == "base" and (bool(_carried(clause)) or word not in words("also_nouns") or after in _AFTER_VERB)


def _carried(clause: Clause) -> str:
    """The words that the second verb shares with the first."""
    head = clause.head
    infinitive = clause.rest.startswith("to ")
    if head.tense == "future":
        return "will "
    if head.modal:
        return f"{head.modal} {head.lemma} to " if infinitive else f"{head.modal} "
    if infinitive and head.lemma != "be":
        return f"am {gerund(head.lemma)} to " if head.progressive else f"{head.lemma} to "
    return "am " if head.progressive else ""


def _without(text: str, found: list[When]) -> str:
    for time in reversed(found):
        text = f"{text[: time.start]} {BOUNDARY} {text[time.end :]}"
    return " ".join(text.split())


_MINE = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_LEADING = re.compile(rf"^(?:(?:(?:just|only|recently|lately|earlier|later|even|then|also) )*\{BOUNDARY})?[ ,]*")
_BESIDE = re.compile(r"(?:my|our) [\w' -]{2,40}", re.IGNORECASE)
"""The first half of "my husband and I …"."""

_REWRITTEN = (
    (
        re.compile(
            r"^it (?:is|has) (?:always )?(?:been )?(?:my|a) (?:\w+ )?(?:dream|goal)(?: of mine)? to (?=\w)",
            re.IGNORECASE,
        ),
        "my dream is to ",
    ),
    (re.compile(rf"^(?P<name>{NAME}) (?P<kin>(?:my|our) (?:[\w-]+ ){{0,2}}?{NOUN})(?= \w)"), r"\g<kin> \g<name>"),
    (
        re.compile(
            r"^(?P<what>[\w ]{3,30}?) (?:really |always )?(?:scares?|terrif(?:y|ies)|frightens?"
            r"|freaks?) (?:the \w+ out of )?me\b.*"
        ),
        r"I am scared of \g<what>",
    ),
    (
        re.compile(r"^(?P<what>[A-Z][\w' ]{2,30}?) (?:is|are) not (?:really )?my (?:thing|cup of tea)\b.*"),
        r"I do not like \g<what>",
    ),
    (
        re.compile(r"^(?P<what>[A-Z][\w' ]{2,30}?) (?:is|are) (?:really |mostly |totally )?my (?:thing|jam)\b.*"),
        r"I like \g<what>",
    ),
)
"""What is said the other way round, and how the rules read it."""

_THEIR_NAME = re.compile(
    r"(?:(?P<whose>her|his|its) name is|(?P<who>she|he|it) is (?:called|named)) (?=[A-Z])", re.IGNORECASE
)
_LASTING = re.compile(
    r"\b(?:all my life|my (?:whole|entire) life|ever since|since (?:childhood|birth|forever|high school|college))\b"
)
_BEGUN = re.compile(r"(?:to (?P<base>[a-z]+)|(?P<ing>[a-z]+ing))\b")
_NO_MORE = re.compile(r"\b(?:anymore|any more|any longer)\b", re.IGNORECASE)
_AND_VERB = re.compile(
    r"(?:,? (?:and|but|then|and then|plus)|,)\s+(?:also |then |now |just |currently |always |still |recently )*"
    r"(?P<verb>\w+)(?: (?P<after>[\w|]+))?"
)
_AFTER_VERB = frozenset({"at", "in", "as", "for", "to", "my", "a", "an", "the", "with", "on", "from", "by"})
