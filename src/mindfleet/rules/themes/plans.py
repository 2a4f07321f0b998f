"""Wishes, plans, dated events, what was achieved and made, and what is owned."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import USER, Clause, before_second_verb
from mindfleet.rules.lexicon import head_known
from mindfleet.rules.phrase import phrase, phrases, unwrapped
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, happening, lasting
from mindfleet.rules.verbs import forms


def aim(text: str) -> str | None:
    """The phrase, starting with a verb, of something worth wanting: "to run a marathon next year"; None for small talk."""
    match = re.match(r"(?:to |on )?(?P<verb>[a-z]+)\b(?P<rest>[^|]*)", text)
    if not match or forms().get(match["verb"], ("", ""))[1] not in {"base", "ing"} or match["verb"] in _SMALL_VERBS:
        return None
    tail = re.split(r"[;!?|()]|\.(?:\s|$)|, | (?:and|but) (?=(?:I|we|my|see|try|have|be)\b)| (?:if|when|because|so that|so I|like|as if|since|while|before|after|until|which|though) ", match["rest"])[0]
    words = (match["verb"] + tail).strip().rstrip(",. ").split()
    said = re.sub(_TRAILING, "", " ".join(words)).strip()
    few = len(said.split())
    if few < 2 or few > 14 or _VAGUE.search(said):  # noqa: PLR2004 - a verb alone is no aim, more is a story
        return None
    return said


def _want(clause: Clause) -> Iterator[Statement]:
    """I want to run a marathon; I would love to visit Japan; I hope to …; I dream of …"""
    head = clause.head
    if not clause.about_being or head.negated or head.ended or head.tense in {"past", "used", "future"}:
        return
    wish = head.modal is None or (head.modal == "would" and head.lemma in {"love", "like"})
    if not wish or (head.lemma in {"love", "like"} and head.modal is None):
        return
    rest = before_second_verb(clause)
    if head.lemma == "dream":
        match = re.match(r"of (?:one day |someday )?(?P<verb>\w+ing)\b(?P<rest>.*)", rest)
        lemma = forms().get(match["verb"], ("", ""))[0] if match else ""
        rest = f"to {lemma}{match['rest']}" if match and lemma else ""
    if not re.match(r"to (?:one day |someday |eventually |also |really |finally |just )*[a-z]", rest):
        return
    said = aim(re.sub(r"^to (?:one day |someday |eventually |also |really |finally |just )*", "", rest))
    if said:
        yield fact(clause, "WANTS_TO", said, until=_deadline(clause), sure=0.85)


def _goal(clause: Clause) -> Iterator[Statement]:
    """My goal is to …; my dream is to …"""
    if not clause.mine or clause.relation or not re.fullmatch(r"(?:\w+ ){0,3}(?:goal|dream|aim|ambition|new year's resolution|resolution|plan|wish|mission)(?: (?:for|in) [\w ]+)?", clause.subject.lower()):
        return
    match = re.match(r"(?:always (?:been )?|still |to one day )?to (.+)|(?P<gerund>\w+ing\b.+)", clause.rest)
    if match and clause.head.tense in {"present", "perfect"} and not clause.head.negated and (said := aim(match[1] or match["gerund"])):
        yield fact(clause, "WANTS_TO", said, subject=USER, until=_deadline(clause))


def _plan(clause: Clause) -> Iterator[Statement]:
    """I am planning to …; I plan to …; I am going to … next week; I intend to …"""
    head = clause.head
    if not clause.about_being or head.negated or head.modal or head.tense in {"past", "used"}:
        return
    rest = before_second_verb(clause)
    match = re.match(r"(?:on )?(?P<verb>\w+ing)\b(?P<rest>.*)", rest)
    if match and rest.startswith("on "):
        lemma = forms().get(match["verb"], ("", ""))[0]
        rest = f"to {lemma}{match['rest']}" if lemma else ""
    if rest.startswith("to ") and (said := aim(rest)):
        yield fact(clause, "PLANS_TO", said, since=_day(clause), sure=0.85)


def _future(clause: Clause) -> Iterator[Statement]:
    """I am going to see a dentist on Monday: only with a time."""
    head = clause.head
    if head.tense != "future" or head.negated or head.modal or not clause.when or not clause.about_user or head.lemma in {"be", "go", "visit", "travel", "fly", "have"}:
        return
    if clause.when.kind == "point" and (said := aim(f"{head.lemma} {before_second_verb(clause)}")):
        yield fact(clause, "PLANS_TO", said, since=clause.when.first, sure=0.8)


def _try(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if clause.about_user and head.progressive and head.tense in {"present", "perfect"} and not head.negated and clause.rest.startswith("to ") and (said := aim(clause.rest)):
        if re.match(r"(?:quit|stop|lose|learn|save|get (?:a|into|my|fit|healthier|better at)|find a|eat (?:more|less|healthier)|become|finish|write|run|drink less|give up|cut|build|start|sleep|reduce|improve|pass|buy a|conceive)\b", said):
            yield fact(clause, "WANTS_TO", said, sure=0.85)


def _event(clause: Clause) -> Iterator[Statement]:
    """I have a job interview on Tuesday; I went to a concert last night; I am attending a conference."""
    head = clause.head
    if not clause.about_user or head.negated or head.ended or (head.modal and head.modal != "have to") or head.tense == "used":
        return
    rest = re.sub(r"^(?:off |back |over |out )?to (?=an? |the |my |our |[A-Z])", "", clause.rest) if head.lemma in {"go", "be"} else clause.rest
    if head.lemma in {"go", "be"} and rest == clause.rest:
        return
    if head.lemma in {"be", "go"} and head.tense in {"present"} and not head.progressive:
        return
    if head.lemma == "have" and not clause.when:
        return
    found = phrase(rest, keep="of for", longest=6)
    if not found or re.match(r"(?:this|that|your|his|her|their)\b", rest) or not _is_event(found):
        return
    if head.tense == "present" and not head.progressive and (clause.when is None or clause.when.kind != "point"):
        return
    yield from happening(clause, "HAS_EVENT", [_shortened(found)])


def _is_event(found: str) -> bool:
    bare = re.split(r" (?:for|of) ", found)[0]
    return (head_known(bare, "events") or head_known(found, "events")) and not re.match(r"(?:great|good|nice|fun|long|big|amazing|wonderful|blast)\b.*\b(?:time|show|talk|play)$", found)


def _shortened(found: str) -> str:
    return re.sub(r"^(?:really |big |great |super |cool |amazing |awesome |fun |wonderful |nice |local |important |new |upcoming )+", "", found)


def _my_event(clause: Clause) -> Iterator[Statement]:
    """My wedding is on 5 May; my exam is next week."""
    if not clause.mine or clause.relation or clause.when is None or clause.head.negated or clause.head.modal or clause.when.kind != "point":
        return
    found = unwrapped(clause.subject, longest=4)
    if found and head_known(found, "events") and not re.search(r"birthday$|'s\b", found.lower()) and clause.head.lemma in {"be", "start", "take"}:
        yield fact(clause, "HAS_EVENT", found, subject=USER, since=clause.when.first)


def _took_part(clause: Clause) -> Iterator[Statement]:
    """I ran a charity race last Saturday; I took part in a parade; I participated in a hackathon; I signed up for a class."""
    head = clause.head
    if not clause.about_user or head.negated or head.modal or head.tense not in {"past", "perfect"} or head.progressive:
        return
    if head.lemma == "run" and (match := re.match(r"(?:an?|the|my|my first|our) ((?:[\w-]+ ){0,3}(?:race|marathon|half[- ]marathon|ultramarathon|5k|10k|relay))\b(?: (?:for|in) [\w ]+)?", clause.rest)):
        yield fact(clause, "HAS_EVENT", unwrapped(match[1]) or match[1], since=_day(clause))
    joined = re.match(r"(?:part )?(?:in|up for) (.+)", clause.rest) if head.lemma in {"take", "participate", "sign", "compete", "perform", "enroll"} else None
    if joined and (found := phrase(joined[1], keep="of for", longest=6)) and (_is_event(found) or found.lower().endswith(("class", "course", "lessons"))):
        yield fact(clause, "HAS_EVENT", _shortened(found), since=_day(clause))


def _achieved(clause: Clause) -> Iterator[Statement]:
    """I won first prize; I passed my driving test; I finished my first marathon."""
    head = clause.head
    if not clause.about_being or head.negated or head.modal or head.tense not in {"past", "perfect"} or head.progressive:
        return
    found = phrase(clause.rest, keep="of in at for", longest=7)
    if found and _FEAT[head.lemma].search(found) and not re.match(r"(?:this|that|your|his|her|their)\b", clause.rest):
        yield fact(clause, "ACHIEVED", _FEAT_VERB[head.lemma] + _shortened(found), since=_day(clause))


def _created(clause: Clause) -> Iterator[Statement]:
    """I wrote a novel; I painted that sunrise last year; I built an app."""
    head = clause.head
    if not clause.about_being or head.negated or head.modal or head.tense not in {"past", "perfect"} or head.progressive:
        return
    rest = re.sub(r"^(?:that|this) (?=\w+ \w)", "a ", clause.rest)
    if not re.match(r"(?:an?|my|two|three|some|several|\d+|the) ", rest):
        return
    found = phrase(rest, keep="of about for", longest=7)
    if not found:
        return
    if head.lemma == "paint" and clause.when and not re.search(r"\b(?:nails|room|walls?|house|fence|face|picture)s?\b", found):
        yield fact(clause, "CREATED", f"{found} painting" if not re.search(r"painting|portrait|mural", found) else found, since=_day(clause))
    elif _WORK.search(re.split(r" (?:of|about|for) ", found)[0]):
        yield fact(clause, "CREATED", found, since=_day(clause))


def _own(clause: Clause) -> Iterator[Statement]:
    """I own a sailboat; I bought a house last year; I have a motorcycle."""
    head = clause.head
    if not clause.about_being:
        return
    got = head.lemma in {"buy", "get", "inherit", "purchase"}
    if got and (head.tense not in {"past", "perfect"} or head.negated or head.modal or head.progressive):
        return
    rest = before_second_verb(clause)
    if not re.match(r"(?:an?|my|two|three|four|several|some|\d+|our|one|my own|the) ", rest):
        return
    for item in phrases(rest, longest=5):
        bare = re.sub(r"^(?:new|used|second-hand|secondhand|brand new|brand-new|old|first|own|beautiful|small|little|nice|really|lovely|huge|big) ", "", item)
        if not (_THING.search(bare) or head_known(bare, "vehicles") or head_known(bare, "instruments") or (head_known(bare, "homes") and head.lemma in {"own", "buy"})):
            continue
        if got:
            yield fact(clause, "OWNS", bare, since=_day(clause))
        else:
            yield from lasting(clause, "OWNS", [bare])


def _drive(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.progressive or head.tense == "past" or not clause.about_being:
        return
    match = re.match(r"(?:an?|my) (?P<what>[^|]+)", clause.rest)
    found = phrase(match["what"], longest=5) if match else None
    if found and (head_known(found, "vehicles") or any(known_word for known_word in found.lower().split() if head_known(known_word, "vehicles"))):
        yield from lasting(clause, "DRIVES", [found])


def _use(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.progressive and head.tense == "past" or not clause.about_user or head.tense == "past":
        return
    rest = before_second_verb(clause)
    for item in phrases(re.split(r"\b(?:to|for|as|at|when)\b", rest)[0], longest=3):
        if _TOOL.fullmatch(item):
            yield from lasting(clause, "USES", [item])


def _day(clause: Clause):  # type: ignore[no-untyped-def]
    return clause.when.first if clause.when and clause.when.kind != "until" else None


def _deadline(clause: Clause):  # type: ignore[no-untyped-def]
    return clause.when.last if clause.when else None


_SMALL_VERBS = frozenset("be know hear say see ask talk tell thank share think keep let make show check chat hang come give feel wish mention point remind listen wait look stay mean call have like try hope do go support catch continue spread offer".split()) - {"go", "have", "do", "try", "make"}
_VAGUE = re.compile(
    r"\b(?:you|your|it|this|that|them|these|those|something|anything|everything|him|her|more about|here|there|sure|things?|stuff|difference|with me|me|bed|sleep|chat|bathroom|someone|somebody|others|their|his|its|way|thing|one|ones|as much|always|advice|up with|a look|in touch|my best)\b"
    r"|^(?:relax|rest|take an? (?:walk|break|nap|look|bath|shower|shot|moment|minute)|watch|eat|order|find (?:some|out)|try (?:some|making|new)|do some|bring|recommend|discuss"
    r"|leave|cry|scream|die|throw|punch|hug|kiss|buy some|join|remember|forget|cheer|enjoy|help (?:out|in any)|always|appreciate|post|update|figure|focus|express|chill|drink|cook dinner)\b"
    r"|^(?:go|try|have|do|make|get)(?: (?:out|home|back|for it|fun|some|more|better|a bit))?$|^(?:have|make|do) (?:a |an |some )?(?:good|great|fun|nice|drink|coffee|break|conversation|chat|time|question|impact)",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?:[\s,]+(?:too|as well|so badly|so bad|a lot|again|soon|someday|one day|next|recently|lately|now|right now|though|lol|haha|actually|eventually|at some point|badly|really|and|or|with|to|the|a|in|on|at|for|by|of|from))+$", re.IGNORECASE)
_FEAT = {
    "win": re.compile(r"\b(?:prize|award|medal|competition|contest|championship|tournament|race|match|scholarship|trophy|place|gold|silver|bronze|game|title|election|lottery|grant|cup|cook-off|spelling bee)\b", re.IGNORECASE),
    "pass": re.compile(r"\b(?:exams?|test|bar|interviews?|finals|certification|driving test|course|audition|class|quals|board|license)\b", re.IGNORECASE),
    "finish": re.compile(r"\b(?:marathon|triathlon|half[- ]marathon|race|thesis|dissertation|course|training|school|degree|first draft|novel|program|bootcamp|ironman|trek)\b", re.IGNORECASE),
    "complete": re.compile(r"\b(?:marathon|triathlon|half[- ]marathon|race|thesis|dissertation|course|training|school|degree|certification|program|bootcamp|ironman|trek)\b", re.IGNORECASE),
    "get": re.compile(r"\b(?:driver'?s license|driving licen[sc]e|promotion|scholarship|award|medal|black belt|certificate|certification|pilot'?s license|first place|raise)\b", re.IGNORECASE),
    "earn": re.compile(r"\b(?:black belt|certificate|certification|medal|award|scholarship|license|badge|promotion)\b", re.IGNORECASE),
    "receive": re.compile(r"\b(?:award|medal|scholarship|grant|promotion|prize|certificate)\b", re.IGNORECASE),
    "climb": re.compile(r"\b(?:Mount|Mt|Everest|Kilimanjaro|Fuji|Matterhorn|Blanc)\b"),
    "publish": re.compile(r"\b(?:book|novel|paper|article|poem|poems|story|memoir|collection|album)\b", re.IGNORECASE),
}  # fmt: skip
_FEAT_VERB = {"win": "won ", "pass": "passed ", "finish": "finished ", "complete": "completed ", "get": "", "earn": "", "receive": "", "climb": "climbed ", "publish": "published "}
_WORK = re.compile(
    r"\b(?:book|novel|poem|song|album|app|website|game|painting|short story|story|screenplay|play|film|documentary|podcast|blog|sculpture|mural|quilt|sweater|scarf|bowl|vase|cup|mug|pot|table|chair|bookshelf|desk|dress|memoir|video game|short film|comic|drawing|portrait|symphony|robot|treehouse|sketch|collage|stained glass window|cookbook|dollhouse|necklace|blanket|guitar|boat|shed|piece of art)s?$",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\b(?:house|apartment|condo|cabin|boat|sailboat|yacht|telescope|camera|drone|3d printer|laptop|macbook|ipad|iphone|playstation|ps5|xbox|nintendo switch|switch|land|vineyard|farm|record player|vinyl collection|coin collection|stamp collection|kiln|sewing machine|surfboard|kayak|canoe|caravan|greenhouse|beach house|holiday home|cottage|motorcycle|motorbike|bike|bicycle|snowboard|skis|tent|piano|guitar|violin|drone|typewriter|kindle|vr headset|gaming pc|smartwatch|espresso machine|tattoos?)$",
    re.IGNORECASE,
)
_TOOL = re.compile(
    r"(?:Python|Java|JavaScript|TypeScript|Rust|Go|C\+\+|C#|Ruby|Kotlin|Swift|Linux|Windows|Ubuntu|macOS|Vim|Emacs|VS Code|Photoshop|Illustrator|Blender|Excel|Notion|Obsidian|Figma|Docker|Kubernetes|PostgreSQL|Git|GitHub|Procreate|Ableton|Lightroom|Duolingo|Strava|Spotify|Discord|Slack|Telegram|WhatsApp|Signal|Instagram|TikTok|Firefox|Chrome|an? (?:iPhone|Mac|MacBook|wheelchair|hearing aid|Kindle)|iPhone|Android|wheelchair|hearing aids?|Mac|MacBook)",
)

BY_VERB: Rules = {
    "want": (_want,), "love": (_want,), "like": (_want,), "hope": (_want,), "wish": (), "dream": (_want,), "aim": (_want,), "intend": (_plan,),
    "plan": (_plan,), "decide": (), "try": (_try,), "have": (_event, _own), "attend": (_event,), "go": (_event,),
    "be": (_goal, _my_event, _event), "host": (_event,), "run": (_took_part,), "take": (_took_part, _my_event), "participate": (_took_part,), "sign": (_took_part,),
    "enroll": (_took_part,), "win": (_achieved,), "pass": (_achieved,), "finish": (_achieved, _created), "complete": (_achieved,), "get": (_achieved, _own),
    "earn": (_achieved,), "receive": (_achieved,), "climb": (_achieved,), "publish": (_created,), "write": (_created,), "paint": (_created,),
    "make": (_created,), "build": (_created,), "create": (_created,), "compose": (_created,), "record": (_created,), "design": (_created,), "draw": (_created,),
    "knit": (_created,), "sew": (_created,), "direct": (_created,), "own": (_own,), "buy": (_own,), "drive": (_drive,), "ride": (_drive,), "use": (_use,),
}  # fmt: skip
ANY_VERB = (_future,)
"""Rules that are asked whatever the verb is."""
