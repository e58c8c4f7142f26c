"""The board: filters in the address, pages of columns, views that are kept, reminders to many."""

import html
import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import builders as b
import pytest
from boards_shown import BOARD, CHOSEN, CURSOR, NASTY, busy, counted, issues_of, keys, lit
from consoles import Console, require_well_formed
from httpx2 import Response
from supervised import console_of, terms

from console.queries import board as boards
from domain.commands_of_ladder import Urge
from domain.lights import Light
from ledger.dashboards import By
from ledger.saved_views import VIEWS_MAX

FORM = re.compile(r'name="form" value="([0-9a-f]{32})"')


async def posted(
    console: Console, name: str, path: str, data: Mapping[str, object], *, language: str = "en"
) -> Response:
    """Return what a form of somebody's is answered with."""
    async with console.opened_as(name, language=language) as browser:
        answer = await browser.post(f"{BOARD}{path}", data=data)
    if answer.status_code != 303:
        require_well_formed(answer.text)
    return answer


async def urged(console: Console, key: str) -> list[str]:
    """Return the texts of an issue's reminders, as the ledger has them."""
    records = await console.counter.ledger.records(f"{b.ZONE}/{key}")
    return [json.loads(r.text)["body"]["text"] for r in records if r.kind == "issue_urged"]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("phase=handling", lambda issue, _: issue.phase == "handling"),
        ("tier=2&as=table", lambda issue, _: issue.tier == 2),
        ("grid=west-1&by=tier", lambda issue, _: issue.enterprise == "bakery"),
        ("owner=grid-east-1", lambda issue, _: issue.owner == "grid-east-1"),
        ("category=power-supply", lambda issue, _: issue.category == "power-supply"),
        ("enterprise=foundry&as=table", lambda issue, _: issue.enterprise == "foundry"),
        ("priority=ordinary", lambda issue, _: issue.priority == "ordinary"),
        ("light=green", lambda _, shown: shown is Light.GREEN),
        ("text=GATE&as=table", lambda issue, _: "gate" in issue.title.lower()),
        ("phase=&tier=&grid=&text=&light=", lambda *_: True),
        ("phase=parked", lambda *_: False),
    ],
)
async def test_a_filter_shows_those_issues_that_fit_and_no_other(
    console: Console, query: str, fits: object
) -> None:
    await busy(console)
    page = await console.page("supervisor", f"{BOARD}?{query}")
    at = console.counter.clock.at
    wanted = {i.key for i in await issues_of(console) if fits(i, lit(i, at))}  # type: ignore[operator]  # a lambda of the table above
    assert set(keys(page)) == wanted
    assert counted(page) == len(wanted)
    assert ("No issue fits." in page) is (not wanted)


async def test_a_segment_shows_its_enterprises_as_the_handbook_in_force_has_them() -> None:
    console = console_of()
    of_segment = {e.id for e in terms().handbook.enterprises if e.segment == "leading"}
    for enterprise, key in (("mill", "m-1"), ("foundry", "f-1"), ("bakery", "b-1")):
        await console.counter.do(b.report(enterprise=enterprise), b.COORDINATOR, key=key)
    page = await console.page("supervisor", f"{BOARD}?segment=leading")
    wanted = {i.key for i in await issues_of(console) if i.enterprise in of_segment}
    assert 0 < len(wanted) < 3
    assert set(keys(page)) == wanted
    assert '<option value="leading" selected>' in page
    assert keys(await console.page("supervisor", f"{BOARD}?segment=no-such-one")) == []


@pytest.mark.parametrize("of", ["reported", "due_today"])
async def test_what_happened_in_a_day_is_shown_a_page_at_a_time(
    console: Console, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    for number in range(7):
        await console.counter.do(b.report(), b.ENTERPRISE, key=f"m-{number}")
    monkeypatch.setattr(boards, "IN_TABLE", 3)
    seen, address = list[str](), f"{BOARD}?of={of}"
    async with console.opened_as("supervisor") as browser:
        while address:
            page = (await browser.get(address)).text
            assert counted(page) == 7
            seen += keys(page)
            following = re.search(r'class="further"><a class="button" href="([^"]+)"', page)
            address = html.unescape(following[1]) if following else ""
    ordered = sorted(seen)
    assert ordered == [f"m-{number}" for number in range(7)]
    assert seen == (ordered if of == "due_today" else ordered[::-1])


async def test_the_found_issues_follow_the_news_and_what_is_written_beside_them_does_not(
    console: Console,
) -> None:
    await busy(console)
    address = f"{BOARD}?as=table&light=green"
    page = await console.page("supervisor", address)
    found = re.search(r'<div id="board-found"[^>]* hx-get="([^"]+)"[^>]*>', page)
    assert found is not None
    asked = html.unescape(found[1])
    assert sorted(parse_qsl(urlsplit(asked).query)) == [("as", "table"), ("light", "green")]
    assert "sse:moved" in found[0]
    assert f'sse-connect="/console/{b.ZONE}/news?after=' in page
    assert 'id="board-told" class="note" role="status" aria-live="polite"' in page
    part = page[page.index(found[0]) :]
    assert part.index("</table>") < part.index('id="remind"'), "a reminder is written outside of it"
    assert '<main id="main" tabindex="-1">' in page
    async with console.opened_as("supervisor") as browser:
        again = await browser.get(asked, headers={"HX-Request": "true"})
    assert keys(again.text) == keys(page)
    assert 'id="board-found"' in again.text


async def test_columns_and_pages_of_a_table_together_show_each_issue_once(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy(console)
    monkeypatch.setattr(boards, "IN_COLUMN", 2)
    monkeypatch.setattr(boards, "IN_TABLE", 3)
    whole = {issue.key for issue in await issues_of(console)}
    first = await console.page("supervisor", BOARD)
    seen, onward = keys(first), CURSOR.findall(first)
    async with console.opened_as("supervisor") as browser:
        while onward:
            address = html.unescape(onward.pop())
            more = await browser.get(address, headers={"HX-Request": "true"})
            assert "<html" not in more.text
            assert more.text.lstrip().startswith("<li")
            plain = await browser.get(address.replace("&more=true", ""))
            require_well_formed(plain.text)
            assert keys(plain.text) == keys(more.text)
            seen += keys(more.text)
            onward += CURSOR.findall(more.text)
        assert sorted(seen) == sorted(whole)
        listed, address = [], f"{BOARD}?as=table&by=tier"
        while address:
            table = (await browser.get(address)).text
            listed += keys(table)
            following = re.search(r'class="further"><a class="button" href="([^"]+)"', table)
            address = html.unescape(following[1]) if following else ""
    due = {i.key: min(c.due_at for c in i.clocks if c.due_at) for i in await issues_of(console)}
    assert listed == sorted(whole, key=lambda key: (due[key], key))


@pytest.mark.parametrize(
    "query", ["after=nonsense", "phase=closing", "light=blue", "tier=9", "colour=red", "by=grid"]
)
async def test_what_is_no_question_is_told_as_a_page(console: Console, query: str) -> None:
    async with console.opened_as("supervisor") as browser:
        answer = await browser.get(f"{BOARD}?{query}")
    assert answer.status_code == 422
    require_well_formed(answer.text)


async def test_a_board_shows_what_its_reader_may_see_and_an_enterprise_has_none(
    console: Console,
) -> None:
    await busy(console)
    assert set(keys(await console.page("neighbour", BOARD))) == {"bakery-1", "nasty"}
    async with console.opened_as("enterprise") as browser:
        for path in ("", "?of=reported"):
            assert (await browser.get(f"{BOARD}{path}")).status_code == 403


async def test_what_people_wrote_is_text_in_columns_in_tables_and_in_what_reminders_came_to(
    console: Console,
) -> None:
    await busy(console)
    pages = [
        await console.page("coordinator", f"{BOARD}{q}", language="zh") for q in ("", "?as=table")
    ]
    sent = {"form": "0" * 32, "text": NASTY, "issue": ["nasty"]}
    pages.append((await posted(console, "coordinator", "/remind", sent)).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{7*7}}" in page


async def test_a_view_is_kept_by_name_shown_to_its_owner_alone_and_forgotten(
    console: Console,
) -> None:
    await busy(console)
    kept = await posted(
        console, "supervisor", "/views", {"name": NASTY[:50], "query": "light=red&by=phase&grid="}
    )
    assert kept.headers["location"] == f"{BOARD}?light=red"
    page = await console.page("supervisor", kept.headers["location"])
    assert html.escape(NASTY[:50]).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert f'href="{BOARD}?light=red" aria-current="true"' in page
    assert "No view is saved yet." in await console.page("coordinator", BOARD)
    for name in ("coordinator", "supervisor"):
        forgotten = await posted(console, name, "/views/forget", {"name": NASTY[:50]})
        assert forgotten.status_code == 303
        left = await console.counter.ledger.saved_views("user:supervisor", b.ZONE)
        assert len(left) == (1 if name == "coordinator" else 0)


async def test_views_are_bounded_and_the_bound_is_told_in_words(console: Console) -> None:
    for n in range(VIEWS_MAX):
        await posted(
            console, "supervisor", "/views", {"name": f"v{n}", "query": f"tier={n % 5 + 1}"}
        )
    full = await posted(console, "supervisor", "/views", {"name": "one more"}, language="zh")
    assert (full.status_code, f"最多保存 {VIEWS_MAX} 个视图" in full.text) == (422, True)
    replaced = await posted(console, "supervisor", "/views", {"name": "v3", "query": "tier=1"})
    assert replaced.status_code == 303
    garbled = await posted(console, "supervisor", "/views", {"name": "v4", "query": "evil=1"})
    assert garbled.status_code == 422


async def test_those_chosen_are_reminded_once_each_and_each_result_is_told(
    console: Console,
) -> None:
    await busy(console)
    await console.counter.do(b.report(), b.ENTERPRISE, key="gone")
    await console.counter.do(b.TURN_AWAY, key="gone")
    page = await console.page("coordinator", BOARD)
    assert "gone" not in CHOSEN.findall(page)
    form = FORM.search(page)
    assert form is not None
    sent = {"form": form[1], "text": " Please. ", "issue": ["late", "f-1", "gone", "late", "never"]}
    first = await posted(console, "coordinator", "/remind", sent)
    again = await posted(console, "coordinator", "/remind", sent)
    for answer in (first, again):
        assert answer.status_code == 200
        assert "2 of 4 were sent." in answer.text
        assert answer.text.count(">refused<") == 2
    for key in ("late", "f-1"):
        assert await urged(console, key) == ["Please."]
    row = (await console.counter.ledger.commands(f"{b.ZONE}/late"))[-1]
    assert (row.kind, row.id) == (Urge(text="x").kind, f"console:{form[1]}/late")
    assert "coordination.a" in row.actor


async def test_a_refused_reminder_says_why_in_the_visitors_language(console: Console) -> None:
    await busy(console)
    await console.counter.do(b.report(), b.ENTERPRISE, key="gone")
    await console.counter.do(b.TURN_AWAY, key="gone")
    sent = {"form": "1" * 32, "text": "x", "issue": ["gone"]}
    told = await posted(console, "coordinator", "/remind", sent, language="zh")
    assert "未催办" in told.text
    why = re.search(r'data-label="原因"><span>([^<]+)</span>', told.text)
    assert why is not None
    assert re.search(r"[\u4e00-\u9fff]", why[1])


async def test_nobody_reminds_of_what_they_may_not_see_or_have_no_say_in(
    console: Console,
) -> None:
    await busy(console)
    for name in ("officer", "auditor", "section"):
        page = await console.page(name, BOARD)
        assert "Remind many" not in page
        assert CHOSEN.findall(page) == []
    sent = {"form": "2" * 32, "text": "x", "issue": ["refused", "bakery-1"]}
    head = await posted(console, "head", "/remind", sent)
    assert "1 of 2 were sent." in head.text
    officer = await posted(console, "officer", "/remind", sent | {"issue": ["refused"]})
    assert "0 of 1 were sent." in officer.text
    assert (await posted(console, "auditor", "/remind", sent)).status_code == 403
    assert await urged(console, "bakery-1") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issue": []}, "Choose the issues"),
        ({"issue": [f"k{n}" for n in range(51)]}, "You chose 51 issues; at most 50"),
        ({"text": "   "}, "Say what you remind of."),
    ],
)
async def test_a_form_that_lacks_something_comes_back_with_what_was_filled_in(
    console: Console, changes: dict[str, object], said: str
) -> None:
    await busy(console)
    sent = {"form": "3" * 32, "text": "Move <b>on</b>", "issue": ["late"], "query": "light=red"}
    answer = await posted(console, "coordinator", "/remind", sent | changes)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert set(keys(answer.text)) == {"late", "f-1"}
    assert await urged(console, "late") == []
    if "text" not in changes:
        assert "Move &lt;b&gt;on&lt;/b&gt;" in answer.text
    if "issue" not in changes:
        assert 'value="late" form="remind"' in answer.text.split("checked", maxsplit=1)[0]


async def test_a_refresh_is_the_main_block_alone(console: Console) -> None:
    await busy(console)
    async with console.opened_as("supervisor") as browser:
        answer = await browser.get(f"{BOARD}?by=tier", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert len(keys(answer.text)) == 7


def test_an_address_says_what_is_asked_and_nothing_else() -> None:
    asked = boards.BoardQuery(by=By.TIER, light=Light.RED, text="a&b=c", after="x")
    assert dict(parse_qsl(asked.query(tier=2))) == {
        "by": "tier",
        "light": "red",
        "text": "a&b=c",
        "tier": "2",
    }
    assert urlsplit(f"?{boards.BoardQuery().query()}").query == ""
