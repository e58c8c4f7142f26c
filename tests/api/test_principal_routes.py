"""Keys and users over HTTP: by operators, within what they have."""

from typing import Any

import pytest
from desks import Counter, StandingClock
from doors import Door, door_of

from ledger.memory import MemoryLedger


@pytest.fixture
async def door(clock: StandingClock) -> Door:
    """A face over a ledger in memory."""
    return await door_of(Counter(MemoryLedger(), clock))


async def test_a_user_is_let_in_listed_and_turned_out(door: Door) -> None:
    async with door.asked(await door.key(standings=["operator"])) as root:
        made = await root.post("/v1/users", json={"name": "li", "person": "p.1"})
        renewed = await root.put("/v1/users/li/password", json={})
        given = await root.put("/v1/users/li/password", json={"password": "a horse, a kingdom"})
        out = await root.post("/v1/users/li/disable")
        listed = (await root.get("/v1/users")).json()

    assert (made.status_code, renewed.status_code, out.status_code) == (201, 200, 200)
    assert made.json()["password"] != renewed.json()["password"]
    assert given.json()["password"] is None
    assert made.headers["Cache-Control"] == "no-store"
    assert [(each["id"], each["is_closed"]) for each in listed["items"]] == [("user:li", True)]
    assert listed["next"] is None


ROUTES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/v1/keys", None),
    ("POST", "/v1/keys", {"name": "bus"}),
    ("DELETE", "/v1/keys/000000000000", None),
    ("GET", "/v1/users", None),
    ("POST", "/v1/users", {"name": "li", "person": "p"}),
    ("PUT", "/v1/users/li/password", {}),
    ("POST", "/v1/users/li/disable", None),
]


async def test_only_operators_let_in(door: Door) -> None:
    shown = [None, *[await door.key(standings=[each]) for each in ("service", "auditor")]]
    for bearer in shown:
        async with door.asked(bearer) as client:
            for method, path, body in ROUTES:
                answer = await client.request(method, path, json=body)
                assert answer.status_code == 403, answer.text
    async with door.asked(await door.key(standings=["operator"])) as client:
        for method, path, body in ROUTES:
            answer = await client.request(method, path, json=body)
            assert answer.status_code in (200, 201, 404), answer.text


async def test_nobody_gives_more_than_they_have(door: Door) -> None:
    limits = {"zones": ["east"], "acts": ["administer", "report"]}
    key = await door.key(standings=["operator", "service"], **limits)
    async with door.asked(key) as east:
        wide = await east.post("/v1/keys", json={"name": "bus", "acts": ["report"]})
        free = await east.post("/v1/keys", json={"name": "bus", "zones": ["east"]})
        fine = await east.post(
            "/v1/keys", json={"name": "bus", "zones": ["east"], "acts": ["report"]}
        )

    assert [each.status_code for each in (wide, free, fine)] == [403, 403, 201]
    assert [each.json().get("field") for each in (wide, free)] == ["zones", "acts"]


async def test_a_name_is_given_once(door: Door) -> None:
    async with door.asked(await door.key(standings=["operator"])) as root:
        for status in (201, 409):
            answer = await root.post("/v1/users", json={"name": "li", "person": "p"})
            assert answer.status_code == status


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("/v1/keys", {}),
    ("/v1/keys", {"name": "two words"}),
    ("/v1/keys", {"name": "bus", "standings": ["supervisor"]}),
    ("/v1/keys", {"name": "bus", "days": 5000}),
    ("/v1/keys", {"name": "bus", "zones": []}),
    ("/v1/keys", {"name": "bus", "secret": "mine"}),
    ("/v1/users", {"name": "LI", "person": "p"}),
    ("/v1/users", {"name": "li"}),
    ("/v1/users", {"name": "li", "person": "p", "password": "short"}),
]


async def test_what_is_asked_wrongly_is_told(door: Door) -> None:
    async with door.asked(await door.key(standings=["operator"])) as root:
        for path, body in WRONG:
            answer = await root.post(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), body


async def test_lists_come_in_pages_and_strange_pages_are_refused(door: Door) -> None:
    for name in ("a", "b", "c"):
        await door.user(name, person="p")
    async with door.asked(await door.key(standings=["operator"])) as root:
        first = (await root.get("/v1/users", params={"limit": 2})).json()
        rest = (await root.get("/v1/users", params={"after": first["next"]})).json()
        for wrong in ({"limit": 0}, {"limit": 201}, {"after": "A'"}, {"after": "x" * 65}):
            assert (await root.get("/v1/users", params=wrong)).status_code == 422

    assert [each["name"] for each in (*first["items"], *rest["items"])] == ["a", "b", "c"]


async def test_who_is_not_there_is_unknown(door: Door) -> None:
    async with door.asked(await door.key(standings=["operator"])) as root:
        answer = await root.delete("/v1/keys/0123456789ab", headers={"Accept-Language": "zh"})

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_principal")
    assert answer.json()["title"] == "没有这个用户或密钥。"


async def test_a_key_for_some_acts_comes_to_no_others_by_somebodys_password(door: Door) -> None:
    limited = await door.key(standings=["operator"], acts=["administer"])
    async with door.asked(await door.key(standings=["operator"])) as root:
        await root.post("/v1/users", json={"name": "root", "standings": ["operator"]})
    async with door.asked(limited) as client:
        answer = await client.put("/v1/users/root/password", json={})

    assert (answer.status_code, answer.json()["field"]) == (403, "acts")


async def test_a_page_does_not_name_who_is_of_other_zones(door: Door) -> None:
    async with door.asked(await door.key(standings=["operator"])) as root:
        for number in range(6):
            zones = ["east"] if number in (1, 4) else ["west"]
            said = {"name": f"u{number}", "person": "p", "zones": zones}
            assert (await root.post("/v1/users", json=said)).status_code == 201
    seen, after = [], ""
    async with door.asked(await door.key(standings=["operator"], zones=["east"])) as east:
        while True:
            page = (
                await east.get(
                    "/v1/users", params={"limit": 1} | ({"after": after} if after else {})
                )
            ).json()
            seen += [each["name"] for each in page["items"]]
            after = page["next"]
            if after is None:
                break
            assert after in ("u1", "u4")

    assert seen == ["u1", "u4"]
