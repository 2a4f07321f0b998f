"""`chat`: talks to a bot in the terminal, as a bot's own code would: recall, answer, enqueue."""

import asyncio
import sys
from collections.abc import Iterator
from getpass import getuser
from typing import Annotated

import typer
from rich.text import Text

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.printing import stderr, stdout, tell
from mindfleet.cli.talk import Reply, Talk, talking
from mindfleet.knowledge.bots import read_bots
from mindfleet.settings import Settings

BotName = Annotated[str | None, typer.Option("--bot", help="Who answers.", show_default="BOT_NAME, or the only bot")]
User = Annotated[str | None, typer.Option("--user", help="Who you are, by id.", show_default="your login name")]
Name = Annotated[str | None, typer.Option("--name", help="What you are called.", show_default="your id")]
GOODBYES = ("/quit", "/exit", "/bye")


def chat(context: typer.Context, *, bot: BotName = None, user: User = None, name: Name = None) -> None:
    """Talk to a bot here in the terminal; an empty line or /quit ends it.

    What you say is recorded and thought about as any other conversation. Without a language model the bot says what
    it remembers, and no more. The fleet must be running.

    Example: ./bot.sh chat --bot juniper --user maren
    """
    settings = Call.of(context).settings()
    who = user or getuser()
    bot_name = bot or settings.bot_name or _only_bot(settings)
    tell(f"talking to {bot_name} as {who}; {settings.llm.answered_by} answers. An empty line ends it.")
    with asyncio.Runner() as runner:
        opening = talking(settings, bot_name=bot_name, user_id=who, user_name=name or who)
        talk = runner.run(opening.__aenter__())
        try:
            for said in _lines(who):
                _show(talk, runner.run(talk.answer(said)))
        finally:
            runner.run(opening.__aexit__(None, None, None))


def _only_bot(settings: Settings) -> str:
    names = [bot.name for bot in read_bots(settings.bots)]
    if len(names) == 1:
        return names[0]
    described = f"there are {', '.join(names)}" if names else f"none is described in {settings.bots}"
    raise CommandFailed(f"who is to answer? {described}", then="./bot.sh chat --bot NAME", code=Exit.USAGE)


def _lines(who: str) -> Iterator[str]:
    """What is typed, until an empty line or the end of the input."""
    while True:
        if sys.stdin.isatty():
            stderr().print(Text(f"{who}> ", "bold cyan"), end="")
        line = sys.stdin.readline().strip()
        if not line or line in GOODBYES:
            return
        yield line


def _show(talk: Talk, reply: Reply) -> None:
    stdout().print(Text.assemble((f"{talk.bot_name}> ", "bold magenta"), reply.text), soft_wrap=True)
    if reply.remembered:
        messages = "1 message" if reply.remembered == 1 else f"{reply.remembered} messages"
        tell(f"({messages} remembered)", "dim")
