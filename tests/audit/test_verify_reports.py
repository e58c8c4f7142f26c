"""Stored reports in a verification: each is composed again, and one that differs is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from deep import IN_CHECK
from stored_reports import made

import audit.verify_reports
from audit.checks import Finding
from audit.verification import verify_in_memory
from audit.verify_reports import report_findings, reports_done
from domain.canonical import canonical, sha256
from domain.routines import RoutineKind
from ledger.memory import MemoryLedger
from ledger.reports import AttestationRow, ReportRow

pytestmark = IN_CHECK

Reported = tuple[MemoryLedger, dict[RoutineKind, ReportRow]]
Change = Callable[[ReportRow], ReportRow]


@pytest.fixture(scope="module")
async def reported() -> Reported:
    """A ledger with a stored report of each kind."""
    ledger = MemoryLedger()
    return ledger, await made(ledger)


def in_body(change: Callable[[dict[str, Any]], object]) -> Change:
    """Return what writes another body over a report, hashed anew."""

    def written_over(row: ReportRow) -> ReportRow:
        body = json.loads(row.body)
        change(body)
        return replace(row, body=canonical(body), sha256=sha256(canonical(body)))

    return written_over


@IN_CHECK
async def test_a_verification_composes_every_stored_report_again(reported: Reported) -> None:
    ledger, rows = reported
    found = await verify_in_memory(ledger, None)
    assert (found.is_sound, found.reports, found.plain()["reports"]) == (True, 3, 3)

    daily = rows[RoutineKind.DAILY]
    stored = ledger._tables.reports
    stored[daily.id] = in_body(lambda body: body["data"].update(open=99))(daily)
    found = await verify_in_memory(ledger, None)
    stored[daily.id] = daily

    said = f"composed again from position {daily.position} it says something else"
    assert found.found == (Finding("report", f"report {daily.id}", None, said),)
    assert found.found[0].field == "data"
    one = await verify_in_memory(ledger, daily.zone + "/none")
    assert one.reports == 0, "of one issue no report is told"


@pytest.mark.parametrize(
    ("what", "change", "message", "field"),
    [
        ("a text", in_body(lambda b: b["title"].update(zh="另一份")), "something else", "title"),
        (
            "a row of a table",
            in_body(lambda b: b["sections"][0]["rows"].pop()),
            "something else",
            "sections",
        ),
        (
            "something more",
            in_body(lambda b: b.update(unseen=True)),
            "something else",
            "unseen",
        ),
        ("the hash alone", lambda row: replace(row, sha256="0" * 64), "was hashed", "sha256"),
        ("the order", lambda row: replace(row, body=row.body + " "), "was hashed", "sha256"),
        (
            "the cut-off",
            lambda row: replace(row, position=row.position - 400),
            "something else",
            "data, position, sections",
        ),
        (
            "the end",
            lambda row: replace(row, to_at=row.to_at - timedelta(days=9)),
            "something else",
            "data, period, sections",
        ),
        (
            "the zone",
            lambda row: replace(row, zone="nowhere"),
            "something else",
            "data, sections, zone",
        ),
        ("the terms", lambda row: replace(row, terms="0" * 64), "cannot be composed again", None),
        ("the day", lambda row: replace(row, to_on="31 March"), "cannot be composed again", None),
        ("the kind", lambda row: replace(row, kind="digest"), "cannot be composed again", None),
        ("no body", lambda row: replace(row, body="none"), "cannot be composed again", None),
        ("a list", lambda row: replace(row, body="[]"), "cannot be composed again", None),
        (
            "another form",
            in_body(lambda b: b.update(form=99)),
            "form 99 is not composed by this program",
            None,
        ),
    ],
)
async def test_whatever_is_changed_in_a_report_is_named(
    reported: Reported, what: str, change: Change, message: str, field: str | None
) -> None:
    ledger, rows = reported
    row = change(rows[RoutineKind.WEEKLY])
    found = await report_findings(ledger, row)
    assert found, what
    assert {(each.kind, each.stream) for each in found} == {("report", f"report {row.id}")}
    assert any(message in each.message for each in found)
    assert field in {each.field for each in found}


@IN_CHECK
async def test_reports_are_held_a_few_at_a_time(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, rows = reported
    monkeypatch.setattr(audit.verify_reports, "PAGE", 2)
    ids = sorted(row.id for row in rows.values())
    assert [each.id async for each in reports_done(ledger)] == ids
    assert [each.id async for each in reports_done(ledger, after=ids[0])] == ids[1:]


@pytest.mark.parametrize(
    ("before", "known"), [(timedelta(seconds=3), True), (timedelta(minutes=6), False)]
)
async def test_a_word_kept_just_after_a_report_was_made_does_not_make_it_another(
    reported: Reported, before: timedelta, known: bool
) -> None:
    ledger, rows = reported
    row = rows[RoutineKind.DAILY]
    id_, post = f"{row.zone}/{row.to_on}/coordinator/1", f"{row.zone}-coordinator"
    said = (True, "", row.to_at, row.to_at - before, "{}")
    assert await ledger.put_attestation(AttestationRow(id_, row.zone, row.to_on, post, 1, *said))
    found = await report_findings(ledger, row)
    del ledger._tables.attestations[id_]
    assert (found == []) is known
