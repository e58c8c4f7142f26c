"""Lists of issues over HTTP: filters, orders, pages, horizons, the past."""

import base64
import json
from datetime import timedelta
from itertools import product
from typing import Any

import builders as b
import httpx2
from faces import PEOPLE, Face, NamedIdentity

from domain.access import Principal
from domain.people import Representative
from domain.phases import Phase
from ledger.lists import Narrowed, is_at_risk

ISSUES = "/v1/issues"
MINUTES = timedelta(minutes=7)
SORTS = [f"{way}{by}" for way in ("", "-") for by in ("stream", "reported_at", "deadline_at")]
STAFF = {
    **PEOPLE,
    "neighbour": Principal(id="user:n", name="n", person=b.NEIGHBOUR.person),
    "roads": Principal(id="user:r", name="r", person=b.SECTION.person),
    "power": Principal(id="user:p", name="p", person=b.POWER_SECTION.person),
    "baker": Principal(
        id="user:b",
        name="b",
        person=b.OTHER_ENTERPRISE.person,
        enterprise=b.OTHER_ENTERPRISE.enterprise,
    ),
}


async def grown(face: Face) -> list[str]:
    """Let twelve issues stand in all kinds of ways; return their keys."""
    counter = face.counter
    face.house.identity = NamedIdentity(STAFF)
    keys = [f"k{number * 7 % 12:02}" for number in range(12)]
    for number, key in enumerate(keys):
        counter.clock.at += MINUTES
        mill = number % 3 > 0
        officer = b.OFFICER if mill else b.NEIGHBOUR
        enterprise = b.ENTERPRISE if mill else b.OTHER_ENTERPRISE
        title = f"Gate {number} is BLOCKED" if number % 2 else f"供电 {number} %_"
        report = b.report(enterprise=enterprise.enterprise, title=title)
        await counter.do(report, enterprise, key=key)
        if number > 3:
            await counter.do(b.ACCEPT, officer, key=key)
        if number in (5, 6):
            await counter.do(b.ESCALATE, officer, key=key)
            await counter.do(b.CONVENE, b.HEAD if mill else b.OTHER_HEAD, key=key)
        if number in (7, 8):
            await counter.do(b.HAND_OVER, officer, key=key)
        if number in (9, 10):
            await counter.do(b.PROPOSE, officer, key=key)
            await counter.do(b.CONFIRM, enterprise, key=key)
        if number == 11:
            await counter.do(b.PAUSE, officer, key=key)
    return keys


async def pages(
    client: httpx2.AsyncClient, path: str = ISSUES, what: str = "issues", **asked: Any
) -> list[dict[str, Any]]:
    """Ask for every page and return what they hold together."""
    found: list[dict[str, Any]] = []
    for _ in range(50):
        answer = await client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()[what]
        if answer.json()["next"] is None:
            return found
        asked["cursor"] = answer.json()["next"]
    raise AssertionError("the pages do not end")


async def test_everybody_lists_what_lies_in_their_sight_and_nothing_else(face: Face) -> None:
    await grown(face)
    every = [row.issue for row in await face.counter.ledger.find(limit=1000)]
    parts = {i.key for i in every if i.team is not None}
    works = {i.key for i in every if i.unit == "roads"}
    expected = {
        "officer": {i.key for i in every if i.enterprise == "mill"},
        "neighbour": {i.key for i in every if i.enterprise == "bakery"},
        "head": {i.key for i in every if i.enterprise == "mill"},
        "enterprise": {i.key for i in every if i.enterprise == "mill"},
        "baker": {i.key for i in every if i.enterprise == "bakery"},
        "roads": parts | works,
        "power": parts,
        "service": {i.key for i in every},
        "auditor": {i.key for i in every},
    }
    assert 0 < len(parts) < len(parts | works) < len(every)

    for name, keys in expected.items():
        async with face.asked_as(name) as client:
            for sort in [*SORTS, "changed", "-changed"]:
                found = [each["key"] for each in await pages(client, sort=sort, limit=2)]
                assert len(found) == len(set(found))
                assert set(found) == keys, (name, sort)
            then = await pages(client, as_of=str(await face.counter.ledger.safe_position()))
            assert {each["key"] for each in then} == keys, name
    for nobody in (None, "operator"):
        async with face.asked_as(nobody) as client:
            assert (await client.get(ISSUES)).status_code == 403
            assert (await client.get(ISSUES, params={"zone": b.ZONE})).status_code == 403


async def test_every_filter_keeps_what_fits(face: Face) -> None:
    await grown(face)
    face.counter.clock.at += timedelta(days=1)
    every = [row.issue for row in await face.counter.ledger.find(limit=1000)]
    now = face.counter.clock.at
    number = next(i.number for i in every if i.number)
    soon = min(i.deadline.due_at for i in every if i.deadline and i.deadline.due_at)
    asked: dict[str, tuple[dict[str, Any], Narrowed]] = {
        "phase": ({"phase": "handling"}, Narrowed(phase="handling")),
        "owner": ({"owner": "grid-east-1"}, Narrowed(owner="grid-east-1")),
        "handler": ({"handler": "roads-desk"}, Narrowed(handler="roads-desk")),
        "unit": ({"unit": "roads"}, Narrowed(unit="roads")),
        "category": ({"category": "none"}, Narrowed(category="none")),
        "enterprise": ({"enterprise": "bakery"}, Narrowed(enterprise="bakery")),
        "tier": ({"tier": 2}, Narrowed(tier=2)),
        "priority": ({"priority": "ordinary"}, Narrowed(priority="ordinary")),
        "number": ({"number": number}, Narrowed(number=number)),
        "open": ({"open": "true"}, Narrowed(open_only=True)),
        "overdue": ({"overdue": "true"}, Narrowed(overdue=True)),
        "at_risk": ({"at_risk": "true"}, Narrowed(at_risk=True)),
        "due": (
            {"due_before": (soon + timedelta(hours=1)).isoformat()},
            Narrowed(due_before=soon + timedelta(hours=1)),
        ),
        "title": ({"title": "is blocked"}, Narrowed(title="is blocked")),
        "text": ({"title": "%_"}, Narrowed(title="%_")),
        "zone": ({"zone": b.ZONE}, Narrowed(zone=b.ZONE)),
    }

    async with face.asked_as("service") as client:
        for name, (params, filters) in asked.items():
            found = {each["key"] for each in await pages(client, limit=3, **params)}
            assert found == {i.key for i in every if filters.fit(i, now)}, name
            if name not in ("category", "at_risk"):
                assert found, name


async def test_a_list_of_the_past_is_the_fold_of_every_issue(face: Face) -> None:
    await grown(face)
    whole = await face.counter.ledger.safe_position()
    instants = [(b.MON_9 + n * MINUTES + timedelta(seconds=1)).isoformat() for n in (3, 6, 11)]

    async with face.asked_as("service") as client:
        for as_of, sort in product([*instants, "5", "19", str(whole)], SORTS):
            listed = await pages(client, as_of=as_of, sort=sort, limit=4)
            for each in listed:
                path = f"{ISSUES}/{b.ZONE}/{each['key']}"
                one = (await client.get(path, params={"as_of": as_of})).json()
                assert each == {name: one[name] for name in each}
            plain = [each["key"] for each in await pages(client, as_of=as_of)]
            assert sorted(each["key"] for each in listed) == plain
            by = sort.removeprefix("-")
            if by == "reported_at":
                told = [each[by] for each in listed]
                assert told == sorted(told, reverse=sort.startswith("-"))
        unsorted = await client.get(ISSUES, params={"as_of": "5", "sort": "changed"})

    assert (unsorted.status_code, unsorted.json()["field"]) == (422, "sort")


async def test_pages_of_the_past_fit_one_another_whatever_happens_between(face: Face) -> None:
    keys = await grown(face)
    as_of = face.counter.clock.at.isoformat()
    face.counter.clock.at += MINUTES

    async with face.asked_as("service") as client:
        expected = await pages(client, as_of=as_of, phase="handling")
        asked = {"as_of": as_of, "phase": "handling", "limit": 2}
        first = (await client.get(ISSUES, params=asked)).json()
        told = list(first["issues"])
        proposed = 0
        for key in sorted(keys):
            issue = (await face.counter.desk.row(b.ZONE, key)).issue
            officer = b.OFFICER if issue.enterprise == "mill" else b.NEIGHBOUR
            if issue.phase is Phase.HANDLING and issue.handler == officer.post:
                said = b.submission(
                    b.PROPOSE, officer, key=key, id_=f"p-{key}", occurred_at=b.MON_9
                )
                await face.counter.desk.carry_out(said)
                proposed += 1
        cursor = first["next"]
        while cursor is not None:
            page = (await client.get(ISSUES, params=asked | {"cursor": cursor})).json()
            told += page["issues"]
            cursor = page["next"]

    assert proposed > 0
    assert [each["key"] for each in told] == [each["key"] for each in expected]


async def test_a_cursor_that_is_none_is_refused(face: Face) -> None:
    await grown(face)

    def made(value: object) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    async with face.asked_as("service") as client:
        page = (await client.get(ISSUES, params={"limit": 2, "sort": "reported_at"})).json()
        good = json.loads(base64.urlsafe_b64decode(page["next"] + "=="))
        garbled = [
            "x",
            "AAAA",
            page["next"][:-3],
            made("[" * 400),
            made([1]),
            made(good | {"more": 1}),
            made(good | {"v": 2**70}),
            made(good | {"v": -1}),
            made(good | {"v": True}),
            made(good | {"v": 1.5}),
            made(good | {"v": None}),
            made(good | {"s": 7}),
            made(good | {"s": "a\u0000"}),
            made(good | {"s": "é"}),
            made(good | {"s": "x" * 300}),
            made(good | {"p": "1"}),
            made(good | {"a": "0" * 16}),
            made("NaN"),
            "é",
            "x" * 601,
        ]
        for cursor in garbled:
            answer = await client.get(
                ISSUES, params={"limit": 2, "sort": "reported_at", "cursor": cursor}
            )
            assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), cursor
        other = await client.get(ISSUES, params={"sort": "stream", "cursor": page["next"]})
        filtered = await client.get(
            ISSUES, params={"sort": "reported_at", "open": "true", "cursor": page["next"]}
        )

    assert (other.status_code, filtered.status_code) == (422, 422)


async def test_what_no_list_can_be_asked_is_refused(face: Face) -> None:
    await grown(face)
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"zone": "nowhere"}, 404),
        ({"zone": "a b"}, 422),
        ({"limit": 0}, 422),
        ({"limit": 201}, 422),
        ({"sort": "title"}, 422),
        ({"phase": "lost"}, 422),
        ({"tier": 9}, 422),
        ({"title": "x" * 201}, 422),
        ({"titel": "gate"}, 422),
        ({"due_before": "2026-03-02T09:00:00"}, 422),
        ({"as_of": "2026-03-02T09:00:00"}, 422),
        ({"overdue": "perhaps"}, 422),
    ]

    async with face.asked_as("service") as client:
        for params, status in wrong:
            answer = await client.get(ISSUES, params=params)
            assert answer.status_code == status, params
        local = await client.get(
            ISSUES, params={"as_of": "2026-03-02T09:10", "zone": b.ZONE, "sort": "reported_at"}
        )

    assert [each["key"] for each in local.json()["issues"]] == ["k00"]


async def test_a_list_shows_ones_own_writes(face: Face) -> None:
    await grown(face)

    async with face.asked_as("baker") as client:
        made = await client.post(
            ISSUES,
            json={
                "zone": b.ZONE,
                "report": b.report(enterprise="bakery").model_dump(mode="json", exclude={"kind"}),
            },
            headers={"Idempotency-Key": "new"},
        )
        position = made.headers["Closeout-Position"]
        listed = await client.get(
            ISSUES, params={"sort": "-changed", "limit": 1, "wait_for": position}
        )

    assert listed.json()["issues"][0]["key"] == made.json()["key"]
    assert int(listed.headers["Closeout-Position"]) >= int(position)


async def test_an_issue_is_found_by_its_number_by_those_who_may_see_it(face: Face) -> None:
    await grown(face)
    every = [row.issue for row in await face.counter.ledger.find(limit=1000)]
    mills = next(i for i in every if i.number and i.enterprise == "mill")

    async with face.asked_as("enterprise") as client:
        own = await client.get(f"/v1/numbers/{mills.number}")
    async with face.asked_as("baker") as client:
        others = await client.get(f"/v1/numbers/{mills.number}")
        missing = await client.get("/v1/numbers/NO-1")
        wrong = await client.get("/v1/numbers/a%20b")

    assert (own.status_code, own.json()["key"]) == (200, mills.key)
    assert own.headers["ETag"] == f'"{mills.version}"'
    assert [each.status_code for each in (others, missing, wrong)] == [404, 404, 422]


async def test_a_unit_lists_its_parts_with_what_their_clocks_show(face: Face) -> None:
    await grown(face)

    async with face.asked_as("power") as client:
        own = await pages(client, "/v1/parts", "parts", zone=b.ZONE, limit=1)
        of_roads = await pages(client, "/v1/parts", "parts", zone=b.ZONE, unit="roads")
    async with face.asked_as("service") as client:
        unnamed = await client.get("/v1/parts", params={"zone": b.ZONE})
    async with face.asked_as("baker") as client:
        foreign = await pages(client, "/v1/parts", "parts", zone=b.ZONE, unit="power")

    teams = {
        row.issue.key: row.issue.team
        for row in await face.counter.ledger.find(limit=1000)
        if row.issue.team is not None
    }
    assert len(own) == len(teams) == 2
    for each in own:
        team = teams[each["key"]]
        assert team is not None
        assert each["part"]["unit"] == "power"
        assert (each["lead"], each["team"]) == (team.lead, team.number)
        for clock in each["clocks"]:
            assert clock["clock"]["id"].endswith(f".{team.number}.{each['part']['id']}")
            assert clock["reading"]["cycle"] == clock["clock"]["cycle"]
    assert {each["part"]["unit"] for each in of_roads} == {"roads"}
    assert (unnamed.status_code, unnamed.json()["field"]) == (422, "unit")
    bakery = {
        row.issue.key
        for row in await face.counter.ledger.find()
        if row.issue.enterprise == "bakery"
    }
    assert {each["key"] for each in foreign} == bakery & teams.keys()


async def test_like_issues_are_suggested_within_the_callers_sight(face: Face) -> None:
    face.house.identity = NamedIdentity(STAFF)
    for key, enterprise in (("a", "mill"), ("b", "mill"), ("c", "bakery")):
        who = Representative(person=f"{enterprise}.a", enterprise=enterprise)
        await face.counter.do(b.report(enterprise=enterprise), who, key=key)
    told = {"zone": b.ZONE, "title": "The gate is blocked", "enterprise": "mill"}

    async with face.asked_as("service") as client:
        every = await client.get(f"{ISSUES}/similar", params={"zone": b.ZONE, "key": "a"})
        new = await client.get(f"{ISSUES}/similar", params=told)
        both = await client.get(f"{ISSUES}/similar", params=told | {"key": "a"})
        nothing = await client.get(f"{ISSUES}/similar", params={"zone": b.ZONE})
    async with face.asked_as("enterprise") as client:
        own = await client.get(f"{ISSUES}/similar", params={"zone": b.ZONE, "key": "a"})
        foreign = await client.get(f"{ISSUES}/similar", params={"zone": b.ZONE, "key": "c"})

    assert [each["key"] for each in every.json()["similar"]] == ["b", "c"]
    assert {each["key"] for each in new.json()["similar"]} == {"a", "b", "c"}
    assert [each["key"] for each in own.json()["similar"]] == ["b"]
    assert [both.status_code, nothing.status_code, foreign.status_code] == [422, 422, 404]


async def test_at_risk_is_what_has_been_warned_of_and_is_not_late(face: Face) -> None:
    await face.counter.accepted()
    rung = await face.counter.next_rung()
    async with face.asked_as("officer") as client:
        before = await pages(client, at_risk="true")
        face.counter.clock.at = rung.due_at
        await face.counter.ring(rung)
        warned = await pages(client, at_risk="true")
        issue = (await face.counter.desk.row(b.ZONE, b.KEY)).issue
        assert issue.deadline is not None
        assert issue.deadline.due_at is not None
        face.counter.clock.at = issue.deadline.due_at + MINUTES
        late = await pages(client, at_risk="true")
        overdue = await pages(client, overdue="true")

    assert (before, late) == ([], [])
    assert [each["key"] for each in warned] == [b.KEY]
    assert [each["key"] for each in overdue] == [b.KEY]
    assert is_at_risk(issue, rung.due_at)
