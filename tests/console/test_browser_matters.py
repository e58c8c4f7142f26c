"""Pages of matters in a real browser: nothing goes wrong, all is reachable, nothing is too wide."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import builders as b
import matters_shown as s
import pytest
from browser import Look, Site, seat, served, too_wide
from deep import IN_CHECK
from desks import StandingClock
from playwright.async_api import Browser

from desk.principals import NewUser
from ledger.memory import MemoryLedger

pytestmark = IN_CHECK

PATHS = {
    "coordinator": (
        "matters",
        "matters/visits",
        "matters/visits?as=board",
        "matters/resumption?as=figures",
        "matters/visits/v-1",
        "matters/loans/l-1",
        "matters/supply/s-1",
        "matters/resumption/r-1",
        "matters/masks/g-1",
        "matters/passes/p-1",
        "matter-new/loans",
        "matters/visits/v-1/do/state_total",
    ),
    "enterprise": ("mine", "matters/visits/v-1", "matters/visits/v-1/do/record_step?at=read"),
}


@pytest.fixture(scope="module")
async def zone() -> AsyncIterator[Site]:
    """The zone with a matter of every procedure, served."""
    async with served(MemoryLedger(), StandingClock(), {b.ZONE: s.terms()}) as found:
        await s.filled(cast(Any, SimpleNamespace(counter=SimpleNamespace(desk=found.desk))))
        found.knows(
            [
                NewUser(name="coordinator", person=b.COORDINATOR.person),
                NewUser(name="enterprise", person=b.ENTERPRISE.person, enterprise="mill"),
            ]
        )
        yield found


@pytest.mark.parametrize(
    "look", [Look("zh"), Look("en", "phone", "dark")], ids=lambda each: each.name
)
@pytest.mark.parametrize("name", list(PATHS))
async def test_pages_of_matters_are_accessible_and_fit(
    chromium: Browser, zone: Site, shots: Path, name: str, look: Look
) -> None:
    found: list[str] = []
    async with seat(chromium, zone, look, name=name) as taken:
        for path in PATHS[name]:
            await taken.opens(f"{s.ROOT}/{path}")
            found += [*await taken.violations(), *await too_wide(taken)]
            await taken.is_pictured(shots, f"matters-{name}-{path.replace('/', '-')}")
    assert found == []


async def test_an_enterprise_acknowledges_by_hand(chromium: Browser, zone: Site) -> None:
    async with seat(chromium, zone, Look("en", "phone"), name="enterprise") as taken:
        await taken.opens(f"{s.ROOT}/mine")
        await taken.presses("a[href*='/v-1/do/record_step']")
        await taken.presses("main form.card button.primary")
        assert "done=record_step" in taken.page.url
        assert "Done" in await taken.page.inner_text("#notices")
