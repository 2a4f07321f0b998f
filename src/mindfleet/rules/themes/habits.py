"""Diet, drinks, smoking, training, fears and worries."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import known, pattern
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, denied, done, ended_on, fact, facts, lasting, now


def _diet(clause: Clause) -> Iterator[Statement]:
    """I am (a) vegan; I went vegan last year; I am on a keto diet."""
    match = _DIET.match(clause.rest)
    if not match or not clause.about_being or clause.subject.elided or _DIETARY_THING.match(match["after"]):
        return
    diet = match["diet"]
    if clause.head.lemma in {"go", "turn", "become"}:
        if done(clause):
            yield fact(clause, "EATS", diet, since=day(clause))
    else:
        yield from lasting(clause, "EATS", [diet])


def _diet_followed(clause: Clause) -> Iterator[Statement]:
    """I follow a gluten-free diet; I keep kosher."""
    match = _DIET.match(clause.complement)
    if match and clause.about_being and ("diet" in clause.complement or clause.head.lemma == "keep"):
        yield from lasting(clause, "EATS", [match["diet"]])


def _eat(clause: Clause) -> Iterator[Statement]:
    """I don't eat meat; I only eat fish; I eat oatmeal every morning."""
    head = clause.head
    if not clause.about_being or head.tense in {"past", "future"} or head.progressive:
        return
    things = [
        item
        for item in phrases(_AMOUNT.sub("", clause.complement), longest=3)
        if known(item, "foods", "allergens", "diets")
    ]
    refused = head.negated and head.modal in {None, "can"} and not _A_LITTLE.search(clause.rest)
    regular = _MOSTLY.match(clause.complement) or pattern("regularly").search(clause.text) or head.adverbs & _HABITUAL
    if head.ended or head.tense == "used" or refused:
        for thing in things:
            yield fact(clause, "EATS", thing, holds=False)
    elif not denied(clause) and regular:
        yield from facts(clause, "EATS", things)


def _drink(clause: Clause) -> Iterator[Statement]:
    """I drink coffee every morning; I don't drink alcohol."""
    head = clause.head
    if not clause.about_being or head.tense in {"past", "future"} or head.progressive:
        return
    rest = _AMOUNT.sub("", clause.complement)
    things = [item for item in phrases(rest, longest=3) if known(item, "drinks")]
    if head.ended or head.tense == "used" or (head.negated and head.modal is None):
        for thing in things:
            yield fact(clause, "DRINKS", thing, holds=False)
        if not rest.strip(" |"):
            yield fact(clause, "HAS_HABIT", "drinking", holds=False)
    elif not denied(clause):
        yield from lasting(clause, "DRINKS", things)


def _smoke(clause: Clause) -> Iterator[Statement]:
    """I smoke; I used to smoke cigars; I don't smoke."""
    match = re.match(r"(?P<what>(?:weed|cigars|a pipe|cigarettes)?)(?:$|[ |])", clause.rest)
    head = clause.head
    if match and head.tense == "perfect" and head.negated and clause.when and clause.when.kind == "since":
        yield fact(clause, "HAS_HABIT", "smoking", holds=False, until=clause.when.first)
        return
    if not match or not clause.about_being or head.progressive or head.modal or head.tense not in {"present", "used"}:
        return
    what = f"smoking {match['what'].removeprefix('a ')}".strip()
    yield fact(clause, "HAS_HABIT", what, holds=not (head.negated or head.ended or head.tense == "used"))


def _give_up(clause: Clause) -> Iterator[Statement]:
    """I quit smoking; I gave up alcohol; I stopped eating meat."""
    if re.match(r"going to the gym\b", clause.rest) and done(clause):
        yield fact(clause, "EXERCISES_BY", "gym", holds=False, until=ended_on(clause))
        return
    rest = re.sub(r"^up ", "", clause.rest) if clause.head.lemma == "give" else clause.rest
    match = re.match(r"(?:(?P<verb>smoking|vaping|drinking|eating|playing|taking)\b ?)?(?P<what>[^|]*)", rest)
    if not match or not done(clause) or not clause.about_being:
        return
    what = phrase(match["what"], longest=3)
    given_up = _given_up(match["verb"] or "", what)
    if given_up:
        yield fact(clause, *given_up, holds=False, until=ended_on(clause))


def _given_up(verb: str, what: str | None) -> tuple[str, str] | None:
    if verb in {"smoking", "vaping"}:
        return "HAS_HABIT", f"{verb} {what or ''}".strip()
    if what is None:
        return ("HAS_HABIT", "drinking") if verb == "drinking" else None
    if verb == "drinking" or (not verb and known(what, "drinks")):
        return "DRINKS", what
    if verb == "eating" or (not verb and known(what, "foods")):
        return "EATS", what
    if verb == "playing" and known(what, "instruments", "sports", "games"):
        return "PLAYS", what
    return ("TAKES_MEDICATION", what) if verb == "taking" and pattern("medicines").search(what) else None


def _train(clause: Clause) -> Iterator[Statement]:
    """I run every morning; I go to the gym three times a week."""
    head = clause.head
    if not clause.about_being or head.progressive or head.tense != "present" or denied(clause):
        return
    regular = pattern("regularly").search(clause.text) is not None
    going = re.match(r"(?:to (?:the|my) (?P<gym>gym)|(?:for an? )?(?P<sport>\w+))", clause.complement)
    routine = phrase(clause.complement, longest=2)
    if head.lemma == "lift" and clause.complement.startswith("weights"):
        yield fact(clause, "EXERCISES_BY", "lifting weights")
    elif (
        head.lemma in {"exercise", "work"}
        and regular
        and re.match(r"(?:out )?(?:at|in) (?:the|my) gym", clause.complement)
    ):
        yield fact(clause, "EXERCISES_BY", "gym")
    elif regular and head.lemma in _SPORTS and _DISTANCE.match(clause.rest):
        yield fact(clause, "EXERCISES_BY", _SPORTS[head.lemma])
    elif regular and head.lemma == "go" and going and (sport := going["gym"] or _OUTINGS.get(going["sport"])):
        yield fact(clause, "EXERCISES_BY", sport)
    elif head.lemma in {"do", "practice", "practise"} and routine and routine.lower() in _ROUTINES:
        yield fact(clause, "EXERCISES_BY", routine)


def _train_for(clause: Clause) -> Iterator[Statement]:
    """I am training for a marathon."""
    match = re.match(
        r"for (?:an?|the|my|my first) (?P<what>[\w -]*(?:marathon|triathlon|race|10k|5k|ironman|tournament"
        r"|competition))\b",
        clause.rest,
    )
    if match and clause.head.progressive and now(clause):
        yield fact(clause, "TRAINS_FOR", phrase(match["what"]) or match["what"])


def _afraid(clause: Clause) -> Iterator[Statement]:
    match = _AFRAID.match(clause.rest)
    if (
        match
        and clause.about_being
        and not clause.head.progressive
        and (clause.head.tense != "past" or clause.head.ended)
    ):
        yield from lasting(clause, "AFRAID_OF", _fears(match["what"]))
    phobic = re.match(r"(?:really |very |a bit |pretty |so )?(claustrophobic|arachnophobic|agoraphobic)\b", clause.rest)
    if phobic and now(clause):
        yield fact(clause, "HAS_CONDITION", phobic[1])


def _has_fear(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:an? |my )?(?:\w+ )*?(?:fear|phobia) of (?P<what>.+)", clause.rest)
    if match and clause.about_being:
        yield from lasting(clause, "AFRAID_OF", _fears(match["what"]))


def _biggest_fear(clause: Clause) -> Iterator[Statement]:
    if (
        clause.subject.thing
        and re.fullmatch(r"(?:biggest |greatest |worst )fear", clause.subject.name.lower())
        and now(clause)
    ):
        for thing in _fears(clause.rest):
            yield fact(clause, "AFRAID_OF", thing, subject=USER)


def _worried(clause: Clause) -> Iterator[Statement]:
    """I am worried about my exam; I worry about money."""
    match = (
        _WORRIED.match(clause.rest)
        if clause.head.lemma == "be"
        else re.match(r"(?:a lot )?about (?P<what>.+)", clause.rest)
    )
    if not match or not now(clause) or not clause.about_user:
        return
    found = phrase(match["what"], keep="of with at for in", longest=5)
    if found and _WEIGHTY.match(match["what"]) and not re.search(r"\b(?:thing|whole)\b", found):
        yield fact(clause, "WORRIED_ABOUT", found, sure=0.85)


def _fears(text: str) -> list[str]:
    listed = phrases(text, keep="of in", longest=3)
    return [item for item in listed if known(item, "fears", "animals") or re.fullmatch(r"[a-z]{4,}s", item)]


_AMOUNT = re.compile(
    r"^(?:(?:only|mostly|a lot of|lots of|too much|much|any|mainly|several|\w+ (?:cups?|glass(?:es)?) of) )+"
)
_MOSTLY = re.compile(r"(?:mostly|mainly|only|a lot of|lots of) ")
_HABITUAL = frozenset({"only", "mostly", "always", "usually", "mainly", "regularly"})
_A_LITTLE = re.compile(r"\b(?:much|enough|today|so much|that|another)\b")
_DIET = re.compile(
    r"(?:on )?(?:(?:an?|strictly|strict|mostly|fully|now|already) )*(?P<diet>vegan|vegetarian|pesc[ae]tarian"
    r"|flexitarian|keto|paleo|gluten[- ]free|dairy[- ]free|halal|kosher"
    r"|raw vegan|plant-based|low-carb|carnivore|lactose-free|sugar-free|mediterranean)\b(?: diet)?(?P<after>.*)",
    re.IGNORECASE,
)
_DIETARY_THING = re.compile(
    r"\s*(?:food|restaurant|recipe|option|dish|friend|cook|chef|bakery|pizza|curious|cake|place|meal)"
)
_SPORTS = {
    "run": "running", "swim": "swimming", "jog": "jogging", "cycle": "cycling", "bike": "biking",
    "lift": "lifting weights",
    "row": "rowing", "hike": "hiking", "climb": "climbing",
}  # fmt: skip
_OUTINGS = {
    "running": "running", "swimming": "swimming", "jogging": "jogging", "cycling": "cycling", "run": "running",
    "swim": "swimming",
    "jog": "jogging", "climbing": "climbing", "bouldering": "bouldering", "rowing": "rowing",
}  # fmt: skip
_ROUTINES = frozenset({"yoga", "pilates", "crossfit", "zumba", "tai chi", "weights", "cardio", "hiit"})
_DISTANCE = re.compile(
    r"(?:$|\||\d|a lot|every|in the|at the|to work|to school|to the office|around|along|on|outside|before|after"
    r"|\w+ (?:miles|km|kilomet|times|days)"
    r"|daily|twice|three|two|regularly|with|weights)"
)
_AFRAID = re.compile(
    r"(?:(?:really|very|so|super|always|quite|absolutely|deathly|totally|also|a (?:little|bit)|pretty) )*"
    r"(?:afraid|scared|terrified|frightened|petrified|phobic)(?: to death)? of (?P<what>.+)"
)
_WORRIED = re.compile(
    r"(?:(?:really|very|so|super|quite|a (?:little|bit)|pretty|extremely|just|also|still) )*"
    r"(?:worried|anxious|nervous|stressed(?: out)?|freaking out) (?:about|over) (?P<what>.+)"
)
_WEIGHTY = re.compile(r"(?:my|our|the|an?|losing|failing|money|work|finances|finals|exams|climate|[a-z]+ing )\b")

BY_VERB: Rules = {
    "be": (_diet, _afraid, _biggest_fear, _worried), "have": (_has_fear,), "go": (_diet, _train), "become": (_diet,),
    "turn": (_diet,),
    "eat": (_eat,), "drink": (_drink,), "smoke": (_smoke,), "quit": (_give_up,), "stop": (_give_up,),
    "give": (_give_up,),
    "worry": (_worried,), "train": (_train_for,), "do": (_train,), "exercise": (_train,), "work": (_train,),
    "follow": (_diet_followed,), "keep": (_diet_followed,), "practice": (_train,), "practise": (_train,),
    **dict.fromkeys(_SPORTS, (_train,)),
}  # fmt: skip
