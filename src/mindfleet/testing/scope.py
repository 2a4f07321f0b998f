"""Who may hear what, for the stores in memory."""

from collections.abc import Sequence

from mindfleet.ports.memories import Document, Kind, Scope


def is_heard(document: Document, scope: Scope, kinds: Sequence[Kind]) -> bool:
    """Whether the document is of these kinds and in this scope."""
    return (
        document.kind in kinds
        and document.bot_name == scope.bot_name
        and document.channel_id in scope.channels
        and document.visibility in scope.visibilities
        and (scope.until is None or document.said_at <= scope.until)
    )
