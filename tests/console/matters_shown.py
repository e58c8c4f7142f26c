"""The zone of `builders` with a procedure of every aggregate, and a console over what they keep."""

from typing import Any

import builders as b
import builders_matters as m
import httpx2
from consoles import Console, console_over, require_well_formed
from desks import StandingClock

from desk.matters import MatterDesk
from domain.matters.state import Matter
from domain.people import Actor
from domain.terms import Terms
from ledger.memory import MemoryLedger

ROOT = f"/console/{b.ZONE}"


def both(zh: str, en: str) -> dict[str, str]:
    """Return a name in two languages."""
    return {"zh": zh, "en": en}


CAMPAIGNS: list[dict[str, Any]] = [
    {
        "id": "visits",
        "name": both("走访企业", "visits"),
        "steps": [
            {
                "id": "visited",
                "name": both("已走访", "visited"),
                "by": [{"tier": 1}],
                "fields": [
                    {"id": "staff", "name": both("到岗人数", "staff in post"), "type": "ratio"},
                    {
                        "id": "sum",
                        "name": both("融资需求", "credit wanted"),
                        "type": "amount",
                        "currency": "CNY",
                        "required": False,
                    },
                ],
                "states_abnormality": True,
                "due": {"within": {"kind": "wall", "minutes": 2880}, "levels": [{"tier": 2}]},
            },
            {
                "id": "read",
                "name": both("已阅知", "read"),
                "by": [{"enterprise": True}],
                "needs": ["visited"],
            },
        ],
        "exclusions": [{"id": "moved", "name": both("已迁出", "moved away")}],
    }
]
PIPELINES: list[dict[str, Any]] = [
    {
        "id": "loans",
        "name": both("企业融资", "loans"),
        "currency": "CNY",
        "stages": [
            {"id": "wanted", "name": both("有需求", "wanted")},
            {"id": "approval", "name": both("审批中", "in approval"), "amount": True},
            {
                "id": "funded",
                "name": both("已放款", "funded"),
                "fields": [{"id": "paid-on", "name": both("放款日", "paid on"), "type": "day"}],
            },
            {"id": "refused", "name": both("未获批", "refused"), "end": "failed"},
        ],
        "parties": [
            {
                "id": "bank",
                "name": both("银行", "bank"),
                "statuses": [{"id": "asked", "name": both("已受理", "asked")}],
            }
        ],
        "dates": [{"id": "maturity", "name": both("贷款到期日", "maturity")}],
    }
]
MATCHES: list[dict[str, Any]] = [
    {
        "id": "supply",
        "name": both("供需对接", "supply and demand"),
        "sides": [
            {"id": "need", "name": both("需求", "need")},
            {"id": "offer", "name": both("供给", "offer")},
        ],
        "places": both("数量", "pieces"),
        "reasons": [{"id": "price", "name": both("价格", "price")}],
    }
]
REGISTERS: list[dict[str, Any]] = [
    {
        "id": "resumption",
        "name": both("复工复产台账", "resumption"),
        "statuses": [
            {"id": "resumed", "name": both("已复产", "resumed")},
            {"id": "stopped", "name": both("停产", "stopped")},
        ],
        "rates": [
            {
                "id": "rate",
                "name": both("复产率", "resumed of all"),
                "statuses": ["resumed"],
                "of": "list",
            }
        ],
        "supply_map": {"up": ["resumed"]},
    }
]
GRANTS: list[dict[str, Any]] = [
    {
        "id": "masks",
        "name": both("防护物资", "protective supplies"),
        "keeps": "stock",
        "units": [{"id": "mask", "name": both("只口罩", "masks"), "low": 50}],
        "sources": [
            {"id": "purchase", "name": both("采购", "purchase")},
            {"id": "donation", "name": both("捐赠", "donation")},
        ],
    },
    {
        "id": "passes",
        "name": both("车辆通行证", "vehicle passes"),
        "keeps": "permits",
        "units": [{"id": "pass", "name": both("张", "passes")}],
        "duration": {"kind": "natural_days", "days": 7, "count_from": "today"},
        "gate": [{"id": "papers", "name": both("证件齐全", "papers are complete")}],
    },
]


def terms(**tables: Any) -> Terms:
    """Return the terms of the zone with these procedures, or with those above."""
    every = {
        "campaigns": CAMPAIGNS,
        "pipelines": PIPELINES,
        "matches": MATCHES,
        "registers": REGISTERS,
        "grants": GRANTS,
    }
    return m.terms_with(**(every | tables))


def console_of(clock: StandingClock | None = None, **tables: Any) -> Console:
    """Return a console over that zone, in memory."""
    return console_over(MemoryLedger(), clock, terms(**tables))


async def done(
    console: Console, key: str, actor: Actor = b.COORDINATOR, /, **command: Any
) -> Matter:
    """Carry out a command to a matter; return the matter after it."""
    desk = MatterDesk(console.counter.desk)
    await desk.carry_out(m.sent(m.asked(**command), actor, key=key))
    return await stands(console, key)


async def stands(console: Console, key: str) -> Matter:
    """Return a matter as it stands."""
    return (await MatterDesk(console.counter.desk).row(b.ZONE, key)).matter


async def filled(console: Console) -> Console:
    """Open a matter of every procedure and do something in each."""
    await done(console, "v-1", kind="open_campaign", procedure="visits", title="A hundred days")
    await done(
        console,
        "v-1",
        b.OFFICER,
        kind="record_step",
        enterprise="mill",
        step="visited",
        values={
            "staff": {"kind": "ratio", "part": 120, "whole": 160},
            "sum": {"kind": "amount", "hundredths": 178_100_000, "currency": "CNY"},
        },
        problems=[{"category": "road-access", "title": "The gate", "text": "It is blocked."}],
    )
    await done(
        console,
        "l-1",
        kind="open_pipeline",
        procedure="loans",
        title="A loan for the mill",
        enterprise="mill",
        amount={"kind": "amount", "hundredths": 5_000_000_00, "currency": "CNY"},
        parties=[{"party": "bank", "status": "asked", "next_check_on": "2026-03-04"}],
        dates={"maturity": "2026-03-10"},
    )
    await done(console, "l-1", kind="move_stage", to="approval")
    await done(
        console,
        "s-1",
        kind="open_match",
        procedure="supply",
        title="Flour for the canteen",
        enterprise="bakery",
        side="need",
        places=10,
    )
    await done(console, "s-1", kind="propose", proposal="p-1", enterprise="mill", places=4)
    await _of_others(console)
    return console


async def _of_others(console: Console) -> None:
    """Open a register, a stock, a book of passes, and state a total."""
    await done(console, "r-1", kind="open_register", procedure="resumption", title="Spring")
    await done(console, "r-1", kind="set_status", subject="mill", status="resumed")
    await done(console, "r-1", kind="set_status", subject="bakery", status="stopped")
    await done(console, "r-1", kind="link_supplier", customer="mill", supplier="bakery")
    await done(console, "g-1", kind="open_grant", procedure="masks", title="Masks in store")
    mask = {"kind": "quantity", "unit": "mask"}
    await done(
        console,
        "g-1",
        kind="receive_stock",
        source="purchase",
        quantity=mask | {"thousandths": 100_000},
        amount={"kind": "amount", "hundredths": 12_345, "currency": "CNY"},
    )
    await done(
        console,
        "g-1",
        kind="issue_stock",
        enterprise="mill",
        quantity=mask | {"thousandths": 60_000},
    )
    await done(console, "p-1", kind="open_grant", procedure="passes", title="Passes of March")
    await done(
        console,
        "p-1",
        kind="issue_permit",
        holding="no-17",
        enterprise="mill",
        subject="A12345",
        gate={"papers": True},
    )
    await done(
        console,
        "v-1",
        kind="state_total",
        label="Paid to firms",
        figures={
            "paid": {"kind": "amount", "hundredths": 5_878_000_000, "currency": "CNY"},
            "firms": None,
        },
        source="B05",
    )


async def sent(console: Console, name: str, path: str, form: dict[str, Any]) -> httpx2.Response:
    """Return the answer to a form that somebody sends."""
    async with console.opened_as(name) as browser:
        answer = await browser.post(f"{ROOT}{path}", data=form)
    if answer.status_code != 303:
        require_well_formed(answer.text)
    return answer


async def status(console: Console, name: str, path: str) -> int:
    """Return how a page answers somebody."""
    async with console.opened_as(name) as browser:
        return (await browser.get(f"{ROOT}{path}")).status_code
