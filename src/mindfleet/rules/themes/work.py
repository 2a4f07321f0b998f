"""Employers, professions, and how a job begins and ends."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import alternatives, head_known, known, pattern, words
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, denied, done, ended_on, fact, lasting, now, still
from mindfleet.rules.themes.study import is_school


def employer(text: str) -> str | None:
    """The company or workplace that `text` begins with."""
    match = PROPER.match(text)
    if match:
        name = re.sub(r"^(?:the|an?) ", "", match.group())
        return None if name.split()[-1].lower() in words("not_companies") else name
    if not re.match(r"(?:an?|the|my|our)\s", text):
        return None
    found = phrase(re.sub(r"^(?:my|our) (?:local )?", "a ", text), longest=5)
    return found if found and head_known(found, "workplaces") else None


def role(text: str) -> str | None:
    """The profession that `text` begins with: "a nurse", "manager of a small bookstore"."""
    text = re.split(r",? and |,", text, maxsplit=1)[0]
    found = phrase(text, longest=5)
    office = re.match(
        r"(?:the |an? )?(?P<office>(?:\w+ )?(?:head|director|manager|owner|founder|president|chief|captain"
        r"|editor) of [\w ]+)",
        text,
    )
    title = phrase(office["office"].split(" of ")[0]) if office else found
    if not found or not title or not head_known(title, "professions") or pattern("valued").search(found):
        return None
    return None if title.endswith("s") and not title.endswith("ss") else (office["office"].strip() if office else found)


def _work(clause: Clause) -> Iterator[Statement]:
    """I work at Google as an engineer; I work as an engineer at Google."""
    rest = clause.complement
    at = _AT.match(rest)
    where = employer(re.split(r" as (?:an?|the|their)\b", at["where"])[0]) if at else None
    title = re.search(r"\bas (?P<role>.+)", rest)
    if title and (job := role(title["role"])):
        yield from lasting(clause, "HAS_ROLE", [job])
        behind = re.search(r"\b(?:at|for) (.+)", title["role"])
        where = where or (employer(behind[1]) if behind else None)
    if where:
        yield from lasting(clause, "WORKS_AT", [where])
    field = re.match(r"in (?P<field>(?:the )?\w.+)", rest)
    if field:
        yield from _work_in(clause, field["field"])


def _work_in(clause: Clause, text: str) -> Iterator[Statement]:
    found = phrase(text, longest=4)
    if found and known(found, "fields", "industries"):
        yield from lasting(clause, "WORKS_ON", [found])
    elif re.match(r"(?:an?|the) ", text) and (where := employer(text)):
        yield from lasting(clause, "WORKS_AT", [where])


def _is_professional(clause: Clause) -> Iterator[Statement]:
    """I am a nurse at St. Mary's; I am the manager of a bookstore."""
    rest = re.sub(r"^(?:currently|now|actually|also|still|just|really|both|only) ", "", clause.complement)
    rest = re.sub(r"^an? \d+[- ]years?[- ]old (?=\w)", "a ", rest)
    if not clause.about_being or clause.subject.elided or not re.match(r"an? |the |CEO|CTO|CFO", rest):
        return
    job = role(rest)
    if not job or still(clause) is None:
        return
    yield from lasting(clause, "HAS_ROLE", [job])
    at = re.search(r"\b(?:at|for) ([^|]+)", rest)
    if at and (where := employer(at[1])):
        yield from lasting(clause, "STUDIES_AT" if job.lower().endswith("student") else "WORKS_AT", [where])
    further = re.search(r"(?:and|,) (?:also )?(?P<role>an? .+)", rest)
    if further and (other := role(further["role"])):
        yield from lasting(clause, "HAS_ROLE", [other])


def _is_employed(clause: Clause) -> Iterator[Statement]:
    """I am employed at Google; I am retired; I am unemployed."""
    by = re.match(r"employed (?:at|by) (?P<where>.+)", clause.rest)
    if by and (where := employer(by["where"])):
        yield from lasting(clause, "WORKS_AT", [where])
    pupil = re.match(r"an? (?:senior|junior|sophomore|freshman) at (?P<where>[A-Z].+)", clause.rest)
    if pupil and (where := employer(pupil["where"])):
        yield from lasting(clause, "STUDIES_AT", [where])
    state = re.match(
        r"(?:currently |now |already |happily )?(?P<state>retired|unemployed|self-employed|between jobs)\s*(?:\||$|,"
        r"|and\b)",
        clause.rest,
    )
    if state and clause.about_being and not clause.subject.elided:
        yield from lasting(clause, "HAS_ROLE", [state["state"]])


def _my_job(clause: Clause) -> Iterator[Statement]:
    """My job is …; my job as a nurse …"""
    title = re.match(r"(?:job|work|career) as (?P<role>an? .+)", clause.subject.name)
    if title and clause.subject.thing and clause.head.tense == "present" and (job := role(title["role"])):
        yield fact(clause, "HAS_ROLE", job, subject=USER)
    if clause.subject.name.lower() in {"job", "profession", "occupation"} and clause.subject.thing and now(clause):
        job = role(clause.rest)
        if job:
            yield fact(clause, "HAS_ROLE", job, subject=USER)


def _begin(clause: Clause) -> Iterator[Statement]:
    """I started a new job at Google; I got hired by Google; I was promoted to team lead."""
    arranged = clause.head.lemma == "start" and clause.head.tense in {"present", "future"} and not denied(clause)
    starts = arranged and clause.when is not None and clause.when.first >= clause.said_on
    if not (done(clause) or clause.head.lemma == "be" or starts):
        return
    match = _NEW_JOB.fullmatch(clause.complement.strip(" |"))
    if not match or (clause.head.lemma == "be" and not re.match(r"(?:just )?(?:hired|promoted)", clause.complement)):
        return
    title, at = match["role"], match["at"] or ""
    if " as " in at:
        at, title = at.split(" as ", 1)
    if title and (job := role(title)):
        yield fact(clause, "HAS_ROLE", job, since=day(clause))
    if at and (where := employer(at)):
        yield fact(
            clause,
            "STUDIES_AT" if is_school(where) and "accepted" in match.group() else "WORKS_AT",
            where,
            since=day(clause),
        )


def _living(clause: Clause) -> Iterator[Statement]:
    """I make a living as a street musician; I am employed as a postman; I became a baker."""
    match = re.match(r"(?:(?:a|my) living|employed|hired) as (?P<role>an? .+)", clause.complement)
    job = role(match["role"]) if match else None
    if job and still(clause) is not None:
        yield from lasting(clause, "HAS_ROLE", [job])
    became = role(clause.complement) if clause.head.lemma == "become" and done(clause) else None
    if became and re.match(r"an? ", clause.complement):
        yield fact(clause, "HAS_ROLE", became, since=day(clause))


def _manage(clause: Clause) -> Iterator[Statement]:
    """I manage a team of ten at Nokia; I do research on coral reefs."""
    at = re.search(r"\bat (?P<where>[A-Z][^|]*)", clause.complement)
    where = employer(at["where"]) if at and clause.head.lemma in {"manage", "lead", "head"} else None
    if where and now(clause):
        yield fact(clause, "WORKS_AT", where)
    topic = re.match(r"research (?:on|into|in) (?P<what>.+)", clause.complement)
    found = phrase(topic["what"], longest=4) if topic and clause.head.lemma == "do" else None
    if found and now(clause):
        yield fact(clause, "WORKS_ON", found)


def _promoted(clause: Clause) -> Iterator[Statement]:
    """I got promoted yesterday."""
    alone = re.match(r"(?:just )?promoted\s*(?:$|[|,!])", clause.complement)
    if alone and clause.head.tense in {"past", "perfect"} and not denied(clause) and clause.about_being:
        yield fact(clause, "ACHIEVED", "promoted", since=day(clause))


def _relative_place(clause: Clause) -> Iterator[Statement]:
    """Such as "… from the animal rescue I volunteer at"."""
    match = _WHERE_I.search(clause.text)
    found = phrase(match["where"], longest=4) if match else None
    if match and found:
        predicate = "VOLUNTEERS_AT" if match["verb"] == "volunteer" else "WORKS_AT"
        yield fact(clause, predicate, found, subject=USER, sure=0.85)


def _join(clause: Clause) -> Iterator[Statement]:
    """I joined Google as an engineer; I joined a choir."""
    if not done(clause):
        return
    found = phrase(clause.complement, keep="of for", longest=6)
    company, _, title = clause.complement.partition(" as ")
    name = PROPER.match(company)
    if found and head_known(re.split(r" (?:of|for) ", found)[0], "groups"):
        yield fact(clause, "MEMBER_OF", found, since=day(clause))
    elif name and (job := role(title)):
        yield fact(clause, "WORKS_AT", name.group(), since=day(clause))
        yield fact(clause, "HAS_ROLE", job, since=day(clause))


def _end(clause: Clause) -> Iterator[Statement]:
    """I left Google; I quit my job at Google; I got laid off from Google; I retired."""
    if not done(clause):
        return
    if clause.head.lemma == "retire" and not clause.rest.strip(" |"):
        yield fact(clause, "HAS_ROLE", "retired", since=day(clause))
    match = _LEAVING.match(clause.rest)
    title = re.match(r"(?:my|the) (?:\w+ )?(?:job|position|work) as (?P<role>[^|]+)", clause.rest)
    if title and (job := role(title["role"])):
        yield fact(clause, "HAS_ROLE", job, holds=False, until=ended_on(clause))
        return
    explicit = match is not None and match.start("where") > 0
    bare = match is not None and clause.head.lemma in {"leave", "quit"} and _COMPANY.match(match["where"]) is not None
    where = employer(match["where"]) if match and (explicit or bare) else None
    if where:
        yield fact(clause, "WORKS_AT", where, holds=False, until=ended_on(clause))


PROPER = re.compile(
    r"(?:the |an? )?(?:(?!I\b)[A-Z][\w'&.-]*\w|[A-Z]{2,})(?:(?: (?:of|and|&|de|for|the))? (?!I\b)[A-Z0-9][\w'&-]*)*"
)
"""A proper name of several words, such as a company's."""

_WHERE_I = re.compile(
    r"\b(?:the|an?|my) (?P<where>(?:(?!at |in |to |of |on |with )\w+ ){1,3}?)(?:where |that )?"
    r"I (?P<verb>volunteer|work)(?: at\b|\s*$)"
)
_COMPANY = re.compile(r"[A-Z][\w&.-]+(?:\s*\||\s*$|[,.] | to\b)")
_AT = re.compile(
    r"(?:full[- ]time |part[- ]time |remotely |freelance |here |there |nights |\w+ly )*(?:at|for) (?P<where>.+)"
)
_NEW_JOB = re.compile(
    rf"(?:{alternatives('new_job')})? ?\|? ?(?:(?:as|to) (?P<role>[^|]+?))?(?: ?\|? ?(?:at|for|by|with) (?P<at>.+))?"
)
_LEAVING = re.compile(
    r"(?:(?:my|the|our) (?:\w+ )?(?:job|position|role|work|internship|post) (?:at|with|for|in) |working (?:at|for) "
    r"|from "
    r"|(?:let go|laid off|fired) (?:from|by) )?(?P<where>.+)"
)

BY_VERB: Rules = {
    "work": (_work,), "be": (_is_professional, _is_employed, _my_job, _begin, _promoted, _living), "start": (_begin,),
    "begin": (_begin,),
    "get": (_begin, _end, _promoted), "land": (_begin,), "accept": (_begin,), "find": (_begin,), "join": (_join,),
    "quit": (_end,), "leave": (_end,), "retire": (_end,), "stop": (_end,), "lose": (_end,), "make": (_living,),
    "earn": (_living,), "become": (_living,), "manage": (_manage,), "lead": (_manage,), "head": (_manage,),
    "do": (_manage,),
}  # fmt: skip
ANY_VERB = (_relative_place,)
"""Rules that are asked whatever the verb is."""
