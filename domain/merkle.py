"""The RFC 6962 Merkle tree over hashes of leaves: roots, proofs, and how a proof is checked."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Range = tuple[int, int]
"""Leaves from the first to before the second."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of a zero byte and its bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of a one byte and both hashes below."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: all that is needed to add leaves and to tell the root.

    `peaks` are the roots of the perfect subtrees that make up the tree, by the power of two of
    their leaves; None where the tree has none of that size.
    """

    size: int = 0
    peaks: list[bytes | None] = field(default_factory=list)

    def append(self, hash_: bytes) -> None:
        """Add the hash of one leaf."""
        self.append_perfect(hash_, 0)

    def append_perfect(self, hash_: bytes, power: int) -> None:
        """Add a perfect subtree of 2 to the `power` leaves. Raises ValueError out of place."""
        if self.size % (1 << power):
            raise ValueError(f"a subtree of {1 << power} leaves cannot follow {self.size} leaves")
        self.size += 1 << power
        while len(self.peaks) <= power:
            self.peaks.append(None)
        level, standing = power, self.peaks[power]
        while standing is not None:
            hash_ = node_hash(standing, hash_)
            self.peaks[level] = None
            level += 1
            if level == len(self.peaks):
                self.peaks.append(None)
            standing = self.peaks[level]
        self.peaks[level] = hash_

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        root: bytes | None = None
        for peak in self.peaks:
            if peak is not None:
                root = peak if root is None else node_hash(peak, root)
        return EMPTY_ROOT if root is None else root


def root_of(hashes: Iterable[bytes]) -> bytes:
    """Return the root over the hashes of leaves, or of subtrees of one size."""
    frontier = Frontier()
    for hash_ in hashes:
        frontier.append(hash_)
    return frontier.root()


def perfect_parts(leaves: Range) -> Iterator[Range]:
    """Yield the perfect subtrees that make up a subtree, from the left.

    `leaves` begins where a subtree of its length may begin.
    """
    start, end = leaves
    while start < end:
        length = 1 << (end - start).bit_length() - 1
        yield start, start + length
        start += length


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the subtrees whose roots prove that leaf `index` is in a tree of `size` (RFC 6962
    2.1.1), nearest the leaf first. Raises ValueError if it is not."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves: from 0 to {size - 1}")
    ranges: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return the subtrees whose roots prove that a tree of `new` leaves begins with the tree of its
    first `old` (RFC 6962 2.1.2). Raises ValueError if it cannot."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with {old}: from 1 to {new}")
    ranges: list[Range] = []
    start, end, is_known = 0, new, True
    while end > old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_known = middle, False
    if not is_known:
        ranges.append((start, end))
    return ranges[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether `path` proves that the leaf with this hash is leaf `index` under `root`."""
    if not 0 <= index < size:
        return False
    at, last, hash_ = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hash_ = node_hash(beside, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == root


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Return whether `path` proves that the tree of `new` leaves begins with that of `old`."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(beside, before), node_hash(beside, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(length: int) -> int:
    """Return the greatest power of two below `length`."""
    return 1 << (length - 1).bit_length() - 1
