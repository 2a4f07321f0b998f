"""Schools, subjects, degrees and what is being learnt."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import head_known, known
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, day, denied, done, fact, facts, lasting, now, still
from mindfleet.rules.verbs import gerund


def school(text: str) -> str | None:
    """The school or university that `text` begins with."""
    match = _PROPER.match(text)
    if match:
        return re.sub(r"^the (?=Uni)", "", match.group())
    found = phrase(text, longest=5)
    return found if found and is_school(found) else None


def is_school(name: str) -> bool:
    """Whether a name is that of a school."""
    return _SCHOOL.search(name) is not None


def _study(clause: Clause) -> Iterator[Statement]:
    what, _, _ = re.sub(r"\b(?:in|at)\b", "\x00", clause.complement).partition("\x00")
    listed = phrases(what, longest=4)
    yield from lasting(clause, "STUDIES", [item for item in listed if head_known(item, "fields")])
    if still(clause):
        yield from lasting(
            clause, "LEARNS", [i for i in listed if known(i, "languages") and not head_known(i, "fields")]
        )
    at = re.search(r"(?:^|\s)at (?P<where>.+)", clause.complement)
    if at and (where := school(at["where"])):
        yield from lasting(clause, "STUDIES_AT", [where])


def _graduate(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ )?(?:from|at) (?P<where>[^|]+)", clause.rest)
    where = school(match["where"]) if match else None
    if where and done(clause):
        yield fact(clause, "GRADUATED_FROM", where, since=day(clause))
    elif clause.head.lemma == "graduate" and done(clause) and not clause.rest.strip(" |"):
        yield fact(clause, "ACHIEVED", "graduated", since=day(clause))


def _attend(clause: Clause) -> Iterator[Statement]:
    """I go to Harvard; I attend Yale."""
    match = re.match(r"(?:to )?(?P<where>(?:the )?[A-Z].+)", clause.complement)
    where = school(match["where"]) if match else None
    if where and is_school(where) and clause.head.tense == "present" and not clause.when and now(clause):
        yield from lasting(clause, "STUDIES_AT", [where])


def _enrolled(clause: Clause) -> Iterator[Statement]:
    """I am enrolled at Oxford; I dropped out of MIT."""
    at = re.match(r"enrolled (?:at|in) (?P<where>.+)", clause.complement)
    out = re.match(r"out of (?P<where>(?:the )?[A-Z].+)", clause.complement)
    where = school(at["where"] if at else out["where"] if out else "")
    if where and at and still(clause):
        yield from lasting(clause, "STUDIES_AT", [where])
    elif where and out and done(clause) and is_school(where):
        yield fact(clause, "STUDIES_AT", where, holds=False)


def _major(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"in (?P<what>.+)", clause.rest)
    if match:
        yield from lasting(
            clause, "STUDIES", [item for item in phrases(match["what"], longest=4) if known(item, "fields")]
        )


def _my_major(clause: Clause) -> Iterator[Statement]:
    field = phrase(clause.rest, longest=4)
    if (
        clause.subject.thing
        and clause.subject.name.lower() in {"major", "field of study"}
        and field
        and known(field, "fields")
    ):
        yield from lasting(clause, "STUDIES", [field])


def _degree(clause: Clause) -> Iterator[Statement]:
    """I have a degree in physics from MIT; I finished my PhD; I am doing a PhD in physics."""
    match = _DEGREE.match(clause.rest)
    if not match or denied(clause):
        return
    head = clause.head
    has = head.lemma in {"have", "hold"} and head.tense == "present"
    if has or (done(clause) and head.lemma not in {"have", "do", "pursue"}):
        degree = match["degree"] + (f" in {match['field']}" if match["field"] else "")
        yield fact(clause, "GRADUATED_FROM", degree, since=day(clause))
        if match["school"] and (where := school(match["school"])):
            yield fact(clause, "GRADUATED_FROM", where, since=day(clause))
    elif head.progressive and now(clause):
        if match["field"] and known(match["field"], "fields"):
            yield from lasting(clause, "STUDIES", [match["field"]])
        if match["school"] and (where := school(match["school"])):
            yield from lasting(clause, "STUDIES_AT", [where])


def _teach(clause: Clause) -> Iterator[Statement]:
    taught = [
        item
        for item in phrases(clause.rest, longest=4)
        if known(item, "fields", "languages", "hobbies", "instruments", "sports")
    ]
    if clause.head.tense != "past":
        yield from lasting(clause, "TEACHES", taught)


def _teach_oneself(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"myself (?:how to )?(?:to )?(?P<what>.+)", clause.rest)
    if match and clause.head.progressive and now(clause):
        yield from facts(clause, "LEARNS", _learnable(match["what"]))


def _learn(clause: Clause) -> Iterator[Statement]:
    """I am learning Japanese; I have been learning to weld."""
    head = clause.head
    if not clause.about_being or not now(clause) or not (head.progressive or head.tense == "perfect"):
        return
    rest = re.sub(r"^(?:how )?to ", "", clause.complement)
    yield from facts(clause, "LEARNS", _learnable(rest))


def _lessons(clause: Clause) -> Iterator[Statement]:
    """I am taking Spanish lessons; I take piano lessons."""
    match = re.match(
        r"(?:some |an? |my )?(?:weekly |online |private |beginner'?s? )*(?P<what>[\w -]+?) (?:lessons?|class(?:es)?"
        r"|course)\b",
        clause.rest,
    )
    if match and clause.head.tense in {"present", "perfect"} and now(clause) and clause.about_being:
        yield from facts(clause, "LEARNS", _learnable(match["what"]))


def _learnable(text: str) -> list[str]:
    """What `text` lists of the kind that one learns: a language, an instrument, to cook."""
    text = re.sub(r"^(?:(?:the basics of|the|some|a bit of|a little|how to|to) )+", "", text)
    played = re.match(r"(?:play|speak|write|read) (?:the )?(?P<what>.+)", text)
    if played:
        text = played["what"]
    found: list[str] = []
    for item in phrases(text, longest=4):
        verb, _, rest = item.partition(" ")
        if known(item, "languages", "instruments", "fields", "sports", "games") or (
            item.endswith("ing") and known(item, "hobbies", "skills")
        ):
            found.append(item)
        elif known(item, "skills") or known(verb, "skills"):
            found.append(f"{gerund(verb)} {rest}".strip() if not verb.endswith("ing") else item)
        elif known(item, "hobbies"):
            found.append(item)
    return found


_PROPER = re.compile(
    r"(?:the |an? )?(?:(?!I\b)[A-Z][\w'&.-]*\w|[A-Z]{2,})(?:(?: (?:of|and|&|de|for|the))? (?!I\b)[A-Z][\w'&-]*)*"
)
_SCHOOL = re.compile(
    r"\b(?:university|college|school|academy|institute|uni|conservatory|MIT|polytechnic|seminary|bootcamp|UCLA|NYU"
    r"|Oxford|Cambridge|Harvard"
    r"|Yale|Stanford|Princeton)\b",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r"(?:an? |my |the )?(?P<degree>(?:(?:bachelor'?s?|master'?s?|doctoral|law|nursing|associate|college|university"
    r"|teaching|engineering|business)"
    r"(?: degree)?|degree|ph\.?d|mba|bsc|msc|diploma|doctorate)(?: degree)?)\b(?: in (?P<field>[\w ]+?))?"
    r"(?: (?:from|at) (?P<school>[A-Z][^|]+?))?(?:\s*[|,.].*)?$",
    re.IGNORECASE,
)

BY_VERB: Rules = {
    "study": (_study,), "graduate": (_graduate,), "finish": (_graduate, _degree), "complete": (_degree,),
    "earn": (_degree,),
    "get": (_degree,), "have": (_degree,), "hold": (_degree,), "do": (_degree,), "pursue": (_degree,),
    "major": (_major,),
    "be": (_my_major, _enrolled), "drop": (_enrolled,), "teach": (_teach, _teach_oneself), "learn": (_learn,),
    "go": (_attend,),
    "attend": (_attend,), "take": (_lessons,),
}  # fmt: skip
