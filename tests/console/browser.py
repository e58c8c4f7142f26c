"""A real Chromium before a served application: people who sign in, and all that goes wrong noted.

The zone is the shipped fictional one in the midst of a generated year. Fixtures are handed on by
`conftest.py`. Screenshots go where CLOSEOUT_SHOTS says, else to a folder of pytest's own.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Container, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from deep import A_TENTH, IN_FULL
from desks import StandingClock
from fastapi import FastAPI
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    async_playwright,
)
from pydantic import SecretStr

from api.app import make_app
from console.app import add_console
from demo.year import Year, generate_year
from desk.desk import Desk
from desk.principals import NewUser, add_user
from desk.shelf import Shelf
from domain.access import Standing
from domain.terms import Terms
from face.house import House
from face.identity import open_identity
from face.serving import make_server
from ledger.memory import MemoryLedger
from runtime.settings import Settings

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
NO_CHROMIUM: Final = "no chromium on this machine: apt-get install chromium"
AXE: Final = Path(__file__).with_name("vendor") / "axe.min.js"
PASSWORD: Final = "A long word of the tests: 7"
SECRET: Final = "a secret of the tests, 32 characters or more"
SETTINGS: Final = Settings.load(link_secret=SECRET, rate_per_minute=0, rate_public_per_minute=0)
WAITED_MS: Final = 20_000
ISSUES: Final = 60
MIDST: Final = date(2026, 6, 10)
"""A Wednesday: the year is left there with much of it open."""
MORNING: Final = timedelta(hours=34)
"""It is ten o'clock of the next day, and nobody has done anything since."""
KEEPS_ALL: Final = A_TENTH or IN_FULL or "CLOSEOUT_SHOTS" in os.environ
"""Whether a picture of every page is kept."""

SIZES: Final[Mapping[str, tuple[int, int]]] = {"desktop": (1366, 900), "phone": (390, 844)}
LOCALES: Final[Mapping[str, str]] = {"zh": "zh-CN", "en": "en-GB"}
FILE: Final = re.compile(r"\.(pdf|xlsx|csv|json|zip|txt|svg)$")
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
NOTED: Final = """
window.__xss = 0;
document.addEventListener("securitypolicyviolation", (e) =>
  console.error("policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
"""
PEOPLE: Final[tuple[NewUser, ...]] = (
    NewUser(name="maker", person="xinghe-optics-manager", enterprise="xinghe-optics"),
    NewUser(name="grid", person="xinghe-p01"),
    NewUser(name="area", person="xinghe-p11"),
    NewUser(name="director", person="xinghe-p21"),
    NewUser(name="auditor", standings=(Standing.AUDITOR,)),
    NewUser(name="operator", standings=(Standing.OPERATOR,)),
)


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str = "zh"
    size: str = "desktop"
    theme: str = "light"

    @property
    def name(self) -> str:
        """Return what a picture of it is called."""
        return f"{self.language}-{self.size}-{self.theme}"


class Site:
    """An application that is served, and who may sign in to it."""

    def __init__(self, desk: Desk, house: House, clock: StandingClock, address: str) -> None:
        self.desk = desk
        self.house = house
        self.clock = clock
        self.address = address
        self.year: Year | None = None
        self._cookies: dict[str, list[Any]] = {}
        self._people: dict[str, NewUser] = {}

    def knows(self, people: Iterable[NewUser]) -> None:
        """Take note of who may sign in."""
        self._people |= {each.name: each for each in people}

    async def let_in(self, name: str) -> None:
        """Let somebody in who comes for the first time: hashing a password takes its time."""
        if name in self._people:
            await add_user(self.desk, self._people.pop(name), None, SecretStr(PASSWORD))

    def kept(self, name: str) -> list[Any]:
        """Return the cookies of somebody who signed in before."""
        return self._cookies.get(name, [])

    def keep(self, name: str, cookies: list[Any]) -> None:
        """Keep the cookies of somebody who has signed in."""
        self._cookies[name] = cookies


@dataclass
class Seat:
    """Somebody before a browser. `wrong` is all that must not happen: errors of scripts, what the
    policy forbade, requests to other hosts, answers that failed, dialogs."""

    site: Site
    page: Page
    context: BrowserContext
    look: Look
    wrong: list[str] = field(default_factory=list)

    async def opens(self, path: str) -> None:
        """Open a page that is there."""
        answer = await self.page.goto(f"{self.site.address}{path}")
        assert answer is not None
        assert answer.ok, (path, answer.status)

    async def signs_in(self, name: str) -> None:
        """Fill in the form, and be where one was sent."""
        await self.site.let_in(name)
        await self.opens("/console/sign-in")
        await self.page.fill("input[name=name]", name)
        await self.page.fill("input[name=password]", PASSWORD)
        async with self.page.expect_navigation():
            await self.page.click("main button.primary")
        self.site.keep(name, await self.context.cookies())

    async def presses(self, selector: str) -> None:
        """Press what leads to another page."""
        async with self.page.expect_navigation():
            await self.page.click(selector)

    async def violations(self) -> list[str]:
        """Return what axe finds against WCAG 2 A and AA."""
        if not await self.page.evaluate("typeof window.axe === 'object'"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8") + "\n;0")
        found = await self.page.evaluate(
            """async (tags) => (await axe.run(document, {
                runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
            })).violations.flatMap((rule) => rule.nodes.map((node) =>
                rule.id + ': ' + node.target.join(' ') + ' | ' + node.html.slice(0, 160)
                + ' | ' + (node.any[0] ? node.any[0].message : '')))""",
            WCAG,
        )
        return [f"{urlsplit(self.page.url).path} {self.look.name} {each}" for each in found]

    async def is_pictured(self, folder: Path, name: str) -> None:
        """Keep a picture of the whole page."""
        if not KEEPS_ALL:
            return
        await self.page.screenshot(path=folder / f"{name}-{self.look.name}.png", full_page=True)

    async def tabs(self, times: int) -> list[str]:
        """Return what has the focus after each press of Tab."""
        found = []
        for _ in range(times):
            await self.page.keyboard.press("Tab")
            found.append(
                await self.page.evaluate(
                    """() => { const e = document.activeElement;
                    const region = e.closest('main') ? 'main' : e.closest('nav') ? 'menu'
                        : e.closest('header') ? 'top' : 'page';
                    return region + ' ' + (e.className || e.tagName.toLowerCase()); }"""
                )
            )
        return found


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept."""
    named = os.environ.get("CLOSEOUT_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """The one browser of a run, which has the Chinese fonts that come with the tests."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    folder = tmp_path_factory.mktemp("fonts")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts_in(folder))},
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def site() -> AsyncIterator[Site]:
    """The console over a zone in the midst of its year."""
    year = generate_year(ISSUES, seed=8, year=2026, until_on=MIDST)
    clock = StandingClock(year.until_at + MORNING)
    async with served(MemoryLedger(), clock, {year.zone: year.terms}) as found:
        await year.lay(found.desk.ledger)
        found.year = year
        handbook = year.terms.handbook
        found.knows((*PEOPLE, *of_roles(handbook)))
        yield found


def of_roles(handbook: Any) -> list[NewUser]:
    """Return users in the first posts of a coordinator, a supervisor and a unit."""
    found = {}
    for post in handbook.posts:
        named = [role.value for role in post.roles] or (["unit"] if post.unit else [])
        for name in named:
            if name in ("coordinator", "supervisor", "unit") and post.holders:
                found.setdefault(name, NewUser(name=name, person=post.holders[0]))
    return list(found.values())


@asynccontextmanager
async def served(
    ledger: MemoryLedger, clock: StandingClock, zones: Mapping[str, Terms]
) -> AsyncIterator[Site]:
    """Serve the console over a ledger in memory at a free port of this machine."""
    desk = Desk(ledger, Shelf(ledger, dict(zones)), clock)
    house = House(desk, SETTINGS, await open_identity(SETTINGS, desk))
    app: FastAPI = add_console(make_app(house))
    server = make_server(app, house, "127.0.0.1", 0)
    server.capture_signals = nullcontext  # type: ignore[method-assign]  # Ctrl-C is for pytest
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # the server tells nobody when it has begun
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Site(desk, house, clock, f"http://127.0.0.1:{port}")
    finally:
        house.stopping.set()
        server.should_exit = True
        await running


@asynccontextmanager
async def seat(
    browser: Browser, site: Site, look: Look = Look(), *, name: str | None = None
) -> AsyncIterator[Seat]:
    """Yield a seat of somebody; None: of nobody who is signed in. What went wrong fails the test
    that had it."""
    width, height = SIZES[look.size]
    context = await browser.new_context(
        locale=LOCALES[look.language],
        viewport={"width": width, "height": height},
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
    )
    if name is not None and site.kept(name):
        await context.add_cookies(site.kept(name))
    context.set_default_timeout(WAITED_MS)
    await context.add_init_script(NOTED)
    page = await context.new_page()
    taken = Seat(site, page, context, look)
    listen(taken)
    if name is not None and not site.kept(name):
        await taken.signs_in(name)
    yield taken
    await context.close()
    assert taken.wrong == []


def listen(taken: Seat) -> None:
    """Note all that must not happen."""
    page, wrong, host = taken.page, taken.wrong, urlsplit(taken.site.address).netloc

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(f"{page.url} console: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc not in ("", host):
            wrong.append(f"{page.url} asked {request.url[:200]}")

    def answered(answer: Response) -> None:
        if answer.status >= 400:  # where HTTP's errors begin
            wrong.append(f"{page.url} was answered {answer.status} by {answer.url[:200]}")

    async def spoken(dialog: Dialog) -> None:
        wrong.append(f"{page.url} opened a dialog: {dialog.message}")
        await dialog.dismiss()

    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(f"{page.url} script: {error}"))
    page.on("request", asked)
    page.on("response", answered)
    page.on("dialog", spoken)


def shape(path: str) -> str:
    """Return what pages of one kind have in common: the first word behind the zone, the depth."""
    parts = path.strip("/").split("/")
    return f"{'/'.join(parts[2:3])} {len(parts)}"


async def leads_to(taken: Seat) -> list[str]:
    """Return where links of the page lead within the console, files left out."""
    found = await taken.page.eval_on_selector_all(
        "a[href]:not([download])", "all => all.map((each) => each.href)"
    )
    paths = [urlsplit(each).path for each in found if each.startswith(taken.site.address)]
    return [each for each in paths if each.startswith("/console/") and not FILE.search(each)]


async def pages_from(taken: Seat, opened: Container[str]) -> AsyncIterator[str]:
    """Open the first page and whatever it leads to, one of each shape that is not in `opened`;
    whoever asks adds to it."""
    await taken.opens("/console")
    waiting = [urlsplit(taken.page.url).path]
    for path in waiting:
        if shape(path) in opened or "/static/" in path:
            continue
        answer = await taken.page.goto(f"{taken.site.address}{path}")
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            continue
        links = await leads_to(taken)
        yield path
        waiting += links


async def too_wide(taken: Seat) -> list[str]:
    """Return the page if it has to be pushed sideways."""
    wide = await taken.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{urlsplit(taken.page.url).path} {taken.look.name} is {wide} px too wide"] * (wide > 1)


def fonts_in(folder: Path) -> Path:
    """Return a configuration of fonts that knows the machine's own and those of the tests."""
    found = find_spec("pylopdf_fonts_zh_cn")
    ours = "" if found is None or found.origin is None else str(Path(found.origin).parent)
    path = folder / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{ours}</dir><dir>/usr/share/fonts</dir><cachedir>{folder}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return path
