"""A conversation in a file, as the demo replays it; docs/conversation-format.md describes both formats."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mindfleet.cli.demo import jsonl, locomo
from mindfleet.cli.demo.script import Script, ScriptInvalid


def read(path: Path, *, bot: str | None = None, ask: Sequence[str] = ()) -> Script:
    """The messages of a file and what to ask about them at the end.

    Args:
        path: of a file in one of the two formats; which one is told by its content.
        bot: who is the bot; in a LoCoMo file nobody is, unless it says so.
        ask: questions, instead of the file's own.

    Raises:
        ScriptInvalid: the file cannot be read, or is in neither format; one line for each thing that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptInvalid(f"{path}: cannot be read ({error})") from error
    content = _whole(text)
    if content is not None and locomo.recognises(content):
        return locomo.read(content, path, bot=bot, ask=ask)
    return jsonl.read(text, path, bot=bot, ask=ask)


def _whole(text: str) -> Any:  # noqa: ANN401 - JSON can be anything; the formats look closer
    """The file as one JSON value; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
