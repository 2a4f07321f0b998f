"""A fact as an English sentence about somebody."""

from mindfleet.rules.statement import Statement

_TEMPLATES: dict[str, tuple[str, str]] = {
    "HAS_NAME": ("{s} is called {o}", ""), "HAS_NICKNAME": ("{s} likes to be called {o}", ""),
    "HAS_AGE": ("{s} is {o} years old", ""), "BORN_ON": ("{s} was born on {o}", ""), "BORN_IN": ("{s} was born in {o}", ""),
    "HAS_GENDER": ("{s}'s gender or pronouns: {o}", ""), "HAS_NATIONALITY": ("{s} is {o}", ""),
    "SPEAKS": ("{s} speaks {o}", "{s} no longer speaks {o}"), "HAS_TRAIT": ("{s} is {a}", ""),
    "HAS_APPEARANCE": ("{s}'s looks: {o}", ""), "BELIEVES_IN": ("{s}'s belief: {o}", ""),
    "LIVES_IN": ("{s} lives in {o}", "{s} no longer lives in {o}"), "LIVES_WITH": ("{s} lives with {o}", "{s} no longer lives with {o}"),
    "COMES_FROM": ("{s} comes from {o}", ""), "HAS_HOME": ("{s}'s home: {o}", "{s}'s home was: {o}"),
    "VISITED": ("{s} has been to {o}", ""), "TRAVELS_TO": ("{s} travels to {o}", ""),
    "WORKS_AT": ("{s} works at {o}", "{s} no longer works at {o}"), "HAS_ROLE": ("{s}'s occupation: {o}", "{s}'s former occupation: {o}"),
    "WORKS_ON": ("{s} works on {o}", "{s} no longer works on {o}"), "OWNS_BUSINESS": ("{s}'s own business: {o}", "{s}'s former business: {o}"),
    "STUDIES_AT": ("{s} studies at {o}", "{s} no longer studies at {o}"), "STUDIES": ("{s} studies {o}", "{s} studied {o}"),
    "GRADUATED_FROM": ("{s} finished: {o}", ""), "HAS_SKILL": ("{s} is good at {o}", ""), "LEARNS": ("{s} is learning {o}", "{s} no longer learns {o}"),
    "VOLUNTEERS_AT": ("{s} volunteers: {o}", "{s} no longer volunteers: {o}"), "ACHIEVED": ("{s}'s achievement: {o}", ""),
    "MARRIED_TO": ("{s} is married to {o}", "{s} was married to {o}"), "PARTNER_OF": ("{s}'s partner is {o}", "{s} is no longer together with {o}"),
    "PARENT_OF": ("{s}'s child is {o}", ""), "CHILD_OF": ("{s}'s parent is {o}", ""), "SIBLING_OF": ("{s}'s sibling is {o}", ""),
    "RELATIVE_OF": ("{o} is a relative of {s}", ""), "FRIEND_OF": ("{s}'s friend is {o}", "{s}'s former friend is {o}"),
    "COLLEAGUE_OF": ("{o} works with {s}", "{o} worked with {s}"), "NEIGHBOUR_OF": ("{o} lives next to {s}", "{o} lived next to {s}"),
    "HAS_RELATIVE": ("{s}'s family: {o}", ""), "HAS_PET": ("{s}'s pet: {o}", "{s}'s former pet: {o}"), "IS_A": ("{s} is {a}", ""),
    "HAS_RELATIONSHIP_STATUS": ("{s} is {o}", "{s} is no longer {o}"), "LIKES": ("{s} likes {o}", "{s} no longer likes {o}"),
    "DISLIKES": ("{s} dislikes {o}", "{s} no longer dislikes {o}"), "HAS_FAVOURITE": ("{s}'s favourite {kind} is {thing}", "{s}'s favourite {kind} was {thing}"),
    "INTERESTED_IN": ("{s} is interested in {o}", "{s} was interested in {o}"), "HAS_HOBBY": ("{s}'s hobby: {o}", "{s}'s former hobby: {o}"),
    "PLAYS": ("{s} plays {o}", "{s} no longer plays {o}"), "MEMBER_OF": ("{s}'s group: {o}", "{s}'s former group: {o}"),
    "FAN_OF": ("{s} is a fan of {o}", "{s} is no longer a fan of {o}"), "READS": ("{s} reads {o}", "{s} no longer reads {o}"),
    "WATCHES": ("{s} watches {o}", "{s} no longer watches {o}"), "EATS": ("{s}'s diet: {o}", "{s} does not eat: {o}"),
    "DRINKS": ("{s} drinks {o}", "{s} does not drink {o}"), "ALLERGIC_TO": ("{s} is allergic to {o}", "{s} is no longer allergic to {o}"),
    "HAS_CONDITION": ("{s}'s health: {o}", "{s}'s past health: {o}"), "TAKES_MEDICATION": ("{s} takes {o}", "{s} no longer takes {o}"),
    "EXERCISES_BY": ("{s}'s training: {o}", "{s}'s former training: {o}"), "AFRAID_OF": ("{s} is afraid of {o}", "{s} is no longer afraid of {o}"),
    "OWNS": ("{s} owns: {o}", "{s} no longer owns: {o}"), "DRIVES": ("{s} drives: {o}", "{s} no longer drives: {o}"),
    "USES": ("{s} uses {o}", "{s} no longer uses {o}"), "WANTS_TO": ("{s} wants to {o}", "{s} no longer wants to {o}"),
    "PLANS_TO": ("{s} plans to {o}", "{s} no longer plans to {o}"), "HAS_EVENT": ("{s}'s event: {o}", ""), "CREATED": ("{s}'s work: {o}", ""),
    "WORRIED_ABOUT": ("{s} is worried about {o}", "{s} is no longer worried about {o}"), "HAS_HABIT": ("{s}'s habit: {o}", "{s} has given up {o}"),
    "TEACHES": ("{s} teaches {o}", "{s} no longer teaches {o}"),
}  # fmt: skip


def told(fact: Statement, speaker: str) -> str:
    """ "Ana works at Google (since 2019-01-01)."; `speaker` is the name that `user` stands for."""
    subject = speaker if fact.subject == "user" else _possessed(fact.subject, speaker)
    holds, ended = _TEMPLATES.get(fact.predicate, ("{s}: {words}: {o}", "{s}: no longer: {words}: {o}"))
    template = holds if fact.holds else ended or "{s}: no longer: {words}: {o}"
    kind, _, thing = fact.object.partition(": ")
    text = template.format(
        s=subject, o=fact.object, a=_article(fact.object), kind=kind, thing=thing or kind,
        words=fact.predicate.lower().replace("_", " "),
    )  # fmt: skip
    return f"{text}{_dated(fact)}."


def _possessed(subject: str, speaker: str) -> str:
    return subject if subject[:1].isupper() else f"{speaker}'s {subject}"


def _article(noun: str) -> str:
    """ "a cat", "an introvert", but "shy"."""
    last = noun.split()[-1].lower()
    if last in _NOUNS or last.endswith(("person", "lover", "owl", "buff", "vert", "ist", "eater", "sleeper", "riser")):
        return ("an " if noun[0].lower() in "aeiou" else "a ") + noun
    return noun


_NOUNS = frozenset(
    "cat dog puppy kitten horse rabbit hamster parrot bird fish snake turtle tortoise pony bunny retriever shepherd poodle bulldog terrier corgi husky"
    " labrador pig goat chicken lizard gecko ferret mouse rat cow duck homebody foodie nerd geek bookworm perfectionist procrastinator workaholic"
    " daydreamer romantic freak addict potato bird habit gamer listener loner overthinker pleaser worrier twin child tooth".split()
)


def _dated(fact: Statement) -> str:
    if fact.since and fact.until:
        return f" ({fact.since.isoformat()} to {fact.until.isoformat()})"
    if fact.since:
        return f" ({'on' if fact.predicate in _DAYS else 'since'} {fact.since.isoformat()})"
    return f" (by {fact.until.isoformat()})" if fact.until and fact.holds else ""


_DAYS = frozenset("HAS_EVENT ACHIEVED VISITED TRAVELS_TO PLANS_TO CREATED GRADUATED_FROM".split())
