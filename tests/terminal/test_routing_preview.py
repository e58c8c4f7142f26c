"""`closeout routing preview`: another table tried on the issues on record, nothing written."""

from pathlib import Path
from typing import Any

import builders as b
import pytest
from halls import NAME, lay
from stage import OFFICER, REPORT
from watch import Watch

BY_CATEGORY = {"id": "usual", "to": "category", "categories": ["power-supply"]}
OLD = b.terms_of(routing=[BY_CATEGORY])
NEW: list[dict[str, Any]] = [
    {"id": "key", "to": "unit", "unit": "power", "lists": ["key"]},
    {"id": "quakes", "to": "unit", "unit": "roads", "origins": ["leader"]},
    {"id": "usual", "to": "category", "areas": ["west"]},
]
LISTS = [{"id": "key", "name": NAME, "revision": 1, "members": ["foundry"]}]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Four accepted issues of Monday to Thursday, routed by the old table; one of them by hand."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    watch = Watch()
    watch.terms = OLD
    accept(watch, b.MON_9, "mill", "power-supply")
    accept(watch, b.TUE_9, "foundry", "road-access")
    accept(watch, b.WED_9, "mill", "road-access")
    accept(watch, b.THU_9, "foundry", "road-access", by_hand=True)
    watch.clock.at = b.FRI_9
    watch.json("report", b.ZONE, "not-accepted", *REPORT[3:])
    return watch


def accept(watch: Watch, at: Any, enterprise: str, category: str, *, by_hand: bool = False) -> None:
    watch.clock.at = at
    key = f"{at.astimezone(b.SHANGHAI):%a}".lower()
    watch.json(
        *("report", b.ZONE, key, "--enterprise", enterprise, "--category", category),
        *("--title", "A matter", "--text", "Of some weight."),
        *("--as", f"enterprise:{enterprise}.a@{enterprise}"),
    )
    if by_hand:
        watch.do(key, "assign", "handler=roads-desk", by=OFFICER)
    watch.do(key, "accept", by=OFFICER)


@pytest.fixture
def tried(tmp_path: Path) -> str:
    """A shelf with the new table."""
    return str(lay(tmp_path / "new", revision=2, routing=NEW, lists=LISTS))


def preview(watch: Watch, tried: str, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = watch.json("routing", "preview", b.ZONE, "--from", tried, *words)
    return answer


def test_every_row_every_move_and_what_only_the_owner_keeps_is_said(
    watch: Watch, tried: str
) -> None:
    answer = preview(watch, tried)

    assert (answer["accepted"], answer["by_hand"], answer["moved"]) == (4, 1, 2)
    assert answer["rows"] == [
        {"row": "key", "hits": 1},
        {"row": "quakes", "hits": 0},
        {"row": "usual", "hits": 0},
    ]
    assert answer["never"] == ["quakes", "usual"]
    assert [(c["stream"], c["was"], c["becomes"]) for c in answer["changes"]] == [
        (
            f"{b.ZONE}/mon",
            {"row": "usual", "unit": "power", "handler": "power-desk"},
            {"row": None, "unit": None, "handler": "grid-east-1"},
        ),
        (
            f"{b.ZONE}/tue",
            {"row": None, "unit": None, "handler": "grid-east-1"},
            {"row": "key", "unit": "power", "handler": "power-desk"},
        ),
    ]
    assert [c["stream"] for c in answer["defaults"]] == [f"{b.ZONE}/mon", f"{b.ZONE}/wed"]
    assert answer["defaulted"] == 2
    assert answer["accepted"] == answer["by_hand"] + answer["defaulted"] + sum(
        row["hits"] for row in answer["rows"]
    )


def test_nothing_is_written(watch: Watch, tried: str) -> None:
    def written() -> str:
        return repr(watch.ledger._tables)

    watch.json("list")
    before = written()
    preview(watch, tried)
    preview(watch, tried, "--since", "2026-03-04T09:00")

    assert written() == before


def test_the_table_in_force_moves_nothing(watch: Watch, tmp_path: Path) -> None:
    same = str(lay(tmp_path / "same", routing=[BY_CATEGORY]))

    answer = preview(watch, same)

    assert (answer["moved"], answer["rows"], answer["defaulted"]) == (
        0,
        [{"row": "usual", "hits": 1}],
        2,
    )


def test_a_span_of_acceptances_and_the_length_of_lists_can_be_named(
    watch: Watch, tried: str
) -> None:
    part = preview(watch, tried, "--since", "2026-03-03T09:00", "--until", "2026-03-05T09:00")
    short = preview(watch, tried, "--limit", "1")

    assert (part["accepted"], part["moved"], part["since"]) == (2, 1, "2026-03-03T01:00:00.000Z")
    assert (short["moved"], len(short["changes"]), len(short["defaults"])) == (2, 1, 1)
    assert watch.refused("routing", "preview", b.ZONE, "--from", tried, "--since", "never")


def test_an_enterprise_or_category_that_the_new_handbook_lacks_is_named(
    watch: Watch, tmp_path: Path
) -> None:
    only = [each for each in b.HANDBOOK_DATA["enterprises"] if each["id"] != "mill"]
    kinds = [each for each in b.HANDBOOK_DATA["categories"] if each["id"] != "power-supply"]
    narrow = lay(tmp_path / "narrow", routing=[], enterprises=only, categories=kinds)

    answer = preview(watch, str(narrow))

    assert answer["unknown"] == {"category power-supply": 1, "enterprise mill": 2}


def test_people_read_it_as_tables(watch: Watch, tried: str) -> None:
    shown = watch.said("routing", "preview", b.ZONE, "--from", tried)

    assert "4 accepted issues: 2 would lie elsewhere, 2 would stay with the owner" in shown
    assert "quakes 0 roads never hit" in shown
    assert "would lie elsewhere: 2 of 2" in shown
    assert "power (usual)" in shown
