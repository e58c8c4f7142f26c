"""Everybody at every page and form of the console, about what is theirs, what is not, and what lies
in another zone: who is let in is what the table of `domain.access` says; every page that an auditor
is shown is on record, and none of it writes."""

import json
import re
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html import unescape
from typing import Final

import builders as b
import builders_matters as m
import builders_orders as o
import httpx2
import matters_shown
import pytest
import supervised as s
from console_asked import ASKED, FORMS, QUERIES, SHOWS_NO_DATA, Asks, Free, Z
from consoles import Console, console_over
from deep import FOUND, IN_CHECK
from desks import StandingClock
from faces import NamedIdentity
from fastapi.routing import APIRoute

from console import news
from console.page import PREFIX
from console.registry import ROUTERS
from desk.desk import Desk
from desk.matters import MatterDesk
from desk.shelf import Shelf
from desk.supervising import SupervisionDesk
from domain.access import ACCESS, Act, Principal, Reach, Standing
from domain.terms import Terms
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

ELSEWHERE: Final = "upriver"
OWN, THEIRS = "issue-own", "issue-theirs"
ORDER, ORDER_OF_OTHERS = "order-own", "order-theirs"
MATTER, MATTER_OF_OTHERS = "matter-own", "matter-theirs"
PROCEDURE: Final = "loans"


@dataclass(frozen=True, slots=True)
class Place:
    """What a request is about."""

    zone: str
    key: str
    order: str
    matter: str
    enterprise: str
    is_own: bool


PLACES: Final = {
    "own": Place(b.ZONE, OWN, ORDER, MATTER, "mill", is_own=True),
    "theirs": Place(b.ZONE, THEIRS, ORDER_OF_OTHERS, MATTER_OF_OTHERS, "bakery", is_own=False),
    "elsewhere": Place(ELSEWHERE, OWN, ORDER, MATTER, "mill-x", is_own=False),
}
MACHINES: Final = {Standing.AUDITOR, Standing.SERVICE, Standing.OPERATOR}
PERSONS: Final = {
    Standing.ENTERPRISE: b.ENTERPRISE.person,
    Standing.TIER: b.OFFICER.person,
    Standing.UNIT: b.SECTION.person,
    Standing.COORDINATOR: b.COORDINATOR.person,
    Standing.SUPERVISOR: b.SUPERVISOR.person,
}


def somebody(standing: Standing) -> Principal:
    """Return somebody who stands in the zone of `builders` as this and as nothing else."""
    id_, name = f"user:{standing.value}", standing.value
    if standing in MACHINES:
        return Principal(id=id_, name=name, standings=(standing,), zones=(b.ZONE,))
    enterprise = "mill" if standing is Standing.ENTERPRISE else None
    return Principal(id=id_, name=name, person=PERSONS[standing], enterprise=enterprise)


PEOPLE: Final = {each.value: somebody(each) for each in Standing if each is not Standing.PUBLIC}
LOAN_ELSEWHERE: Final = m.asked(
    kind="open_pipeline", procedure=PROCEDURE, title="A loan", enterprise="mill-x"
)
FAR_COORDINATOR: Final = b.COORDINATOR.model_copy(update={"person": "coordination.x"})
FAR_SUPERVISOR: Final = o.SUPERVISOR.model_copy(update={"person": "supervision.x"})
EVERYBODY: Final = (
    PEOPLE
    | {
        f"{name}-that-reads": PEOPLE[name].model_copy(update={"acts": (Act.READ_ISSUES,)})
        for name in ("service", "auditor")
    }
    | {
        f"{name}-of-every-zone": PEOPLE[name].model_copy(update={"zones": None})
        for name in ("operator", "auditor")
    }
)


def routes() -> Iterator[tuple[str, str, APIRoute]]:
    """Yield every route of the console."""
    for router in (*ROUTERS, news.router):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route.path, route


def with_procedures() -> Terms:
    """Return the zone's terms with a procedure by which it keeps matters."""
    return s.terms(pipelines=matters_shown.PIPELINES)


def elsewhere() -> Terms:
    """Return the terms of another zone, whose people and enterprises are others."""
    text = json.dumps(with_procedures().handbook.model_dump(mode="json"), separators=(", ", ": "))
    text = text.replace(f'"{b.ZONE}"', f'"{ELSEWHERE}"')
    for name in ("mill", "bakery", "foundry"):
        text = text.replace(f'"{name}"', f'"{name}-x"').replace(f'"{name}.', f'"{name}-x.')
    text = text.replace('.a"', '.x"').replace('.b"', '.y"')
    return Terms(handbook=type(b.HANDBOOK).model_validate_json(text), calendar=b.CALENDAR)


@pytest.fixture
async def crowd(clock: StandingClock) -> Console:
    """A console over two zones: an issue of the mill's that the roads desk handles, one of the
    bakery's in another area, one in the other zone, and an order about each of the first two."""
    console = console_over(MemoryLedger(), clock)
    counter = console.counter
    terms = {b.ZONE: with_procedures(), ELSEWHERE: elsewhere()}
    counter.desk = Desk(counter.ledger, Shelf(counter.ledger, terms), clock)
    console.house.desk = counter.desk
    console.house.identity = NamedIdentity(EVERYBODY)
    await counter.do(b.report(), b.ENTERPRISE, key=OWN)
    await counter.do(b.ACCEPT, key=OWN)
    await counter.do(b.ASSIGN, key=OWN)
    await counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key=THEIRS)
    await counter.do(b.ACCEPT, b.NEIGHBOUR, key=THEIRS)
    there = b.submission(b.report(enterprise="mill-x"), b.HOTLINE, key=OWN)
    await counter.desk.carry_out(there.model_copy(update={"zone": ELSEWHERE, "id": "far-1"}))
    for key, unit, issue in ((ORDER, "roads", OWN), (ORDER_OF_OTHERS, "power", THEIRS)):
        await s.ordered(console, o.issue(unit=unit, issues=(issue,)), key=key)
    sent = o.submission(o.issue(issues=(OWN,)), FAR_SUPERVISOR, key=ORDER)
    far = sent.model_copy(update={"zone": ELSEWHERE, "id": "far-2"})
    await SupervisionDesk(counter.desk).carry_out(far)
    for key, enterprise in ((MATTER, "mill"), (MATTER_OF_OTHERS, "bakery")):
        await matters_shown.done(
            console,
            key,
            kind="open_pipeline",
            procedure=PROCEDURE,
            title="A loan",
            enterprise=enterprise,
        )
    handed = {"kind": "hand_matter", "post": "roads-desk", "reason": "It is about the road."}
    await matters_shown.done(console, MATTER, **handed)
    opened = m.sent(LOAN_ELSEWHERE, FAR_COORDINATOR, key=MATTER)
    there_too = opened.model_copy(update={"zone": ELSEWHERE, "id": "far-3"})
    await MatterDesk(counter.desk).carry_out(there_too)
    return console


def test_what_every_route_of_the_console_asks_is_in_the_table() -> None:
    assert {(method, path) for method, path, _ in routes()} == ASKED.keys()
    forms = {
        path.removeprefix(Z)
        for (method, path), asked in ASKED.items()
        if method == "POST" and isinstance(asked, Asks)
    }
    assert forms == FORMS.keys()


def reach_of(principal: Principal, act: Act, place: Place) -> Reach | None:
    """Return how far an act reaches for somebody at a place, by the table alone."""
    if principal.acts is not None and act not in principal.acts:
        return None
    standing = Standing(principal.name)
    if place.zone == ELSEWHERE and not (standing in MACHINES and principal.zones is None):
        standing = Standing.PUBLIC
    return ACCESS[act].get(standing) or ACCESS[act].get(Standing.PUBLIC)


def expected(principal: Principal | None, asked: Asks | Free, place: Place) -> str:
    """Return what the table says: in, sent to sign in, refused, or unknown to them."""
    if isinstance(asked, Free):
        is_kept_out = principal is not None and not principal.is_in(place.zone)
        return "sign in" if principal is None else "refused" if is_kept_out else "in"
    if principal is None:
        return "sign in"
    if not principal.is_in(place.zone):
        return "refused"
    reaches = [reach_of(principal, act, place) for act in asked.acts]
    speaks_for = principal.enterprise if place.zone == b.ZONE else None
    if None in reaches or (asked.of_enterprises and speaks_for is None):
        return "refused"
    is_wide = place.is_own or Reach.ZONE in reaches
    if asked.about == "enterprise":
        return "in" if is_wide or Reach.PARTS in reaches or speaks_for else "refused"
    return "unknown" if asked.about is not None and not is_wide else "in"


FIELD: Final = re.compile(r'class="where"><b>[^<]*</b> <code>([^<]*)</code>')
OF_THE_ACT: Final = ("act", "zone", "zones", "enterprise")
UNSEEN: Final = (
    "No issue was reported under this key",
    "No order was issued under this key",
    "No matter was opened under this key",
)


def outcome(answer: httpx2.Response) -> str:
    """Return how a request ended, as far as the door goes: what is refused by a decision later on
    was let in."""
    text = unescape(answer.text)
    if answer.headers.get("location", "").startswith(f"{PREFIX}/sign-in"):
        return "sign in"
    if answer.status_code == 401:
        return "sign in"
    field = FIELD.search(text)
    if answer.status_code == 403 and field is not None and field[1] in OF_THE_ACT:
        return "refused"
    if answer.status_code == 403 and answer.headers["content-type"].endswith("json"):
        return "refused"
    return "unknown" if answer.status_code == 404 and any(each in text for each in UNSEEN) else "in"


GIVEN: Final = {
    "id": "mill",
    "kind": "note",
    "draw": "none",
    "number": "none",
    "name": "standing",
} | {"procedure": PROCEDURE}


async def asked_by(
    browser: httpx2.AsyncClient, method: str, path: str, place: Place, number: int
) -> httpx2.Response:
    """Ask for a page, or send a form, about a place."""
    below = path.removeprefix(Z)
    key = place.order if "/orders/" in path else place.key
    key = place.matter if "/matters/" in path else key
    named = GIVEN | {"zone": place.zone, "key": key, "sequence": "1"}
    if "/matters/" in path:
        named["kind"] = "note_matter"
    address = PREFIX + path.format_map(named) + (QUERIES.get(below, "") if method == "GET" else "")
    if method == "GET":
        return await (browser.head if path.endswith("/news") else browser.get)(address)
    said = {"n": str(number), "key": place.key, "enterprise": place.enterprise}
    filled = {
        name: value.format_map(said) if isinstance(value, str) else value
        for name, value in FORMS[below].items()
    }
    return await browser.post(address, data=filled)


@IN_CHECK
async def test_who_is_let_in_at_the_console_is_what_the_table_says(crowd: Console) -> None:
    wrong: list[str] = []
    ends: Tally[str] = Tally()
    people: dict[str | None, Principal | None] = {None: None}
    people.update(EVERYBODY)
    async with AsyncExitStack() as doors:
        browsers = {name: await doors.enter_async_context(crowd.opened_as(name)) for name in people}
        for (method, path), asked in ASKED.items():
            if isinstance(asked, Free) and not asked.signed_in:
                continue
            for where, place in PLACES.items():
                if Z not in path and where != "own":
                    continue
                for name, principal in people.items():
                    answer = await asked_by(browsers[name], method, path, place, ends.total())
                    ended, should = outcome(answer), expected(principal, asked, place)
                    ends[should] += 1
                    if ended != should or answer.status_code >= 500:
                        wrong.append(
                            f"{name} at {method} {path}, {where}: {should} by the table, answered "
                            f"{answer.status_code} {FIELD.findall(answer.text)}"
                        )
    FOUND.append(
        f"{ends.total()} combinations of standing, route of the console, territory and zone tried: "
        + ", ".join(f"{ends[each]} {each}" for each in ("sign in", "refused", "unknown", "in"))
        + f", {len(wrong)} other than the table says"
    )
    assert wrong == [], "\n".join(wrong[:60])


async def test_every_page_that_an_auditor_is_shown_is_on_record_and_writes_nothing_else(
    crowd: Console,
) -> None:
    ledger, auditor = crowd.counter.ledger, PEOPLE["auditor"]
    place, position = PLACES["own"], await crowd.counter.ledger.safe_position()
    unseen: list[str] = []
    async with crowd.opened_as("auditor") as browser:
        for number, ((method, path), asked) in enumerate(ASKED.items()):
            if isinstance(asked, Free) or expected(auditor, asked, place) != "in":
                continue
            before = len(await ledger.audit_reads(kind=None, limit=1000))
            answer = await asked_by(browser, method, path, place, number)
            noted = len(await ledger.audit_reads(kind=None, limit=1000)) - before
            if answer.status_code == 200 and not noted and path not in SHOWS_NO_DATA:
                unseen.append(f"{method} {path}")
    assert unseen == []
    assert await ledger.safe_position() == position
