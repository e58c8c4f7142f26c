"""The table of the sources names every row, and what each row names is there."""

import ast
import os
import re
from functools import lru_cache
from pathlib import Path

import pytest
from house_documents import read
from house_tree import ROOT

from domain.handbook import Handbook
from handbooks.shelf import read_handbook, zones

PAGE = Path("docs/sources.md")
DOMAIN = Path(os.environ.get("CLOSEOUT_SHARED", ROOT.parent / "shared")) / "design" / "domain.md"
ROW = re.compile(r"^\| (M\d\d) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([^`]+)`")
ENTRY = re.compile(r"([a-z_]+)/([a-z]+)\.([A-Za-z0-9_-]+)")
OUT = "stays out: "
STAY_OUT = {"M84", "M85", "M86", "M92"}
PROCEDURES = {"campaigns", "pipelines", "matches", "registers", "grants"}
ROWS = {number: (what, where, test) for number, what, where, test in ROW.findall(read(PAGE))}


@lru_cache
def handbook(zone: str) -> Handbook:
    return read_handbook(zone)


@lru_cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def entries(where: str) -> list[tuple[str, str, str]]:
    """Return the entries of handbooks that a cell names, each with zone, table and id."""
    found = [ENTRY.fullmatch(named) for named in NAMED.findall(where)]
    return [(each[1], each[2], each[3]) for each in found if each and each[1] in zones()]


def test_every_row_is_there_once_and_in_order() -> None:
    assert [number for number, *_ in ROW.findall(read(PAGE))] == [f"M{n:02}" for n in range(1, 93)]


def test_the_rows_are_those_of_the_design() -> None:
    if not DOMAIN.is_file():
        pytest.skip(f"the design is not at {DOMAIN}")
    design = re.findall(r"^\| (M\d\d) \| ", DOMAIN.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ROWS) == sorted(design)


def test_four_rows_stay_out_and_say_why() -> None:
    out = {number for number, (_, where, _) in ROWS.items() if where.startswith(OUT)}
    assert out == STAY_OUT
    for number in out:
        _, where, test = ROWS[number]
        assert len(where.removeprefix(OUT).split()) > 5, number
        assert test == "—", number


@pytest.mark.parametrize("number", sorted(ROWS.keys() - STAY_OUT))
def test_where_a_row_lives_is_there(number: str) -> None:
    _, where, _ = ROWS[number]
    named = NAMED.findall(where)
    own = entries(where)

    places = [each for each in named if "/" in each]
    in_handbooks = {f"{zone}/{table}.{id_}" for zone, table, id_ in own}

    assert places
    assert [each for each in places if not (each in in_handbooks or (ROOT / each).exists())] == []
    for zone, table, id_ in own:
        assert id_ in {entry.id for entry in getattr(handbook(zone), table)}, (zone, table, id_)


@pytest.mark.parametrize("number", sorted(ROWS.keys() - STAY_OUT))
def test_the_test_that_shows_a_row_is_there(number: str) -> None:
    (named,) = NAMED.findall(ROWS[number][2])
    file, _, name = named.partition("::")

    assert name in names_in(file)


def test_every_procedure_of_a_real_zone_is_told_of() -> None:
    told = {each for _, where, _ in ROWS.values() for each in entries(where)}
    real = {
        (zone, table, entry.id)
        for zone in zones()
        if zone != "xinghe"
        for table in PROCEDURES
        for entry in getattr(handbook(zone), table)
    }

    assert len(real) > 40
    assert real - told == set(ELSEWHERE)


ELSEWHERE = {
    ("cedz", "registers", "resumption-ledger"),
    ("guiyang_county", "registers", "resumption-ledger"),
    ("shuangqiao", "registers", "resumption-ledger"),
    ("yunyang", "registers", "resumption-ledger"),
    ("nanan", "registers", "resumption-ledger"),
    ("jiulongpo", "registers", "resumption-ledger"),
}
"""M49 and M88 once more: how many have resumed is told of these zones too (002:9 and others)."""
