"""Proofs out of the transparency log: that a fact is in it, and that it only grew (I3)."""

from dataclasses import dataclass

from domain.errors import InvalidRequestError
from domain.merkle import (
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    is_included,
)
from ledger.log import CheckpointRow, LogEntry, LogReading
from ledger.log_rows import FACT_TABLES


@dataclass(frozen=True, slots=True)
class Proof:
    """Hashes that lead to the root of `checkpoint`: from a leaf, or from the tree of `since`."""

    checkpoint: CheckpointRow
    path: tuple[bytes, ...]
    holds: bool
    leaf: LogEntry | None = None
    since: CheckpointRow | None = None


async def signed(log: LogReading, size: int | None = None) -> CheckpointRow:
    """Return the checkpoint of a size, or the newest. Raises InvalidRequestError."""
    row = await log.checkpoint(size)
    if row is None:
        raise InvalidRequestError(
            "There is no such checkpoint.",
            field="size",
            value="newest" if size is None else str(size),
            allowed="the size of one that was signed; `closeout anchor` signs one",
        )
    return row


async def inclusion(log: LogReading, entry: LogEntry | None, row: CheckpointRow) -> Proof:
    """Return the proof that a leaf is under a checkpoint. Raises InvalidRequestError if there is
    no such leaf there."""
    if entry is None:
        raise InvalidRequestError(
            "There is no such event or fact in the log.",
            field="fact",
            allowed=f"an event by its version, or a key of: {', '.join(sorted(FACT_TABLES))}; what "
            "was written within the last minute may wait for its place",
        )
    if entry.index >= row.size:
        raise InvalidRequestError(
            "This has no place under this checkpoint.",
            field="size",
            value=str(row.size),
            allowed="a checkpoint that was signed later; `closeout anchor` signs one",
        )
    path = [await log.log_root(part) for part in inclusion_ranges(entry.index, row.size)]
    root = bytes.fromhex(row.root)
    holds = is_included(entry.hash, entry.index, row.size, path, root)
    return Proof(row, tuple(path), holds, leaf=entry)


async def consistency(log: LogReading, since: int, row: CheckpointRow) -> Proof:
    """Return the proof that the tree of one checkpoint is the beginning of that of another. Raises
    InvalidRequestError."""
    before = await signed(log, since)
    if before.size > row.size:
        raise InvalidRequestError(
            "A tree is the beginning of a longer one only.",
            field="since",
            value=str(since),
            allowed=f"the size of a checkpoint up to {row.size}",
        )
    path = [await log.log_root(part) for part in consistency_ranges(before.size, row.size)]
    roots = bytes.fromhex(before.root), bytes.fromhex(row.root)
    holds = is_consistent(before.size, roots[0], row.size, roots[1], path)
    return Proof(row, tuple(path), holds, since=before)
