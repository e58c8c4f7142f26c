"""Texts that mean harm in every field: nothing runs, nothing breaks a page, and all is as typed."""

import csv
import io
import re
from collections import Counter as Counted
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import builders as b
import hostile as h
import openpyxl
import pytest
from browser import Look, Seat, Site, pages_from, seat, served, shape, too_wide
from consoles import Console, require_well_formed
from deep import A_TENTH, IN_CHECK, IN_FULL
from desks import Counter, StandingClock
from playwright.async_api import Browser

from audit.exports.csv import ACTIVE, safe
from desk.intake.told import Finding, IntakeAnswer, RowAnswer, RowOutcome
from desk.intake.writing import as_csv, as_workbook
from desk.notice_templates import CHANNELS, SAMPLES, rendered, shipped_for
from desk.principals import NewUser
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

READERS = (
    *("supervisor", "enterprise"),
    *(
        pytest.param(name, marks=IN_CHECK)
        for name in ("auditor", "coordinator", "officer", "section")
    ),
)
STARTS = ("", "/mine", "/today", "/board", "/report", "/handbook")
LINK = re.compile(rf'href="(/console/{b.ZONE}[^"#]*)"')
FORBIDDEN = {"iframe", "object", "embed", "base", "style", "frame", "applet", "portal"}
ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post", "sse-connect", "data"}
OF_A_KIND = 2 if not (A_TENTH or IN_FULL) else 6
"""How many pages of one address but for its numbers are opened."""
FILE = re.compile(r"\.(pdf|xlsx|csv|json|zip)(\?|$)|/evidence\b|/export")


class Inspected(HTMLParser):
    """What a page is made of: what it must not be, its heading, all its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.heading = ""
        self.written: list[str] = []
        self._in_heading = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in FORBIDDEN or (tag == "meta" and "http-equiv" in said):
            self.wrong.append(f"<{tag} {attrs}>")
        if tag == "script" and not (said.get("src") or "").startswith("/console/static/"):
            self.wrong.append(f"<script {attrs}>")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag}@{name}")
            if name in ADDRESSES and not re.match(r"(/(?!/)|#|$)", value or ""):
                self.wrong.append(f"{tag}@{name}={value}")
            self.written.append(value or "")
        self._in_heading = self._in_heading or tag == "h1"

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data: str) -> None:
        self.written.append(data)
        if self._in_heading:
            self.heading += data


@pytest.fixture(scope="module")
async def ledger() -> MemoryLedger:
    """A ledger whose every text means harm."""
    counter = Counter(MemoryLedger(), StandingClock(), terms=h.hostile_terms())
    await h.lived(counter)
    return counter.ledger


@pytest.fixture
def harmed(ledger: MemoryLedger) -> Console:
    """The console over that ledger."""
    return Console(Counter(ledger, StandingClock(), terms=h.hostile_terms()))


@pytest.mark.parametrize("name", READERS)
async def test_no_text_becomes_a_part_of_a_page(harmed: Console, name: str) -> None:
    opened: dict[str, str] = {}
    kinds = Counted[str]()
    waiting = [f"/console/{b.ZONE}{start}" for start in STARTS]
    async with harmed.opened_as(name, language="zh") as browser:
        for address in waiting:
            kind = re.sub(r"[^/?=&]*[0-9][^/?=&]*", "#", address)
            if address in opened or FILE.search(address) or kinds[kind] >= OF_A_KIND:
                continue
            kinds[kind] += 1
            answer = await browser.get(address)
            opened[address] = answer.text
            assert answer.status_code < 500, (address, answer.text[:500])
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            require_well_formed(answer.text)
            assert Inspected(answer.text).wrong == [], address
            waiting += [each.replace("&amp;", "&") for each in LINK.findall(answer.text)]
    assert len(opened) > len(STARTS)


async def test_every_title_is_shown_as_it_was_typed(harmed: Console) -> None:
    for place, title in enumerate(h.CORPUS):
        page = await harmed.page("enterprise", f"/console/{b.ZONE}/mine/title-{place}")
        found = Inspected(page)
        assert found.heading == title.strip()
        assert h.WHOLE in found.written


async def test_what_was_typed_comes_back_as_it_was(harmed: Console) -> None:
    for text in h.CORPUS:
        async with harmed.opened_as("enterprise") as browser:
            answer = await browser.post(
                f"/console/{b.ZONE}/report",
                data={"command_id": "x", "title": text, "text": "", "place": text},
                headers={"Origin": "http://closeout.test"},
            )
        assert answer.status_code == 422
        require_well_formed(answer.text)
        found = Inspected(answer.text)
        assert found.wrong == []
        assert found.written.count(text) >= 2


async def test_an_address_brings_nothing_into_a_page(harmed: Console) -> None:
    for text in (*h.SCRIPTS, *h.TEMPLATES):
        for name, path in (("next", "/console/sign-in"), ("x", "/console/no/such")):
            async with harmed.opened_as(None) as browser:
                answer = await browser.get(path, params={name: text})
            if answer.headers["content-type"].startswith("text/html"):
                assert Inspected(answer.text).wrong == []


def test_no_cell_of_an_export_or_of_an_answer_is_a_formula() -> None:
    answer = answer_of(h.CORPUS)
    rows = list(csv.reader(io.StringIO(as_csv(answer, "en").decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(ACTIVE)]
    assert not [safe(text) for text in h.CORPUS if safe(text).startswith(ACTIVE)]
    for text in h.CORPUS:
        assert text in cells or f"'{text}" in cells


def test_a_workbook_holds_texts_and_nothing_that_runs() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(answer_of(h.CORPUS), "zh")))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert {cell.value for cell in cells} >= set(h.CORPUS)


def answer_of(texts: tuple[str, ...]) -> IntakeAnswer:
    """Return the answer to a table whose every row has a text that means harm."""
    rows = tuple(
        RowAnswer(
            row=place + 2,
            outcome=RowOutcome.REFUSED,
            findings=(Finding(field="title", column=text, value=text, message=text),),
        )
        for place, text in enumerate(texts)
    )
    return IntakeAnswer(
        zone=b.ZONE,
        sha256="0" * 64,
        encoding="utf-8",
        sheet=None,
        dry_run=True,
        columns={},
        passed_over=(),
        counts={RowOutcome.REFUSED: len(rows)},
        compared=0,
        rows=rows,
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_text_calls_or_formats_in_a_message(channel: str) -> None:
    for text in h.CORPUS:
        facts = SAMPLES[1].model_copy(update={"title": text})
        for language in ("zh", "en"):
            made = rendered(
                shipped_for("*", channel, language), language, channel, [facts], is_bundle=False
            )
            assert "49" not in made.body
            assert not re.search(r"<(script|img|svg|iframe|at|style|base)\b", made.html)
            if channel == "feishu":
                assert "<" not in made.body
            assert "\n" not in made.subject


@pytest.fixture(scope="module")
async def harmed_site(ledger: MemoryLedger) -> AsyncIterator[Site]:
    """The console over that ledger, served."""
    people = (
        NewUser(name="watch", person=b.SUPERVISOR.person),
        NewUser(name="mill", person=b.ENTERPRISE.person, enterprise="mill"),
    )
    async with served(ledger, StandingClock(), {b.ZONE: h.hostile_terms()}) as found:
        found.knows(people)
        yield found


@IN_CHECK
@pytest.mark.parametrize("look", [Look("zh"), Look("en", "phone")], ids=lambda each: each.name)
async def test_nothing_runs_in_a_browser(
    chromium: Browser, harmed_site: Site, shots: Path, look: Look
) -> None:
    opened: set[str] = set()
    for name in ("watch", "mill"):
        async with seat(chromium, harmed_site, look, name=name) as taken:
            async for path in pages_from(taken, opened):
                opened.add(shape(path))
                await not_harmed(taken)
                await taken.is_pictured(shots, f"hostile-{'-'.join(path.split('/')[3:])}")
            own = ("mine/team", "mine/asked", "mine/closed")
            for path in own if name == "mill" else ("issues/team", "issues/closed"):
                await taken.opens(f"/console/{b.ZONE}/{path}")
                await not_harmed(taken)
                await taken.is_pictured(shots, f"hostile-{path.replace('/', '-')}")


async def not_harmed(taken: Seat) -> None:
    """Raise if something of a text has run, or has taken the page apart."""
    assert await taken.page.evaluate("window.__xss") == 0
    assert await taken.page.locator("main").count() == 1
    assert await too_wide(taken) == []
