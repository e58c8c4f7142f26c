"""What strangers and other sites may try at the console: forged forms, addresses that lead away,
sessions that are over, and what no form of ours would send."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import builders as b
import httpx2
import pytest
import supervised as s
from consoles import Console, console_over
from databases import Database
from deep import IN_CHECK
from desks import StandingClock
from doors import HOST, PASSWORD
from faces import PEOPLE
from pydantic import SecretStr
from streams import served

from console import press
from console.app import FOR_GOOD
from console.page import PREFIX
from console.pages.sign_in import within
from console.statics import static_address
from desk.principals import NewUser, add_user
from face import sse
from face.identity import open_identity
from face.problems import TooManyRequestsError
from face.sessions import COOKIE

pytestmark = pytest.mark.attack

EVIL = "https://evil.example"
TODAY = f"{PREFIX}/{b.ZONE}/today"
NOTE = f"{PREFIX}/{b.ZONE}/issues/{b.KEY}/do/note"
FROM_HERE = {"Origin": HOST}
PART = {"HX-Request": "true"}


@asynccontextmanager
async def doors_of(console: Console) -> AsyncIterator[Console]:
    """Have a console know its callers by sessions of users, a supervisor and an officer."""
    identity = await open_identity(console.house.settings, console.counter.desk)
    console.house.identity = identity
    for name, person in (("supervisor", b.SUPERVISOR.person), ("officer", b.OFFICER.person)):
        user = NewUser.model_validate({"name": name, "person": person})
        await add_user(console.counter.desk, user, None, SecretStr(PASSWORD))
    yield console
    await identity.close()


@asynccontextmanager
async def browser(console: Console) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a browser that keeps cookies and follows no redirect."""
    console.app.state = console.state
    transport = httpx2.ASGITransport(app=console.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url=HOST, headers={"Accept-Language": "en"}
    ) as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, name: str = "supervisor") -> httpx2.Response:
    """Sign in by the form."""
    said = {"name": name, "password": PASSWORD, "next": TODAY}
    return await client.post(f"{PREFIX}/sign-in", data=said, headers=FROM_HERE)


async def token_of(client: httpx2.AsyncClient) -> str:
    """Return the token of the browser's session, as its pages carry it."""
    told: str = (await client.get("/v1/me")).json()["csrf_token"]
    return told


async def test_whoever_waited_too_long_signs_in_again_in_the_same_browser(
    console: Console,
) -> None:
    async with doors_of(console), browser(console) as client:
        assert (await sign_in(client)).status_code == 303
        assert (await client.get(TODAY)).status_code == 200
        console.counter.clock.at += timedelta(days=1)
        sent_on = await client.get(TODAY)
        form = await client.get(sent_on.headers["location"])
        chosen = await client.post(
            f"{PREFIX}/theme",
            data={"theme": "dark", "back": f"{PREFIX}/sign-in"},
            headers=FROM_HERE,
        )
        link = await client.get(f"{PREFIX}/answer")
        again = await sign_in(client)
        shown = await client.get(TODAY)
    assert (sent_on.status_code, form.status_code, link.status_code) == (303, 200, 200)
    assert chosen.headers["location"] == f"{PREFIX}/sign-in"
    assert (again.status_code, shown.status_code) == (303, 200)


async def test_a_session_made_up_is_nobody_and_opens_nothing(console: Console) -> None:
    async with doors_of(console), browser(console) as client:
        headers = {"Cookie": f"{COOKIE}={'0' * 64}"}
        assert (await client.get(f"{PREFIX}/sign-in", headers=headers)).status_code == 200
        for path in (PREFIX, TODAY, NOTE):
            answer = await client.get(path, headers=headers)
            assert (answer.status_code, answer.text) == (303, "")
        bearer = {"Authorization": "Bearer ck_no_such_key"}
        assert (await client.get(f"{PREFIX}/sign-in", headers=bearer)).status_code == 401


async def test_a_form_of_another_site_or_of_another_session_does_nothing(
    console: Console,
) -> None:
    await console.counter.accepted()
    async with (
        doors_of(console),
        browser(console) as client,
        browser(console) as other,
    ):
        await sign_in(client)
        await sign_in(other, "officer")
        mine, theirs = await token_of(client), await token_of(other)
        said = {"id": "note-1", "expected_version": "2", "text": "Seen."}
        before = (await console.counter.desk.row(b.ZONE, b.KEY)).issue.version
        forged = [
            (said, FROM_HERE),
            (said | {"csrf_token": theirs}, FROM_HERE),
            (said | {"csrf_token": ""}, FROM_HERE | PART),
            (said | {"csrf_token": mine}, {"Origin": EVIL}),
            (said | {"csrf_token": mine}, {"Origin": "null"}),
            (said | {"csrf_token": mine}, {"Origin": f"{HOST}.evil.example"}),
            (said | {"csrf_token": mine}, {"Sec-Fetch-Site": "cross-site"}),
            (said | {"csrf_token": mine}, {"Sec-Fetch-Site": "same-site"}),
        ]
        for data, headers in forged:
            answer = await client.post(NOTE, data=data, headers=headers)
            assert answer.status_code == 403, (data, headers)
        assert (await console.counter.desk.row(b.ZONE, b.KEY)).issue.version == before
        taken = await client.post(NOTE, data=said | {"csrf_token": mine}, headers=FROM_HERE)
        assert taken.status_code == 303


async def test_no_other_site_signs_anybody_in_or_out_or_changes_what_a_browser_shows(
    console: Console,
) -> None:
    async with doors_of(console), browser(console) as client:
        for path, data in (
            ("/sign-out", {}),
            ("/sign-in", {"name": "officer", "password": PASSWORD}),
            ("/language", {"language": "zh"}),
            ("/theme", {"theme": "dark"}),
            ("/answer", {"token": "x"}),
            ("/answer/said", {"token": "x", "accept": "yes"}),
        ):
            # A browser sends no Lax cookie along with another site's form, but takes ours back.
            answer = await client.post(PREFIX + path, data=data, headers={"Origin": EVIL})
            assert answer.status_code == 403, path
            assert "set-cookie" not in answer.headers, path


async def test_signing_in_opens_a_new_session_and_signing_out_ends_it_everywhere(
    console: Console,
) -> None:
    async with doors_of(console), browser(console) as client, browser(console) as thief:
        await sign_in(client)
        first = client.cookies[COOKIE]
        csrf = await token_of(client)
        said = {"name": "supervisor", "password": PASSWORD, "csrf_token": csrf}
        await client.post(f"{PREFIX}/sign-in", data=said, headers=FROM_HERE)
        second = client.cookies[COOKIE]
        assert first != second
        csrf = await token_of(client)
        await client.post(f"{PREFIX}/sign-out", data={"csrf_token": csrf}, headers=FROM_HERE)
        for stolen in (first, second):
            answer = await thief.get(TODAY, headers={"Cookie": f"{COOKIE}={stolen}"})
            assert answer.status_code == 303


@pytest.mark.parametrize("headers", [{}, PART])
@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console\\..\\evil",
        "/console//evil.example",
        "/consolevil",
        "javascript:alert(1)",
        "/console/\r\nSet-Cookie: a=b",
        "/console/今天",
        "/console/a b",
        "/console/é",
    ],
)
async def test_an_address_to_go_on_to_stays_at_the_console_and_is_one_header(
    console: Console, wanted: str, headers: dict[str, str]
) -> None:
    async with console.opened_as("officer") as client:
        answer = await client.post(
            f"{PREFIX}/theme",
            data={"theme": "dark", "back": wanted},
            headers={"Origin": "http://closeout.test", **headers},
        )
    assert answer.status_code in (204, 303)
    address = answer.headers.get("location") or answer.headers["hx-redirect"]
    assert address == PREFIX or address.startswith(f"{PREFIX}/")
    assert address.isascii()
    assert "set-cookie" not in address.lower()
    assert within(address) == address


async def test_however_long_an_address_is_its_reader_can_sign_in(console: Console) -> None:
    async with console.opened_as(None) as client:
        for query in ("a" * 1200, "%E4%BD%A0" * 300, "%25" * 900):
            sent_on = await client.get(f"{PREFIX}/{b.ZONE}/board?text={query}")
            assert sent_on.status_code == 303
            assert (await client.get(sent_on.headers["location"])).status_code == 200


async def test_nothing_that_is_shown_is_kept_by_a_browser_or_a_proxy_but_files(
    console: Console,
) -> None:
    await console.counter.accepted()
    async with console.opened_as("supervisor") as client:
        for path in ("/sign-in", "", f"/{b.ZONE}/today", f"/{b.ZONE}/issues/{b.KEY}", "/no/such"):
            for headers in ({}, PART):
                answer = await client.get(PREFIX + path, headers=headers)
                assert answer.headers["cache-control"] == "no-store", path
                assert answer.headers["x-content-type-options"] == "nosniff"
        kept = await client.get(static_address("app.css"))
    assert kept.headers["cache-control"] == FOR_GOOD


async def test_whoever_loses_their_standing_hears_no_more_however_much_happens(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.3)
    await console.counter.accepted()

    async def busy() -> None:
        for number in itertools.count():
            await console.counter.do(b.NOTE, id_=f"note-{number}")
            await asyncio.sleep(0.05)

    headers = {"Authorization": "Test officer"}
    async with (
        served(console) as server,  # type: ignore[arg-type]  # it has what is asked of a face
        httpx2.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client,
        client.stream("GET", f"{PREFIX}/{b.ZONE}/news") as news,
    ):
        working = asyncio.create_task(busy())
        lines = news.aiter_lines()
        async with asyncio.timeout(30):
            while "moved" not in await anext(lines):
                pass
            gone = PEOPLE["operator"].model_copy(update={"id": PEOPLE["officer"].id})
            console.house.identity.people["officer"] = gone  # type: ignore[attr-defined]  # a test's own
            async for _ in lines:
                pass
        working.cancel()


async def test_files_are_printed_a_few_at_a_time_also_for_those_who_do_not_wait() -> None:
    paper = threading.Event()

    def slow() -> bytes:
        paper.wait(10)
        return b"made"

    waiting = [asyncio.create_task(press.printed(slow)) for _ in range(press.AT_ONCE_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequestsError):
        await press.printed(slow)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    with pytest.raises(TooManyRequestsError):
        await press.printed(slow)
    paper.set()
    assert [await each for each in waiting[1:]] == [b"made"] * (press.AT_ONCE_MAX - 1)
    async with asyncio.timeout(5):
        while True:
            try:
                assert await press.printed(slow) == b"made"
                break
            except TooManyRequestsError:
                await asyncio.sleep(0.01)


NOT_TEXT = ("\x00", "\x1b", "\u202e", "\x0b")
FORMS = {
    "/sign-in": {"name": "n", "password": "p"},
    f"/{b.ZONE}/board/remind": {"form": "0" * 32, "issue": b.KEY, "text": "t", "query": "text=a"},
    f"/{b.ZONE}/board/views": {"name": "n", "query": "text=a"},
    f"/{b.ZONE}/supervision/orders": {
        "id": "order-1",
        "key": "order-1",
        "unit": "roads",
        "instrument": "reminder",
        "issues": b.KEY,
        "question": "Why?",
    },
    f"/{b.ZONE}/report": {
        "command_id": "report-1",
        "enterprise": "mill",
        "category": "road-access",
        "title": "t",
        "text": "t",
        "post": "p",
    },
    f"/{b.ZONE}/issues/{b.KEY}/do/note": {"id": "n", "expected_version": "2", "text": "t"},
    f"/{b.ZONE}/issues/{b.KEY}/personal": {"acting": "a"},
}


@IN_CHECK
async def test_what_is_no_text_in_any_field_of_a_form_is_refused_in_words(
    database: Database, clock: StandingClock
) -> None:
    """PostgreSQL takes no NUL at all: what reaches it unjudged is a failure of the face."""
    async with database.ledger(size=2) as ledger:
        console = console_over(ledger, clock, s.terms())
        await console.counter.accepted()
        async with console.opened_as("supervisor") as client:
            for path, form in FORMS.items():
                for name in form:
                    for wrong in NOT_TEXT:
                        data = form | {name: f"a{wrong}b"}
                        answer = await client.post(PREFIX + path, data=data, headers=FROM_HERE)
                        assert answer.status_code < 500, (path, name, wrong)
            lost = await client.post(
                f"{PREFIX}/{b.ZONE}/board/remind",
                data={"form": "0" * 32, "query": "text=a%00b"},
            )
            assert lost.status_code == 422


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"/{b.ZONE}/calendars?month=9999-12", None),
        (f"/{b.ZONE}/calendars?month=9999-11", None),
        (f"/{b.ZONE}/calendars?month=0001-01", None),
        (f"/{b.ZONE}/reports?day=9999-12-31", None),
        (f"/{b.ZONE}/reports?day=0001-01-01", None),
        (
            f"/{b.ZONE}/supervision/callbacks",
            {"id": "draw-1", "from_on": "0001-01-01", "to_on": "9999-12-31"},
        ),
    ],
)
async def test_the_ends_of_time_are_no_failure(
    clock: StandingClock, path: str, data: dict[str, str] | None
) -> None:
    console = s.console_of(clock)
    async with console.opened_as("supervisor") as client:
        method = "GET" if data is None else "POST"
        answer = await client.request(method, PREFIX + path, data=data)
    assert answer.status_code < 500
