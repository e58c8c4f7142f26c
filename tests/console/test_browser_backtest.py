"""What a back-test came to, on its page in a real browser."""

from pathlib import Path

import pytest
from browser import Look, Seat, Site, seat, too_wide
from deep import IN_CHECK
from playwright.async_api import Browser

from domain.handbook import Handbook
from domain.terms import Terms

pytestmark = IN_CHECK
PATH = "/console/xinghe/handbook/backtest"
LOOKS = [Look("zh", "desktop", "light"), Look("en", "phone", "dark")]


async def shorter(site: Site) -> str:
    """Keep terms with a third of every limit; return by which name they are tried."""
    desk = site.desk
    present = await desk.shelf.current("xinghe", desk.clock.now())
    told = present.handbook.model_dump(mode="json")
    for clock in told["clocks"]:
        for budget in clock["budgets"]:
            if isinstance(budget["duration"].get("minutes"), int):
                budget["duration"]["minutes"] = max(1, budget["duration"]["minutes"] // 3)
    handbook = Handbook.model_validate(told)
    await desk.shelf.keep(Terms(handbook=handbook, calendar=present.calendar), desk.clock.now())
    return handbook.hash[:12]


async def tries(taken: Seat, name: str) -> None:
    """Have a version tried that is none of those offered, as a form may be sent."""
    await taken.opens(PATH)
    choice = "document.querySelector('select[name=version]').options[0].value"
    await taken.page.evaluate(f"name => {{ {choice} = name }}", name)
    await taken.presses("main form button.primary")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
async def test_its_tables_are_accessible_and_fit_every_page(
    chromium: Browser, site: Site, shots: Path, look: Look
) -> None:
    name = await shorter(site)
    async with seat(chromium, site, look, name="supervisor") as taken:
        await tries(taken, name)
        assert await taken.page.locator("main table").count() >= 3
        assert await taken.page.input_value("select[name=version]") == name
        assert [*await taken.violations(), *await too_wide(taken)] == []
        await taken.is_pictured(shots, "handbook-backtest-result")
