"""What the jobs of a run noted: read by the benchmark while they run."""

from pathlib import Path

from scripts.benching.peers.probe import COUNTS, PICKUP, SAMPLES


class Readings:
    """The files of the probes of one run, one a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ran(self) -> int:
        """How many jobs have run."""
        return sum(self._counts(path)[0] for path in self._files())

    def processes(self) -> int:
        """How many processes have run one."""
        return sum(self._counts(path)[0] > 0 for path in self._files())

    def pickups(self) -> list[tuple[int, int]]:
        """When jobs were sent and when they started, in nanoseconds, in the order in which they were sent."""
        found: list[tuple[int, int]] = []
        for path in self._files():
            noted = min(self._counts(path)[1], SAMPLES)
            data = path.read_bytes()[COUNTS.size : COUNTS.size + noted * PICKUP.size]
            found += [(sent, started) for sent, started in PICKUP.iter_unpack(data)]
        return sorted(found)

    def _files(self) -> list[Path]:
        return list(self.folder.glob("*.probe"))

    def _counts(self, path: Path) -> tuple[int, int]:
        with path.open("rb", buffering=0) as file:
            data = file.read(COUNTS.size)
        ran, noted = COUNTS.unpack(data) if len(data) == COUNTS.size else (0, 0)
        return ran, noted
