"""Stored reports tell what procedures come to, as it stood at their end, and compose again."""

import json
from datetime import date, datetime, timedelta

import builders as b
import builders_matters as m
import builders_registers as r
import builders_zone as z
import pytest

from activities.reporting import make_report
from audit.matter_figures import matters_then
from audit.reports import recompute_report
from desk.desk import Desk
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.handbook_routines import routines_rule
from domain.matters.counting import figures_of
from domain.matters.values import Amount, Count, Quantity, Ratio
from domain.matters.words import Precision
from domain.report_forms import Names
from domain.report_matters import Counted, procedures_table, value_said
from domain.routines import RoutineKind, run_of
from domain.sight import Sight
from ledger.memory import MemoryLedger

TERMS = m.terms_with(
    campaigns=[
        {
            "id": "support-paid",
            "name": {"zh": "扶持资金", "en": "Support paid"},
            "steps": [
                {
                    "id": "paid",
                    "name": {"zh": "兑现", "en": "paid"},
                    "fields": [
                        {
                            "id": "amount",
                            "name": {"zh": "金额", "en": "amount"},
                            "type": "amount",
                            "currency": "CNY",
                        }
                    ],
                }
            ],
        }
    ]
)
PAID = {"amount": {"kind": "amount", "hundredths": 1_781_000_000, "currency": "CNY"}}
OPEN = m.asked(
    kind="open_campaign", procedure="support-paid", title="Support", targets=["mill", "bakery"]
)


class Clock:
    """A clock that is set."""

    offset = timedelta(0)
    at = b.MON_9

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    """A clock at the opening of a plain week."""
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    """A desk on the ledger in memory."""
    ledger = MemoryLedger()
    return Desk(ledger, Shelf(ledger, {z.ZONE: TERMS}), clock)


def record(enterprise: str) -> object:
    return m.asked(kind="record_step", enterprise=enterprise, step="paid", values=PAID)


async def test_a_weekly_report_tells_figures_and_stated_totals_as_of_its_end(
    desk: Desk, clock: Clock
) -> None:
    matters = MatterDesk(desk)
    await matters.carry_out(m.sent(OPEN))
    await matters.carry_out(m.sent(record("mill")))  # type: ignore[arg-type]  # any command
    total = {"firms": {"kind": "count", "n": 230, "precision": "over"}, "terms": None}
    await matters.carry_out(
        m.sent(m.asked(kind="state_total", label="Extended", figures=total, as_of_on="2026-02-28"))
    )
    clock.at = b.NEXT_MON_9 + timedelta(hours=1)
    rule = routines_rule(TERMS.handbook.routines)
    days = (date(2026, 3, 8) - timedelta(days=back) for back in range(8))
    runs = (run_of(rule, TERMS.calendar, RoutineKind.WEEKLY, day) for day in days)
    run = next(each for each in runs if each is not None)
    row = await make_report(desk, TERMS, run)
    sections = {each.get("id"): each for each in json.loads(row.body)["sections"]}
    told = {
        line[1]["en"]: (line[2]["en"], line[3] and line[3]["en"])
        for line in sections["procedures"]["rows"]
    }
    assert told["matters"] == ("1", "")
    assert ("CNY 17,810,000.00", "") in told.values()
    assert any(said.startswith("1 / 2 = 50.00 %") or of == "2" for said, of in told.values())
    stated = [[cell["en"] for cell in line] for line in sections["stated_totals"]["rows"]]
    assert stated == [
        ["Support paid", "Extended", "firms", "over 230", "2026-02-28"],
        ["Support paid", "Extended", "terms", "not stated", "2026-02-28"],
    ]
    await matters.carry_out(m.sent(record("bakery")))  # type: ignore[arg-type]  # any command
    again = await recompute_report(desk.ledger, row)
    assert again.same, again.problem


async def test_matters_are_read_as_they_stood(desk: Desk, clock: Clock) -> None:
    matters = MatterDesk(desk)
    await matters.carry_out(m.sent(OPEN))
    before = (await matters.row(z.ZONE, m.KEY)).matter
    position = await desk.ledger.safe_position()
    sight = Sight(clock.at, position, known_at=clock.at)
    clock.at = b.MON_10
    await matters.carry_out(m.sent(record("mill")))  # type: ignore[arg-type]  # any command
    assert [each async for each in matters_then(desk.ledger, z.ZONE, sight)] == [before]
    nothing = Sight(b.MON_9, 0, known_at=b.MON_9)
    assert [each async for each in matters_then(desk.ledger, z.ZONE, nothing)] == []


def test_notes_of_figures_are_told_in_both_languages() -> None:
    rule = r.TERMS.handbook.procedure("resumption")
    assert rule is not None
    counted = Counted(rule, 0, figures_of(rule, []), ())
    (table,) = procedures_table(Names(r.TERMS.handbook, {}), [counted])
    rows = table["rows"]
    assert isinstance(rows, list)
    assert {"zh": "分母未说明", "en": "no denominator"} in [row[4] for row in rows]


def test_a_value_says_its_unit_how_exact_it_is_and_what_is_not_known() -> None:
    names = Names(TERMS.handbook, {})
    said = [
        value_said(names, Count(n=1234)),
        value_said(names, Count(n=230, precision=Precision.OVER)),
        value_said(names, Amount(hundredths=5, currency="CNY")),
        value_said(names, Quantity(thousandths=6_500, unit="t")),
        value_said(names, Ratio(part=353, whole=353)),
        value_said(names, Ratio(part=1, whole=3)),
        value_said(names, Ratio(part=1)),
        value_said(names, None),
    ]
    assert [each["en"] for each in said] == [
        "1,234",
        "over 230",
        "CNY 0.05",
        "6.5 t",
        "353 / 353 = 100.00 %",
        "1 / 3 = 33.33 %",
        "1 / ?",
        "not_stated",
    ]
