"""Matters in exports: chosen with the issues that hang together with them, told, and checked."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import builders_matters as m
import builders_zone as z
import pytest
from exports_made import made, read_lines
from matter_engine import played_matters
from matter_lives import NOTE
from matters_kept import STREAM, live
from ocel_schema import problems
from test_export_mining import SCHEMA

from audit.exports.choosing import Choice, lives
from audit.exports.csv import MARK
from audit.exports.fields import Sort, sorts
from audit.exports.files import manifest_path
from audit.exports.reading import check_export
from audit.exports.relations import MATTER_FIELDS, Thing
from domain.events import Event
from domain.matters.events import MatterEvent
from domain.order_events import OrderEvent
from domain.streams import StreamKind
from ledger.exports import ranges, ranges_of_others
from ledger.memory import MemoryLedger

KNOWN = f"{z.ZONE}/known"
NO_THINGS_OF_MATTERS = {
    *("about", "as_of_on", "before", "calendar", "came_from", "clock", "code", "customer", "ended"),
    *("exemption", "from_list", "from_on", "from_terms", "handbook", "holding", "id", "keeps"),
    *("late_from", "level", "of", "old_on", "on", "parent", "party", "procedure", "proposal"),
    *("reason", "report_on", "rung", "side", "source", "stage", "status", "step", "subject"),
    *("supplier", "to", "to_on", "to_terms", "unit", "was"),
}
"""Fields of events of matters that are texts and name none of the things that a log tells of. A
subject, a customer and a supplier are names that a register gives."""
FOUND = f"{z.ZONE}/m.{m.KEY}.3.1"


@pytest.fixture(scope="module")
async def ledger() -> MemoryLedger:
    """A ledger with a matter, two issues that it found and one that it was tied to."""
    kept = MemoryLedger()
    await live(kept)
    return kept


async def chosen(ledger: MemoryLedger, choice: Choice, position: int | None = None) -> set[str]:
    at = await ledger.safe_position() if position is None else position
    return {told.stream async for told in lives(ledger, choice, at)}


async def test_a_matter_goes_with_the_issues_that_hang_together_with_it(
    ledger: MemoryLedger,
) -> None:
    everything = await chosen(ledger, Choice())
    assert everything == {STREAM, KNOWN, FOUND, f"{FOUND[:-1]}2"}
    assert await chosen(ledger, Choice(zone=z.ZONE)) == everything
    assert await chosen(ledger, Choice(zone="elsewhere")) == set()
    for issue in (KNOWN, FOUND):
        assert await chosen(ledger, Choice(issue=issue)) == {issue, STREAM}
    assert await chosen(ledger, Choice(open=False)) == set()
    assert await ledger.stream_count(z.ZONE) == len(everything)


async def test_an_issue_tied_later_than_the_position_brings_no_matter(
    ledger: MemoryLedger,
) -> None:
    followed = await ledger.follow(0, 100)
    tied = next(at for at, record in followed if record.kind == "issue_tied")
    assert await chosen(ledger, Choice(issue=KNOWN), tied - 1) == {KNOWN}
    assert await chosen(ledger, Choice(issue=KNOWN), tied) == {KNOWN, STREAM}


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("z", ["z/", "order/z/", "matter/z/"]),
        ("order", ["order/", "matter/order/"]),
        ("matter", ["matter/", "order/matter/"]),
    ],
)
def test_no_stream_of_a_zone_lies_in_two_ranges(zone: str, names: list[str]) -> None:
    assert [first for first, _ in ranges(zone)] == names
    assert [first for first, _ in ranges_of_others(zone)] == [f"order/{zone}/", f"matter/{zone}/"]


async def test_json_lines_with_a_matter_are_verified_and_decided_again(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    done = await made(ledger, "jsonl", file)
    assert (done.counts.issues, done.counts.orders, done.counts.matters) == (3, 0, 1)
    checked = await check_export(file, reexecute=True)
    assert (checked.streams, checked.found) == (4, ())

    lines = read_lines(file)
    of_matter = [line["event"] for line in lines if line.get("event", {}).get("stream") == STREAM]
    of_matter[1]["text"] = of_matter[1]["text"].replace("300000", "300001")
    manifest_path(file).unlink()
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    kinds = {each.kind for each in (await check_export(file)).found if each.stream == STREAM}
    assert kinds == {"chain"}


async def test_a_file_of_before_there_were_matters_counts_none(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    await made(ledger, "jsonl", file, Choice(issue=KNOWN, open=True))
    lines = [line for line in read_lines(file) if _stream(line) != STREAM]
    end = lines[-1]["end"]
    assert end.pop("matters") == 1
    lines[-1]["end"] |= {
        "events": sum("event" in line for line in lines),
        "commands": sum("command" in line for line in lines),
    }
    manifest_path(file).unlink()
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    said = [each.message for each in (await check_export(file)).found]
    assert said == ["there is no manifest beside it"]


def _stream(line: dict[str, Any]) -> str | None:
    (columns,) = line.values()
    stream: str | None = columns.get("stream")
    return stream


async def test_csv_tells_where_a_matter_stands_in_its_own_words(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    file = tmp_path / "log.csv"
    await made(ledger, "csv", file)
    text = file.read_text(encoding="utf-8").removeprefix(MARK)
    rows = [row for row in csv.DictReader(text.splitlines()) if row["stream"] == STREAM]
    assert len(rows) == len(await ledger.records(STREAM))
    by_kind = {row["kind"]: row for row in rows}
    assert by_kind["stock_low"]["phase"] == "low"
    assert by_kind["matter_closed"]["phase"] == "closed"
    matter = (await ledger.matter(STREAM)).matter  # type: ignore[union-attr]  # there is one
    assert {row["owner"] for row in rows} == {matter.post}
    assert {row["key"] for row in rows} == {m.KEY}


async def test_ocel_tells_whom_and_what_a_matter_concerns(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    file = tmp_path / "log.json"
    await made(ledger, "ocel", file)
    told = json.loads(file.read_text(encoding="utf-8"))
    if SCHEMA.is_file():
        assert list(problems(told, json.loads(SCHEMA.read_text(encoding="utf-8")))) == []
    objects = {each["id"]: each for each in told["objects"]}
    ties = {(r["qualifier"], r["objectId"]) for r in objects[STREAM]["relationships"]}
    assert ties >= {("about", KNOWN), ("opened", FOUND), ("concerns", f"enterprise/{z.ZONE}/mill")}
    stages = [v["value"] for v in objects[STREAM]["attributes"] if v["name"] == "stage"]
    assert stages == ["empty", "held", "low", "empty"]
    issued = [each for each in told["events"] if each["type"] == "stock_issued"]
    found = {r["objectId"] for r in issued[0]["relationships"] if r["qualifier"] == "found"}
    assert found == {FOUND, f"{FOUND[:-1]}2"}
    reported = next(e for e in told["events"] if e["id"] == f"{FOUND}@1")
    assert {"objectId": STREAM, "qualifier": "matter"} in reported["relationships"]
    types = {each["name"] for each in told["objectTypes"]}
    assert Thing.MATTER.value in types


async def test_xes_leaves_matters_out(ledger: MemoryLedger, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    done = await made(ledger, "xes", file)
    assert (done.counts.issues, done.counts.matters) == (3, 0)
    assert "stock_issued" not in file.read_text(encoding="utf-8")


async def test_only_issues_are_read_where_no_others_are_wanted(ledger: MemoryLedger) -> None:
    position = await ledger.safe_position()
    kinds = [told.kind async for told in lives(ledger, Choice(), position, with_others=False)]
    assert kinds == [StreamKind.ISSUE] * 3


async def test_every_event_of_every_procedure_is_told_in_every_form(tmp_path: Path) -> None:
    every = await played_matters()
    files = {form: tmp_path / f"log.{form}" for form in ("jsonl", "csv", "ocel", "xes")}
    done = {form: await made(every, form, file) for form, file in files.items()}
    counted = done["csv"].counts
    assert counted.matters == 19
    assert done["ocel"].counts == counted
    events = {form: each.counts.events for form, each in done.items()}
    assert events["jsonl"] == events["csv"] == events["ocel"] > events["xes"]
    checked = await check_export(files["jsonl"], reexecute=True)
    assert checked.found == ()
    told = json.loads(files["ocel"].read_text(encoding="utf-8"))
    if SCHEMA.is_file():
        assert list(problems(told, json.loads(SCHEMA.read_text(encoding="utf-8")))) == []
    text = files["ocel"].read_text(encoding="utf-8") + files["xes"].read_text(encoding="utf-8")
    assert NOTE not in text


def test_no_two_kinds_of_event_have_one_name() -> None:
    unions = (Event, OrderEvent, MatterEvent)
    every = [kind for union in unions for kind in get_args(get_args(union)[0])]
    names = Counter(kind.model_fields["kind"].default for kind in every)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_enterprise_post_and_issue_that_a_matters_event_names_is_told() -> None:
    kinds = get_args(get_args(MatterEvent)[0])
    texts = {name for kind in kinds for name, sort in sorts(kind).items() if sort is Sort.STRING}
    assert texts - MATTER_FIELDS.keys() - NO_THINGS_OF_MATTERS == set()
