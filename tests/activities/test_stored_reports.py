"""Stored reports of a generated year: the same bytes again, corrections as new versions."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from databases import Database
from deep import IN_CHECK
from routine_office import TO_ON, Office, StandingClock, year

from activities.reporting import correct_report, make_report_of
from activities.routine import Routines
from audit.reports import recompute_report
from demo.year import generate_year
from desk.attesting import AttestDaily, attest_daily
from desk.desk import Desk
from desk.reports import body_of, reports_of, stored_report
from desk.shelf import Shelf
from domain.chain import Record
from domain.errors import InvalidRequestError, NotPermittedError
from domain.lights import Light, light_of
from domain.organization import holders
from domain.people import Officer
from domain.routines import REPORTS, RoutineAsked, RoutineKind
from domain.sight import folded
from ledger.memory import MemoryLedger
from ledger.reports import ReportRow

pytestmark = IN_CHECK


@pytest.fixture
async def office() -> Office:
    opened = Office()
    await year().lay(opened.ledger)
    return opened


@pytest.mark.parametrize("kind", sorted(each.value for each in REPORTS))
async def test_a_report_is_composed_again_to_the_byte_whatever_came_later(
    office: Office, kind: str
) -> None:
    office.clock.at = office.local(date(2026, 3, 20), "21:00")
    await office.call(RoutineKind(kind))
    row = await office.newest(kind)
    office.clock.at = office.local(date(2026, 4, 2), "21:00")
    office.ledger._tables.routine_runs.clear()
    await office.call(RoutineKind(kind))

    again = await recompute_report(office.ledger, row)
    assert (again.same, again.problem) == (True, "")
    assert row.author == "closeout"
    assert json.loads(row.body)["position"] == row.position


@IN_CHECK
async def test_both_ledgers_give_the_same_reports(database: Database) -> None:
    short = generate_year(issues=6, from_on=date(2026, 3, 1), until_on=date(2026, 4, 2))
    clock = StandingClock(short.until_at + timedelta(hours=4))
    bodies = []
    async with database.ledger() as kept:
        for ledger in (MemoryLedger(), kept):
            await short.lay(ledger)
            desk = Desk(ledger, Shelf(ledger, {short.zone: short.terms}), clock)
            for kind in sorted(REPORTS):
                await Routines(desk).do(RoutineAsked(zone=short.zone, routine=kind))
            rows = await ledger.reports(short.zone)
            assert all([(await recompute_report(ledger, row)).same for row in rows])
            bodies.append([(row.number, body_of(row) | {"position": 0}) for row in rows])
    assert len(bodies[0]) == 3
    assert bodies[0] == bodies[1]


async def test_a_report_that_somebody_changed_is_found(office: Office) -> None:
    await office.call(RoutineKind.WEEKLY)
    row = await office.newest("weekly")
    body = json.loads(row.body)
    body["data"]["open"] += 1
    forged = ReportRow(**{**_fields(row), "body": json.dumps(body)})
    assert not (await recompute_report(office.ledger, forged)).same
    other_form = ReportRow(**{**_fields(row), "body": '{"form":99}'})
    assert (await recompute_report(office.ledger, other_form)).problem == (
        "form 99 is not composed by this program"
    )


async def test_the_standing_of_a_report_is_that_of_its_periods_end(office: Office) -> None:
    office.clock.at = office.local(date(2026, 3, 16), "12:00")
    await office.call(RoutineKind.WEEKLY)
    row = await office.newest("weekly")
    body = body_of(row)

    lives: dict[str, list[Record]] = {}
    for record in year().records:
        if record.at < row.to_at:
            lives.setdefault(record.stream, []).append(record)
    issues = [issue for life in lives.values() if (issue := folded(life)) and issue.is_open]
    shown = [light_of(issue, office.terms, row.to_at).light for issue in issues]
    came = [life[0] for life in lives.values() if row.from_at <= life[0].at]
    assert body["data"]["open"] == len(issues) > 0
    assert body["data"]["lights"] == {each.value: shown.count(each) for each in Light}
    assert body["data"]["moves"]["issue_reported"] == len(came) > 0


async def test_tables_by_every_dimension_add_up_to_all(office: Office) -> None:
    office.clock.at = office.local(date(2026, 3, 16), "12:00")
    await office.call(RoutineKind.WEEKLY)
    body = body_of(await office.newest("weekly"))

    for dimension in ("tier", "category", "segment", "grid"):
        *rows, total = _table(body, f"standing_by_{dimension}")["rows"]
        assert [sum(row[place] for row in rows) for place in range(1, 10)] == total[1:]
        assert total[5] == body["data"]["open"] > 0
        assert total[7] == total[5] - total[6]
    overdue = _table(body, "overdue")["rows"]
    assert len(overdue) == body["data"]["lights"][Light.RED.value]


async def test_the_monthly_analysis_compares_itself_with_stored_months(office: Office) -> None:
    office.clock.at = office.local(date(2026, 3, 2), "12:00")
    assert await office.call(RoutineKind.MONTHLY) == ("2026-02-28",)
    first = await office.newest("monthly")
    office.clock.at = office.local(date(2026, 4, 1), "12:00")
    assert await office.call(RoutineKind.MONTHLY) == ("2026-03-31",)
    row = await office.newest("monthly")
    body = body_of(row)

    assert body["compared"] == [
        {"number": first.number, "version": 1, "sha256": first.sha256},
    ]
    trends = _table(body, "trend_table")
    assert [each["head"]["en"] for each in trends["columns"][1:]] == ["2026-02", "2026-03"]
    on_time = next(each for each in trends["rows"] if each[0]["en"] == "Strike-offs on time")
    figures = body["data"]["figures"]["on_time"]["all"]["ratios"]["on_time"]
    assert on_time[2] == figures
    assert on_time[1] == body_of(first)["data"]["figures"]["on_time"]["all"]["ratios"]["on_time"]
    assert f"on_time@{body['data']['figures']['on_time']['revision']}" in body["definitions"]


async def test_a_late_attestation_is_in_the_correction_and_not_in_the_first_version(
    office: Office,
) -> None:
    day = date(2026, 4, 8)
    office.clock.at = office.local(day, "18:30")
    await office.call(RoutineKind.DAILY)
    first = await office.newest("daily")
    supervisor = office.officer("supervisor")
    with pytest.raises(InvalidRequestError, match="Nothing in this report has changed"):
        await correct_report(office.desk, first.number, supervisor, "To be sure.")
    asked = AttestDaily(zone=office.zone, day=day, no_abnormality=True)
    late = await attest_daily(office.desk, asked, office.officer("coordinator"))
    office.clock.at += timedelta(minutes=5)

    second = await correct_report(office.desk, first.number, supervisor, "A late word.")

    assert late.late
    assert (second.version, second.reason) == (2, "A late word.")
    assert second.author.startswith(supervisor.post)
    before, after = (_table(body_of(row), "attested")["rows"] for row in (first, second))
    assert [row[1]["zh"] for row in before] == ["未报告"]
    assert [(row[1]["zh"], row[4]["en"]) for row in after] == [("无异常", "late")]
    for row in (first, second):
        assert (await recompute_report(office.ledger, row)).same
    assert (await stored_report(office.desk, first.number)).row == second
    assert (await stored_report(office.desk, first.number, 1)).row == first
    page = await reports_of(office.desk, office.zone, kind="daily")
    assert page.rows == (second,)


async def test_who_may_not_correct_a_report_is_refused(office: Office) -> None:
    await office.call(RoutineKind.WEEKLY)
    row = await office.newest("weekly")
    grid = next(each for each in office.terms.handbook.posts if each.tier == 1)
    officer = Officer(person=holders(grid, TO_ON)[0], post=grid.id)
    with pytest.raises(NotPermittedError):
        await correct_report(office.desk, row.number, officer, "I would rather not be in it.")


async def test_a_report_is_made_by_hand_once_its_period_is_over(office: Office) -> None:
    supervisor = office.officer("supervisor")
    made = await make_report_of(office.desk, office.zone, "weekly", date(2026, 4, 5), supervisor)
    assert made.number == f"{office.zone}-W-2026-14"
    assert (
        await make_report_of(office.desk, office.zone, "weekly", date(2026, 4, 5), supervisor)
        == made
    )
    with pytest.raises(InvalidRequestError, match="not over"):
        await make_report_of(office.desk, office.zone, "weekly", date(2026, 4, 12), supervisor)
    with pytest.raises(InvalidRequestError, match="No such period"):
        await make_report_of(office.desk, office.zone, "weekly", date(2026, 4, 4), supervisor)
    assert await office.call(RoutineKind.WEEKLY) == ("2026-04-05",)
    assert await office.ledger.report_versions(made.number) == [made]


def _fields(row: ReportRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ReportRow.__slots__}


def _table(body: Any, id_: str) -> Any:
    return next(each for each in body["sections"] if each.get("id") == id_)
