"""Who calls, over HTTP: keys from first to last, sessions, forged requests, guessing."""

import re
from typing import Any

import builders as b
import pytest
from desks import Counter, StandingClock
from doors import HOST, PASSWORD, Door, door_of
from rooms import every_text
from starlette.requests import Request
from structlog.testing import capture_logs

from domain.errors import NotPermittedError
from face.sessions import COOKIE, TRIES_AT_ONCE, TRIES_OF_ADDRESS_AT_ONCE
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

ISSUE = f"/v1/issues/{b.ZONE}/{b.KEY}"
SIGN_IN = "/v1/sessions"
CSRF = "X-CSRF-Token"


@pytest.fixture
async def door(clock: StandingClock) -> Door:
    """A face over a ledger in memory, with an operator."""
    door = await door_of(Counter(MemoryLedger(), clock))
    await door.user("root", standings=["operator"])
    return door


async def test_a_key_reads_while_it_is_good(door: Door) -> None:
    await door.counter.accepted()
    async with door.signed_in("root") as root:
        made = await root.post("/v1/keys", json={"name": "bus"}, headers={CSRF: root.csrf})
        assert made.status_code == 201, made.text

        async with door.asked(made.json()["key"]) as service:
            assert (await service.get(ISSUE)).status_code == 200
            me = (await service.get("/v1/me")).json()
            id_ = made.json()["id"].removeprefix("key:")
            gone = await root.delete(f"/v1/keys/{id_}", headers={CSRF: root.csrf})
            refused = await service.get(ISSUE)

    assert (me["id"], me["name"], me["csrf_token"]) == (made.json()["id"], "bus", None)
    (place,) = me["places"]
    assert (place["zone"], place["standings"]) == (b.ZONE, ["public", "service"])
    assert "report" in place["acts"]
    assert "administer" not in place["acts"]
    assert gone.json()["is_closed"] is True
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


LIMITS: list[tuple[dict[str, Any], int]] = [
    ({"zones": [b.ZONE]}, 200),
    ({"zones": ["elsewhere"]}, 403),
    ({"acts": ["read_issues"]}, 200),
    ({"acts": ["report"]}, 403),
    ({"standings": ["auditor"]}, 200),
    ({"standings": ["operator"]}, 403),
]


async def test_a_key_reads_no_further_than_it_was_let_in(door: Door) -> None:
    await door.counter.accepted()

    for said, status in LIMITS:
        async with door.asked(await door.key(**said)) as client:
            assert (await client.get(ISSUE)).status_code == status, said


async def test_nobody_is_told_that_they_are_nobody(door: Door) -> None:
    async with door.asked() as client:
        me = (await client.get("/v1/me")).json()

    assert (me["id"], me["person"]) == ("public", None)
    assert me["places"] == [
        {
            "zone": b.ZONE,
            "standings": ["public"],
            "posts": [],
            "deputy_in": [],
            "acts": ["read_contact_board"],
        }
    ]


async def test_a_person_is_told_their_posts(door: Door) -> None:
    await door.user("officer", person=b.OFFICER.person)

    async with door.signed_in("officer") as client:
        me = (await client.get("/v1/me")).json()

    assert me["person"] == b.OFFICER.person
    assert b.OFFICER.post in me["places"][0]["posts"]
    assert me["csrf_token"] == client.csrf


async def test_the_cookie_is_for_this_host_over_tls_and_for_no_script(door: Door) -> None:
    async with door.asked() as client:
        answer = await client.post(SIGN_IN, json={"name": "root", "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Cache-Control"] == "no-store"


async def test_signed_out_the_cookie_is_no_good_any_more(door: Door) -> None:
    async with door.signed_in("root") as client:
        cookie = client.cookies[COOKIE]
        gone = await client.delete(f"{SIGN_IN}/current", headers={CSRF: client.csrf})
        kept = dict(client.cookies)
        again = await client.get("/v1/me", headers={"Cookie": f"{COOKIE}={cookie}"})

    assert gone.status_code == 204
    assert COOKIE not in kept
    assert again.status_code == 401


async def test_signed_in_anew_the_session_before_is_over(door: Door) -> None:
    async with door.signed_in("root") as client:
        before = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        answer = await client.post(SIGN_IN, json={"name": "root", "password": PASSWORD})
        assert answer.status_code == 201
        async with door.asked() as other:
            assert (await other.get("/v1/me", headers=before)).status_code == 401


async def test_a_key_beside_a_cookie_is_what_counts(door: Door) -> None:
    key = await door.key()
    async with door.signed_in("root") as client:
        shown = {"Authorization": f"Bearer {key}"}
        assert (await client.get("/v1/me", headers=shown)).json()["name"] == "bus"
        assert (await client.get("/v1/users", headers=shown)).status_code == 403
        wrong = {"Authorization": f"Bearer {key[:-1]}x"}
        assert (await client.get("/v1/me", headers=wrong)).status_code == 401


FORGED = {
    "no token": {},
    "an empty token": {CSRF: ""},
    "another token": {CSRF: "0" * 64},
    "another origin": {"Origin": "https://thief.example"},
    "an origin that is hidden": {"Origin": "null"},
    "this host on another port": {"Origin": f"{HOST}:8443"},
    "a name that begins the same": {"Origin": f"{HOST}.thief.example"},
    "an origin that is no address": {"Origin": "http://[::"},
    "another site, by the browser's word": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour, by the browser's word": {"Sec-Fetch-Site": "same-site"},
}


OUR_OWN: list[dict[str, str]] = [
    {},
    {"Origin": HOST},
    {"Origin": HOST, "Sec-Fetch-Site": "same-origin"},
]


async def test_a_request_that_another_site_may_have_sent_changes_nothing(door: Door) -> None:
    async with door.signed_in("root") as client:
        before = every_text(door.counter.ledger)
        for why, headers in FORGED.items():
            sent = ({CSRF: client.csrf} if CSRF not in headers and headers else {}) | headers
            answer = await client.post("/v1/keys", json={"name": "bus"}, headers=sent)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), why

        assert every_text(door.counter.ledger) == before


async def test_a_request_of_our_own_page_is_carried_out(door: Door) -> None:
    async with door.signed_in("root") as client:
        for headers in OUR_OWN:
            sent = {CSRF: client.csrf} | headers
            answer = await client.post("/v1/keys", json={"name": "bus"}, headers=sent)
            assert answer.status_code == 201, headers


async def test_a_form_carries_the_token_in_a_field(door: Door) -> None:
    """No route of ours takes a form under a session yet: whoever asks the caller reads it."""
    async with door.signed_in("root") as client:
        cookie = f"{COOKIE}={client.cookies[COOKIE]}"
        for token, is_let_in in ((client.csrf, True), ("0" * 64, False), ("", False)):
            request = form_request(f"title=x&csrf_token={token}", cookie)
            if is_let_in:
                assert (await door.identity.caller(request)).id == "user:root"
            else:
                with pytest.raises(NotPermittedError):
                    await door.identity.caller(request)


def form_request(body: str, cookie: str) -> Request:
    """A form as a browser posts it."""
    headers = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded", "host": "h"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    return Request(scope, receive)


async def test_the_token_of_another_session_is_not_this_ones(door: Door) -> None:
    async with door.signed_in("root") as one, door.signed_in("root") as other:
        answer = await one.post("/v1/keys", json={"name": "bus"}, headers={CSRF: other.csrf})

        assert one.csrf != other.csrf
        assert answer.status_code == 403


async def test_a_page_of_another_site_signs_nobody_in(door: Door) -> None:
    body = {"name": "root", "password": PASSWORD}
    async with door.asked() as client:
        answer = await client.post(SIGN_IN, json=body, headers={"Origin": "https://thief.example"})

        assert answer.status_code == 403
        assert COOKIE not in client.cookies


async def test_guessing_comes_to_an_end_for_a_name_and_the_right_password_waits_as_well(
    door: Door,
) -> None:
    async with door.asked() as client:

        async def tried(password: str) -> Any:
            return await client.post(SIGN_IN, json={"name": "root", "password": password})

        statuses = [(await tried(f"guess number {n}")).status_code for n in range(TRIES_AT_ONCE)]
        right = await tried(PASSWORD)

    assert statuses == [401] * TRIES_AT_ONCE
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= 60


async def test_guessing_comes_to_an_end_for_an_address_whatever_the_names(door: Door) -> None:
    async with door.asked() as client:
        statuses = []
        for number in range(TRIES_OF_ADDRESS_AT_ONCE + 1):
            body = {"name": f"user{number}", "password": PASSWORD}
            statuses.append((await client.post(SIGN_IN, json=body)).status_code)

    assert statuses == [401] * TRIES_OF_ADDRESS_AT_ONCE + [429]


async def test_who_knows_the_password_is_not_held_up_by_their_own_slips(door: Door) -> None:
    async with door.asked() as client:
        for _ in range(3):
            for password in ("a slip of the pen", "another slip", PASSWORD):
                answer = await client.post(SIGN_IN, json={"name": "root", "password": password})

    assert answer.status_code == 201


async def test_a_name_that_nobody_has_is_refused_in_the_same_words(door: Door) -> None:
    async with door.asked() as client:
        told = [
            (await client.post(SIGN_IN, json={"name": name, "password": "a wrong one"})).json()
            for name in ("root", "nobody")
        ]

    assert told[0] == told[1]


async def test_one_changes_ones_own_password_by_the_one_before(door: Door) -> None:
    new = "an entirely other password"
    async with door.signed_in("root") as client:
        headers = {CSRF: client.csrf}

        async def changed(current: str) -> int:
            body = {"current": current, "password": new}
            answer = await client.put("/v1/me/password", json=body, headers=headers)
            status: int = answer.status_code
            return status

        assert await changed("not this one, surely") == 403
        assert await changed(PASSWORD) == 204
        assert (await client.get("/v1/me")).json()["id"] == "public"
        body = {"name": "root", "password": new}
        assert (await client.post(SIGN_IN, json=body)).status_code == 201
    async with door.asked(await door.key()) as service:
        body = {"current": PASSWORD, "password": new}
        assert (await service.put("/v1/me/password", json=body)).status_code == 403


async def test_nothing_secret_is_in_a_row_an_answer_or_a_line_of_the_log(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines:
        key = await door.key()
        async with door.signed_in("root") as root, door.asked(key) as service:
            session = root.cookies[COOKIE]
            await service.get("/v1/me")
            await root.get("/v1/me", headers={"Authorization": f"Bearer {key[:-1]}0"})
            wrong = await root.post(SIGN_IN, json={"name": "root", "password": [PASSWORD]})
            worse = await root.post(SIGN_IN, json=[{"name": "root", "password": PASSWORD}])
            short = await root.post(
                "/v1/users",
                json={"name": "li", "person": "p", "password": f"{PASSWORD}{PASSWORD * 9}"},
                headers={CSRF: root.csrf},
            )
            listed = await root.get("/v1/users")
    shown = "\n".join(each.text for each in (wrong, worse, short, listed))
    seen = f"{lines}{capsys.readouterr()}{every_text(door.counter.ledger)}{shown}"

    assert [each.status_code for each in (wrong, worse, short, listed)] == [422, 422, 422, 200]
    for secret in (PASSWORD, key, key.rpartition("_")[2], session, root.csrf):
        assert secret not in seen
    assert re.search(r"scrypt\$", every_text(door.counter.ledger))
    assert "scrypt" not in shown + str(lines)
