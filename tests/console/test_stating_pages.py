"""What is stated for good by forms: reports, figures, handbooks; each shown before it is done."""

import html
import re
from datetime import date, timedelta

import builders as b
import pytest
from consoles import Console, console_over
from desks import StandingClock
from faces import NamedIdentity
from supervised import ROOT, console_of, sent, status

from activities.reporting import make_report_of
from desk.shelf import Shelf
from domain.access import Principal
from handbooks.shelf import SHIPPED, read_terms
from ledger.memory import MemoryLedger

DAY = date(2026, 3, 4)
NANAN = "/console/nanan/handbook/proposals"
TABLES = (SHIPPED / "nanan" / "organisation.toml").read_text(encoding="utf-8")
NEXT = TABLES.replace("revision = 1 ", "revision = 2 ")


@pytest.fixture
async def busy() -> Console:
    """A console over a zone with issues, a week later."""
    clock = StandingClock()
    console = console_of(clock)
    await console.counter.closed_out("m-1")
    await console.counter.do(b.report(), b.ENTERPRISE, key="m-2")
    clock.at += timedelta(days=9)
    return console


async def renamed(console: Console) -> None:
    """Have the zone's handbook call its enterprises otherwise: stored reports name them."""
    desk = console.counter.desk
    terms = await desk.shelf.current(b.ZONE, console.counter.clock.now())
    text = terms.model_dump_json()
    for enterprise in terms.handbook.enterprises:
        text = text.replace(f'"{enterprise.name.en}"', '"The <New> Mill"')
    desk.shelf = Shelf(desk.ledger, {b.ZONE: type(terms).model_validate_json(text)})


async def test_a_report_is_made_by_form_and_opened(busy: Console) -> None:
    page = await busy.page("coordinator", f"{ROOT}/reports")
    assert f'action="{ROOT}/reports/make"' in page
    assert "/reports/make" not in await busy.page("auditor", f"{ROOT}/reports")
    form = {"kind": "daily", "to_on": DAY.isoformat(), "post": "coordination"}
    told = await sent(busy, "coordinator", "/reports/make", form)
    again = await sent(busy, "coordinator", "/reports/make", form)
    assert (told.status_code, told.headers["location"]) == (303, again.headers["location"])
    (row,) = await busy.counter.ledger.reports(b.ZONE)
    assert told.headers["location"] == f"{ROOT}/reports/{row.number}"
    assert (await sent(busy, "auditor", "/reports/make", form)).status_code == 403
    early = form | {"to_on": "2026-03-30"}
    refused = await sent(busy, "coordinator", "/reports/make", early)
    assert refused.status_code == 422


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_correction_shows_both_versions_side_by_side_before_and_after(
    busy: Console, language: str
) -> None:
    row = await make_report_of(busy.counter.desk, b.ZONE, "daily", DAY, b.COORDINATOR)
    path = f"/reports/{row.number}/correction"
    nothing = await busy.page("coordinator", f"{ROOT}{path}", language=language)
    assert '<form method="post" action="' + ROOT + path not in nothing
    await renamed(busy)
    foreseen = await busy.page("coordinator", f"{ROOT}{path}", language=language)
    assert "<ins>" in foreseen
    assert len(await busy.counter.ledger.report_versions(row.number)) == 1
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', foreseen))
    form = {name: fields[name] for name in ("expected_version", "post")} | {"reason": "改名 <b>"}
    done = await sent(busy, "coordinator", path, form)
    assert done.status_code == 303
    assert (await sent(busy, "coordinator", path, form)).status_code == 409
    shown = await busy.page("auditor", done.headers["location"], language=language)
    assert "改名 &lt;b&gt;" in shown
    differing = re.findall(r"<(?:del|ins)>(.*?)</(?:del|ins)>", shown)
    assert differing == re.findall(r"<(?:del|ins)>(.*?)</(?:del|ins)>", foreseen)
    if language == "en":
        assert html.escape("The <New> Mill") in differing
    newest = await busy.page("coordinator", f"{ROOT}/reports/{row.number}", language=language)
    assert f"{ROOT}/reports/{row.number}/versions?second=2" in newest


async def test_who_only_reads_is_shown_no_way_to_state(busy: Console) -> None:
    row = await make_report_of(busy.counter.desk, b.ZONE, "daily", DAY, b.COORDINATOR)
    page = await busy.page("auditor", f"{ROOT}/reports/{row.number}")
    assert f"{row.number}/correction" not in page
    assert await status(busy, "auditor", f"/reports/{row.number}/correction") == 403
    assert await status(busy, "coordinator", "/reports/none/correction") == 404
    assert await status(busy, "auditor", "/reports/none/versions") == 404


async def test_a_figure_is_published_by_a_ticked_form_and_restated_after_a_look(
    busy: Console,
) -> None:
    asked = await busy.page("coordinator", f"{ROOT}/figures/publish")
    assert 'name="confirmed" value="true" required' in asked
    form = {
        "definition": "sign_off",
        "from_on": "2026-03-02",
        "last_on": "2026-03-08",
        "reason": "The week is over.",
        "post": "coordination",
    }
    assert (await sent(busy, "coordinator", "/figures/publish", form)).status_code == 422
    told = await sent(busy, "coordinator", "/figures/publish", form | {"confirmed": "true"})
    assert told.status_code == 303, told.text[-800:]
    (row,) = await busy.counter.ledger.figures(zone=b.ZONE, definition=None, before=None, limit=9)
    path = f"/figures/published/{row.sequence}/restate"
    assert path in await busy.page("coordinator", told.headers["location"])
    assert path not in await busy.page("auditor", told.headers["location"])
    looked = await busy.page("coordinator", f"{ROOT}{path}", language="zh")
    assert "没有问题变动" in looked
    refused = await sent(busy, "coordinator", path, {"reason": "x", "post": "coordination"})
    assert refused.status_code == 422
    assert await status(busy, "auditor", path) == 403


@pytest.fixture
def nanan() -> Console:
    """A console over a shipped zone: its coordinator, and one of its top tier."""
    console = console_over(MemoryLedger())
    desk = console.counter.desk
    desk.shelf = Shelf(desk.ledger, {"nanan": read_terms("nanan")})
    people = {"author": "nanan-p21", "lead": "nanan-p11", "contact": "nanan-p01"}
    console.house.identity = NamedIdentity(
        {
            name: Principal(id=f"user:{name}", name=name, person=person)
            for name, person in people.items()
        }
    )
    return console


async def test_a_handbook_is_laid_out_and_approved_by_another_after_a_look(
    nanan: Console,
) -> None:
    text = NEXT.replace("冷暖机零部件企业", "<b>冷暖</b>企业")
    async with nanan.opened_as("author") as browser:
        form = {"text": text, "reason": "更正 <i>", "post": "nanan-coordinator"}
        told = await browser.post(NANAN, data=form)
    assert told.status_code == 303, told.text[-800:]
    address = told.headers["location"]
    for language in ("zh", "en"):
        own = await nanan.page("author", address, language=language)
        assert f'action="{address}"' not in own
        other = await nanan.page("lead", address, language=language)
        assert "更正 &lt;i&gt;" in other
        assert "&lt;b&gt;冷暖&lt;/b&gt;企业" in other
        assert f'action="{address}"' in other
    hash_ = re.findall(r'name="handbook" value="(\w+)"', other)[0]
    async with nanan.opened_as("author") as browser:
        mine = await browser.post(address, data={"handbook": hash_, "confirmed": "true"})
    async with nanan.opened_as("lead") as browser:
        unticked = await browser.post(address, data={"handbook": hash_})
        done = await browser.post(address, data={"handbook": hash_, "confirmed": "true"})
    assert (mine.status_code, unticked.status_code, done.status_code) == (403, 422, 303)
    assert len(await nanan.counter.ledger.handbook_publications("nanan")) == 1
    listed = await nanan.page("lead", NANAN, language="zh")
    assert "已发布" in listed
    box = await nanan.page("lead", "/console/nanan/inbox", language="zh")
    assert "【待批】" in box


async def test_a_handbook_that_is_unsound_is_told_where_and_nothing_is_laid_out(
    nanan: Console,
) -> None:
    async with nanan.opened_as("author") as browser:
        for text in ("revision = [", TABLES):
            answer = await browser.post(NANAN, data={"text": text, "reason": "x"})
            assert answer.status_code == 422
    async with nanan.opened_as("contact") as browser:
        answer = await browser.post(NANAN, data={"text": NEXT, "reason": "x"})
        assert answer.status_code == 403
    assert "<tbody>" not in await nanan.page("lead", NANAN)
