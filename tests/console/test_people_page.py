"""People: who is in which post, who stands in, what each has to do, who is on duty when."""

import html
import re
from collections import Counter
from datetime import date, datetime, time, timedelta

import builders as b
import pytest
from boards_shown import BOARD, busy, counted, figures, issues_of
from consoles import Console, console_over

from console.queries import people as staff
from console.queries.rosters import rotas
from domain.handbook import Handbook
from domain.organization import on_duty
from domain.terms import Terms
from ledger.memory import MemoryLedger

PEOPLE = f"/console/{b.ZONE}/people"
ROW = re.compile(r"<b>([^<]+)</b> <code>([^<]+)</code>")
NIGHT = {"people": ["roads-desk.a"], "begins": "20:00", "ends": "06:00"}
WEEKDAYS = {
    "people": ["roads-desk.b"],
    "weekdays": [1, 2, 3, 4, 5],
    "begins": "09:00",
    "ends": "17:00",
}
ALL_DAY = {"people": ["roads-desk.b"], "from_on": date(2026, 3, 4), "to_on": date(2026, 3, 4)}
POSTS = [
    {**post, "people": ["roads-desk.a", "roads-desk.b"], "roster": "watch"}
    if post["id"] == "roads-desk"
    else post
    for post in b.HANDBOOK_DATA["posts"]
]
STAFFED = b.terms_of(
    posts=POSTS,
    rosters=[
        {"id": "watch", "name": {"zh": "值守", "en": "watch"}, "shifts": [ALL_DAY, NIGHT, WEEKDAYS]}
    ],
    delegations=[
        {
            "id": "leave",
            "post": "head-east",
            "principal": "head-east.a",
            "deputy": "head-west.a",
            "from_on": date(2026, 3, 1),
            "to_on": date(2026, 3, 20),
        }
    ],
)


def staffed(terms: Terms = STAFFED) -> Console:
    """Return a console over a zone with a roster and a deputy."""
    return console_over(MemoryLedger(), terms=terms)


def posts_shown(page: str) -> list[str]:
    """Return the posts of a page, in order."""
    return [id_ for _, id_ in ROW.findall(page)]


async def test_every_post_is_shown_with_who_is_in_it_and_who_stands_in() -> None:
    page = await staffed().page("coordinator", PEOPLE)
    assert posts_shown(page) == [post.id for post in b.HANDBOOK.posts]
    assert "<code>head-west.a</code> stands in for <code>head-east.a</code>" in page
    assert "11 posts; nobody is in 1, 1 have a deputy." in page
    assert page.count(">vacant</span>") == 1
    assert "第 1 版" in await staffed().page("coordinator", PEOPLE, language="zh")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("unit=roads", ["roads-desk"]),
        ("tier=2", ["head-east", "head-west"]),
        ("text=ROADS-DESK.B", ["roads-desk"]),
        ("vacant=true", ["spare"]),
        ("unit=&tier=&text=director", ["director"]),
        ("text=%3Cscript%3E", []),
    ],
)
async def test_posts_are_found_by_unit_tier_text_or_being_vacant(
    query: str, wanted: list[str]
) -> None:
    page = await staffed().page("coordinator", f"{PEOPLE}?{query}")
    assert posts_shown(page) == wanted
    assert ("No post fits." in page) is (not wanted)
    assert "<script>" not in page


async def test_a_misspelt_unit_is_refused_and_an_enterprise_sees_no_staff() -> None:
    for name, path, status in (
        ("coordinator", "?unit=nowhere", 422),
        ("enterprise", "", 403),
    ):
        async with staffed().opened_as(name) as browser:
            assert (await browser.get(f"{PEOPLE}{path}")).status_code == status


async def test_pages_of_posts_fit_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "SHOWN", 4)
    console, seen, address = staffed(), [], PEOPLE
    while address:
        page = await console.page("coordinator", address)
        seen += posts_shown(page)
        following = re.search(r'class="further"><a class="button" href="([^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    assert seen == [post.id for post in b.HANDBOOK.posts]


async def test_what_each_post_has_to_do_is_what_the_ledger_says_and_leads_there(
    console: Console,
) -> None:
    await busy(console)
    page = await console.page("coordinator", PEOPLE)
    issues = await issues_of(console)
    wanted = {
        f"{BOARD}?handler={post}": n for post, n in Counter(i.handler for i in issues).items()
    }
    wanted |= {f"{BOARD}?owner={post}": n for post, n in Counter(i.owner for i in issues).items()}
    found = figures(page)
    assert found == wanted
    for address, n in wanted.items():
        assert counted(await console.page("coordinator", address)) == n
    busiest = page[page.index("busiest") : page.index('id="posts"')]
    persons = re.findall(r'data-label="Person"><code>([^<]+)</code>', busiest)
    assert persons == ["grid-east-1.a", "grid-west-1.a", "head-east.a", "head-east.b"]


async def test_the_parts_that_a_unit_owes_are_counted_by_their_own_clocks(
    console: Console,
) -> None:
    await console.counter.accepted()
    await console.counter.do(b.ESCALATE)
    await console.counter.do(b.CONVENE, b.HEAD)
    at = console.counter.clock.at = b.WED_9
    desk, handbook = console.counter.desk, b.HANDBOOK
    within = staff.Horizon(zone=b.ZONE, whole=True)
    units = [unit.id for unit in handbook.units]
    parts = await staff.parts_owed(desk, desk.ledger, within, units, at=at)
    assert parts.is_whole
    owed = {unit: lights for unit, lights in parts.by_unit.items() if lights.open}
    assert set(owed) == {"roads", "power", "customs"}
    assert all(lights.red == 1 == lights.open for lights in owed.values())
    page = await console.page("coordinator", f"{PEOPLE}?unit=power")
    assert re.search(r'data-label="Unit&#39;s open parts"><div><span class="counts">', page)


def test_a_roster_laid_out_says_at_every_minute_who_is_on_duty() -> None:
    first = date(2026, 3, 2)
    handbook: Handbook = STAFFED.handbook
    (rota,) = rotas(handbook, first).shown
    assert [day.on for day in rota.days] == [first + timedelta(days=n) for n in range(14)]
    for day in rota.days:
        said: dict[str, tuple[str, ...]] = {}
        for duty in day.duties:
            said[duty.begins] = duty.people
        for minute in range(0, 24 * 60, 30):
            local = datetime.combine(day.on, time(minute // 60, minute % 60))
            at = max(begins for begins in said if begins <= f"{local:%H:%M}")
            assert said[at] == on_duty(handbook, rota.post, local)
    assert not rota.days[5].is_open
    assert rota.days[2].duties[0].is_whole_day


async def test_the_rosters_of_the_next_days_stand_on_the_page() -> None:
    page = await staffed().page("coordinator", PEOPLE)
    assert page.count('<time datetime="2026-03-') == 14
    assert "<code>roads-desk.a</code>" in page
    none = await console_over(MemoryLedger()).page("coordinator", PEOPLE)
    assert "This zone has no duty rosters" in none


async def test_a_refresh_is_the_main_block_alone() -> None:
    async with staffed().opened_as("coordinator") as browser:
        answer = await browser.get(PEOPLE, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert len(posts_shown(answer.text)) == 11
