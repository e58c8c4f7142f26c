"""The inbox over HTTP: one's own, opened by oneself, as it was recorded."""

import base64
from datetime import timedelta

import builders as b
import pytest
from desks import StandingClock
from faces import Face

from activities.channels.journal import JournalChannel
from activities.notifier import Notifier

INBOX = "/v1/inbox"


@pytest.fixture
async def told(face: Face, clock: StandingClock) -> Face:
    """A face over a ledger in which an issue was accepted and everybody was told."""
    for key in ("one", "two"):
        await face.counter.accepted(key)
        notifier = Notifier(face.counter.desk, JournalChannel())
        for notice in await face.counter.ledger.notices(f"{b.ZONE}/{key}"):
            await notifier.tell(notice.id)
        clock.at += timedelta(minutes=1)
    return face


async def test_officers_see_what_their_posts_were_told_newest_first(told: Face) -> None:
    async with told.asked_as("officer") as client:
        answer = await client.get(INBOX)
        chinese = await client.get(INBOX, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200
    assert "Closeout-Position" in answer.headers
    items = answer.json()["items"]
    assert [(each["facts"]["key"], each["facts"]["what"]) for each in items] == [
        ("two", "issue_reported"),
        ("two", "issue_accepted"),
        ("one", "issue_reported"),
        ("one", "issue_accepted"),
    ] or {each["facts"]["key"] for each in items[:2]} == {"two"}
    assert {each["addressee"] for each in items} == {"grid-east-1"}
    assert "Reported" in "".join(each["subject"] for each in items)
    assert "问题上报" in chinese.text


async def test_an_enterprise_sees_its_own_and_others_see_none_of_it(told: Face) -> None:
    async with told.asked_as("enterprise") as client:
        items = (await client.get(INBOX)).json()["items"]
    assert {each["addressee"] for each in items} == {"mill"}
    for name in ("auditor", "operator", "service", None):
        async with told.asked_as(name) as client:
            answer = await client.get(INBOX)
        assert answer.status_code == 403, name


async def test_opening_is_recorded_once_and_for_the_reader_alone(told: Face) -> None:
    async with told.asked_as("officer") as client:
        first = (await client.get(INBOX)).json()["items"][0]
        opened = await client.post(f"{INBOX}/{first['id']}/read")
        told.counter.clock.at += timedelta(hours=1)
        again = await client.post(f"{INBOX}/{first['id']}/read")
        unread = (await client.get(INBOX, params={"unread": True})).json()["items"]
    assert (opened.status_code, opened.json()) == (200, again.json())
    assert first["id"] not in {each["id"] for each in unread}
    assert len(unread) == 3
    async with told.asked_as("enterprise") as client:
        assert (await client.post(f"{INBOX}/{first['id']}/read")).status_code == 404
    stream = f"{b.ZONE}/{first['facts']['key']}"
    read = [each for each in await told.counter.ledger.receipts(stream) if each.what == "read"]
    assert [each.by for each in read] == ["user:officer"]


async def test_pages_fit_one_another_and_the_past_is_as_it_was(told: Face) -> None:
    async with told.asked_as("officer") as client:
        whole = (await client.get(INBOX)).json()["items"]
        pages, cursor = [], None
        while True:
            params = {"limit": 1} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get(INBOX, params=params)).json()
            pages += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        then = await client.get(INBOX, params={"as_of": b.MON_9.isoformat()})
    assert pages == whole
    assert {each["facts"]["key"] for each in then.json()["items"]} == {"one"}


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "x"},
        {"cursor": "銷"},
        {"cursor": base64.urlsafe_b64encode(b'{"a":-1,"i":"x"}').decode().rstrip("=")},
        {"cursor": base64.urlsafe_b64encode(b'{"a":1,"i":"\\u0000"}').decode().rstrip("=")},
        {"cursor": base64.urlsafe_b64encode(b"[" * 600).decode().rstrip("=")},
        {"limit": 0},
        {"limit": 10_000},
        {"zone": "no zone"},
        {"as_of": "yesterday"},
    ],
)
async def test_what_is_garbled_is_refused(told: Face, params: dict[str, object]) -> None:
    async with told.asked_as("officer") as client:
        answer = await client.get(INBOX, params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["x", "AA", base64.urlsafe_b64encode(b"a/b/1/c\0").decode()])
async def test_nothing_of_another_name_lies_there(told: Face, name: str) -> None:
    async with told.asked_as("officer") as client:
        answer = await client.post(f"{INBOX}/{name.rstrip('=')}/read")
    assert answer.status_code == 404


async def test_a_zone_that_is_not_there_has_no_inbox(told: Face) -> None:
    async with told.asked_as("officer") as client:
        assert (await client.get(INBOX, params={"zone": "nowhere"})).status_code == 404


async def test_the_clocks_of_an_issue_tell_which_deadline_nobody_was_told_of(
    told: Face, clock: StandingClock
) -> None:
    for key, is_told in (("one", True), ("three", False)):
        if not is_told:
            await told.counter.accepted(key)
        while True:
            rung = await told.counter.next_rung(key)
            clock.at = max(clock.at, rung.due_at)
            await told.counter.ring(rung, key)
            if (rung.clock, rung.rung) == ("handling", "due"):
                break
        async with told.asked_as("officer") as client:
            clocks = (await client.get(f"/v1/issues/{b.ZONE}/{key}/clocks")).json()
            notices = (await client.get(f"/v1/issues/{b.ZONE}/{key}/notices")).json()["notices"]
        (breach,) = clocks["breaches"]
        assert (breach["clock"], breach["unnotified"]) == ("handling", not is_told)
        receipts = [receipt for each in notices for receipt in each["receipts"]]
        assert {each["what"] for each in receipts} == ({"delivered"} if is_told else set())
        if is_told:
            assert (breach["proof"]["channel"], breach["proof"]["inbox_only"]) == ("inbox", True)
