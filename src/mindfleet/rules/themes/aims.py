"""Wishes, goals and plans."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import alternatives, pattern, words
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, ahead, day, denied, fact, last_day, now
from mindfleet.rules.verbs import form_of, gerund, lemma_of


def aim(text: str, *, dear: bool = False) -> str | None:
    """The phrase, starting with a verb, of something worth wanting ("run a marathon"); None for small talk.

    Args:
        text: an infinitive, with or without "to".
        dear: it is called a goal or a dream, so that "help old dogs find a place" is no small talk.
    """
    match = re.match(
        r"(?:to )?(?:(?:one day|someday|eventually|also|really|finally|just|maybe) )*(?P<verb>[a-z]+)\b(?P<rest>[^|]*)",
        text,
    )
    if not match or form_of(match["verb"]) != "base":
        return None
    becomes = match["verb"] == "be" and _PROFESSION.match(match["rest"]) is not None
    if match["verb"] in words("small_verbs") and not becomes and not (dear and match["verb"] in _DEAR):
        return None
    if _CUT.search(match["rest"]):
        return None
    rest = _AIM_END.split(match["rest"], maxsplit=1)[0]
    said = _TAIL.sub("", f"{match['verb']}{rest}".strip(" ,.")).strip()
    length = len(said.split())
    return None if length < _SHORTEST or length > _LONGEST or pattern("vague_aims").search(said) else said


def _want(clause: Clause) -> Iterator[Statement]:
    """I want to run a marathon; I would love to visit Japan; I dream of opening a restaurant."""
    head = clause.head
    wished = head.modal == "would" if head.lemma in {"love", "like"} else head.modal is None
    if not wished or not clause.about_being or head.negated or head.ended or head.tense not in {"present", "perfect"}:
        return
    told = head.lemma == "dream" or clause.complement.startswith("to ")
    dear = "always" in head.adverbs or re.search(r"\b(?:one day|someday)\b", clause.text) is not None
    said = aim(_infinitive(clause.complement), dear=dear) if told else None
    if said:
        yield fact(clause, "WANTS_TO", said, until=last_day(clause), sure=0.85)


def _goal(clause: Clause) -> Iterator[Statement]:
    """My goal is to write a novel; it has always been my dream to …"""
    if not clause.subject.thing or not _GOAL.fullmatch(clause.subject.name) or denied(clause):
        return
    match = re.match(r"(?:always (?:been )?|still )?(?P<aim>to .+|\w+ing\b.+)", clause.rest)
    said = aim(_infinitive(match["aim"]), dear=True) if match and clause.head.tense in {"present", "perfect"} else None
    if said:
        yield fact(clause, "WANTS_TO", said, subject=USER, until=last_day(clause))


def _plan(clause: Clause) -> Iterator[Statement]:
    """I am planning to buy a house; I intend to …; I plan on …"""
    if clause.about_being and not denied(clause) and clause.head.tense in {"present", "perfect"}:
        on = re.sub(r"^on (?=\w+ing\b)", "", clause.complement)
        said = aim(_infinitive(on)) if on != clause.complement or on.startswith("to ") else None
        if said:
            yield fact(clause, "PLANS_TO", said, since=day(clause), sure=0.85)


def _about_to(clause: Clause) -> Iterator[Statement]:
    """I am about to start a new job as a chef."""
    match = re.match(r"about (?P<aim>to .+)", clause.complement)
    said = aim(match["aim"]) if match and now(clause) and clause.about_user else None
    if said:
        yield fact(clause, "PLANS_TO", said, sure=0.8)


def _decide(clause: Clause) -> Iterator[Statement]:
    """I have decided to learn Japanese; I just decided to …"""
    lately = clause.head.tense == "perfect" or clause.head.adverbs & {"just", "finally", "recently"}
    if clause.about_user and lately and not denied(clause) and clause.complement.startswith("to "):
        said = aim(clause.complement)
        if said:
            yield fact(clause, "PLANS_TO", said, sure=0.85)


def _train_to(clause: Clause) -> Iterator[Statement]:
    """I am studying to become a nurse; I am running for office; I am getting married in June."""
    match = re.match(r"(?P<aim>to (?:be|become) an? [\w ]+)", clause.complement)
    said = aim(match["aim"]) if match and clause.head.lemma in {"study", "train"} else None
    if said and clause.head.progressive and now(clause):
        yield fact(clause, "WANTS_TO", said, sure=0.85)
    office = re.match(
        r"for (?P<office>office|mayor|president|(?:city )?council|congress|senate|parliament)\b", clause.complement
    )
    if office and clause.head.lemma == "run" and clause.head.progressive and now(clause):
        yield fact(clause, "PLANS_TO", f"run for {office['office']}")
    if clause.head.lemma == "get" and ahead(clause) and clause.about_user and re.match(r"married\b", clause.complement):
        yield fact(clause, "PLANS_TO", "get married", since=day(clause))


def _will(clause: Clause) -> Iterator[Statement]:
    """I am going to see a dentist on Monday; I am starting a new job next week: only with a time to come."""
    lemma = clause.head.lemma
    if (
        not clause.about_user
        or not ahead(clause)
        or not clause.when
        or clause.when.kind != "point"
        or clause.when.first < clause.said_on
    ):
        return
    if clause.head.progressive and lemma not in _ARRANGED:
        return
    said = aim(f"{lemma} {clause.complement}") if lemma not in _TOLD_ELSEWHERE else None
    if said:
        yield fact(clause, "PLANS_TO", said, since=clause.when.first, sure=0.8)


def _try(clause: Clause) -> Iterator[Statement]:
    """I am trying to quit smoking."""
    if clause.about_user and clause.head.progressive and now(clause) and clause.complement.startswith("to "):
        said = aim(clause.complement, dear=True)
        if said and _EFFORT.match(said):
            yield fact(clause, "WANTS_TO", said, sure=0.85)


def _infinitive(text: str) -> str:
    """Read "of opening a restaurant" as "to open a restaurant"."""
    match = re.match(r"(?:of |on |about )?(?:one day |someday )?(?P<verb>\w+ing)\b(?P<rest>.*)", text)
    if match and form_of(match["verb"]) == "ing" and gerund(lemma_of(match["verb"])) == match["verb"]:
        return f"to {lemma_of(match['verb'])}{match['rest']}"
    return text


_SHORTEST, _LONGEST = 2, 14
"""Words of an aim: a verb alone is none, more is a story."""

_AIM_END = re.compile(
    r"[;!?|()]|\.(?:\s|$)|, | (?:and|but) (?=(?:I|we|my|see|try|have|be)\b)"
    r"| (?:if|when|because|so that|so I|like|as if|since|while|before|after|until|which|though|and hopefully|to see"
    r"|mainly) "
)
_CUT = re.compile(r"\ban? \w+, \w+ \w+")
"""Not to be cut at the comma: "a small, sunny garden"."""

_TAIL = re.compile(rf"(?:[\s,]+{alternatives('aim_tail')})+$", re.IGNORECASE)
_DEAR = frozenset({"give", "help", "support", "inspire", "offer", "keep", "see", "eat", "drink", "sleep"})
_PROFESSION = re.compile(r" an? \w")
_GOAL = re.compile(
    r"(?:[\w']+ ){0,3}(?:goal|dream|aim|ambition|resolution|plan|wish|mission)(?: (?:for|in) [\w ]+)?", re.IGNORECASE
)
_ARRANGED = frozenset({"visit", "see", "meet", "start", "run", "present", "perform", "take", "move", "begin", "marry"})
"""Verbs that tell of an arrangement in "I am …ing tomorrow"."""

_TOLD_ELSEWHERE = frozenset({"be", "go", "travel", "fly", "have", "attend", "move"})
_EFFORT = re.compile(
    r"(?:quit|stop|lose|learn|save|get (?:a|into|my|fit|healthier|better at)|find a|eat (?:more|less|healthier)"
    r"|become|finish|write|run"
    r"|drink less|give up|cut|build|start|reduce|improve|pass|buy a|conceive)\b"
)

BY_VERB: Rules = {
    "want": (_want,), "love": (_want,), "like": (_want,), "hope": (_want,), "dream": (_want,), "aim": (_want,),
    "be": (_goal, _about_to), "wish": (_want,),
    "intend": (_plan,), "plan": (_plan,), "try": (_try,), "decide": (_decide,), "study": (_train_to,),
    "train": (_train_to,), "run": (_train_to,), "get": (_train_to,),
}  # fmt: skip
ANY_VERB = (_will,)
"""Rules that are asked whatever the verb is."""
