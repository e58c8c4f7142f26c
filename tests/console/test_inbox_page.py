"""The inbox as a page: one's own, newest first, marked as read by oneself."""

import html
import re
from datetime import timedelta

import builders as b
import pytest
from boards_shown import NASTY
from consoles import Console, require_well_formed

from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from console.queries import inbox as inboxes

INBOX = f"/console/{b.ZONE}/inbox"
NOTICE = re.compile(r'name="notice" value="([^"]+)">\s*<button>Mark as read')
ALL = re.compile(r'name="notice" value="([^"]+)"')


@pytest.fixture
async def told(console: Console) -> Console:
    """A console over two issues of which everybody was told."""
    for key, title in (("one", "The gate is blocked"), ("two", NASTY)):
        await console.counter.do(b.report(title=title), b.ENTERPRISE, key=key)
        await console.counter.do(b.ACCEPT, key=key)
        notifier = Notifier(console.counter.desk, JournalChannel())
        for notice in await console.counter.ledger.notices(f"{b.ZONE}/{key}"):
            await notifier.tell(notice.id)
        console.counter.clock.at += timedelta(minutes=1)
    return console


async def test_the_page_shows_what_lies_in_the_posts_inbox_newest_first(told: Console) -> None:
    page = await told.page("officer", INBOX)
    lying = await told.counter.ledger.inbox([(b.ZONE, "grid-east-1")], "user:officer")
    linked = re.findall(rf'href="/console/{b.ZONE}/issues/([^"]+)"', page)
    assert len(lying) == len(linked) == 4
    assert linked == ["two", "two", "one", "one"]
    assert page.count(">unread</span>") == 4
    assert "问题上报" in await told.page("officer", INBOX, language="zh")


async def test_an_enterprise_has_its_own_inbox_and_who_holds_nothing_has_none(
    told: Console,
) -> None:
    assert len(NOTICE.findall(await told.page("enterprise", INBOX))) == 2
    for name in ("auditor", "operator"):
        async with told.opened_as(name) as browser:
            assert (await browser.get(INBOX)).status_code == 403


async def test_what_is_marked_as_read_is_read_by_this_reader_alone(told: Console) -> None:
    first, *others = NOTICE.findall(await told.page("officer", INBOX))
    async with told.opened_as("officer") as browser:
        answer = await browser.post(f"{INBOX}/read", data={"notice": first, "unread": "true"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{INBOX}?unread=true")
    unread = await told.page("officer", f"{INBOX}?unread=true")
    assert NOTICE.findall(unread) == others
    receipts = await told.counter.ledger.receipts(f"{b.ZONE}/two")
    assert [each.by for each in receipts if each.what == "read"] == ["user:officer"]


async def test_a_page_is_marked_as_read_at_once_and_what_is_not_ones_own_stays(
    told: Console,
) -> None:
    page = await told.page("officer", INBOX)
    own = list(dict.fromkeys(ALL.findall(page)))
    others = [each for each in ALL.findall(await told.page("enterprise", INBOX)) if each not in own]
    assert "Mark the 4 on this page as read" in page
    async with told.opened_as("officer") as browser:
        await browser.post(f"{INBOX}/read", data={"notice": [*own, *others, "bm8"]})
    assert "Nothing is unread." in await told.page("officer", f"{INBOX}?unread=true")
    assert len(set(ALL.findall(await told.page("enterprise", INBOX)))) == 2


async def test_pages_fit_one_another(told: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = NOTICE.findall(await told.page("officer", INBOX))
    monkeypatch.setattr(inboxes, "SHOWN", 3)
    first = await told.page("officer", INBOX)
    onward = re.search(r'class="further"><a class="button" href="([^"]+)"', first)
    assert onward is not None
    second = await told.page("officer", html.unescape(onward[1]))
    assert NOTICE.findall(first) + NOTICE.findall(second) == whole
    assert "further" not in second


async def test_what_people_wrote_is_text_and_a_refresh_is_the_main_block(told: Console) -> None:
    page = await told.page("officer", INBOX)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    async with told.opened_as("officer") as browser:
        part = await browser.get(INBOX, headers={"HX-Request": "true"})
        garbled = await browser.get(f"{INBOX}?after=x")
    assert "<html" not in part.text
    assert len(NOTICE.findall(part.text)) == 4
    assert garbled.status_code == 422
    require_well_formed(garbled.text)


async def test_an_empty_inbox_says_so(console: Console) -> None:
    assert "还没有通知。" in await console.page("officer", INBOX, language="zh")
