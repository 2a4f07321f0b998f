"""What is said of a few runs: every one of them, their median, and how far apart they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One thing that was measured of one system, as often as it was run."""

    unit: str
    runs: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("a figure without a run says nothing")

    @property
    def median(self) -> float:
        return median(self.runs)

    @property
    def spread(self) -> float:
        """From the lowest run to the highest, as a share of the median; 0 for a single run."""
        return (max(self.runs) - min(self.runs)) / self.median if self.median else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "median": rounded(self.median),
            "lowest": rounded(min(self.runs)),
            "highest": rounded(max(self.runs)),
            "spread": rounded(self.spread),
            "runs": [rounded(run) for run in self.runs],
        }


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that so large a share of them does not exceed (the nearest rank)."""
    if not samples:
        raise ValueError("no samples")
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def percentiles(samples: Sequence[float]) -> dict[str, float]:
    return {"p50": percentile(samples, 0.5), "p95": percentile(samples, 0.95), "p99": percentile(samples, 0.99)}


def ratio(of: float, to: float) -> float | None:
    """How many times as much; None where there is nothing to divide by."""
    return rounded(of / to) if to else None


def rounded(number: float) -> float:
    """To four significant digits: more would claim what no run shows."""
    return float(f"{number:.4g}")


def ratios(
    figures: Mapping[str, Mapping[str, Figure]], ours: str, peer: str, compared: Mapping[str, tuple[str, bool]]
) -> dict[str, float | None]:
    """By how much we are better than a peer, for each thing that was measured of both; over 1 is better.

    Args:
        figures: by name, then by system.
        ours: the system that is compared.
        peer: what with.
        compared: for each ratio, the figure that it is of, and whether more of it is better.
    """
    found = {}
    for name, (figure, more_is_better) in compared.items():
        of = figures.get(figure, {})
        if ours in of and peer in of:
            mine, other = of[ours].median, of[peer].median
            found[name] = ratio(mine, other) if more_is_better else ratio(other, mine)
    return found
