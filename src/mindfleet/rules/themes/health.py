"""Allergies, conditions, medicine, diet, drinks, training, fears and worries."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import USER, Clause, before_second_verb
from mindfleet.rules.lexicon import known
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, lasting, now


def _allergic(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being or clause.elided:
        return
    match = re.match(r"(?:\w+ly |very |really |super |highly |so |also )*(?:allergic|intolerant) to (.+)", clause.rest)
    if match:
        yield from lasting(clause, "ALLERGIC_TO", _allergens(match[1]))
    intolerant = re.match(r"(?:\w+ly |very |really |also )*(lactose|gluten|dairy|histamine|fructose)[- ]intolerant", clause.rest)
    if intolerant:
        yield from lasting(clause, "ALLERGIC_TO", [intolerant[1]])
    celiac = re.match(r"(?:a )?(coeliac|celiac|diabetic|asthmatic|epileptic|autistic|dyslexic|anemic|bipolar|deaf|blind|hard of hearing|type \w+ diabetic)\b(?! by|date| spot| to| with)", clause.rest)
    if celiac and not clause.when:
        yield from lasting(clause, "HAS_CONDITION", [celiac[1]])


def _allergens(text: str) -> list[str]:
    text = re.sub(r"\b(?:all|most|any|every|certain|raw) (?:kinds? of |types? of |sorts? of )?(?=\w)", "", text)
    return [item for item in phrases(text, longest=3) if known(item, "allergens")]


def _has(clause: Clause) -> Iterator[Statement]:
    """I have asthma; I have a peanut allergy; I have been diagnosed with ADHD."""
    if not clause.about_being:
        return
    for item in re.split(r",? and (?=an? )", before_second_verb(clause)):
        yield from _has_one(clause, item)


def _has_one(clause: Clause, rest: str) -> Iterator[Statement]:
    allergy = re.match(r"(?:an? |my )?(?:\w+ )??(?:(?:severe|bad|serious|mild|strong|terrible|slight|life-threatening|food) )*(?P<what>[\w -]+?) (?:allergy|allergies|intolerance)\b", rest)
    if allergy and (what := _allergens(allergy["what"])):
        yield from lasting(clause, "ALLERGIC_TO", what)
        return
    to = re.match(r"(?:an? )?(?:\w+ )?(?:allergy|allergies|allergic reactions?|intolerance) to (.+)", rest)
    if to:
        yield from lasting(clause, "ALLERGIC_TO", _allergens(to[1]))
        return
    passing = bool(re.search(r"\b(?:headache|flu|food poisoning|cold sore|panic attack)s?\b", rest)) and not re.search(r"chronic|often|always|frequent", clause.text)
    if not passing:
        yield from lasting(clause, "HAS_CONDITION", _conditions(rest))


def _conditions(text: str) -> list[str]:
    text = _DEGREE.sub("", text)
    return [item for item in phrases(text, keep="of in", longest=4) if known(item, "conditions") or _BROKEN.fullmatch(item)]


def _diagnosed(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ly |just |finally )*diagnosed (?:\| )?(?:with|as having) (.+)", clause.rest)
    if match and not clause.head.negated and not clause.head.modal and clause.about_being and clause.head.tense != "future":
        since = clause.when.first if clause.when else None
        for condition in _conditions(match[1]):
            yield fact(clause, "HAS_CONDITION", condition, since=since)


def _suffer(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ly )?(?:from|with) (.+)", clause.rest)
    if match and clause.about_being:
        yield from lasting(clause, "HAS_CONDITION", _conditions(match[1]))


def _injured(clause: Clause) -> Iterator[Statement]:
    """I broke my leg last week; I sprained my ankle."""
    match = re.match(r"(?:my|his|her) (?:(?:left|right) )?(?P<part>arm|leg|ankle|wrist|foot|toe|finger|collarbone|nose|rib|knee|acl|back|shoulder|hip|elbow|thumb)\b", clause.rest)
    head = clause.head
    if not match or head.negated or head.modal or head.tense not in {"past", "perfect"} or not clause.about_being:
        return
    how = {"break": "broken", "fracture": "fractured", "sprain": "sprained", "twist": "twisted", "tear": "torn", "hurt": "injured", "injure": "injured"}[head.lemma]
    yield fact(clause, "HAS_CONDITION", f"{how} {match['part']}", since=clause.when.first if clause.when else None)


def _take(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not clause.about_being or head.tense in {"past", "future"}:
        return
    rest = re.sub(r"^(?:\d+ ?mg (?:of )?|daily |a daily dose of )", "", before_second_verb(clause))
    found = phrase(re.split(r"\b(?:for|against|every|daily|to)\b", rest)[0], longest=3)
    if found and _MEDICINE.search(found):
        yield from lasting(clause, "TAKES_MEDICATION", [found])


def _on_medicine(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"on (.+)", clause.rest)
    found = phrase(re.split(r"\b(?:for|against)\b", match[1])[0], longest=3) if match else None
    if found and now(clause) and clause.about_being:
        if _MEDICINE.search(found):
            yield fact(clause, "TAKES_MEDICATION", found)
        diet = re.fullmatch(r"(keto|vegan|paleo|low-carb|gluten-free|mediterranean|vegetarian|plant-based)(?: diet)?", found, re.IGNORECASE)
        if diet:
            yield fact(clause, "EATS", diet[1])
    therapy = re.match(r"in therapy\b", clause.rest)
    if therapy and now(clause) and clause.about_being:
        yield fact(clause, "TAKES_MEDICATION", "therapy")


def _diet(clause: Clause) -> Iterator[Statement]:
    """I am (a) vegan; I went vegan; I became a vegetarian."""
    if not clause.about_being or clause.elided:
        return
    match = re.match(r"(?:an? |strictly |strict |mostly |fully |a strict |almost )*(?P<diet>[\w-]+(?: (?:free|vegan|diet))?)\b(?P<rest>.*)", clause.rest)
    if not match or "almost" in clause.rest[: match.start("diet")]:
        return
    diet = match["diet"] if known(match["diet"], "diets") else match["diet"].split()[0]
    if not known(diet, "diets") or re.match(r"\s*(?:food|restaurant|recipe|option|dish|friend|cook|chef|bakery|pizza|curious|cake|place)", match["rest"]):
        return
    if clause.head.lemma in {"go", "turn", "become"}:
        if clause.head.tense in {"past", "perfect"} and not clause.head.negated and not clause.head.modal:
            yield fact(clause, "EATS", diet, since=clause.when.first if clause.when else None)
        return
    yield from lasting(clause, "EATS", [diet])


def _eat(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not clause.about_being or head.tense in {"past", "future"} or head.progressive:
        return
    rest = re.sub(r"^(?:only |mostly |a lot of |lots of |much |any |mainly )+", "", before_second_verb(clause))
    things = [item for item in phrases(rest, longest=3) if _EDIBLE.fullmatch(item) or known(item, "allergens") or known(item, "diets")]
    refuses = head.negated and head.modal in {None, "can"} and not re.search(r"\b(?:much|enough|today|so much|that)\b", clause.rest)
    if head.ended or head.tense == "used" or refuses:
        for thing in things:
            yield fact(clause, "EATS", thing, holds=False)
    elif not head.negated and not head.modal and ((head.adverbs & {"only", "mostly", "always", "usually", "mainly", "regularly"}) or re.search(r"\bevery\b|\bonly\b|\bmostly\b|a lot of", clause.text)):
        yield from lasting(clause, "EATS", things)


def _drink(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not clause.about_being or head.tense in {"past", "future"} or head.progressive:
        return
    rest = re.sub(r"^(?:only |mostly |a lot of |lots of |much |any |too much |several |\w+ (?:cups?|glass(?:es)?) of )+", "", before_second_verb(clause))
    things = [item for item in phrases(rest, longest=3) if _DRINKABLE.fullmatch(item)]
    if head.ended or head.tense == "used" or (head.negated and head.modal is None):
        for thing in things or (["alcohol"] if not rest.strip(" |") and head.ended else []):
            yield fact(clause, "DRINKS", thing, holds=False)
    elif not head.negated and not head.modal and things:
        yield from lasting(clause, "DRINKS", things)


def _quit_habit(clause: Clause) -> Iterator[Statement]:
    """I quit smoking; gave up alcohol; stopped eating meat."""
    head = clause.head
    if head.negated or head.modal or head.tense not in {"past", "perfect"} or not clause.about_being:
        return
    rest = re.sub(r"^up ", "", clause.rest) if head.lemma == "give" else clause.rest
    until = clause.when.last if clause.when and clause.when.kind == "point" else None
    match = re.match(r"(?:(?P<verb>smoking|drinking|eating|playing|taking|vaping)\b ?)?(?P<what>[^|]*)", rest)
    if not match:
        return
    what = phrase(match["what"], longest=3) if match["what"].strip() else None
    if match["verb"] in {"smoking", "vaping"}:
        yield fact(clause, "SMOKES", what if what and _SMOKE.fullmatch(what) else ("cigarettes" if match["verb"] == "smoking" else "vape"), holds=False, until=until)
    elif what is None and match["verb"] == "drinking":
        yield fact(clause, "DRINKS", "alcohol", holds=False, until=until)
    elif what and (match["verb"] == "drinking" or (not match["verb"] and _DRINKABLE.fullmatch(what))):
        yield fact(clause, "DRINKS", what, holds=False, until=until)
    elif what and (match["verb"] == "eating" or (not match["verb"] and _EDIBLE.fullmatch(what))):
        yield fact(clause, "EATS", what, holds=False, until=until)
    elif what and match["verb"] == "playing" and any(known(what, name) for name in ("instruments", "sports", "games")):
        yield fact(clause, "PLAYS", what, holds=False, until=until)
    elif what and match["verb"] == "taking" and _MEDICINE.search(what):
        yield fact(clause, "TAKES_MEDICATION", what, holds=False, until=until)


def _smoke(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if clause.about_being and not head.progressive and (not clause.rest.strip(" |") or re.match(r"(?:cigarettes|a pack|weed|cigars|a pipe|\|)", clause.rest)):
        thing = re.match(r"(weed|cigars|a pipe)", clause.rest)
        if head.tense in {"present", "used"}:
            yield from lasting(clause, "SMOKES", [thing[1].removeprefix("a ") if thing else "cigarettes"])


def _afraid(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being:
        return
    match = re.match(r"(?:really |very |so |super |always |quite |absolutely |deathly |totally |also |a (?:little|bit) |pretty )*(?:afraid|scared|terrified|frightened|petrified|phobic) of (.+)", clause.rest)
    if match and not clause.head.progressive:
        things = [item for item in phrases(match[1], keep="of in", longest=3) if known(item, "fears") or known(item, "animals")]
        if clause.head.tense != "past" or clause.head.ended:
            yield from lasting(clause, "AFRAID_OF", things)
    claustrophobic = re.match(r"(?:really |very |a bit |pretty |so )?(claustrophobic|arachnophobic)\b", clause.rest)
    if claustrophobic and now(clause):
        yield fact(clause, "AFRAID_OF", {"claustrophobic": "small spaces", "arachnophobic": "spiders"}[claustrophobic[1]])


def _have_fear(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:an? |my )?(?:\w+ )*?(?:fear|phobia) of (.+)", clause.rest)
    if match and clause.about_being:
        yield from lasting(clause, "AFRAID_OF", [item for item in phrases(match[1], longest=3) if known(item, "fears") or known(item, "animals")])


def _biggest_fear(clause: Clause) -> Iterator[Statement]:
    if clause.mine and not clause.relation and re.fullmatch(r"(?:biggest |greatest |worst )fear", clause.subject.lower()) and now(clause):
        things = [item for item in phrases(clause.rest, longest=3) if known(item, "fears")]
        for thing in things:
            yield fact(clause, "AFRAID_OF", thing, subject=USER)


def _worried(clause: Clause) -> Iterator[Statement]:
    if not clause.about_user:
        return
    match = re.match(r"(?:really |very |so |super |quite |a (?:little|bit) |pretty |extremely |just |also |still |kinda )*(?:worried|anxious|nervous|stressed|stressing|stressed out|freaking out|worrying) (?:about|over) (.+)", clause.rest)
    rest = match[1] if match else (re.match(r"(?:a lot )?about (.+)", clause.rest) or [None, None])[1] if clause.head.lemma == "worry" else None
    if not rest or not now(clause):
        return
    found = phrase(rest, keep="of with at for in", longest=5)
    if found and (re.match(r"(?:my|our|the|an?|losing|failing|money|work|finances|finals|exams|climate|[a-z]+ing )\b", rest)) and not re.search(r"\b(?:future of|whole|thing)\b", found):
        yield fact(clause, "WORRIED_ABOUT", found, since=None, sure=0.85)


def _exercise(clause: Clause) -> Iterator[Statement]:
    """I run every morning; I go to the gym three times a week; I work out by swimming."""
    head = clause.head
    if not clause.about_being or head.progressive or head.tense != "present" or head.negated or head.modal or head.ended:
        return
    if not _OFTEN.search(clause.text):
        return
    if head.lemma in _SPORT_VERBS and re.match(r"(?:$|\||\d|a lot|every|in the|at the|around|along|on|outside|before|after|\w+ (?:miles|km|kilomet|times|days)|daily|twice|three|two|regularly|with)", clause.rest):
        yield fact(clause, "EXERCISES_BY", _SPORT_VERBS[head.lemma])
    elif head.lemma == "go" and re.match(r"to (?:the|my) gym", clause.rest):
        yield fact(clause, "EXERCISES_BY", "gym")
    elif head.lemma == "go" and (match := re.match(r"(?:for an? )?(\w+)", clause.rest)) and match[1] in _SPORT_NOUNS:
        yield fact(clause, "EXERCISES_BY", _SPORT_NOUNS[match[1]])
    elif head.lemma in {"do", "practice", "practise"} and (found := phrase(clause.rest, longest=2)) and found.lower() in {"yoga", "pilates", "crossfit", "zumba", "tai chi", "weights", "cardio", "hiit"}:
        yield fact(clause, "EXERCISES_BY", found)


_DEGREE = re.compile(
    r"^(?:(?:an?|my|a bit of|a touch of|a mild case of|some|really|very|pretty|quite|severe|mild|bad|terrible|chronic(?! (?:back|pain|migraine|fatigue))|serious|slight|constant|regular|frequent|occasional|awful|horrible|undiagnosed|clinical|major|recurring|a history of|always|also|bouts of) )+",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"(?:broken|sprained|fractured|torn|dislocated|twisted) (?:arm|leg|ankle|wrist|foot|toe|finger|collarbone|nose|rib|knee|acl|ligament|shoulder|hip)", re.IGNORECASE)
_MEDICINE = re.compile(
    r"\b(?:insulin|metformin|ibuprofen|antidepressants?|ssris?|antibiotics|antihistamines?|medication|meds|medicine|pills?|painkillers|vitamins?|vitamin [a-d]\d*|statins|beta blockers|blood thinners|thyroxine|levothyroxine"
    r"|ritalin|adderall|concerta|vyvanse|lithium|prozac|zoloft|sertraline|lexapro|xanax|melatonin|aspirin|steroids|hormones|estrogen|testosterone|birth control|chemo|chemotherapy|supplements|iron tablets|eye drops|an inhaler|inhaler|lamotrigine|omeprazole)\b",
    re.IGNORECASE,
)
_EDIBLE = re.compile(
    r"(?:red |raw |fried |processed |fast |junk |plant-based |gluten-free |frozen |spicy |white |added )?(?:meat|beef|pork|chicken|fish|eggs?|dairy|cheese|bread|sugar|gluten|seafood|shellfish|rice|pasta|vegetables|veggies|fruit|oatmeal|porridge|sweets|candy|chocolate|food|salads?|tofu|lamb|bacon|animal products|carbs|nuts|soup|breakfast|sushi|pizza|noodles|potatoes|yogurt|cereal|avocado toast|avocado)",
    re.IGNORECASE,
)
_DRINKABLE = re.compile(
    r"(?:black |green |herbal |decaf |red |white |oat |almond |iced |sparkling |diet |craft |soy |still |hot )?(?:coffee|tea|alcohol|wine|beer|milk|water|soda|coke|matcha|juice|kombucha|espresso|lattes?|cappuccinos?|whisky|whiskey|gin|vodka|rum|energy drinks|chai|mate|cola|cocoa|chocolate|lemonade|caffeine|spirits|protein shakes|smoothies)",
    re.IGNORECASE,
)
_SMOKE = re.compile(r"cigarettes|weed|cigars|pot|marijuana|cannabis", re.IGNORECASE)
_OFTEN = re.compile(r"\b(?:every|each|daily|weekly|twice|times a week|days a week|regularly|usually|always|most mornings|most days|often|for fitness|to stay fit|to stay in shape|to keep fit|once a week|weekends)\b", re.IGNORECASE)
_SPORT_VERBS = {"run": "running", "swim": "swimming", "jog": "jogging", "cycle": "cycling", "bike": "biking", "lift": "lifting weights", "row": "rowing", "hike": "hiking", "climb": "climbing"}
_SPORT_NOUNS = {"running": "running", "swimming": "swimming", "jogging": "jogging", "cycling": "cycling", "run": "running", "swim": "swimming", "jog": "jogging", "climbing": "climbing", "bouldering": "bouldering", "rowing": "rowing"}

BY_VERB: Rules = {
    "be": (_allergic, _diagnosed, _on_medicine, _diet, _afraid, _biggest_fear, _worried), "have": (_has, _have_fear),
    "get": (_diagnosed,), "suffer": (_suffer,), "live": (_suffer,), "struggle": (_suffer,), "deal": (_suffer,), "battle": (),
    "break": (_injured,), "sprain": (_injured,), "twist": (_injured,), "fracture": (_injured,), "tear": (_injured,), "injure": (_injured,),
    "hurt": (_injured,), "take": (_take,), "use": (_take,), "go": (_diet, _exercise), "become": (_diet,), "turn": (_diet,),
    "eat": (_eat,), "drink": (_drink,), "quit": (_quit_habit,), "stop": (_quit_habit,), "give": (_quit_habit,), "smoke": (_smoke,),
    "worry": (_worried,), "run": (_exercise,), "swim": (_exercise,), "jog": (_exercise,), "cycle": (_exercise,), "bike": (_exercise,),
    "lift": (_exercise,), "hike": (_exercise,), "climb": (_exercise,), "do": (_exercise,), "practice": (_exercise,), "practise": (_exercise,),
    "avoid": (),
}  # fmt: skip
