"""Leaves: every column counts, and a value is written in one way only."""

from datetime import UTC, date, datetime, timedelta, timezone

from domain.leaves import event_leaf, fact_leaf, row_hash

AT = datetime(2026, 11, 22, 5, 6, 7, 89_001, tzinfo=UTC)
ROW: dict[str, object] = {
    "id": "a",
    "n": 3,
    "big": 2**60,
    "open": True,
    "at": AT,
    "on": date(2026, 11, 22),
    "archive": b"\x00\x01",
    "names": ["x", "y"],
    "none": None,
}


def test_the_leaf_of_an_event_is_this_text() -> None:
    assert event_leaf("cedz/a", 2, 17, "ab", None) == (
        b'{"command":null,"hash":"ab","kind":"event","position":17,"stream":"cedz/a","version":2}'
    )


def test_every_part_of_an_event_changes_its_leaf() -> None:
    leaves = {
        event_leaf("cedz/a", 2, 17, "ab", None),
        event_leaf("cedz/b", 2, 17, "ab", None),
        event_leaf("cedz/a", 3, 17, "ab", None),
        event_leaf("cedz/a", 2, 18, "ab", None),
        event_leaf("cedz/a", 2, 17, "ac", None),
        event_leaf("cedz/a", 2, 17, "ab", "cd"),
    }

    assert len(leaves) == 6


def test_every_column_of_a_row_changes_its_hash() -> None:
    others = {
        "id": "b",
        "n": 4,
        "big": 2**60 + 1,
        "open": False,
        "at": AT + timedelta(microseconds=1),
        "on": date(2026, 11, 23),
        "archive": b"\x00\x02",
        "names": ["y", "x"],
        "none": "",
    }
    hashes = {row_hash(ROW | {column: other}) for column, other in others.items()}

    assert len(hashes | {row_hash(ROW)}) == len(others) + 1


def test_a_moment_has_one_text_wherever_it_is_told() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))

    assert row_hash({"at": AT}) == row_hash({"at": elsewhere})


def test_the_order_of_columns_does_not_count_and_the_table_does() -> None:
    turned = dict(reversed(ROW.items()))

    assert fact_leaf("terms", "a", ROW) == fact_leaf("terms", "a", turned)
    assert fact_leaf("terms", "a", ROW) != fact_leaf("refusal", "a", ROW)
    assert fact_leaf("terms", "a", ROW) != fact_leaf("terms", "b", ROW)


def test_what_a_driver_gives_for_infinity_is_told_as_no_moment() -> None:
    ends = [datetime.min, datetime.max]  # noqa: DTZ901  # so it gives infinity
    ends += [each.replace(tzinfo=UTC) for each in ends]

    assert len({row_hash({"at": each}) for each in ends}) == 4
