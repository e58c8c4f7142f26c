"""The auditor and matters: every altered fact is named, every decision comes again."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import builders_zone as z
import pytest
from altered_ledger import Altered, at_place
from matters_kept import DAY, STREAM, bureau_at, later_terms, live, opened

from audit.across import Across, Depth
from audit.clocks import audit_clocks
from audit.corpus import read_corpus, write_corpus
from audit.evidence import EvidenceError, make_evidence
from audit.figure_streams import streams
from audit.notified import audit_notified
from audit.reexecute import reexecute, reexecute_all
from audit.replay import cross_check
from audit.sign_offs import sign_offs
from audit.verify import Finding, verify_all, verify_stream
from domain.chain import Record
from domain.events_out import is_told
from domain.matters.matter import matter_stream
from ledger.kin import ErrandRow
from ledger.matter_codec import matter_columns
from ledger.matters import MatterRow
from ledger.memory import MemoryLedger
from ledger.pages import PartyRow, Stored, StreamPage
from ledger.port import CommandRow

NOBODY = matter_stream(z.ZONE, "nobody")
KNOWN = f"{z.ZONE}/known"


@pytest.fixture
async def ledger() -> MemoryLedger:
    """A ledger with a matter in it that is over."""
    kept = MemoryLedger()
    await live(kept)
    return kept


async def found(ledger: MemoryLedger, **changes: Any) -> tuple[Finding, ...]:
    """Return what a verification finds in a ledger that was altered."""
    return (await verify_stream(Altered(ledger, **changes), STREAM)).found


async def test_an_untouched_matter_is_sound_counted_and_decided_again(ledger: MemoryLedger) -> None:
    across = Across()
    whole = await verify_all(ledger, depth=Depth(decisions=True), across=across)
    records, commands = await ledger.records(STREAM), await ledger.commands(STREAM)
    alone = await verify_stream(ledger, STREAM)
    assert (alone.streams, alone.events, alone.commands) == (1, len(records), len(commands))
    assert (whole.streams, whole.found, across.balance.plain()["called"]) == (4, (), [])
    again = await reexecute(ledger, STREAM)
    assert (again.decisions, again.identical) == (len(commands), len(commands))
    assert {"due_passed", "stock_issued", "issue_tied", "total_stated", "matter_closed"} <= {
        record.kind for record in records
    }


@pytest.mark.parametrize("column", [field.name for field in fields(Record)])
@pytest.mark.parametrize("place", [0, 3, -2])
async def test_every_altered_column_of_an_event_is_named(
    ledger: MemoryLedger, place: int, column: str
) -> None:
    rows = len(await ledger.records(STREAM))
    assert await found(ledger, records=at_place(place % rows, column))


@pytest.mark.parametrize("column", [field.name for field in fields(CommandRow)])
async def test_every_altered_column_of_a_command_is_named(
    ledger: MemoryLedger, column: str
) -> None:
    assert await found(ledger, commands=at_place(1, column))


@pytest.mark.parametrize(
    "column", ["clock", "cycle", "rung", "version", "due_at", "fired_at", "ring"]
)
async def test_every_altered_column_of_a_firing_is_named(ledger: MemoryLedger, column: str) -> None:
    kinds = {each.kind for each in await found(ledger, firings=at_place(0, column))}
    assert kinds == {"rung"}


@pytest.mark.parametrize("name", ["records", "commands", "firings", "matters"])
async def test_what_is_missing_or_twice_is_named(ledger: MemoryLedger, name: str) -> None:
    changes: list[Callable[[list[Any]], list[Any]]] = [lambda rows: rows[1:]]
    if name != "matters":  # there is one row of a matter
        changes.append(lambda rows: [*rows, rows[-1]])
    for change in changes:
        assert await found(ledger, **{name: change})


async def test_a_stored_matter_that_is_not_the_fold_is_named_with_the_field(
    ledger: MemoryLedger,
) -> None:
    def another_post(rows: list[MatterRow]) -> list[MatterRow]:
        (row,) = rows
        return [replace(row, matter=row.matter.model_copy(update={"post": "head-east"}))]

    (finding,) = await found(ledger, matters=another_post)
    assert (finding.kind, finding.message) == ("fold", "the stored matter is not the fold: post")


async def test_a_column_that_is_not_what_the_events_come_to_is_named(ledger: MemoryLedger) -> None:
    kept = ledger._tables.matters[STREAM]
    other = kept.matter.model_copy(update={"title": "Gloves", "ties": ()})
    ledger._tables.matters[STREAM] = replace(kept, matter=other)
    named = [(each.kind, each.field) for each in (await verify_stream(ledger, STREAM)).found]
    assert named == [("fold", None), ("fold", "issues")]


async def test_a_row_of_a_matter_without_events_is_found(ledger: MemoryLedger) -> None:
    kept = ledger._tables.matters[STREAM]
    smuggled = kept.matter.model_copy(update={"key": "nobody"})
    ledger._tables.matters[NOBODY] = replace(kept, matter=smuggled)
    whole = await verify_all(ledger)
    assert [(each.kind, each.stream) for each in whole.found] == [("fold", NOBODY)]


async def test_an_event_that_no_matter_can_have_is_named_and_no_more_of_it(
    ledger: MemoryLedger,
) -> None:
    def opened_again(rows: list[Record]) -> list[Record]:
        return [*rows[:1], replace(rows[0], version=2), *rows[2:]]

    kinds = [each.kind for each in await found(ledger, records=opened_again)]
    assert "event" in kinds
    assert not {"fold", "head", "rung"} & set(kinds)


async def test_a_report_that_a_matter_called_for_is_missed_or_surplus() -> None:
    ledger = MemoryLedger()
    bureau = await live(ledger)
    first, second = (tie.issue for tie in (await bureau.matter()).ties if tie.issue != "known")
    errand = f"kin:{STREAM}/3/1"
    taken = ledger._tables.commands.pop(errand)
    (lost,) = (await verify_stream(ledger, STREAM)).found
    assert (lost.kind, lost.version) == ("errand", 3)
    assert lost.message.endswith("not told, and not waiting to be told")

    other = replace(taken, body=taken.body.replace("No masks.", "Enough masks."))
    ledger._tables.commands[errand] = other
    (told,) = (await verify_stream(ledger, STREAM)).found
    assert told.message.endswith("what is told is not what the events say")

    ledger._tables.commands[errand] = taken
    forged = replace(taken, id=f"kin:{STREAM}/3/9", stream=f"{z.ZONE}/{second}")
    ledger._tables.commands[forged.id] = forged
    said = [each.message for each in (await verify_all(ledger)).found if each.kind == "errand"]
    assert said == [f"errand {forged.id} was told, and no event calls for it"]
    assert first != second


async def test_a_report_that_waits_is_sound_and_one_that_nothing_calls_for_is_not() -> None:
    ledger = MemoryLedger()
    bureau = bureau_at(ledger)
    await bureau.do(opened())
    problem = {"category": z.HANDBOOK.categories[0].id, "title": "Damp", "text": "Damp."}
    await bureau.do(g.received(300, problems=[problem | {"enterprise": "mill"}]))
    assert (await verify_all(ledger)).is_sound
    (waiting,) = await ledger.waiting_errands("", 10)
    forged: ErrandRow = replace(waiting, id=f"kin:{STREAM}/1/1", from_version=1)
    ledger._tables.errands[forged.id] = forged
    (finding,) = (await verify_all(ledger)).found
    assert finding.message == f"errand {forged.id} waits to be told, and no event calls for it"


async def test_what_time_should_have_done_by_now_is_missed() -> None:
    ledger = MemoryLedger()
    bureau = await live(ledger, closed=False)
    due = (await bureau.matter()).next_due
    assert due is not None

    async def late(at: Any) -> list[str]:
        verified = await verify_stream(ledger, STREAM, depth=Depth(now=at))
        return [each.message.split(":")[0] for each in verified.found]

    assert await late(due.due_at) == []
    assert await late(due.due_at + DAY) == [f"rung {due.rung} of {due.clock}, cycle {due.cycle}"]


async def test_a_decision_that_today_comes_out_otherwise_is_named(ledger: MemoryLedger) -> None:
    def more_came(rows: list[CommandRow]) -> list[CommandRow]:
        return [replace(row, body=row.body.replace("400000", "500000")) for row in rows]

    again = await reexecute(Altered(ledger, commands=more_came), STREAM)
    (named, *_) = [record for record in await ledger.records(STREAM) if record.version == 8]
    assert named.kind == "stock_received"
    assert [each.version for each in again.differences] == [8]


async def test_a_matter_that_moved_to_other_terms_is_decided_again_and_kept_with_both(
    tmp_path: Path,
) -> None:
    ledger = MemoryLedger()
    await live(ledger, closed=False)
    later = later_terms()
    bureau = bureau_at(ledger, later)
    bureau.clock.at = b.NEXT_MON_9
    assert await bureau.matters.catch_up(10) == 1
    assert (await bureau.matter()).terms == later.hash
    await bureau.do(g.received(10))
    assert (await verify_all(ledger)).is_sound
    assert (await reexecute_all(ledger)).is_identical

    corpus = read_corpus(await write_corpus(ledger, tmp_path, streams=[STREAM]))
    assert set(corpus.texts) == {g.TERMS.hash, later.hash}
    again = await reexecute_all(corpus)
    assert again.is_identical
    assert again.decisions == len(await ledger.commands(STREAM))


async def test_terms_that_are_not_kept_are_named(ledger: MemoryLedger) -> None:
    ledger._tables.terms.clear()
    assert {each.kind for each in (await verify_stream(ledger, STREAM)).found} == {"terms"}
    assert not (await reexecute(ledger, STREAM)).is_identical


async def test_the_audits_of_issues_pass_matters_by(ledger: MemoryLedger) -> None:
    """Dues are no clocks of issues; a ring that no history has is found all the same."""
    now = b.NEXT_FRI_9
    assert (await audit_clocks(ledger, now=now)).streams == 3
    looked: list[int] = []
    assert not (await audit_notified(ledger, now=now, progress=looked.append)).unnotified
    assert looked == [1, 2, 3]
    assert (await sign_offs(ledger)).streams == 3
    counted = [page[0][1].stream async for page in streams(ledger, z.ZONE, 1_000)]
    assert STREAM not in counted
    told = {record.stream for _, record in await ledger.follow(0, 100) if is_told(record)}
    assert told == {KNOWN, f"{z.ZONE}/m.{m.KEY}.3.1", f"{z.ZONE}/m.{m.KEY}.3.2"}
    with pytest.raises(EvidenceError, match="is a matter"):
        await make_evidence(ledger, ledger, STREAM, None, now)  # type: ignore[arg-type]  # refused before

    rings = {row.id for row in await ledger.commands(STREAM) if row.kind == "ring_matter"}
    assert STREAM in (await cross_check(ledger, [])).streams_without_workflow
    (notice, *_) = await ledger.notices(STREAM)
    await ledger.mark_delivered(notice.id, now)  # only a workflow does that
    checked = await cross_check(ledger, [])
    assert len(rings) == 2
    assert set(checked.only_in_ledger) == rings


async def page_of(ledger: MemoryLedger, **changes: Any) -> StreamPage:
    """Return the matter as PostgreSQL gives it in a page, with some of its rows given otherwise."""
    kept = ledger._tables.matters[STREAM]
    columns = matter_columns(kept.matter, kept.hash)
    row = {each.name: getattr(columns, each.name) for each in fields(columns)}
    row |= {"stream": STREAM, "news": kept.news, "snapshot": kept.matter.model_dump_json()}
    stored = Stored(
        records=await ledger.records(STREAM),
        commands=await ledger.commands(STREAM),
        matter=row | changes.pop("matter", {}),
        parties=[PartyRow(z.ZONE, "mill", STREAM), PartyRow(z.ZONE, "bakery", STREAM)],
        firings=await ledger.firings(STREAM),
        notices=await ledger.notices(STREAM),
    )
    return StreamPage(ledger, {STREAM: replace(stored, **changes)})


async def paged(ledger: MemoryLedger, **changes: Any) -> list[tuple[str, str | None]]:
    """Return the kinds and fields of what is found in such a page."""
    verified = await verify_stream(await page_of(ledger, **changes), STREAM)
    return [(each.kind, each.field) for each in verified.found]


async def test_rows_that_lists_and_couriers_go_by_are_held_against_the_events() -> None:
    ledger = MemoryLedger()
    bureau = await live(ledger, closed=False)
    await bureau.do(g.received(10))
    await bureau.do(g.issued(10, "bakery"))
    assert await paged(ledger) == []
    mill, bakery = (PartyRow(z.ZONE, name, STREAM) for name in ("mill", "bakery"))
    for parties in ([mill], [mill, bakery, bakery], [mill, replace(bakery, zone="other"), bakery]):
        assert await paged(ledger, parties=parties) == [("column", "matter_party")]
    assert await paged(ledger, matter={"news": 1}) == [("column", "news")]
    assert await paged(ledger, matter={"stage": "held"}) == [("fold", "stage")]
    assert await paged(ledger, matter={"issues": None})  # as nothing: but no row has nothing there
    (first, *others) = await ledger.notices(STREAM)
    assert await paged(ledger, notices=others) == [("notice", "id")]
    told = [replace(first, addressee="nobody"), *others]
    assert await paged(ledger, notices=told) == [("notice", "addressee")]


async def test_a_row_of_another_kind_of_stream_is_found() -> None:
    ledger = MemoryLedger()
    await live(ledger, closed=False)
    bakery = PartyRow(z.ZONE, "bakery", KNOWN)
    clock = (await ledger.clocks(KNOWN))[0]
    assert ("column", "clock") in await paged(ledger, clocks=[clock])
    assert ("column", "issue_board") in await paged(ledger, boards=[{"stream": STREAM}])
    rows = {"matter": {"stream": KNOWN}, "order": {"stream": KNOWN}, "parties": [bakery]}
    stored = Stored(records=await ledger.records(KNOWN), commands=await ledger.commands(KNOWN))
    page = StreamPage(ledger, {KNOWN: replace(stored, **rows)})
    found = {each.field for each in (await verify_stream(page, KNOWN)).found}
    assert found >= {"matter", "supervision_order", "matter_party"}
