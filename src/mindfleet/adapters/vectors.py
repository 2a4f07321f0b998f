"""What the stores of vectors have in common, so that each finds the same in the same order."""

from dataclasses import dataclass

from mindfleet.ports.embedder import Vector

DIGITS = 6
"""Cosines are rounded to so many decimals, and equal ones ordered by id: single precision differs in the seventh, by
processor and by how many rows are compared at once, even for one and the same vector."""


@dataclass(frozen=True)
class Space:
    """Where vectors can be compared: those of one embedder.

    Args:
        embedder: `Embedder.name`.
        dimensions: `Embedder.dimensions`.
    """

    embedder: str
    dimensions: int

    def admit(self, vector: Vector) -> Vector:
        """The vector, if it is one of this space.

        Raises:
            ValueError: it has more or fewer dimensions.
        """
        if len(vector) != self.dimensions:
            raise ValueError(f"a vector of {self.embedder} has {self.dimensions} dimensions, not {len(vector)}")
        return vector
