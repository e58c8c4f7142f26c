"""The tree of the log built anew while its leaves are read, and the stored nodes beside it."""

from collections.abc import Iterator
from typing import Protocol

from audit.checks import Finding
from domain.merkle import EMPTY_ROOT, Frontier, Range, node_hash, perfect_parts
from ledger.pages import NodeRow

BITS = 8
SPAN = 1 << BITS
"""Leaves under a stored node of the first level, nodes under one of the next."""
NODES_A_PAGE = 1000
LEVELS_MAX = 8


class NodesStored(Protocol):
    """The stored roots of whole subtrees."""

    async def log_nodes_after(self, level: int, index: int, limit: int) -> list[NodeRow]:
        """Return stored nodes in order of level and index, after this one."""
        ...

    async def log_root(self, leaves: Range) -> bytes:
        """Return the root over a subtree, from a place where one of its length may begin."""
        ...


class Tree:
    """The right edge of the tree at every level of stored nodes. Leaves are hashed once."""

    def __init__(self) -> None:
        self._levels = [Frontier()]
        """Of the first level leaves, of each next one the nodes of the level below, that make no
        whole node yet; the last grows without end."""
        self._whole = Frontier()
        """All whole nodes of the first level."""
        self.completed: list[NodeRow] = []
        """Nodes that became whole since they were last taken."""

    @property
    def size(self) -> int:
        """Return how many leaves the tree has."""
        return self._whole.size * SPAN + self._levels[0].size

    def append(self, hash_: bytes) -> None:
        """Add the hash of one leaf."""
        below = self._levels[0]
        below.append(hash_)
        if below.size == SPAN:
            self._whole.append(below.root())
            self._complete(1, below.root())

    def _complete(self, level: int, root: bytes) -> None:
        self._levels[level - 1] = Frontier()
        index = (self._whole.size >> BITS * (level - 1)) - 1
        self.completed.append(NodeRow(level, index, root))
        if level == len(self._levels):
            self._levels.append(Frontier())
        self._levels[level].append(root)
        if self._levels[level].size == SPAN:
            self._complete(level + 1, self._levels[level].root())

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        root = self._levels[0].root() if self._levels[0].size else None
        for peak in self._whole.peaks:
            if peak is not None:
                root = peak if root is None else node_hash(peak, root)
        return EMPTY_ROOT if root is None else root

    def plain(self) -> dict[str, object]:
        """Return the tree's edge as text, for a state that is kept."""
        return {
            "whole": _plain(self._whole),
            "levels": [_plain(level) for level in self._levels],
        }

    @classmethod
    def of_plain(cls, plain: dict[str, list[object]]) -> "Tree":
        """Return the tree that `plain` gave. Raises ValueError, KeyError, TypeError, IndexError."""
        tree = cls()
        tree._whole = _frontier(plain["whole"])
        tree._levels = [_frontier(level) for level in plain["levels"]]
        return tree

    @classmethod
    async def of_prefix(cls, log: NodesStored, size: int) -> "Tree":
        """Return the tree of the first `size` leaves as the stored nodes give it; whoever takes it
        holds its root against a signed one. Its nodes above the first level are not known."""
        tree = cls()
        for start, end in perfect_parts((0, size)):
            root, power = await log.log_root((start, end)), (end - start).bit_length() - 1
            if power >= BITS:
                tree._whole.append_perfect(root, power - BITS)
            else:
                tree._levels[0].append_perfect(root, power)
        return tree


class NodeCheck:
    """Holds nodes that became whole against those that are stored."""

    def __init__(self, log: NodesStored, *, levels: int = LEVELS_MAX) -> None:
        self._log = log
        self._levels = levels
        self._read: dict[int, list[NodeRow]] = {}

    async def findings(self, completed: list[NodeRow]) -> list[Finding]:
        """Return what is stored otherwise of these, which follow in order on those before."""
        found = []
        for node in completed:
            if node.level > self._levels:
                continue
            stored = await self._stored(node)
            if stored is None:
                said = f"node {node.index} of level {node.level} is not stored"
                found.append(Finding("tree", "log_node", None, said, "index"))
            elif stored.hash != node.hash:
                said = f"node {node.index} of level {node.level} is not the root of its leaves"
                found.append(Finding("tree", "log_node", None, said, "hash"))
        return found

    async def _stored(self, node: NodeRow) -> NodeRow | None:
        page = self._read.get(node.level, [])
        if not page or page[-1].index < node.index:
            page = await self._log.log_nodes_after(node.level, node.index - 1, NODES_A_PAGE)
            page = [each for each in page if each.level == node.level]
            self._read[node.level] = page
        return next((each for each in page if each.index == node.index), None)

    async def beyond(self, size: int) -> list[Finding]:
        """Return nodes that are stored and of which a tree of `size` leaves has none."""
        found = []
        for level in range(LEVELS_MAX):
            whole = size >> BITS * level if level else 0
            for node in await self._log.log_nodes_after(level, whole - 1, 1):
                if node.level == level:
                    said = f"node {node.index} of level {level} is stored, and has no such leaves"
                    found.append(Finding("tree", "log_node", None, said, "index"))
        for node in await self._log.log_nodes_after(-1, 0, 1):
            if node.level < 0:
                found.append(Finding("tree", "log_node", None, "there is no level -1", "level"))
        for node in await self._log.log_nodes_after(LEVELS_MAX, -1, 1):
            said = f"node {node.index} of level {node.level} is stored: no tree is so high"
            found.append(Finding("tree", "log_node", None, said, "level"))
        return found


def _plain(frontier: Frontier) -> list[object]:
    return [frontier.size, *(None if each is None else each.hex() for each in frontier.peaks)]


def _frontier(plain: object) -> Frontier:
    size, *peaks = _listed(plain)
    hashes = [None if each is None else bytes.fromhex(str(each)) for each in peaks]
    return Frontier(int(str(size)), hashes)


def _listed(plain: object) -> Iterator[object]:
    if not isinstance(plain, list):
        raise TypeError("a list is expected")
    return iter(plain)
