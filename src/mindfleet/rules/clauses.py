"""From a message to its clauses: who does what, since when; what is not meant in earnest is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from mindfleet.rules.earnest import clause_in_earnest, sentence_in_earnest
from mindfleet.rules.people import NAME, is_given_name, is_name, kind_of, mentions
from mindfleet.rules.phrase import BOUNDARY
from mindfleet.rules.text import Sentence, plain, sentences
from mindfleet.rules.verbs import ADVERBS, Head, forms, head_of
from mindfleet.rules.when import When, times

USER = "user"


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One statement that the speaker makes."""

    quote: str
    """Verbatim."""

    text: str
    """Spelt out."""

    subject: str
    """`user`, a name, a relation ("sister"), or after "my" what else is spoken of ("favourite colour")."""

    head: Head
    rest: str
    """What follows the head, spelt out; `|` stands for time words that were taken out."""

    when: When | None = None
    mine: bool = False
    """The subject began with "my"."""

    together: bool = False
    """The speaker says "we"."""

    elided: bool = False
    """The speaker left out "I"."""

    relation: str | None = None
    """The predicate that ties the subject to the speaker, when it is a relative, friend or pet."""

    others: tuple[str, ...] = ()
    """Further names of a common subject: "my cats Luna and Max"."""

    @property
    def about_user(self) -> bool:
        return self.subject == USER

    @property
    def about_being(self) -> bool:
        """About a person or an animal, the speaker included."""
        return not self.mine or self.relation is not None

    @property
    def confidence(self) -> float:
        return 0.95 - 0.1 * self.together - 0.15 * self.elided


@dataclass(frozen=True, kw_only=True)
class Reading:
    """For whom and when the clauses are read."""

    sent_at: datetime
    zone: tzinfo
    names: frozenset[str] = frozenset()
    """Names that are known to be somebody's, besides common given names."""


def clauses(content: str, reading: Reading) -> list[Clause]:
    """The clauses of a message that state something about the speaker or somebody named."""
    return [clause for sentence in sentences(content) for clause in _of_sentence(content, sentence, reading)]


@dataclass
class _Piece:
    """A stretch of a sentence between two boundaries."""

    start: int
    end: int
    joint: str
    """The word that joins it to what stands before."""

    text: str = field(default="")


def _of_sentence(content: str, sentence: Sentence, reading: Reading) -> Iterator[Clause]:
    if not sentence_in_earnest(sentence.text) or (sentence.asks and _ASKING.match(sentence.text)):
        return
    pieces = list(_pieces(sentence))
    if sentence.asks:
        pieces = pieces[:-1]
    fronted: When | None = None
    beside = ""
    for number, piece in enumerate(pieces):
        quote = content[piece.start : piece.end].strip(" ,;:-–—()")
        if piece.joint in _SUBORDINATE or not clause_in_earnest(piece.text):
            continue
        clause = _read(piece.text, quote, reading, first=number == 0)
        if clause is None:
            fronted = next(iter(times(piece.text, reading.sent_at, reading.zone)), fronted)
            beside = piece.text if _BESIDE.fullmatch(piece.text) else ""
            continue
        if clause.when is None and fronted is not None:
            clause = replace(clause, when=fronted)
        if beside and piece.joint.endswith("and"):
            clause = replace(clause, text=f"{beside} and {clause.text}")
        fronted, beside = None, ""
        yield clause
        yield from _second_verbs(clause, reading)


def _pieces(sentence: Sentence) -> Iterator[_Piece]:
    start, joint = 0, ""
    for match in _JOINT.finditer(sentence.text):
        if match.start() > start or start == 0:
            yield from _piece(sentence, start, match.start(), joint)
        start, joint = match.end(), (match["word"] or "").lower().strip(" ,'")
    yield from _piece(sentence, start, len(sentence.text), joint)


def _piece(sentence: Sentence, start: int, end: int, joint: str) -> Iterator[_Piece]:
    text = _PREFIX.sub("", plain(sentence.text[start:end])).strip(" ,")
    if text:
        yield _Piece(sentence.start + start, sentence.start + end, joint, text)


def _read(text: str, quote: str, reading: Reading, *, first: bool) -> Clause | None:
    found = times(text, reading.sent_at, reading.zone, past=_looks_past(text))
    bare = _without(text, found)
    fronted = bare.lstrip(BOUNDARY + " ,")
    subject = _subject(fronted, reading, first=first)
    if subject is None:
        return None
    taken = head_of(subject.predicate)
    if taken is None:
        return None
    head, length = taken
    rest = " ".join(subject.predicate[length:])
    if _ENDED.search(rest):
        head, rest = replace(head, ended=head.negated or head.ended), _ENDED.sub("", rest).strip()
    return Clause(
        quote=quote, text=text, subject=subject.name, head=head, rest=rest, when=found[0] if found else None,
        mine=subject.mine, together=subject.together, elided=subject.elided, relation=subject.relation,
        others=subject.others,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """Who a clause is about, and the tokens that follow."""

    name: str
    predicate: list[str]
    mine: bool = False
    together: bool = False
    elided: bool = False
    relation: str | None = None
    others: tuple[str, ...] = ()


def _subject(text: str, reading: Reading, *, first: bool) -> _Subject | None:
    tokens = text.split()
    if not tokens:
        return None
    word = tokens[0].lower()
    if word in {"i", "we"}:
        rest = tokens[1:]
        if rest and rest[0].lower() in {"all", "both", "ourselves", "myself"}:
            rest = rest[1:]
        return _Subject(name=USER, predicate=rest, together=word == "we")
    if word in {"my", "our"}:
        return _relative(text) or _possessed(text, tokens)
    named = _named(text, reading)
    if named:
        return named
    if first and _ELIDED.match(text):
        return _Subject(name=USER, predicate=tokens, elided=True)
    return None


def _relative(text: str) -> _Subject | None:
    """ "My cats Luna and Max …"."""
    mention = next(iter(mentions(text)), None)
    if mention is None or mention.former or not _STARTS_WITH_MENTION.match(text[: mention.end]):
        return None
    predicate = re.sub(r"^,? (?:who|that|which)(?= )", "", text[mention.end :])
    if not predicate.startswith(" ") or re.match(r" (?:and|or|&|,)\b", predicate):
        return None
    if not mention.names and not _finite(predicate.split()):
        return None
    name, *others = mention.names or (mention.noun + ("s" if mention.plural and mention.noun != "child" else ""),)
    return _Subject(name=name, predicate=predicate.split(), mine=True, relation=mention.predicate, others=tuple(others))


def _possessed(text: str, tokens: list[str]) -> _Subject | None:
    """ "My favourite colour …"."""
    if re.match(r"(?:my|our) [\w -]+? and (?:I|me)\b", text, re.IGNORECASE):
        return None
    for place, token in enumerate(tokens[2:8], start=2):
        kind = forms().get(token.lower(), ("", ""))[1]
        if token.lower() in _AUXILIARIES or kind in {"s", "past"}:
            return _Subject(name=" ".join(tokens[1:place]), predicate=tokens[place:], mine=True)
    return None


def _named(text: str, reading: Reading) -> _Subject | None:
    match = _NAMED.match(text)
    if match is None or not is_name(match["name"]):
        return None
    name, kin, predicate = match["name"], match["kin"], text[match.end() :].split()
    if not _finite(predicate):
        return None
    if kin:
        relation = kind_of(kin)
        return _Subject(name=name, predicate=predicate, relation=relation) if relation else None
    if name in reading.names or is_given_name(name):
        return _Subject(name=name, predicate=predicate)
    return None


def _finite(predicate: list[str]) -> bool:
    place = next((i for i, token in enumerate(predicate) if token.lower() not in ADVERBS), None)
    if place is None:
        return False
    word = predicate[place].lower()
    return word in _AUXILIARIES or forms().get(word, ("", ""))[1] in {"s", "past", "base"}


def _second_verbs(clause: Clause, reading: Reading) -> Iterator[Clause]:
    """ "… and work at Google": more verbs of the same subject."""
    for match in _AND_VERB.finditer(clause.rest):
        if not _is_second_verb(clause, match):
            continue
        tail = clause.rest[match.start("verb") :]
        prefix = _carried(clause)
        taken = head_of((prefix + tail).split())
        if taken is None:
            continue
        head, length = taken
        found = times(clause.text, reading.sent_at, reading.zone, past=_looks_past(clause.text))
        when = clause.when if len(found) < 2 else found[-1]  # noqa: PLR2004 - one time for each of two verbs
        yield replace(clause, head=head, rest=" ".join((prefix + tail).split()[length:]), when=when)


def before_second_verb(clause: Clause) -> str:
    """What belongs to the first verb only."""
    for match in _AND_VERB.finditer(clause.rest):
        if _is_second_verb(clause, match):
            return clause.rest[: match.start()]
    return clause.rest


def _is_second_verb(clause: Clause, match: re.Match[str]) -> bool:
    word, after = match["verb"].lower(), (match["after"] or "").lower()
    if word == "like" and match.group().startswith(", like"):
        return False
    if word in _AUXILIARIES:
        return True
    kind = forms().get(word, ("", ""))[1]
    head = clause.head
    if kind == "ing":
        return head.progressive
    if head.tense in {"past", "perfect"}:
        return kind in {"past", "part"}
    if kind == "s":
        return not clause.about_user
    if kind != "base":
        return False
    if _carried(clause):
        return True
    return clause.about_user and (word not in _ALSO_NOUNS or after in _AFTER_VERB)


def _carried(clause: Clause) -> str:
    """The words that the second verb shares with the first."""
    head = clause.head
    if head.tense == "future":
        return "will "
    if head.modal:
        return f"{head.modal} " + (f"{head.lemma} to " if clause.rest.startswith("to ") else "")
    if clause.rest.startswith("to ") and head.lemma != "be":
        return ("am " if head.progressive else "") + (_ing(head.lemma) if head.progressive else head.lemma) + " to "
    if head.progressive:
        return "am "
    return ""


def _ing(lemma: str) -> str:
    return next(form for form, (verb, kind) in forms().items() if verb == lemma and kind == "ing")


def _without(text: str, found: list[When]) -> str:
    for time in reversed(found):
        text = f"{text[: time.start]} {BOUNDARY} {text[time.end :]}"
    return re.sub(r"\s+", " ", text).strip()


def _looks_past(text: str) -> bool:
    return any(
        token in {"was", "were", "did", "had"} or forms().get(token, ("", ""))[1] == "past"
        for token in text.lower().split()[:8]
    )


_PRONOUN = r"(?:I|we|my|our|he|she|it|they|you|this|that|there|his|her|their|your|these|those)\b"
_JOINT = re.compile(
    r"(?P<word>"
    r"\s*[;()]\s*|\s+[-–—]+\s+|--+|—|\.\.\.|…|:(?=\s)"
    rf"|,?\s+(?:and|but|so|because|'?cause|cuz|cos|although|though|while|whereas|plus|yet|or|since|as|until|that's why)\s+(?={_PRONOUN})"
    rf"|,\s*(?={_PRONOUN})"
    r"|,\s*(?=(?:what|which|who|where|how|why|any|do|does|did|can|could|would|should|are|is|so|let|lets|thanks|lol|haha|especially"
    r"|except|not|hence|right|however|please|isn't|don't|thank|sounds|no|yes|if)\b)"
    r"|,?\s+(?:but|because|'cause|cuz|although|though|whereas|so that|when|whenever|while|before|after|until|which|where|whose|despite)\s+"
    r")",
    re.IGNORECASE,
)
_SUBORDINATE = frozenset("when whenever while before after until since as where whose which so that".split()) - {"so", "that"}
_ASKING = re.compile(
    r"^\W*(?:(?:and|so|but|hey|hi|oh|wow|ok|okay|well|also)\W+)*(?:\w+,\s+)?(?:do|does|did|is|are|was|were|can|could|will|would|should"
    r"|have|has|what|who|where|when|why|how|which|any|am|shall|may|might|isn't|aren't|don't|doesn't|didn't|haven't|remember|guess"
    r"|ever|you|got|know)\b",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:(?:well|so|yeah|yes|yep|yup|yea|no|nope|nah|oh|ah|aw|aww|wow|hey|hi|hello|honestly|actually|anyway|anyways|btw|by the way|also|and|but"
    r"|plus|then|haha|lol|ok|okay|sure|thanks|thank you|guess what|you know|you know what|fun fact|to be honest|tbh|fyi|just so you know"
    r"|as you know|speaking of which|of course|in fact|personally|nowadays|these days|for me|remember(?: that)?|please remember(?: that)?"
    r"|don't forget(?: that)?|do not forget(?: that)?|note that|let me tell you|well actually|besides|like|man|dude|ugh|omg|right now|at the moment|unfortunately"
    r"|luckily|fortunately|sadly|thankfully|finally|because|cause|although|though|however|or|yet|whereas|good morning|good evening|hm+"
    r"|one thing about me is(?: that)?|the thing is(?: that)?|the truth is(?: that)?|turns out(?: that)?|it turns out(?: that)?"
    r"|I (?:just )?(?:wanted|want|have|need) to (?:tell you|let you know|share|say|admit|confess|mention)(?: that)?"
    r"|I (?:should|must|can) (?:mention|tell you|say)(?: that)?|I forgot to (?:mention|say|tell you)(?: that)?"
    r"|I did not (?:mention|tell you)(?: that)?|you should know(?: that)?|I am happy to say(?: that)?|I am proud to say(?: that)?"
    rf"|(?:(?:hey|hi|hello|thanks|oh|yeah|well),? )?{NAME}(?=,)|my friend(?=,))\b[,:!]*\s*)+",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?P<name>{NAME}),? (?:(?:\()?(?:my|our) (?:[\w-]+ )??(?P<kin>[\w-]+)[,)] ?)?(?:who |that )?(?=\w)",
)
_ELIDED = re.compile(
    r"(?:(?:just|recently|finally|also|still|currently|already|actually|even) )*"
    r"(?:got|moved|started|went|bought|adopted|finished|signed|joined|visited|passed|been|ran|graduated|spent|took up|going to|planning to"
    r"|trying to|looking forward to|working (?:as|at|on)|living in|studying|learning|love \w+ing|enjoy \w+ing|hate \w+ing)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"(?:my|our) [\w' -]{2,40}", re.IGNORECASE)
""" "My husband" of "my husband and I …"."""

_STARTS_WITH_MENTION = re.compile(r"(?:my|our)\b(?!.*\b(?:my|our)\b)", re.IGNORECASE)
_AND_VERB = re.compile(
    rf"(?:,? (?:and|but|then|and then|plus)|,)\s+(?:also |then |now |just |currently |always |still |recently )*(?P<verb>\w+)(?: (?P<after>[\w|]+))?",
)
_AUXILIARIES = frozenset("am is are was were have has had will would can could should might may must do does did".split())
_ALSO_NOUNS = frozenset(
    "work love play dance cook bike travel run walk drink study camp surf ski swim hike paint draw film help use need plan visit"
    " drive ride shop sail read hope dream garden sleep drop fear hate exercise support practice dress train coach design place change"
    " name end date fish chat book cycle land rescue record tour present promise care order pass pack share".split()
)
_AFTER_VERB = frozenset("at in as for to my a an the with on from by".split())
_ENDED = re.compile(r"\b(?:anymore|any more|any longer)\b", re.IGNORECASE)
