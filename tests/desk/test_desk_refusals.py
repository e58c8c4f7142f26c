"""A refusal changes nothing, and an auditor can still find who asked for what."""

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock
from test_desk_repeats import everything

from domain.commands import Submission
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueClosedError,
    IssueError,
    NotPermittedError,
    UnknownCategoryError,
    UnknownIssueError,
    UnknownZoneError,
)
from domain.people import ENGINE

OF_AN_OPEN_ISSUE = [
    pytest.param(
        b.submission(b.report(title="Another"), b.ENTERPRISE), ConflictError, id="reported before"
    ),
    pytest.param(b.submission(b.ACCEPT, b.NEIGHBOUR), NotPermittedError, id="not the owner"),
    pytest.param(b.submission(b.ACCEPT, expected_version=7), ConflictError, id="stale version"),
    pytest.param(
        b.submission(b.NOTE, occurred_at=b.TUE_9), InvalidRequestError, id="dated in the future"
    ),
    pytest.param(b.submission(b.ring("acceptance")), NotPermittedError, id="rung by an officer"),
]

OF_NO_ISSUE = [
    pytest.param(b.submission(b.ACCEPT, key="ghost"), UnknownIssueError, id="unknown issue"),
    pytest.param(
        b.submission(b.report(category="nonsense"), b.ENTERPRISE, key="ghost"),
        UnknownCategoryError,
        id="unknown category",
    ),
    pytest.param(
        b.submission(b.report(enterprise="nobody"), b.HOTLINE, key="ghost"),
        InvalidRequestError,
        id="outside every grid",
    ),
    pytest.param(
        b.submission(b.report(), b.ENTERPRISE, key="ghost", zone="atlantis"),
        UnknownZoneError,
        id="unknown zone",
    ),
]


@pytest.mark.parametrize(("sent", "kind"), OF_AN_OPEN_ISSUE)
async def test_a_refusal_leaves_a_row_in_the_refusals_and_no_other_trace(
    office: Counter, sent: Submission, kind: type[IssueError]
) -> None:
    await office.reported()
    before = await everything(office.ledger)
    with pytest.raises(kind):
        await office.desk.carry_out(sent)
    assert await everything(office.ledger) == before
    (kept,) = await office.ledger.refusals(STREAM)
    assert (kept.command_id, kept.kind, kept.code) == (sent.id, sent.command.kind, kind.code)
    assert kept.at == b.MON_9


@pytest.mark.parametrize(("sent", "kind"), OF_NO_ISSUE)
async def test_a_refusal_on_no_issue_leaves_no_issue(
    office: Counter, sent: Submission, kind: type[IssueError]
) -> None:
    with pytest.raises(kind):
        await office.desk.carry_out(sent)
    assert [stream async for stream in office.ledger.streams()] == []
    assert await office.ledger.outbox_size() == 0
    stream = f"{sent.zone}/ghost"
    assert [kept.code for kept in await office.ledger.refusals(stream)] == [kind.code]


async def test_a_closed_issue_takes_no_command(office: Counter) -> None:
    await office.closed_out()
    with pytest.raises(IssueClosedError):
        await office.do(b.NOTE)


async def test_nobody_rings_a_clock_by_a_command_whoever_he_says_he_is(
    office: Counter, clock: StandingClock
) -> None:
    """It could not be answered either: a ring before its time is no outcome of a command."""
    await office.reported()
    for carry_out in (office.desk.carry_out, office.desk.carry_out_for_workflow):
        with pytest.raises(NotPermittedError):
            await carry_out(b.submission(b.ring("acceptance", 1, "due"), ENGINE))
    assert len(await office.ledger.records(STREAM)) == 1


async def test_time_in_the_ledger_never_goes_backwards_when_the_clock_does(
    office: Counter, clock: StandingClock
) -> None:
    clock.at = b.MON_10
    await office.reported()
    clock.at = b.MON_9
    accepted = await office.do(b.ACCEPT)
    clock.at = b.MON_11
    noted = await office.do(b.NOTE)
    assert [accepted.at, noted.at] == [b.MON_10, b.MON_11]
    records = await office.ledger.records(STREAM)
    assert [record.at for record in records] == [b.MON_10, b.MON_10, b.MON_11]


async def test_a_running_issue_is_judged_by_the_handbook_it_was_reported_under(
    office: Counter, clock: StandingClock
) -> None:
    stricter = b.terms_of(
        revision=2,
        clocks=b.clock_rule("handling", budgets=[{"duration": {"kind": "wall", "minutes": 60}}]),
        categories=b.HANDBOOK_DATA["categories"][:1],
    )
    await office.reported("old")
    later = Counter(office.ledger, clock, terms=stricter)
    await later.reported("new")
    for key in ("old", "new"):
        await later.do(b.ACCEPT, key=key)
    old, new = [await later.desk.row(b.ZONE, key) for key in ("old", "new")]
    assert (old.issue.terms, new.issue.terms) == (b.TERMS.hash, stricter.hash)
    due = {row.issue.key: row.issue.clock("handling") for row in (old, new)}
    assert [clock and clock.due_at for clock in due.values()] == [b.TUE_17, b.MON_10]
    assert {record.terms for record in await later.ledger.records("harbour/old")} == {b.TERMS.hash}


@pytest.mark.parametrize("id_", ["ring:harbour/issue-1:acceptance:1:half", "history-lost:x:1"])
async def test_nobody_takes_an_id_that_the_engine_will_need(office: Counter, id_: str) -> None:
    await office.reported()

    with pytest.raises(InvalidRequestError, match="engine's own"):
        await office.do(b.NOTE, b.OFFICER, id_=id_)
