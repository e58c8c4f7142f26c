"""What processes hold in memory and folders on disk, and how either grows with what is stored."""

import os
import statistics
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
KB_A_MB = 1024
BYTES_A_MB = 1024 * 1024

Point = tuple[float, float]


def tree(pid: int) -> set[int]:
    """Return a process and all that descend from it, as far as they live."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # The name of a program stands in brackets and may hold anything, brackets too.
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(stat[1]), []).append(int(folder.name))
    found, waiting = {pid}, [pid]
    while waiting:
        further = [each for each in children.get(waiting.pop(), ()) if each not in found]
        found.update(further)
        waiting += further
    return found


def memory_mb(pid: int | None) -> float:
    """Return what a process and its children hold of memory, in MiB: the proportional share, so
    that what PostgreSQL's processes share counts once. 0 for a process that is gone."""
    return 0.0 if pid is None else sum(map(_share_mb, tree(pid)))


def _share_mb(pid: int) -> float:
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / KB_A_MB
    return 0.0


def machine_mb() -> float:
    """Return the memory of the machine, in MiB."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / BYTES_A_MB


def files_mb(files: Iterable[Path]) -> float:
    """Return what files take together, in MiB; one that is not there takes nothing."""
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total / BYTES_A_MB


def slope(points: Sequence[Point]) -> float:
    """Return how much is added for each one more, by least squares."""
    return statistics.linear_regression(*zip(*points, strict=True)).slope
