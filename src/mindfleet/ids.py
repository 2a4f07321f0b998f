"""Names that come out the same every time: the same message, fact or question always has the same id."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1d7c52-9d0e-5a6b-8f5e-3f6f2b7a1c40")


def name(kind: str, *parts: object) -> UUID:
    """The uuid5 (RFC 9562 §5.5) of a kind of thing and what identifies it."""
    return uuid5(NAMESPACE, "\x1f".join((kind, *map(str, parts))))
