"""The quick check of a chain agrees with the one that parses; every column is spoken for."""

import json
import tracemalloc
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta

import builders as b
import pytest
from databases import Database
from hypothesis import given
from hypothesis import strategies as st
from played_ledger import played

from audit.chain_check import chain_breaks, is_whole
from audit.checks import FOUND_MAX, Finding, Findings
from audit.columns import DERIVED, OPERATIONAL
from audit.numbers import GAPS_MAX, NumberTally
from domain.canonical import canonical
from domain.chain import Record, breaks, link
from domain.events import IssueAccepted
from ledger.log_rows import FACT_TABLES
from ledger.pages import NumberRow

RECORDS = tuple(played().events)
COLUMNS = tuple(each.name for each in fields(Record))
STRINGS = st.sampled_from(
    ("", "x", 'a"b', "a\\", "null", 'a","kind":"b', "海", "a},", "0" * 64, "},", '"},"at":"')
)
MILLISECOND = timedelta(milliseconds=1)


def test_a_chain_that_is_whole_needs_no_parsing() -> None:
    assert is_whole(RECORDS)
    assert list(chain_breaks(RECORDS)) == list(breaks(RECORDS)) == []


@st.composite
def altered(draw: st.DrawFn) -> list[Record]:
    """Draw a life in which columns or texts were written over, and hashed anew or not."""
    records = list(RECORDS)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(records) - 1))
        record = records[place]
        if draw(st.booleans()):
            name = draw(st.sampled_from(COLUMNS))
            records[place] = replace(record, **{name: draw(_other(getattr(record, name)))})
        else:
            records[place] = replace(record, text=canonical(draw(_rewritten(RECORDS[place]))))
    if draw(st.booleans()):
        previous = records[0].previous
        for place, record in enumerate(records):
            hash_ = link(previous, record.text)
            records[place] = replace(record, previous=previous, hash=hash_)
            previous = hash_
    return records


def _other(value: object) -> st.SearchStrategy[object]:
    if isinstance(value, str):
        return STRINGS
    if isinstance(value, int):
        return st.integers(0, 20)
    return st.sampled_from((b.MON_9, b.MON_9 + MILLISECOND, b.MON_9 + MILLISECOND / 2))


@st.composite
def _rewritten(draw: st.DrawFn, record: Record) -> dict[str, object]:
    """Draw the event's text with one of its parts changed, gone, or one more: still canonical."""
    plain: dict[str, object] = json.loads(record.text)
    name = draw(st.sampled_from((*plain, "b", "bz", "zz", "actor")))
    inner: Mapping[str, object] = {"a": {}, "at": plain.get("at"), "body": {}}
    values: tuple[object, ...] = ("x", None, 3, {}, inner, [plain.get("at")], {**plain, "body": {}})
    if name in plain and draw(st.booleans()):
        del plain[name]
    else:
        plain[name] = draw(st.sampled_from(values))
    return plain


@given(altered())
def test_the_quick_check_finds_what_the_parsing_one_finds_and_nothing_else(
    records: list[Record],
) -> None:
    assert list(chain_breaks(records)) == list(breaks(records))


def test_findings_are_bounded_and_the_rest_are_counted() -> None:
    each = Finding("chain", "a/b", 1, "x")
    many = Findings(1, 1, 1, (each,) * FOUND_MAX)

    both = many.plus(many).plus(Findings(1, 1, 1, (each,)))

    assert (len(both.found), both.left_out, both.count) == (
        FOUND_MAX,
        FOUND_MAX + 1,
        2 * FOUND_MAX + 1,
    )


def _tally(*numbers: str, zone: str = b.ZONE) -> NumberTally:
    tally = NumberTally()
    for version, number in enumerate(numbers, start=1):
        event = IssueAccepted.model_construct(
            at=b.MON_9, by=b.OFFICER, number=number, category="LOG-1", handler="x"
        )
        tally.saw(zone, replace(RECORDS[0], version=version), event)
    return tally


def _said(tally: NumberTally, last: int | None) -> list[str]:
    rows = [] if last is None else [NumberRow(b.ZONE, 2026, last)]
    return [each.message for each in tally.findings(rows)]


def test_numbers_run_without_gap_to_what_the_sequence_says() -> None:
    first, second, third = (f"{b.ZONE.upper()}-2026-{n:06d}" for n in (1, 2, 3))
    assert _said(_tally(first, second), 2) == []
    assert _said(_tally(), None) == []
    assert "the greatest number given is 2" in _said(_tally(first, second), 3)[0]
    assert "the greatest number given is 2" in _said(_tally(first, second), None)[0]
    assert _said(_tally(first, third), 3) == [f"no issue has the number {second}"]
    assert _said(_tally(first, first), 1) == [f"the number {first} was given before"]
    assert "is no ledger number" in _said(_tally("x"), None)[0]
    assert "is no ledger number" in _said(_tally("OTHER-2026-000001"), None)[0]


def _numbered(number: int) -> str:
    return f"{b.ZONE.upper()}-2026-{number:06d}"


def test_a_number_far_beyond_all_others_is_no_ledger_number_and_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        tally = _tally(_numbered(1), _numbered(999_999_999))
        said = _said(tally, 1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert said == [f"{_numbered(999_999_999)} is no ledger number of {b.ZONE}: 2 were given"]
    assert peak < 1_000_000


def test_gaps_are_named_up_to_a_bound() -> None:
    given = [*range(1, 2000), *range(3000, 3200)]
    said = _said(_tally(*map(_numbered, given)), 3199)
    assert said == [f"no issue has the number {_numbered(n)}" for n in range(2000, 2100)]
    scattered = [_numbered(number) for number in range(10_000, 20_000, 50)]
    assert len(_said(_tally(*scattered), None)) == GAPS_MAX
    assert "is no ledger number" in _said(_tally(_numbered(0)), None)[0]
    assert "is no ledger number" in _said(_tally(f"{b.ZONE.upper()}-2026-0000001"), None)[0]


def test_numbers_given_twice_are_named_up_to_a_bound_and_the_rest_are_counted() -> None:
    numbers = [_numbered(number) for number in range(1, FOUND_MAX + 3)]
    tally = _tally(*numbers)
    tally.take_in(_tally(*numbers))
    assert (len(tally.kept.found), tally.kept.left_out) == (FOUND_MAX, 2)
    again = NumberTally()
    again.take_in(tally)
    again.kept.add(Finding("number", "x", None, "y"))
    assert again.kept.left_out == 3
    assert [each.message for each in again.kept.all()][-1] == "3 more of this kind"


def test_tallies_of_several_pages_come_to_that_of_all() -> None:
    first, second = (f"{b.ZONE.upper()}-2026-{n:06d}" for n in (1, 9))
    both, again = _tally(first), _tally(first)
    both.take_in(_tally(second))
    again.take_in(_tally(first))

    assert both.plain() == _tally(first, second).plain()
    assert NumberTally.of_plain(both.plain()).plain() == both.plain()
    assert [each.message for each in again.kept.found] == [f"the number {first} was given twice"]


async def test_every_column_beside_the_facts_is_verified_or_said_to_be_operational(
    database: Database,
) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
    facts = {"event", "checkpoint", "log_entry", "log_node", *FACT_TABLES} - {"administrative_task"}
    stored = {(row[0], row[1]) for row in rows if row[0] not in facts}
    derived = {(table, column) for table, columns in DERIVED.items() for column in columns}
    logged = {("administrative_task", c) for c in FACT_TABLES["administrative_task"].columns}
    assert stored == derived | OPERATIONAL.keys() | logged
    assert not derived & OPERATIONAL.keys()


@pytest.mark.parametrize("reason", OPERATIONAL.values())
def test_what_is_operational_has_a_reason(reason: str) -> None:
    assert len(reason) > len("as x.y")
