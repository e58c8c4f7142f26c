"""The main path of each role, from signing in to what they came for, in a real browser."""

import itertools
import re
from pathlib import Path

import pytest
from browser import Look, Seat, Site, seat
from deep import IN_CHECK
from playwright.async_api import Browser, expect

from domain import commands as cmd
from domain.commands import Command, Submission
from domain.issue import Resolution
from domain.people import Actor, Officer, Representative
from domain.phases import Origin, Phase, ResultClass, SignOffOutcome

ENGLISH_PHONE = Look("en", "phone", "dark")
CHINESE_DESKTOP = Look("zh", "desktop", "light")
LOOKS = [CHINESE_DESKTOP, pytest.param(ENGLISH_PHONE, marks=IN_CHECK)]
BOTH = pytest.mark.parametrize("look", LOOKS, ids=lambda each: each.name)
ZONE = "/console/xinghe"
FOLLOWED = re.compile(r"/console/xinghe/mine/([^/?#]+)$")
MAKER = Representative(person="xinghe-optics-manager", enterprise="xinghe-optics")
GRID = Officer(person="xinghe-p01", post="xinghe-grid-east-1")
SOLVED = Resolution(result=ResultClass.SOLVED, summary="The gate opens again.")

_numbers = itertools.count(1)


async def done(site: Site, key: str, command: Command, actor: Actor = GRID) -> None:
    """Have something carried out that a test begins with."""
    submission = Submission(
        id=f"begun-{next(_numbers)}", zone="xinghe", key=key, actor=actor, command=command
    )
    await site.desk.carry_out(submission)


async def begun(site: Site, *commands: Command) -> str:
    """Return the key of an issue of the maker's that was reported, and went so far."""
    key = f"path-{next(_numbers)}"
    title = f"The gate of hall {key} does not open"
    report = cmd.Report(
        enterprise="xinghe-optics",
        category="LOG-1",
        title=title,
        text="Nothing comes in.",
        origin=Origin.ENTERPRISE,
    )
    await done(site, key, report, MAKER)
    for command in commands:
        await done(site, key, command)
    return key


async def phase_of(site: Site, key: str) -> Phase:
    """Return where an issue stands."""
    return (await site.desk.row("xinghe", key)).issue.phase


@BOTH
async def test_an_enterprise_signs_in_reports_and_follows(
    chromium: Browser, site: Site, look: Look
) -> None:
    title = f"Lorries wait at hall 2 {look.name}"
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("maker")
        assert taken.page.url.endswith(f"{ZONE}/mine")
        await taken.presses(f'main a[href="{ZONE}/report"]')
        key = await reported(taken, title)
        await expect(taken.page.locator("h1")).to_have_text(title)
        await taken.opens(f"{ZONE}/mine")
        await expect(taken.page.locator(f'a[href$="/mine/{key}"]').first).to_contain_text(title)
        assert await taken.violations() == []
    row = await site.desk.row("xinghe", key)
    assert (row.issue.phase, row.issue.enterprise) == (Phase.INTAKE, "xinghe-optics")


async def reported(taken: Seat, title: str) -> str:
    """Fill in the form and return the key of what was reported."""
    await taken.page.select_option("select[name=category]", index=3)
    await taken.page.fill("input[name=title]", title)
    await taken.page.fill("textarea[name=text]", f"{title}: since Monday, and nobody came.")
    await taken.page.fill("input[name=place]", "Hall 2")
    await taken.presses("main button.primary")
    if taken.page.url.endswith("/report"):  # something is alike, and it is another matter
        await taken.presses("main button.primary")
    found = FOLLOWED.search(taken.page.url)
    assert found is not None, taken.page.url
    return found[1]


@BOTH
async def test_a_grid_officer_signs_in_and_accepts(
    chromium: Browser, site: Site, look: Look
) -> None:
    key = await begun(site)
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("grid")
        assert taken.page.url.endswith(f"{ZONE}/today")
        await taken.opens(f"{ZONE}/issues/{key}")
        assert await taken.violations() == []
        await taken.presses('a[href*="/do/accept"]')
        await taken.presses("main form button.primary")
        assert f"{ZONE}/issues/{key}" in taken.page.url
    assert await phase_of(site, key) is Phase.HANDLING


@IN_CHECK
@pytest.mark.parametrize("look", [CHINESE_DESKTOP, ENGLISH_PHONE], ids=lambda each: each.name)
async def test_a_unit_signs_in_and_says_what_was_done(
    chromium: Browser, site: Site, look: Look
) -> None:
    handed = cmd.HandOver(unit="economy-bureau", reason="A matter of theirs.")
    key = await begun(site, cmd.Accept(), handed)
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("unit")
        await taken.opens(f"{ZONE}/issues/{key}")
        await taken.presses('a[href*="/do/propose_resolution"]')
        await taken.page.select_option("main select[name$=result]", "solved")
        await taken.page.fill("main textarea[name$=summary]", SOLVED.summary)
        await taken.presses("main form button.primary")
        await expect(taken.page.locator("main")).to_contain_text(SOLVED.summary)
    assert await phase_of(site, key) is Phase.SIGN_OFF


@IN_CHECK
@pytest.mark.parametrize("look", [CHINESE_DESKTOP, ENGLISH_PHONE], ids=lambda each: each.name)
async def test_an_enterprise_signs_in_and_confirms(
    chromium: Browser, site: Site, look: Look
) -> None:
    key = await begun(site, cmd.Accept(), cmd.ProposeResolution(resolution=SOLVED))
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("maker")
        await taken.presses(f'.asks a[href$="/mine/{key}"]')
        await taken.page.check(
            'form:has(input[value="confirm"]) input[name=satisfaction][value="5"]'
        )
        assert await taken.violations() == []
        await taken.presses('form:has(input[value="confirm"]) button')
        await expect(taken.page.locator(".told")).to_contain_text("5")
    issue = (await site.desk.row("xinghe", key)).issue
    assert issue.sign_off is not None
    assert issue.sign_off.outcome is SignOffOutcome.ACCEPTED


@IN_CHECK
@pytest.mark.parametrize("look", [CHINESE_DESKTOP, ENGLISH_PHONE], ids=lambda each: each.name)
async def test_a_coordinator_makes_a_link_and_whoever_has_it_answers(
    chromium: Browser, site: Site, shots: Path, look: Look
) -> None:
    key = await begun(site, cmd.Accept(), cmd.ProposeResolution(resolution=SOLVED))
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("coordinator")
        await taken.opens(f"{ZONE}/issues/{key}")
        await taken.presses('a[href*="/do/issue_answer_link"]')
        await taken.page.fill("input[name=person]", "optics-clerk")
        await taken.presses("main form button.primary")
        assert await taken.violations() == []
        await taken.is_pictured(shots, "answer-link-made")
        address = await taken.page.input_value("input[name=address]")
    async with seat(chromium, site, look) as stranger:
        asked: list[str] = []
        stranger.page.on("request", lambda request: asked.append(request.url))
        await stranger.page.goto(address)
        await expect(stranger.page.locator("main")).to_contain_text(SOLVED.summary)
        token = address.partition("#")[2]
        assert not [url for url in asked if token in url]
        assert "#" not in stranger.page.url
        assert await stranger.violations() == []
        await stranger.is_pictured(shots, "answering")
        await stranger.page.fill("form:has(button.danger) textarea", "It still does not open.")
        await stranger.presses("form:has(button.danger) button.danger")
        assert await stranger.violations() == []
        await stranger.is_pictured(shots, "answered")
    assert await phase_of(site, key) is Phase.HANDLING
    async with seat(chromium, site, look) as late:
        await late.page.goto(address)
        await expect(late.page.locator("h1")).to_have_text(
            re.compile("已经用过|was used|不再需要|nothing")
        )
        await late.is_pictured(shots, "link-spent")
        late.wrong.clear()  # the browser tells of the answer 403


@IN_CHECK
@BOTH
async def test_a_supervisor_signs_in_looks_at_today_and_reminds(
    chromium: Browser, site: Site, look: Look
) -> None:
    key = await begun(site, cmd.Accept())
    async with seat(chromium, site, look) as taken:
        await taken.signs_in("supervisor")
        assert taken.page.url.endswith(f"{ZONE}/today")
        await expect(taken.page.locator(".tile").first).to_be_visible()
        assert await taken.violations() == []
        await taken.opens(f"{ZONE}/board?as=table&text={key}")
        await taken.page.check(f'input.choose[value*="{key}"]')
        await taken.page.click("details:has(#remind) > summary")
        await taken.page.fill("#remind textarea", "Please see to this today.")
        await taken.presses("#remind button.primary")
    records = await site.desk.ledger.records(f"xinghe/{key}")
    assert records[-1].event.kind == "issue_urged"


@IN_CHECK
@pytest.mark.parametrize("look", [CHINESE_DESKTOP, ENGLISH_PHONE], ids=lambda each: each.name)
@pytest.mark.parametrize("name", ["auditor", "operator"])
async def test_who_only_looks_signs_in_and_finds_what_is_theirs(
    chromium: Browser, site: Site, look: Look, name: str
) -> None:
    reads = len(await site.desk.ledger.audit_reads()) if name == "auditor" else 0
    async with seat(chromium, site, look) as taken:
        await taken.signs_in(name)
        assert taken.page.url.startswith(f"{site.address}{ZONE}/")
        await expect(taken.page.locator("main h1")).to_be_visible()
        await taken.opens(f"{ZONE}/audit")
        await expect(taken.page.locator("main h1")).to_be_visible()
        assert await taken.page.locator("main form button.danger").count() == 0
    if name == "auditor":
        assert len(await site.desk.ledger.audit_reads()) > reads


@IN_CHECK
async def test_the_language_and_the_look_that_are_chosen_stay(
    chromium: Browser, site: Site
) -> None:
    async with seat(chromium, site, Look("en"), name="maker") as taken:
        await taken.opens(f"{ZONE}/mine")
        await taken.presses('button[name=language][value="zh"]')
        await expect(taken.page.locator("html")).to_have_attribute("lang", "zh-CN")
        await taken.presses("button[name=theme]")
        await expect(taken.page.locator("html")).to_have_attribute("data-theme", "dark")
        await taken.opens(f"{ZONE}/report")
        await expect(taken.page.locator("html")).to_have_attribute("lang", "zh-CN")
        assert await taken.violations() == []


@IN_CHECK
async def test_who_signs_out_is_out(chromium: Browser, site: Site) -> None:
    async with seat(chromium, site, Look("en")) as taken:
        await taken.signs_in("maker")
        await taken.presses('form[action$="/sign-out"] button')
        assert "/sign-in" in taken.page.url
        await taken.page.goto(f"{site.address}{ZONE}/mine")
        assert "/sign-in?next=" in taken.page.url
    site.keep("maker", [])


@IN_CHECK
async def test_a_page_follows_what_happens_without_being_asked(
    chromium: Browser, site: Site
) -> None:
    key = await begun(site)
    async with seat(chromium, site, Look("en"), name="maker") as taken:
        await taken.opens(f"{ZONE}/mine")
        row = taken.page.locator(f'tr:has(a[href$="/mine/{key}"])')
        await expect(row).to_contain_text("somebody will say whether it is taken on")
        async with taken.page.expect_response(lambda answer: "/news" in answer.url):
            await taken.page.reload()
        await done(site, key, cmd.Accept())
        await expect(row).to_contain_text("It is being worked on", timeout=10_000)
        assert await taken.page.locator("main").count() == 1
        assert await taken.violations() == []


@IN_CHECK
async def test_a_board_follows_what_happens_and_waits_while_somebody_is_at_work_in_it(
    chromium: Browser, site: Site
) -> None:
    first = await begun(site)
    async with seat(chromium, site, Look("en"), name="supervisor") as taken:
        page, found = taken.page, taken.page.locator("#board-found")
        async with page.expect_response(lambda answer: "/news" in answer.url):
            await taken.opens(f"{ZONE}/board?as=table&by=tier")
        await expect(found.locator(f'a[href$="/issues/{first}"]')).to_be_visible()
        await page.locator("main input[type=search]").fill("half a wo")
        second = await begun(site)
        await expect(found.locator(f'a[href$="/issues/{second}"]')).to_be_visible(timeout=10_000)
        await expect(page.locator("#board-told")).to_contain_text("The board was renewed")
        assert await page.locator("main input[type=search]").input_value() == "half a wo"
        await expect(page.locator("main input[type=search]")).to_be_focused()
        await found.locator("input.choose").first.check()
        third = await begun(site)
        await expect(page.locator("#board-told a")).to_be_visible(timeout=10_000)
        assert await found.locator(f'a[href$="/issues/{third}"]').count() == 0
        await expect(found.locator("input.choose").first).to_be_checked()
        await page.locator("#board-told a").click()
        await expect(found.locator(f'a[href$="/issues/{third}"]')).to_be_visible()
        assert "by=tier" in page.url
        assert await taken.violations() == []
