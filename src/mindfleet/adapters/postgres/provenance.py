"""Which answer of a model a row rests on."""

from mindfleet.adapters.postgres.database import Row
from mindfleet.ports.journal import Origin


def origin_of(row: Row) -> Origin | None:
    """None where no model was asked."""
    if row["answer_key"] is None:
        return None
    return Origin(provider=row["provider"], answer_key=row["answer_key"])


def origin_columns(origin: Origin | None) -> tuple[object, object]:
    """Provider and key of the answer."""
    return (origin.provider, origin.answer_key) if origin else (None, None)
