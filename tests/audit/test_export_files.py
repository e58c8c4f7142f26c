"""Exported files: whole or not there, told in a manifest, on record; JSON lines and CSV."""

import csv
import errno
import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from exports_made import AT, lines, made, read_lines
from hypothesis import given
from hypothesis import strategies as st
from kept_ledger import KeptLedger

from audit.exports.choosing import Choice
from audit.exports.csv import ACTIVE, COLUMNS, MARK, safe
from audit.exports.files import PartFile, manifest_path
from domain.chain import Record, breaks
from domain.errors import InvalidRequestError
from ledger.port import UnreadableRowError

LEDGER = KeptLedger()
XINGHE = Choice(zone="xinghe")
FORMS = ("jsonl", "csv", "ocel", "xes")


class Spoilt(KeptLedger):
    """A ledger whose last event is none."""

    def __init__(self) -> None:
        super().__init__()
        last = self._tables.positions[-1]
        spoilt = replace(last, text=last.text.replace('"body":{', '"body":{"nothing":1,'))
        self._tables.positions[-1] = spoilt


def rows_of(file: Path) -> list[dict[str, str]]:
    text = file.read_text(encoding="utf-8")
    assert text.startswith(MARK)
    return list(csv.DictReader(text.removeprefix(MARK).splitlines(keepends=True)))


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob("*.part"), *folder.glob("*.manifest.json.*")]


@pytest.mark.parametrize("form", FORMS)
async def test_the_manifest_says_what_is_in_the_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    done = await made(LEDGER, form, file, XINGHE)

    manifest = json.loads(manifest_path(file).read_text(encoding="utf-8"))
    assert manifest == done.plain
    assert manifest["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert manifest["bytes"] == file.stat().st_size
    assert manifest["position"] == await LEDGER.safe_position()
    assert (manifest["form"], manifest["at"]) == (form, "2026-11-22T09:00:00.000Z")
    assert manifest["filters"] == {"zone": "xinghe"}
    orders = [s for s in LEDGER.streams_kept if s.startswith("order/xinghe/") and form != "xes"]
    issues = [s for s in LEDGER.streams_kept if s.startswith("xinghe/")]
    counts = manifest["counts"]
    assert (counts["issues"], counts["orders"]) == (len(issues), len(orders))
    assert counts["events"] == sum(len(LEDGER._tables.records[s]) for s in issues + orders)
    assert left_over(tmp_path) == []


async def test_an_export_is_on_record_before_anything_is_read(tmp_path: Path) -> None:
    ledger = Spoilt()
    with pytest.raises(UnreadableRowError, match="export jsonl"):
        await made(ledger, "csv", tmp_path / "log")

    (read,) = await ledger.audit_reads()
    assert (read.kind, read.position, read.at) == ("export", await ledger.safe_position(), AT)
    assert json.loads(read.scope) == {"form": "csv", "filters": {}}
    assert left_over(tmp_path) == []
    assert not (tmp_path / "log").exists()


async def test_json_lines_take_even_what_cannot_be_read(tmp_path: Path) -> None:
    ledger = Spoilt()
    last = ledger._tables.positions[-1]

    read = await lines(ledger, tmp_path / "log")

    assert last.text in [line["event"]["text"] for line in read if "event" in line]


async def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("mine")
    with pytest.raises(InvalidRequestError, match="already"):
        await made(LEDGER, "csv", file)
    assert file.read_text() == "mine"

    await made(LEDGER, "csv", file, replace=True)
    assert file.read_text(encoding="utf-8").startswith(f"{MARK}position,")


async def test_two_exports_do_not_write_one_file(tmp_path: Path) -> None:
    (tmp_path / "log.part").write_text("another's")
    with pytest.raises(InvalidRequestError, match="another export"):
        await made(LEDGER, "csv", tmp_path / "log")
    assert (tmp_path / "log.part").read_text() == "another's"

    await made(LEDGER, "csv", tmp_path / "log", replace=True)
    assert not (tmp_path / "log.part").exists()


@pytest.mark.parametrize("name", ["", "nowhere/log"])
async def test_what_is_no_place_for_a_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await made(LEDGER, "csv", tmp_path / name)
    assert refused.value.details()["field"] == "FILE"


def test_a_disk_that_is_full_is_told_as_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with pytest.raises(InvalidRequestError, match="No space left"), PartFile(file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert left_over(tmp_path) == []
    assert not file.exists()


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with PartFile(tmp_path / "log") as file:
        file.write("secret")
        file.finish()

    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


async def test_json_lines_hold_every_column_and_the_chains_hold(tmp_path: Path) -> None:
    read = await lines(LEDGER, tmp_path / "log", XINGHE)

    assert list(read[0]) == ["export"]
    assert read[0]["export"]["position"] == await LEDGER.safe_position()
    assert list(read[-1]) == ["end"]
    records: dict[str, list[Record]] = {}
    positions: dict[str, list[int]] = {}
    for plain in (line["event"] for line in read if "event" in line):
        positions.setdefault(plain["stream"], []).append(plain.pop("position"))
        moments = {name: _moment(plain[name]) for name in ("at", "occurred_at")}
        found = Record(**(plain | moments))
        records.setdefault(found.stream, []).append(found)
    for stream, chain in records.items():
        assert chain == LEDGER._tables.records[stream]
        assert list(breaks(chain)) == []
        assert positions[stream] == sorted(set(positions[stream]))
    commands = [line["command"] for line in read if "command" in line]
    assert {row["id"] for row in commands} == {
        row.id for row in LEDGER._tables.commands.values() if "xinghe/" in row.stream
    }
    named = {record.terms for chain in records.values() for record in chain}
    terms = {line["terms"]["hash"]: line["terms"]["text"] for line in read if "terms" in line}
    assert named <= terms.keys()
    assert terms == {hash_: LEDGER._tables.terms[hash_] for hash_ in terms}


def _moment(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


async def test_an_instant_finer_than_any_that_was_written_is_not_cut(tmp_path: Path) -> None:
    ledger = KeptLedger()
    last = ledger._tables.positions[-1]
    ledger._tables.positions[-1] = replace(last, at=last.at.replace(microsecond=1))

    events = [line["event"] for line in await lines(ledger, tmp_path / "log") if "event" in line]

    (found,) = (e for e in events if (e["stream"], e["version"]) == (last.stream, last.version))
    assert _moment(found["at"]).microsecond == 1


async def test_csv_has_a_row_for_each_event_and_where_the_issue_stood_after_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "log.csv"
    done = await made(LEDGER, "csv", file)

    rows = rows_of(file)
    assert len(rows) == done.counts.events == await LEDGER.safe_position()
    assert tuple(rows[0]) == COLUMNS
    last = {row["stream"]: row for row in rows}
    for stream, kept in LEDGER._tables.issues.items():
        issue, row = kept.issue, last[stream]
        assert (row["phase"], row["tier"]) == (issue.phase.value, str(issue.tier))
        assert (row["owner"], row["category"]) == (issue.owner, issue.category)
        assert row["number"] == (issue.number or "")
        assert row["outcome"] == ("" if issue.outcome is None else issue.outcome.value)
    for stream, order in LEDGER._tables.orders.items():
        assert last[stream]["phase"] == order.order.standing.value
    some = rows[len(rows) // 2]
    record = LEDGER._tables.records[some["stream"]][int(some["version"]) - 1]
    assert json.loads(some["body"]) == json.loads(record.text)["body"]
    assert (some["hash"], some["kind"]) == (record.hash, record.kind)


@given(st.text(alphabet="=+-@'\t\r\n＝＋－＠a1\"", max_size=6))
def test_no_cell_begins_a_formula_and_what_it_was_can_be_told(text: str) -> None:
    cell = safe(text)

    assert not cell.startswith(ACTIVE)
    assert cell.removeprefix("'") == text
    assert cell == text or text.startswith((*ACTIVE, "'"))


async def test_a_key_that_looks_like_a_formula_is_made_safe(tmp_path: Path) -> None:
    ledger = KeptLedger(rows=False)
    first = ledger._tables.positions[0]
    named = replace(first, stream="harbour/-2-3", command_id="=cmd")
    ledger._tables.records = {named.stream: [named]}
    ledger._tables.positions = [named]
    file = tmp_path / "log.csv"

    await made(ledger, "csv", file)

    (row,) = rows_of(file)
    assert (row["zone"], row["key"], row["command_id"]) == ("harbour", "'-2-3", "'=cmd")


async def test_the_last_line_counts_what_is_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "log"
    await made(LEDGER, "jsonl", file)

    *before, end = read_lines(file)
    kinds = [next(iter(line)) for line in before]
    assert end["end"]["events"] == kinds.count("event") == await LEDGER.safe_position()
    assert end["end"]["commands"] == kinds.count("command")
    assert end["end"]["terms"] == kinds.count("terms")
    assert end["end"]["issues"] + end["end"]["orders"] == len(LEDGER.streams_kept)
