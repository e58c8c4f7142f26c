"""Everybody at every route, about what is theirs, what is not, and what lies in another zone: who
is let in is what the table of `domain.access` says, and nothing else."""

import json
from collections import Counter as Tally
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import builders as b
import pytest
from deep import FOUND, IN_CHECK
from desks import Counter, StandingClock
from faces import Face
from sampling import Impatient, Sampler, face_of_its_own, whole_document

from api.describing import operations
from desk.desk import Desk
from desk.shelf import Shelf
from domain.access import ACCESS, PUBLIC, Act, Principal, Reach, Standing, standings_in
from domain.terms import Terms
from face.acting_on import ASKED, Asked, Open
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

ELSEWHERE: Final = "upriver"
OWN, THEIRS = "own-1", "theirs-1"
MACHINES: Final = {Standing.AUDITOR, Standing.SERVICE, Standing.OPERATOR}


def _somebody(standing: Standing) -> Principal:
    """Return somebody who stands in the zone of `builders` as this and nothing else."""
    id_, name = f"test:{standing.value}", standing.value
    if standing == Standing.PUBLIC:
        return PUBLIC
    if standing in MACHINES:
        return Principal(id=id_, name=name, standings=(standing,), zones=(b.ZONE,))
    person = {
        Standing.ENTERPRISE: b.ENTERPRISE.person,
        Standing.TIER: b.OFFICER.person,
        Standing.UNIT: b.SECTION.person,
        Standing.COORDINATOR: b.COORDINATOR.person,
        Standing.SUPERVISOR: b.SUPERVISOR.person,
    }[standing]
    enterprise = "mill" if standing == Standing.ENTERPRISE else None
    return Principal(id=id_, name=name, person=person, enterprise=enterprise)


PEOPLE: Final = {standing.value: _somebody(standing) for standing in Standing}
NARROW: Final = {
    f"{standing.value}-that-reads": PEOPLE[standing.value].model_copy(
        update={"acts": (Act.READ_ISSUES,)}
    )
    for standing in (Standing.SERVICE, Standing.AUDITOR)
}
"""The same, by a key that is for one act alone."""
WIDE: Final = {
    f"{standing.value}-of-every-zone": PEOPLE[standing.value].model_copy(update={"zones": None})
    for standing in (Standing.OPERATOR, Standing.AUDITOR)
}
EVERYBODY: Final = PEOPLE | NARROW | WIDE


@dataclass(frozen=True)
class Place:
    """What a request is about."""

    zone: str
    key: str
    enterprise: str
    is_own: bool
    number: str
    """The ledger's number of the issue: the first of the first zone is the mill's."""


PLACES: Final = {
    "own": Place(b.ZONE, OWN, "mill", is_own=True, number="HARBOUR-2026-000001"),
    "theirs": Place(b.ZONE, THEIRS, "bakery", is_own=False, number="HARBOUR-2026-000002"),
    "elsewhere": Place(ELSEWHERE, OWN, "mill-x", is_own=False, number="UPRIVER-2026-000001"),
}


def elsewhere() -> Terms:
    """Return the terms of another zone, whose people and enterprises are others."""
    text = json.dumps(b.HANDBOOK_DATA).replace(f'"{b.ZONE}"', f'"{ELSEWHERE}"')
    for name in ("mill", "bakery", "foundry"):
        text = text.replace(f'"{name}"', f'"{name}-x"').replace(f'"{name}.', f'"{name}-x.')
    text = text.replace('.a"', '.x"').replace('.b"', '.y"')
    return Terms(handbook=type(b.HANDBOOK).model_validate_json(text), calendar=b.CALENDAR)


@pytest.fixture
async def crowd(clock: StandingClock) -> Face:
    """A face over two zones with an issue of the mill's that the roads desk handles, one of the
    bakery's in another area, and one in the other zone."""
    counter = Counter(MemoryLedger(), clock)
    terms = {b.ZONE: b.TERMS, ELSEWHERE: elsewhere()}
    counter.desk = Desk(counter.ledger, Shelf(counter.ledger, terms), clock)
    await counter.do(b.report(), b.ENTERPRISE, key=OWN)
    await counter.do(b.ACCEPT, key=OWN)
    await counter.do(b.ASSIGN, key=OWN)
    await counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key=THEIRS)
    reported = b.submission(b.report(enterprise="mill-x"), b.HOTLINE, key=OWN)
    far = b.OFFICER.model_copy(update={"person": "grid-east-1.x"})
    accepted = b.submission(b.ACCEPT, far, key=OWN)
    await counter.do(b.ACCEPT, b.NEIGHBOUR, key=THEIRS)
    for id_, submission in {"far-1": reported, "far-2": accepted}.items():
        there = submission.model_copy(update={"zone": ELSEWHERE, "id": id_})
        await counter.desk.carry_out(there)
    for place in PLACES.values():
        row = await counter.desk.row(place.zone, place.key)
        assert row.issue.number == place.number
    face = face_of_its_own(counter)
    face.house.identity.people = dict(EVERYBODY)  # type: ignore[attr-defined]  # a test's own
    face.app = Impatient(face.app)  # type: ignore[assignment]  # streams without an end are left
    return face


def test_each_stands_as_one_thing_here_and_as_nothing_elsewhere() -> None:
    for standing in Standing:
        somebody = PEOPLE[standing.value]
        here = standings_in(somebody, b.HANDBOOK, b.FIRST_MONDAY)
        there = standings_in(somebody, elsewhere().handbook, b.FIRST_MONDAY)
        assert here | {Standing.PUBLIC} == {standing, Standing.PUBLIC}
        assert there | {Standing.PUBLIC} == {Standing.PUBLIC}


def reach_of(principal: Principal, act: Act, place: Place) -> Reach | None:
    """Return how far an act reaches for somebody at a place, by the table alone."""
    if principal.acts is not None and act not in principal.acts:
        return None
    standing = next(s for s in Standing if principal.id in (f"test:{s.value}", PUBLIC.id))
    is_wide = standing in MACHINES and principal.zones is None
    if principal.id == PUBLIC.id or (place.zone == ELSEWHERE and not is_wide):
        standing = Standing.PUBLIC
    return ACCESS[act].get(standing) or ACCESS[act].get(Standing.PUBLIC)


def expected(principal: Principal, asked: Asked, at: tuple[str, str], place: Place) -> str:
    """Return what the table says: in, refused, or unknown to them."""
    path = at[1]
    acts = SAMPLED.get(path, asked.acts)
    reached = [reach for act in acts if (reach := reach_of(principal, act, place))]
    if not reached:
        at_home = any(reach_of(principal, act, PLACES["own"]) for act in acts)
        return "unknown" if at_home and path.startswith(NAMES_NO_ZONE) else "refused"
    if (path.startswith(OF_EVERY_ZONE) or at in CHANGES_EVERY_ZONE) and principal.zones is not None:
        return "refused"
    if at in REPORTS and not place.is_own and {Reach.ZONE, Reach.PARTS}.isdisjoint(reached):
        return "refused"
    is_of_an_issue = path.startswith(OF_AN_ISSUE)
    if is_of_an_issue and not place.is_own and Reach.ZONE not in reached:
        return "unknown"
    return "in"


NAMES_NO_ZONE: Final = ("/v1/numbers/{number}",)
"""Routes whose issue alone says of which zone it is: whose zone it is not learns nothing of it."""
OF_AN_ISSUE: Final = (
    "/v1/issues/{zone}/{key}",
    "/open311/v2/requests/{service_request_id}",
    "/open311/v2/tokens/",
    "/v1/log/proof",
    *NAMES_NO_ZONE,
)
REPORTS: Final = (("post", "/v1/issues"), ("post", "/open311/v2/requests.{form}"))
"""Where a report names its enterprise. A unit reports for all of its zone."""
OF_EVERY_ZONE: Final = (
    "/codec/",
    "/v1/refusals",
)
"""Routes that tell of every zone at once: whoever may see all of them, may."""
_TEMPLATE: Final = "/v1/templates/{kind}/{channel}/{language}"
CHANGES_EVERY_ZONE: Final = (("put", _TEMPLATE), ("delete", _TEMPLATE))
"""What is of no zone, so that a change of it counts in each."""
SAMPLED: Final[Mapping[str, frozenset[Act]]] = {"/v1/log/proof": frozenset({Act.READ_ISSUES})}
"""Which of its acts a route asks for what is sent to it here."""
ZONE_NAMES: Final = ("zone", "jurisdiction_id")


def is_of_a_zone(path: str, sent: Mapping[str, Any]) -> bool:
    """Return whether a request says of which zone it is. If not, whoever may at all, may."""
    body = sent.get("json") or sent.get("data") or {}
    named = [*sent["params"], *(body if isinstance(body, dict) else ())]
    names_it = any(name in named for name in ZONE_NAMES) or "{zone}" in path
    return names_it or path.startswith(OF_AN_ISSUE)


def outcome(status: int, told: Mapping[str, Any]) -> str:
    """Return how a request ended, as far as the door goes: what the decision refuses later on was
    let in."""
    by_open311 = isinstance(told.get("code"), int)
    is_for_the_act = told.get("field") in ("act", "zones", "report.enterprise")
    if by_open311:
        is_for_the_act = any(
            word in told["description"] for word in ("[act", "api_key", "[account_id")
        )
    if status == 401 or (status == 403 and is_for_the_act):
        return "refused"
    is_of_an_issue = told.get("field") in ("key", "number", "service_request_id", None)
    if status == 404 and told.get("code") in ("unknown_issue", 404) and is_of_an_issue:
        return "unknown"
    return "in"


@IN_CHECK
async def test_who_is_let_in_is_what_the_table_says(crowd: Face) -> None:
    document = whole_document()
    wrong: list[str] = []
    ends: Tally[str] = Tally()
    async with AsyncExitStack() as doors:
        clients = {
            name: await doors.enter_async_context(
                crowd.asked_as(None if name == Standing.PUBLIC else name)
            )
            for name in EVERYBODY
        }
        for method, path, operation in operations(document):
            asked = ASKED[method, path]
            if isinstance(asked, Open):
                continue
            for where, place in PLACES.items():
                address, sent = sampled(document, method, path, operation, place)
                if where != "own" and not is_of_a_zone(path, sent):
                    continue
                for name, principal in EVERYBODY.items():
                    number = ends.total()
                    sent["headers"] |= {"Idempotency-Key": f"matrix-{number}"}
                    answer = await clients[name].request(method, address, **sent)
                    told = problem_of(answer.content)
                    ended = outcome(answer.status_code, told)
                    should = expected(principal, asked, (method, path), place)
                    ends[should] += 1
                    is_failed = answer.status_code >= 500 and told.get("code") != "not_set_up"
                    if ended != should or is_failed:
                        wrong.append(
                            f"{name} at {method} {path}, {where}: {should} by the table, "
                            f"answered {answer.status_code} {str(told or answer.text)[:300]}"
                        )
    FOUND.append(
        f"{ends.total()} combinations of standing, route, territory and zone tried: "
        f"{ends['refused']} refused, {ends['unknown']} unknown to them, {ends['in']} let in, "
        f"{len(wrong)} other than the table says"
    )
    assert wrong == [], "\n".join(wrong[:40])


def sampled(
    document: Mapping[str, Any],
    method: str,
    path: str,
    operation: Mapping[str, Any],
    place: Place,
) -> tuple[str, dict[str, Any]]:
    """Return a request about a place."""
    address, sent = Sampler(document, given_of(place)).request(operation, path)
    if (method, path) in BODIES:
        sent["json"] = BODIES[method, path]
    return address, sent


BODIES: Final[Mapping[tuple[str, str], dict[str, Any]]] = {
    ("post", "/v1/users"): {
        "name": "new",
        "password": "a new password",
        "standings": ["operator"],
        "zones": [b.ZONE],
    },
}
"""What is sent where a form has rules that its schema does not tell."""


def given_of(place: Place) -> dict[str, Any]:
    """Return what requests name, by the names of parameters and fields."""
    return {
        "zone": place.zone,
        "jurisdiction_id": place.zone,
        "key": place.key,
        "enterprise": place.enterprise,
        "account_id": place.enterprise,
        "service_request_id": f"{place.zone}.{place.key}",
        "token_id": f"{place.zone}.{place.key}",
        "service_code": "road-access",
        "category": "road-access",
        "number": place.number,
        "zones": [place.zone],
        "{form}": "json",
        "{version}": "shipped",
        "version": 1,
        "application/toml": "zone = 1",
        "text/plain": "zone = 1",
    }


def problem_of(body: bytes) -> dict[str, Any]:
    """Return what was told, whatever standard told it."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    if isinstance(told, list) and told and isinstance(told[0], dict):
        told = told[0]
    return told if isinstance(told, dict) else {}
