"""A new procedure, a made-up clinic for export licences, is added by one file and no code."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from desks import StandingClock
from faces import PLAIN, NamedIdentity
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from activities.reporting import make_report
from api.app import make_app
from audit.reports import recompute_report
from console.app import add_console
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.access import Principal
from domain.errors import InvalidRequestError, NotPermittedError
from domain.handbook_routines import routines_rule
from domain.matters.commands import MATTER_SUBMISSION
from domain.matters.counting import figures_of
from domain.matters.values import Amount, Count
from domain.people import Actor, Officer, Representative
from domain.routines import RoutineKind, run_of
from domain.view import CommandResult
from face.house import House
from handbooks.shelf import SHIPPED, read_terms
from ledger.memory import MemoryLedger

ZONE = "xinghe"
CLINIC = "export-licence-clinic"
CLINIC_NAME = "Export-licence clinic"
FILES = "export-licence-files"
FILE = Path(__file__).with_name("clinic.toml")
ADVISER = Officer(person="xinghe-p37", post="xinghe-service")
OPTICS = Representative(person="optics-contact", enterprise="xinghe-optics")
PEOPLE = {
    "adviser": Principal(id="user:adviser", name="adviser", person=ADVISER.person),
    "supervisor": Principal(id="user:supervisor", name="supervisor", person="xinghe-p43"),
    "optics": Principal(
        id="user:optics", name="optics", person=OPTICS.person, enterprise=OPTICS.enterprise
    ),
    "foods": Principal(
        id="user:foods", name="foods", person="foods-contact", enterprise="xinghe-foods"
    ),
}
TRADE = {"kind": "amount", "hundredths": 120_000_00, "currency": "USD"}
ADVICE = {
    "kind": "record_step",
    "enterprise": "xinghe-optics",
    "step": "advised",
    "values": {"licences-due": {"kind": "count", "n": 3}, "trade-at-stake": TRADE},
    "problems": [
        {"category": "PER-1", "title": "Wrong code", "text": "The customs code is wrong."},
        {"category": "LOG-1", "title": "No space", "text": "No ship has space in May."},
    ],
}
OPENING = {"kind": "open_campaign", "procedure": CLINIC, "title": "Clinic in May"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk of the fictional zone with one file more."""
    shutil.copytree(SHIPPED / ZONE, tmp_path / ZONE)
    shutil.copy(FILE, tmp_path / ZONE)
    ledger = MemoryLedger()
    return Desk(ledger, Shelf(ledger, {ZONE: read_terms(ZONE, tmp_path)}), StandingClock())


async def do(desk: Desk, id_: str, command: object, actor: Actor = ADVISER) -> CommandResult:
    """Carry out a command to the clinic's matter."""
    sent = {"id": id_, "zone": ZONE, "key": "may", "actor": actor, "command": command}
    return await MatterDesk(desk).carry_out(MATTER_SUBMISSION.validate_python(sent))


async def test_the_desk_keeps_a_clinic_that_it_was_never_told_of(desk: Desk) -> None:
    await do(desk, "open", OPENING)
    matter = (await MatterDesk(desk).row(ZONE, "may")).matter
    exporters = {"xinghe-optics", "xinghe-foods", "xinghe-textiles"}
    assert set(matter.enterprises) == exporters
    with pytest.raises(InvalidRequestError, match="step"):
        await do(desk, "early", ADVICE)
    everybody = {"kind": "record_step_for_many", "step": "invited"}
    await do(desk, "invite", everybody | {"enterprises": sorted(exporters)})
    with pytest.raises(NotPermittedError):
        await do(desk, "by-itself", ADVICE, OPTICS)
    await do(desk, "advise", ADVICE)
    assert await ErrandRunner(desk).once() == 2
    rule = (await desk.shelf.current(ZONE, desk.clock.now())).handbook.procedure(CLINIC)
    assert rule is not None
    row = (await MatterDesk(desk).row(ZONE, "may")).matter
    figures = {each.id: (each.part, each.whole) for each in figures_of(rule, [row])}
    assert figures["advised.done"] == (Count(n=1), Count(n=3))
    assert figures["invited.done"] == (Count(n=3), Count(n=3))
    assert figures["advised.licences-due"][0] == Count(n=3)
    assert figures["advised.trade-at-stake"][0] == Amount(hundredths=120_000_00, currency="USD")
    assert figures["issues"][0] == Count(n=2)
    assert row.next_due is not None
    assert row.next_due.clock == "step-advised"


async def test_the_api_and_the_console_offer_the_clinic_too(desk: Desk) -> None:
    house = House(desk, PLAIN, NamedIdentity(PEOPLE))
    app = add_console(make_app(house))
    async with asked_as(app, "adviser") as adviser:
        listed = (await adviser.get(f"/v1/zones/{ZONE}/procedures")).json()
        assert {CLINIC, FILES} <= {each["id"] for each in listed["procedures"]}
        opened = await adviser.post(
            f"/v1/zones/{ZONE}/matters/may/commands", json={"id": "open", "command": OPENING}
        )
        assert opened.status_code == 201, opened.text
        for number, command in enumerate(
            (
                {"kind": "record_step", "enterprise": "xinghe-optics", "step": "invited"},
                ADVICE,
            )
        ):
            done = await adviser.post(
                f"/v1/zones/{ZONE}/matters/may/commands",
                json={"id": f"step-{number}", "command": command},
            )
            assert done.status_code == 200, done.text
        again = await adviser.post(
            f"/v1/zones/{ZONE}/matters/may/commands", json={"id": "twice", "command": ADVICE}
        )
        assert again.status_code == 409
        page = await adviser.get(f"/console/{ZONE}/matters/{CLINIC}")
        assert page.status_code == 200, page.text[-500:]
        assert "Clinic in May" in page.text
    async with asked_as(app, "supervisor") as supervisor:
        counted = await supervisor.get(f"/v1/zones/{ZONE}/procedures/{CLINIC}/figures")
        assert counted.status_code == 200
        figures = {each["id"]: each for each in counted.json()["figures"]}
        assert figures["advised.licences-due"]["part"] == {"kind": "count", "n": 3}
    async with asked_as(app, "foods") as foods:
        seen = await foods.get(f"/v1/zones/{ZONE}/matters/may")
        assert seen.status_code == 200
        assert "xinghe-optics" not in seen.text


async def test_a_pipeline_of_the_same_file_goes_its_stages(desk: Desk) -> None:
    opening = {"kind": "open_pipeline", "procedure": FILES, "title": "Optics"}
    await do(desk, "open", opening | {"enterprise": "xinghe-optics", "stage": "drafted"})
    await do(desk, "lodge", {"kind": "move_stage", "to": "lodged"})
    matter = (await MatterDesk(desk).row(ZONE, "may")).matter
    assert (matter.stage, matter.next_due and matter.next_due.clock) == ("lodged", "stage")
    with pytest.raises(InvalidRequestError):
        await do(desk, "nowhere", {"kind": "move_stage", "to": "shipped"})
    await do(desk, "licence", {"kind": "move_stage", "to": "licensed"})
    assert (await MatterDesk(desk).row(ZONE, "may")).matter.next_due is None


def asked_as(app: FastAPI, name: str) -> AsyncClient:
    """Return a client that asks as somebody."""
    return AsyncClient(
        transport=ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://closeout.test",
        headers={"Authorization": f"Test {name}", "Accept-Language": "en"},
    )


async def test_the_weekly_report_tells_of_the_clinic(desk: Desk) -> None:
    await do(desk, "open", OPENING)
    everybody = {"kind": "record_step_for_many", "step": "invited"}
    exporters = ["xinghe-foods", "xinghe-optics", "xinghe-textiles"]
    await do(desk, "invite", everybody | {"enterprises": exporters})
    terms = await desk.shelf.current(ZONE, desk.clock.now())
    rule = routines_rule(terms.handbook.routines)
    monday = desk.clock.now().date()
    days = (monday + timedelta(days=ahead) for ahead in range(14))
    runs = (run_of(rule, terms.calendar, RoutineKind.WEEKLY, day) for day in days)
    run = next(each for each in runs if each is not None and each.to_at > desk.clock.now())
    assert isinstance(desk.clock, StandingClock)
    desk.clock.at = run.to_at + timedelta(hours=2)
    row = await make_report(desk, terms, run)
    tables = {each.get("id"): each for each in json.loads(row.body)["sections"]}
    told = [line for line in tables["procedures"]["rows"] if line[0]["en"] == CLINIC_NAME]
    assert told[0][2] == {"zh": "1", "en": "1"}
    assert any(line[2]["en"] == "3" and line[3] and line[3]["en"] == "3" for line in told)
    assert (await recompute_report(desk.ledger, row)).same
