"""Every page in a real browser: nothing breaks, nothing is forbidden, nothing is out of reach.

The pages are those that menus and pages themselves lead to, for whoever may open them.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser import Look, Seat, Site, pages_from, seat, shape, too_wide
from deep import IN_CHECK, IN_FULL
from playwright.async_api import Browser

from console.registry import PAGES

pytestmark = pytest.mark.timeout(600)
"""Going through all pages takes longer than most tests where others are busy too."""

ROLES = ("supervisor", "auditor", "maker", "operator", "coordinator", "grid")
"""Who opens pages, the first that may."""
IN_TEST = Look("zh", "desktop", "light")
PAIRED = (
    Look("zh", "phone", "dark"),
    Look("en", "desktop", "dark"),
    Look("en", "phone", "light"),
)
"""With the first one, each two of language, size and theme meet."""
OTHERS = [
    each
    for language in ("zh", "en")
    for size in ("desktop", "phone")
    for theme in ("light", "dark")
    if (each := Look(language, size, theme)) not in (IN_TEST, *PAIRED)
]
LOOKS = [*PAIRED, *(OTHERS if IN_FULL else ())]


@dataclass
class Tour:
    """Every page that was found: of each kind one, by whoever may open it first."""

    opened: dict[str, tuple[str, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def by_name(self) -> dict[str, list[str]]:
        """Return the addresses by who opens them."""
        found: dict[str, list[str]] = {}
        for path, name in self.opened.values():
            found.setdefault(name, []).append(path)
        return found


@pytest.fixture(scope="module")
async def tour(chromium: Browser, site: Site, shots: Path) -> Tour:
    """Every page that menus lead to, and one step on a page of each kind; all of it looked at."""
    found = Tour()
    for name in ROLES:
        async with seat(chromium, site, IN_TEST, name=name) as taken:
            await taken.opens("/console")
            async for path in pages_from(taken, found.opened.keys()):
                found.opened[shape(path)] = (path, name)
                found.wrong += await faults(taken)
                await taken.is_pictured(shots, picture(path))
    return found


async def faults(taken: Seat) -> list[str]:
    """Return what is wrong with a page as it is shown."""
    return [*await taken.violations(), *await too_wide(taken)]


def picture(path: str) -> str:
    """Return what the picture of a page is called."""
    return "-".join(path.strip("/").split("/")[2:])[:80] or "home"


@IN_CHECK
async def test_every_page_of_the_menu_is_found_by_somebody(tour: Tour) -> None:
    opened = {path for path, _ in tour.opened.values()}
    assert {each.address("xinghe") for each in PAGES if each.menu is not None} <= opened


@IN_CHECK
async def test_every_page_is_accessible_and_breaks_nothing(tour: Tour) -> None:
    assert tour.wrong == []


@IN_CHECK
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
async def test_every_page_is_accessible_in_every_look(
    chromium: Browser, site: Site, shots: Path, tour: Tour, look: Look
) -> None:
    wrong: list[str] = []
    for name, paths in tour.by_name.items():
        async with seat(chromium, site, look, name=name) as taken:
            for path in paths:
                await taken.opens(path)
                wrong += await faults(taken)
                await taken.is_pictured(shots, picture(path))
    assert wrong == []


@IN_CHECK
async def test_what_is_wrong_with_a_page_is_seen(chromium: Browser, site: Site) -> None:
    async with seat(chromium, site, Look("en", "phone"), name="maker") as taken:
        await taken.opens("/console/xinghe/report")
        await taken.page.evaluate(
            """() => { const main = document.querySelector("main");
            main.insertAdjacentHTML("beforeend", "<input name=unlabelled><b class=pale>pale</b>");
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(".pale { color: #ddd; background: #fff; padding-right: 900px }");
            document.adoptedStyleSheets = [sheet]; }"""
        )
        found = await faults(taken)
        await taken.page.evaluate("fetch('http://127.0.0.2/').catch(() => 0)")
        await taken.page.wait_for_timeout(50)
        seen, taken.wrong = taken.wrong, []
    assert {each.split()[2] for each in found} >= {"label:", "color-contrast:", "is"}
    assert any("policy: connect-src" in each for each in seen)


@pytest.mark.parametrize(
    "look",
    [IN_TEST, pytest.param(Look("en", "phone", "dark"), marks=IN_CHECK)],
    ids=lambda e: e.name,
)
async def test_pages_for_nobody_in_particular_are_accessible(
    chromium: Browser, site: Site, shots: Path, look: Look
) -> None:
    async with seat(chromium, site, look) as taken:
        for path in ("/console/sign-in", "/console/answer"):
            await taken.opens(path)
            assert await faults(taken) == []
            await taken.is_pictured(shots, picture(f"/console/nobody{path}"))
        await taken.page.goto(f"{site.address}/console/no/such/page")
        assert await faults(taken) == []
        assert all("404" in each for each in taken.wrong)
        taken.wrong.clear()


async def test_keys_reach_the_content_the_menu_and_the_page_in_this_order(
    chromium: Browser, site: Site
) -> None:
    async with seat(chromium, site, IN_TEST, name="maker") as taken:
        await taken.opens("/console/xinghe/report")
        reached = [each.partition(" ")[0] for each in await taken.tabs(14)]
        assert list(dict.fromkeys(reached)) == ["page", "top", "menu", "main"]
        await taken.opens("/console/xinghe/report")
        await taken.tabs(1)
        await taken.page.keyboard.press("Enter")
        assert (await taken.tabs(1))[0].startswith("main")
