"""Enterprises: lights that are those of the ledger, filters, one file each, in one's sight only."""

import re
from datetime import timedelta

import builders as b
import pytest
from consoles import Console
from desks import StandingClock
from supervised import NASTY, NASTY_SHOWN, ROOT, console_of, part_of, status, terms

from audit.lights import board_now


@pytest.fixture
async def busy() -> Console:
    """A console over a zone with issues of the mill, open and closed, and one of the bakery."""
    clock = StandingClock()
    console = console_of(clock)
    for key in ("m-1", "m-2"):
        await console.counter.accepted(key)
    await console.counter.closed_out("m-3")
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="k-1")
    clock.at += timedelta(days=1, hours=7)
    return console


def lights(text: str, enterprise: str) -> dict[str, int]:
    """Return the counts that a page links to the board of an enterprise."""
    pairs = re.findall(rf"board\?enterprise={enterprise}&amp;light=(\w+)\">.*?(\d+)</a>", text)
    return {light: int(n) for light, n in pairs}


async def test_each_enterprise_shows_the_lights_that_an_audit_counts(busy: Console) -> None:
    text = await busy.page("supervisor", f"{ROOT}/enterprises")
    ledger, at = busy.counter.ledger, busy.counter.clock.now()
    for enterprise in ("mill", "bakery", "foundry"):
        own = await board_now(
            ledger, at=at, zone=b.ZONE, fits=lambda issue, of=enterprise: issue.enterprise == of
        )
        counted = {light.value: n for light, n in own.lights.items() if n}
        assert lights(text, enterprise) == counted, enterprise
    assert sum(lights(text, "mill").values()) == 2


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=MILL", ["mill"]),
        ("q=面粉", ["mill"]),
        ("segment=leading", ["mill"]),
        ("list=exporters", ["mill"]),
        ("grid=west-1", ["bakery"]),
        ("light=open", ["bakery", "mill"]),
        ("after=bakery", ["foundry", "mill"]),
        ("q=&segment=&list=&grid=&light=", ["bakery", "foundry", "mill"]),
        ("q=nothing", []),
    ],
)
async def test_a_filter_shows_those_that_fit(busy: Console, query: str, shown: list[str]) -> None:
    text = await busy.page("supervisor", f"{ROOT}/enterprises?{query}")
    assert re.findall(rf'href="{ROOT}/enterprises/(\w+)"', text) == shown


async def test_a_misspelt_filter_is_refused(busy: Console) -> None:
    assert await status(busy, "supervisor", "/enterprises?grid=nowhere") == 422
    assert await status(busy, "supervisor", "/enterprises?light=blue") == 422
    assert await status(busy, "supervisor", "/enterprises/nobody") == 404


async def test_a_file_has_issues_contacts_supply_and_what_was_answered(busy: Console) -> None:
    text = await busy.page("supervisor", f"{ROOT}/enterprises/mill", language="zh")
    assert set(re.findall(rf"{ROOT}/issues/(m-\d)", text)) == {"m-1", "m-2", "m-3"}
    for person in ("grid-east-1.a", "head-east.a", "director.a"):
        assert person in text
    assert f'href="{ROOT}/enterprises/bakery"' in text
    assert "龙头企业" in text
    assert f'href="{ROOT}/enterprises/mill"' in await busy.page(
        "supervisor", f"{ROOT}/enterprises/bakery"
    )
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text))
    assert (facts["销号"], facts["认可"], facts["明确答复"], facts["满意度"]) == (
        *("1", "1", "1"),
        "未评分",
    )


async def test_an_officer_sees_no_issue_out_of_their_territory(busy: Console) -> None:
    text = await busy.page("officer", f"{ROOT}/enterprises/bakery")
    assert f"{ROOT}/issues/" not in text
    assert "out of your territory" in text
    assert lights(await busy.page("officer", f"{ROOT}/enterprises"), "bakery") == {}
    assert await status(busy, "enterprise", "/enterprises") == 403
    assert await status(busy, "enterprise", "/enterprises/mill") == 403


async def test_a_hostile_name_stays_a_name() -> None:
    rows = [each.model_dump(mode="json") for each in terms().handbook.enterprises]
    rows[0]["name"] = {"zh": NASTY, "en": NASTY}
    console = console_of(enterprises=rows)
    await console.counter.do(b.report(title=NASTY), b.ENTERPRISE, key="m-1")
    for path in ("/enterprises", "/enterprises/mill", "/territory/grids/east-1"):
        text = await console.page("supervisor", f"{ROOT}{path}")
        assert NASTY_SHOWN in text
        assert "<script>alert" not in text


async def test_a_refresh_has_the_list_alone(busy: Console) -> None:
    assert "<table" in await part_of(busy, "supervisor", "/enterprises")
    assert "<table" in await part_of(busy, "supervisor", "/enterprises/mill")
