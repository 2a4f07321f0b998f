"""Tells a person what the fleet has learnt."""

from collections.abc import Iterable
from uuid import UUID

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mindfleet.cli.demo.learnt import Learnt
from mindfleet.cli.demo.script import Message
from mindfleet.cli.printing import stdout
from mindfleet.ports.facts import USER, Fact
from mindfleet.ports.journal import Goal, Summary
from mindfleet.recall.context import relationship_in_words

MOST_FACTS = 40
"""Of one user; the rest is in `--json`."""

MOST_SOURCES = 5
LONGEST = 160
"""Characters of a message that is quoted."""


def tell_all(learnt: Learnt) -> None:
    """Sessions, facts, wishes, goals, relationships, and the answers to the questions."""
    console = stdout()
    _sessions(console, learnt)
    for user_id, name in learnt.script.names.items():
        _person(console, learnt, user_id, name)
    _goals_of_bots(console, learnt)
    for number, _ in enumerate(learnt.answers):
        _answer(console, learnt, number)


def _sessions(console: Console, learnt: Learnt) -> None:
    kept = sum(summary.kept for summary in learnt.summaries)
    _title(console, f"{len(learnt.sessions)} sessions, {kept} summaries kept of {len(learnt.summaries)}")
    for session in learnt.sessions:
        when = f"{session.started_at:%d %b %Y %H:%M}"
        console.print(Text.assemble((when, "bold"), f"  {session.channel_id}, {session.turns} messages"))
        for summary in learnt.summaries:
            if summary.session_id == session.id:
                _indented(console, _summary(summary))


def _summary(summary: Summary) -> Text:
    score = "●" * summary.meaningfulness + "○" * (5 - summary.meaningfulness)
    if not summary.kept:
        return Text(f"{score} {summary.meaningfulness}/5, too slight to be kept", style="dim")
    topics = f"  [{', '.join(summary.topics)}]" if summary.topics else ""
    return Text.assemble((score, "yellow"), f" {summary.meaningfulness}/5  {summary.content}", (topics, "dim"))


def _person(console: Console, learnt: Learnt, user_id: str, name: str) -> None:
    _title(console, name)
    found = learnt.relationships.get(user_id)
    if found:
        who = " and ".join(learnt.script.bot_names)
        known = found.acquaintance
        console.print(
            f"{who} and {name} {relationship_in_words(found)}: familiarity {found.familiarity:.2f}, "
            f"{known.user_turns} messages in {known.sessions} sessions on {known.days} days"
        )
    facts = [fact for fact in learnt.facts if fact.user_id == user_id]
    for fact in facts[:MOST_FACTS]:
        _indented(console, _fact(fact, name, learnt))
    if len(facts) > MOST_FACTS:
        _indented(console, Text(f"and {len(facts) - MOST_FACTS} more facts: see --json", style="dim"))
    for wish in learnt.preferences.get(user_id, ()):
        _indented(console, Text.assemble(("wishes ", "magenta"), f"{wish.key.replace('_', ' ')}: {wish.value}"))
    for goal in learnt.goals:
        if goal.user_id == user_id:
            _goal(console, goal, learnt)


def _fact(fact: Fact, name: str, learnt: Learnt) -> Text:
    subject = name if fact.subject == USER else fact.subject
    since = f"since {fact.valid_from:%d %b %Y}"
    until = f" until {fact.valid_to:%d %b %Y}" if fact.valid_to else ""
    triple = Text.assemble(f"({subject}) ", (f"-{fact.predicate}→", "cyan"), f" ({fact.object})")
    about = f"  {since}{until}, {fact.confidence:.2f}, from {' '.join(learnt.ids(_messages_of(fact)))}"
    return triple.append(about, style="dim")


def _messages_of(fact: Fact) -> Iterable[UUID]:
    return (evidence.message_id for evidence in fact.evidence)


def _goals_of_bots(console: Console, learnt: Learnt) -> None:
    own = [goal for goal in learnt.goals if goal.user_id is None]
    if own:
        _title(console, f"What {' and '.join(learnt.script.bot_names)} wants to reach")
    for goal in own:
        _goal(console, goal, learnt)


def _goal(console: Console, goal: Goal, learnt: Learnt) -> None:
    due = f", by {goal.due:%d %b %Y}" if goal.due else ""
    _indented(console, Text.assemble(("goal ", "green"), f"{goal.description}{due}"))
    for step in learnt.progress:
        if step.goal_id == goal.id:
            name = learnt.script.names.get(step.user_id, step.user_id)
            words = f"{name}: {step.progress:.0%}, {step.reasoning}  from {' '.join(learnt.ids([step.message_id]))}"
            console.print(Padding(Text(words, style="dim"), (0, 0, 0, 4), expand=False))


def _answer(console: Console, learnt: Learnt, number: int) -> None:
    question, answer = learnt.answers[number]
    _title(console, question.question)
    name = learnt.script.names.get(question.user_id, question.user_id)
    console.print(Text(f"asked by {name}, to be heard in a {question.audience}", style="dim"))
    _indented(console, Text(answer.context or "Nothing is known."))
    for source in answer.sources[:MOST_SOURCES]:
        if source in learnt.messages:
            _indented(console, _quoted(learnt.messages[source]))


def _quoted(message: Message) -> Text:
    speaker = message.bot_name if message.role == "assistant" else message.user_name or message.user_id
    text = message.content if len(message.content) <= LONGEST else f"{message.content[:LONGEST]}…"
    return Text.assemble(
        (f"[{message.message_id}] ", "cyan"), (f"{speaker}, {message.sent_at:%d %b %Y}: ", "dim"), text
    )


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _indented(console: Console, text: Text) -> None:
    console.print(Padding(text, (0, 0, 0, 2), expand=False))
