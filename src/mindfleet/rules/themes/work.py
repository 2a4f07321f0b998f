"""Employers, jobs, projects, businesses, schools and subjects."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause, before_second_verb
from mindfleet.rules.lexicon import head_known, known
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, lasting, still


def employer(text: str) -> str | None:
    """The company or workplace that `text` begins with."""
    match = _PROPER.match(text)
    if match:
        return None if match.group().split()[-1].lower() in _NOT_COMPANIES else re.sub(r"^(?:the|a|an) ", "", match.group())
    found = phrase(re.sub(r"^(?:my|our) (?:local )?", "a ", text), longest=5)
    ok = found and re.match(r"(?:a|an|the|my|our)\s", text) and _WORKPLACE.search(found) and not _NAMELESS.fullmatch(found)
    return found if ok else None


def role(text: str) -> str | None:
    """The profession that `text` begins with."""
    found = phrase(text, longest=5)
    if not found or not head_known(found, "professions") or _VALUED.search(found):
        return None
    return found if not found.endswith("s") or found.endswith("ss") else None


def _work(clause: Clause) -> Iterator[Statement]:
    rest = before_second_verb(clause)
    at = re.match(r"(?:full[- ]time |part[- ]time |remotely |freelance |here |there |nights |\w+ly )*(?:at|for) (.+)", rest)
    for found in re.finditer(r"\bas (.+)", rest):
        if job := role(_listed_role(found[1])):
            yield from lasting(clause, "HAS_ROLE", [job])
            inner = re.search(r"\b(?:at|for) (.+)", found[1])
            if inner and not at and (where := employer(inner[1])):
                yield from lasting(clause, "WORKS_AT", [where])
    if at and (where := employer(re.split(r" as (?:a|an|the|their)\b", at[1])[0])):
        yield from lasting(clause, "WORKS_AT", [where])
    field = re.match(r"in ((?:the )?\w.+)", rest)
    if field:
        yield from _work_in(clause, field[1])
    on = re.match(r"on (?:a |an |my |our |the )(.+)", rest)
    if on and clause.about_user and clause.head.progressive and clause.head.tense in {"present", "perfect"}:
        yield from _project(clause, on[1])


def _work_in(clause: Clause, text: str) -> Iterator[Statement]:
    found = phrase(text, longest=4)
    if found and (known(found, "fields") or _INDUSTRY.fullmatch(found)):
        yield from lasting(clause, "WORKS_ON", [found])
    elif re.match(r"(?:a|an|the) ", text) and (where := employer(text)):
        yield from lasting(clause, "WORKS_AT", [where])


def _project(clause: Clause, text: str) -> Iterator[Statement]:
    found = phrase(text, keep="of about on for", longest=7)
    if found and _PROJECT.search(found):
        yield from lasting(clause, "WORKS_ON", [found])


def _be(clause: Clause) -> Iterator[Statement]:
    """I am a nurse at St. Mary's."""
    if not clause.about_being or clause.elided:
        return
    rest = re.sub(r"^(?:working as |employed as )", "", before_second_verb(clause))
    rest = re.sub(r"^(?:currently|now|actually|also|still|just|really|both|only) ", "", rest)
    if not re.match(r"(?:an? |the )", rest) and not clause.rest.startswith(("working as", "employed as")):
        rest = rest if _BARE_ROLE.match(rest) else ""
    job = role(_listed_role(rest))
    if job:
        holds = still(clause)
        if holds is False and clause.when is None and clause.head.tense == "past" and not clause.head.ended:
            holds = False
        yield from lasting(clause, "HAS_ROLE", [job])
        at = re.search(r"\b(?:at|for) ([^|]+)", rest)
        if at and (where := employer(at[1])):
            studying = job.lower().endswith("student") or _SCHOOL.search(where) is not None and "student" in job.lower()
            yield from lasting(clause, "STUDIES_AT" if studying else "WORKS_AT", [where])
        second = re.search(r"\band (?:also )?(an? .+)", rest)
        if second and (other := role(second[1])):
            yield from lasting(clause, "HAS_ROLE", [other])
    employed = re.match(r"employed (?:at|by) (.+)", clause.rest)
    if employed and (where := employer(employed[1])):
        yield from lasting(clause, "WORKS_AT", [where])
    if clause.rest.startswith("retired") and still(clause) and not re.match(r"retired\s+\w", clause.rest):
        yield fact(clause, "HAS_ROLE", "retired")


def _start(clause: Clause) -> Iterator[Statement]:
    """I just started (a job) at Google; joined Google; got a job at Google."""
    if clause.head.negated or clause.head.modal or clause.head.tense not in {"past", "perfect"}:
        return
    rest = before_second_verb(clause)
    since = clause.when.first if clause.when else None
    match = re.match(_NEW_JOB + r"(?:(?:as (?P<role>[^|]+?))?(?: ?\|? ?(?:at|for|with) (?P<at>.+))?)$", rest)
    if not match:
        return
    at, job = match["at"], match["role"]
    if at and " as " in at:
        at, job = at.split(" as ", 1)
    if job and (title := role(job)):
        yield fact(clause, "HAS_ROLE", title, since=since)
    if at and (where := employer(at)):
        studied = _SCHOOL.search(where) and not match.group().startswith(("a", "my", "the", "working"))
        yield fact(clause, "STUDIES_AT" if studied else "WORKS_AT", where, since=since)


def _join(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"}:
        return
    since = clause.when.first if clause.when else None
    found = phrase(clause.rest, keep="of for", longest=6)
    if found and _GROUP.search(found):
        yield fact(clause, "MEMBER_OF", found, since=since)
    elif (match := _PROPER.match(clause.rest)) and " as " in clause.rest and (job := role(clause.rest.split(" as ", 1)[1])):
        yield fact(clause, "WORKS_AT", match.group(), since=since)
        yield fact(clause, "HAS_ROLE", job, since=since)


def _quit(clause: Clause) -> Iterator[Statement]:
    """I left Google; quit my job at Google; got fired from Google; retired from teaching."""
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"}:
        return
    match = re.match(
        r"(?:(?:my|the|our) (?:\w+ )?(?:job|position|role|work|internship|post) (?:at|with|for|in|as) |working (?:at|for) |from |(?:let go|laid off|fired) (?:from|by) )?(.+)",
        clause.rest,
    )
    if not match:
        return
    until = clause.when.first if clause.when else None
    explicit = match.start(1) > 0
    name = _PROPER.match(match[1])
    where = employer(match[1]) if explicit or (name and clause.head.lemma in {"leave", "quit"} and _COMPANY.match(match[1])) else None
    if where:
        yield fact(clause, "WORKS_AT", where, holds=False, until=until)


def _study(clause: Clause) -> Iterator[Statement]:
    rest = before_second_verb(clause)
    subjects = [found for found in phrases(re.split(r"\b(?:at|in)\b", rest)[0], longest=4) if known(found, "fields")]
    yield from lasting(clause, "STUDIES", subjects)
    languages = [found for found in phrases(re.split(r"\b(?:at|in)\b", rest)[0], longest=3) if known(found, "languages")]
    if still(clause):
        yield from lasting(clause, "LEARNS", [found for found in languages if found not in subjects])
    at = re.search(r"(?:^|\s)at (.+)", rest)
    if at and (where := school(at[1])):
        yield from lasting(clause, "STUDIES_AT", [where])


def school(text: str) -> str | None:
    """The school or university that `text` begins with."""
    match = _PROPER.match(text)
    if match:
        return re.sub(r"^the (?=Uni)", "", match.group())
    found = phrase(text, longest=5)
    return found if found and _SCHOOL.search(found) else None


def _graduate(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"}:
        return
    since = clause.when.first if clause.when else None
    match = re.match(r"(?:\w+ )?(?:from|at) (.+)", clause.rest)
    if match and (where := school(match[1])):
        yield fact(clause, "GRADUATED_FROM", where, since=since)


def _major(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"in (.+)", clause.rest)
    if match:
        yield from lasting(clause, "STUDIES", [found for found in phrases(match[1], longest=4) if known(found, "fields")])


def _degree(clause: Clause) -> Iterator[Statement]:
    """I have a degree in physics from MIT; finished my PhD in history."""
    head = clause.head
    if head.negated or head.modal or head.tense == "future" or (head.lemma == "get" and head.tense == "present"):
        return
    match = re.match(
        r"(?:a |an |my |the )?(?P<degree>(?:(?:bachelor'?s?|master'?s?|doctoral|law|nursing|associate|college|university|teaching|engineering|business)(?: degree)?"
        r"|degree|ph\.?d|mba|bsc|msc|diploma|doctorate|ma|ba)(?: degree)?)\b(?: in (?P<field>[\w ]+?))?(?: (?:from|at) (?P<school>[A-Z].+))?(?:\s*[|,.].*)?$",
        clause.rest,
        re.IGNORECASE,
    )
    if not match or (head.lemma == "have" and head.tense != "present"):
        return
    since = clause.when.first if clause.when else None
    degree = match["degree"] + (f" in {match['field']}" if match["field"] else "")
    yield fact(clause, "GRADUATED_FROM", degree, since=since)
    if match["school"] and (where := school(match["school"])):
        yield fact(clause, "GRADUATED_FROM", where, since=since)


def _teach(clause: Clause) -> Iterator[Statement]:
    found = [item for item in phrases(clause.rest, longest=4) if known(item, "fields") or known(item, "languages") or known(item, "hobbies")]
    if found and clause.head.tense != "past":
        yield from lasting(clause, "TEACHES", found)


def _business(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    match = re.match(r"(?:a|an|my|our|my own|our own|the|two|three) (?:own |little |small |new |very own )*(.+)", clause.rest)
    if not match:
        return
    found = phrase(match[1], keep="of for", longest=5)
    if not found or not head_known(re.split(r" (?:of|for) ", found)[0], "businesses"):
        return
    opened = head.lemma in {"open", "start", "launch", "found"}
    if opened and (head.tense not in {"past", "perfect"} or head.negated or head.modal):
        return
    if opened:
        yield fact(clause, "OWNS_BUSINESS", found, since=clause.when.first if clause.when else None)
    elif head.lemma in {"run", "own"} or (head.lemma == "have" and "own" in clause.rest.split()[:3]):
        yield from lasting(clause, "OWNS_BUSINESS", [found])


def _job_is(clause: Clause) -> Iterator[Statement]:
    """My job is teaching; my major is physics."""
    if not clause.mine or clause.relation or still(clause) is None:
        return
    topic = clause.subject.lower()
    if topic in {"job", "profession", "occupation"} and (found := role(clause.rest)):
        yield from _users(clause, "HAS_ROLE", found)
    if topic in {"major", "field of study"} and (field := phrase(clause.rest, longest=4)) and known(field, "fields"):
        yield from _users(clause, "STUDIES", field)


def _users(clause: Clause, predicate: str, thing: str) -> Iterator[Statement]:
    yield fact(clause, predicate, thing, subject="user", holds=still(clause) is not False)


def _volunteer(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ly |as [\w ]+ )?(?:at|for|with|in) (.+)", clause.rest)
    if not match:
        return
    found = phrase(match[1], keep="of for", longest=6)
    if found and (_CAUSE.search(found) or _PROPER.match(match[1])):
        if clause.head.tense != "past" or clause.head.ended:
            yield from lasting(clause, "VOLUNTEERS_AT", [found])


def _listed_role(text: str) -> str:
    return re.split(r",? and ", text, maxsplit=1)[0]


_PROPER = re.compile(
    r"(?:the |a |an )?(?:(?!I\b)[A-Z][\w'&.-]*\w|[A-Z]{2,})(?:(?: (?:of|and|&|de|for|the))? (?!I\b)[A-Z0-9][\w'&-]*)*"
)
_NOT_COMPANIES = frozenset(
    "christmas easter monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december thanksgiving home mom dad pm am god".split()
)
_COMPANY = re.compile(r"[A-Z][\w&.-]+(?:\s*\||\s*$|[,.] )")
_WORKPLACE = re.compile(
    r"\b(?:hospital|school|kindergarten|preschool|university|college|library|bakery|restaurant|caf[eé]|coffee shop|bank|start-?up|company|firm|hotel|gym"
    r"|shop|store|bookstore|museum|lab|laboratory|factory|warehouse|farm|clinic|airport|supermarket|agency|studio|zoo|shelter|nursery|daycare"
    r"|call cent(?:er|re)|nursing home|care home|hospice|brewery|bar|pub|salon|spa|garage|gallery|theat(?:er|re)|cinema|newspaper|magazine|publisher"
    r"|post office|police station|fire station|pharmacy|charity|non-?profit|ngo|research institute|institute|observatory|law office|dealership"
    r"|vineyard|winery|stable|aquarium|florist|bookshop|dentist|radio station|tv station|corporation|consultancy|embassy|ministry|church|deli"
    r"|diner|nightclub|club|resort|hostel|ranch|garden cent(?:er|re)|practice|foundation|organi[sz]ation|bike shop|power plant|shipyard|mine)$",
    re.IGNORECASE,
)
_NAMELESS = re.compile(r"(?:(?:current|new|big|small|large|great|old|same|different|good|local|private|other|major) )*(?:company|firm|organi[sz]ation|place|business|agency|office|corporation|store|shop)", re.IGNORECASE)
_SCHOOL = re.compile(r"\b(?:university|college|school|academy|institute|uni|conservatory|MIT|polytechnic|seminary|bootcamp|UCLA|NYU|Oxford|Cambridge|Harvard|Yale|Stanford|Princeton)\b", re.IGNORECASE)
_INDUSTRY = re.compile(
    r"(?:the )?(?:it|hr|pr|tech|retail|sales|banking|insurance|construction|advertising|publishing|healthcare|health care|mental health|customer service"
    r"|customer support|hospitality|real estate|government|aviation|academia|research|security|it support|software|manufacturing|event planning"
    r"|fashion|music|film|food|gaming|automotive|energy|oil|publishing|travel|\w+ industry|public relations|web design|childcare|cyber security"
    r"|social care|video production|the arts)( industry| sector)?",
    re.IGNORECASE,
)
_PROJECT = re.compile(
    r"\b(?:book|novel|project|thesis|dissertation|app|album|song|game|website|paper|painting|screenplay|script|documentary|film|movie|podcast"
    r"|startup|sculpture|mural|prototype|memoir|collection|portfolio|album|comic|short story|research|degree|ph\.?d|video game|series|blog|quilt"
    r"|sweater|campaign|presentation|business plan|master's|design|exhibition|play|musical|garden|renovation|car|motorcycle)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(?:club|team|band|choir|group|society|league|orchestra|association|gym|class|troupe|union|community|board|committee|council|squad|network|program(?:me)?|circle|collective)\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:shelter|food bank|soup kitchen|hospital|library|charity|red cross|church|school|kitchen|center|centre|organi[sz]ation|non-?profit|rescue"
    r"|hospice|nursing home|foundation|museum|park|garden|community|club|clinic|zoo|orphanage|hotline|brigade|department|program(?:me)?|camp|sanctuary|pantry)\b",
    re.IGNORECASE,
)
_VALUED = re.compile(
    r"\b(?:terrible|good|bad|great|better|best|awful|decent|horrible|amazing|excellent|lousy|slow|fast|careful|natural|born|huge|big|avid|keen|hopeless"
    r"|mediocre|worst|poor|pretty|nervous|fellow|former|ex|future|wannabe|aspiring|would-be|lifelong|secret|perfect|proud|nice|happy|new kind|role"
    r"|trained|failed|backseat|closet|armchair|sort|hobby|amateur|control)\b",
    re.IGNORECASE,
)
_BARE_ROLE = re.compile(r"(?:head|chief|lead|senior|junior|ceo|cto|cfo|vice president|director|manager|co-founder|founder|president) ?(?:of|at|\w+)?", re.IGNORECASE)
_NEW_JOB = (
    r"(?:(?:a|my|the) (?:new |first |great |part-time |full-time |summer |dream |different )*(?:job|position|role|internship)|working|hired|accepted|promoted to)? ?\|? ?"
)

BY_VERB: Rules = {
    "work": (_work,), "be": (_be, _job_is), "start": (_start, _business), "begin": (_start,), "get": (_start, _quit, _degree),
    "land": (_start,), "accept": (_start,), "find": (_start,), "join": (_join,), "quit": (_quit,), "leave": (_quit,),
    "retire": (_quit,), "study": (_study,), "graduate": (_graduate,), "finish": (_graduate, _degree), "earn": (_degree,),
    "complete": (_degree,), "have": (_degree, _business), "major": (_major,), "teach": (_teach,), "run": (_business,),
    "own": (_business,), "open": (_business,), "launch": (_business,), "found": (_business,), "volunteer": (_volunteer,),
    "hold": (_degree,),
}  # fmt: skip
