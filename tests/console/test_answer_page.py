"""The page of a one-time link: made by a coordinator, opened by whoever holds it, used once."""

import html
import re
from datetime import timedelta

import builders as b
import builders_sign_off as bs
import httpx2
import pytest
from consoles import Console, require_well_formed
from desks import Counter, StandingClock
from faces import PEOPLE, NamedIdentity
from seats import SEATS

from face import rates
from face.addresses import Addresses
from face.house import House
from ledger.memory import MemoryLedger
from runtime.settings import Settings

ANSWER = "/console/answer"
MAKE = f"/console/{b.ZONE}/issues/{b.KEY}/answer-link"
FROM_HERE = {"Origin": "http://closeout.test"}
SECRET = "a secret of the tests, 32 characters or more"
LINKING = Settings.load(link_secret=SECRET, rate_per_minute=0, rate_public_per_minute=0)
TERMS = bs.sign_off_terms(link_hours=24, says_silence=True)


class LinkingConsole(Console):
    """A console that has a secret for links."""

    def __init__(self, counter: Counter, settings: Settings = LINKING) -> None:
        super().__init__(counter)
        self.house = House(counter.desk, settings, NamedIdentity(PEOPLE | SEATS))
        self.state.house = self.house
        rates.install(self.app, settings)


@pytest.fixture
async def waiting(clock: StandingClock) -> Console:
    """A result that waits for the mill's answer."""
    console = LinkingConsole(Counter(MemoryLedger(), clock, terms=TERMS))
    await console.counter.accepted()
    await console.counter.do(b.PROPOSE)
    return console


async def link_of(console: Console) -> str:
    """Return the address of a link that a coordinator had made."""
    page = await console.page("coordinator", MAKE)
    found = re.search(r'name="command_id" value="([^"]+)"', page)
    assert found is not None
    async with console.opened_as("coordinator") as browser:
        made = await browser.post(
            MAKE, data={"command_id": found[1], "person": "mill.b"}, headers=FROM_HERE
        )
    assert made.status_code == 200, made.text
    require_well_formed(made.text)
    address = re.search(r'name="address" value="([^"]+)"', made.text)
    assert address is not None
    return html.unescape(address[1])


async def posted(console: Console, path: str, **fields: str) -> httpx2.Response:
    """Send a form as somebody who is not signed in."""
    async with console.opened_as(None) as browser:
        answer = await browser.post(path, data=fields, headers=FROM_HERE)
    require_well_formed(answer.text)
    return answer


async def test_a_link_names_its_token_where_no_server_sees_it(waiting: Console) -> None:
    address, _, token = (await link_of(waiting)).partition("#")

    assert address == f"http://closeout.test{ANSWER}"
    assert token.startswith("cl1.")
    page = await waiting.page("officer", ANSWER)
    assert "answer.js" in page


async def test_a_link_leads_to_where_the_settings_say_whatever_host_a_request_names(
    waiting: Console,
) -> None:
    origin = "https://console.example"
    waiting.house.settings = LINKING.model_copy(update={"console_origin": f"{origin}/"})
    assert (await link_of(waiting)).startswith(f"{origin}{ANSWER}#cl1.")


async def test_whoever_holds_a_link_is_asked_and_told_what_silence_means(
    waiting: Console,
) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    asked = await posted(waiting, ANSWER, token=token)

    assert asked.status_code == 200
    assert asked.headers["cache-control"] == "no-store"
    for text in ("The gate is blocked", b.SOLVED.summary, "never recorded that you agreed"):
        assert text in asked.text


@pytest.mark.parametrize(
    ("accept", "kind"), [("yes", "sign_off_answered"), ("no", "resolution_rejected")]
)
async def test_an_answer_is_recorded_once(waiting: Console, accept: str, kind: str) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    fields = {"token": token, "accept": accept, "note": "As I see it.", "satisfaction": "3"}
    first = await posted(waiting, f"{ANSWER}/said", **fields)
    again = await posted(waiting, f"{ANSWER}/said", **fields)

    assert (first.status_code, again.status_code) == (200, 200)
    records = await waiting.counter.ledger.records(f"{b.ZONE}/{b.KEY}")
    assert [record.event.kind for record in records].count(kind) == 1


async def test_a_refusal_by_link_says_why(waiting: Console) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    answer = await posted(waiting, f"{ANSWER}/said", token=token, accept="no", note=" ")

    assert answer.status_code == 422
    assert "Say what is not right." in answer.text
    assert token in answer.text


async def test_a_used_link_is_told_kindly(waiting: Console) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    await posted(waiting, f"{ANSWER}/said", token=token, accept="yes")
    opened = await posted(waiting, ANSWER, token=token)
    other = await posted(waiting, f"{ANSWER}/said", token=token, accept="no", note="No.")

    for answer in (opened, other):
        assert answer.status_code == 403
        assert "This link was used" in answer.text


async def test_an_expired_link_is_told_kindly(waiting: Console) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    waiting.counter.clock.at += timedelta(hours=25)
    for path, fields in ((ANSWER, {}), (f"{ANSWER}/said", {"accept": "yes"})):
        answer = await posted(waiting, path, token=token, **fields)
        assert "This link has expired" in answer.text


async def test_a_link_whose_question_is_answered_otherwise_asks_nothing(
    waiting: Console,
) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    await waiting.counter.do(b.CONFIRM, b.ENTERPRISE)
    opened = await posted(waiting, ANSWER, token=token)
    assert "There is nothing to answer here any more" in opened.text


async def test_what_is_no_link_of_ours_is_told_and_never_repeated(waiting: Console) -> None:
    for spoilt in ("cl1.a", "x" * 900, "cl1.e30.e30"):
        for path, fields in ((ANSWER, {}), (f"{ANSWER}/said", {"accept": "yes"})):
            answer = await posted(waiting, path, token=spoilt, **fields)
            assert answer.status_code == 401
            assert spoilt not in answer.text
            assert "no link of ours" in answer.text


async def test_another_site_answers_nothing(waiting: Console) -> None:
    token = (await link_of(waiting)).partition("#")[2]
    async with waiting.opened_as(None) as browser:
        answer = await browser.post(
            f"{ANSWER}/said",
            data={"token": token, "accept": "yes"},
            headers={"Origin": "http://evil.example"},
        )
    assert answer.status_code == 403


async def test_only_who_may_has_a_link_made(waiting: Console) -> None:
    async with waiting.opened_as("officer") as browser:
        made = await browser.post(
            MAKE, data={"command_id": "link-1", "person": "mill.b"}, headers=FROM_HERE
        )
    assert made.status_code == 403
    async with waiting.opened_as("coordinator") as browser:
        own = await browser.post(
            MAKE, data={"command_id": "link-2", "person": b.HEAD.person}, headers=FROM_HERE
        )
    assert own.status_code == 422


def test_what_takes_any_rest_of_a_path_hides_no_form(console: Console) -> None:
    addresses = Addresses(console.app)
    found = addresses.find("POST", f"/console/{b.ZONE}/mine/{b.KEY}")
    assert found is not None
    assert found.template == "/console/{zone}/mine/{key}"
    assert addresses.template("/console/static/0/vendor/x.js").startswith("/console/static/")
    assert addresses.methods("/console/no/such/page/at/all") == ("GET", "HEAD", "OPTIONS")
