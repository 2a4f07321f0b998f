"""What is said when something that must hold does not."""


class Violation(AssertionError):
    """An invariant does not hold.

    Args:
        invariant: its name.
        said: what is wrong, with the names of those concerned.
    """

    def __init__(self, invariant: str, said: str) -> None:
        super().__init__(f"{invariant}: {said}")
        self.invariant = invariant
        self.said = said


def hold(truth: object, invariant: str, said: str) -> None:
    """Raise a violation, unless it is true."""
    if not truth:
        raise Violation(invariant, said)
