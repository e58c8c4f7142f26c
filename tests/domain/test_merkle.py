"""The tree of RFC 6962: known roots, and proofs of every kind that hold, and hold nothing else."""

import json
import os
from pathlib import Path

import pytest
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    perfect_parts,
    root_of,
)

ROOT = Path(__file__).parents[2]
VECTORS = Path(os.environ.get("CLOSEOUT_SHARED", ROOT / "../shared")) / "data/vectors"
KNOWN = VECTORS / "rfc6962_roots.json"
EXAMPLES = deep("proofs of the tree", 20_000)
LEAVES = [leaf_hash(index.to_bytes(2)) for index in range(700)]
ROOTS = [root_of(LEAVES[:size]) for size in range(len(LEAVES) + 1)]
sizes = st.integers(1, len(LEAVES))


def path_of(index: int, size: int) -> list[bytes]:
    return [root_of(LEAVES[start:end]) for start, end in inclusion_ranges(index, size)]


def path_between(old: int, new: int) -> list[bytes]:
    return [root_of(LEAVES[start:end]) for start, end in consistency_ranges(old, new)]


def by_definition(hashes: list[bytes]) -> bytes:
    """MTH as RFC 6962 writes it down."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY_ROOT
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(by_definition(hashes[:split]), by_definition(hashes[split:]))


@pytest.mark.skipif(
    not KNOWN.is_file(), reason="the shared vectors are not beside this clone (CLOSEOUT_SHARED)"
)
def test_the_published_roots_come_out() -> None:
    vectors = json.loads(KNOWN.read_text())
    leaves = [leaf_hash(bytes.fromhex(each)) for each in vectors["leaf_inputs_hex"]]

    roots = [root_of(leaves[:size]).hex() for size in range(len(leaves) + 1)]

    assert roots == vectors["root_hashes_hex"]
    assert len(roots) == 9


def test_every_root_is_that_of_the_definition() -> None:
    for size in range(130):
        assert ROOTS[size] == by_definition(LEAVES[:size])


@given(sizes, st.data())
@settings(max_examples=EXAMPLES)
def test_a_proof_of_inclusion_holds_for_its_leaf_and_place_and_nothing_else(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = path_of(index, size)

    assert is_included(LEAVES[index], index, size, path, ROOTS[size])

    other = data.draw(st.integers(0, len(LEAVES) - 1).filter(lambda at: at != index))
    assert not is_included(LEAVES[other], index, size, path, ROOTS[size])
    assert not is_included(LEAVES[index], other, size, path, ROOTS[size])
    assert not is_included(LEAVES[index], index, size, path, ROOTS[size - 1])
    assert not is_included(LEAVES[index], index, size, [*path, LEAVES[0]], ROOTS[size])
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        spoilt = [*path[:place], bytes(32), *path[place + 1 :]]
        assert not is_included(LEAVES[index], index, size, spoilt, ROOTS[size])
        assert not is_included(LEAVES[index], index, size, path[:-1], ROOTS[size])


@given(sizes, st.data())
@settings(max_examples=EXAMPLES)
def test_a_proof_of_consistency_holds_for_its_two_trees_and_no_others(
    new: int, data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, new))
    path = path_between(old, new)

    assert is_consistent(old, ROOTS[old], new, ROOTS[new], path)

    other = data.draw(sizes.filter(lambda size: size != old))
    assert not is_consistent(old, ROOTS[other], new, ROOTS[new], path)
    assert not is_consistent(old, ROOTS[old], new, ROOTS[new - 1], path)
    assert not is_consistent(old, ROOTS[old], new, ROOTS[new], [*path, LEAVES[0]])
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        spoilt = [*path[:place], bytes(32), *path[place + 1 :]]
        assert not is_consistent(old, ROOTS[old], new, ROOTS[new], spoilt)
        assert not is_consistent(old, ROOTS[old], new, ROOTS[new], path[:-1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_ranges(index, size)
    assert not is_included(LEAVES[0], index, size, [], ROOTS[1])


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3)])
def test_a_tree_does_not_begin_with_an_empty_or_a_greater_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not begin"):
        consistency_ranges(old, new)
    assert not is_consistent(old, ROOTS[0], new, ROOTS[3], [])


def test_two_trees_of_one_size_are_consistent_without_a_path_and_only_if_they_are_equal() -> None:
    assert is_consistent(5, ROOTS[5], 5, ROOTS[5], [])
    assert not is_consistent(5, ROOTS[5], 5, ROOTS[6], [])
    assert not is_consistent(3, ROOTS[3], 5, ROOTS[5], [])


@given(st.integers(0, len(LEAVES)))
def test_a_tree_carried_on_from_its_perfect_parts_has_the_same_root(size: int) -> None:
    frontier = Frontier()
    for start, end in perfect_parts((0, size)):
        frontier.append_perfect(root_of(LEAVES[start:end]), (end - start).bit_length() - 1)
    for hash_ in LEAVES[size : size + 9]:
        frontier.append(hash_)

    assert frontier.size == min(size + 9, len(LEAVES))
    assert frontier.root() == ROOTS[frontier.size]


def test_a_subtree_stands_only_where_one_of_its_size_may_begin() -> None:
    frontier = Frontier()
    frontier.append(LEAVES[0])

    with pytest.raises(ValueError, match="cannot follow 1 leaves"):
        frontier.append_perfect(root_of(LEAVES[1:3]), 1)
