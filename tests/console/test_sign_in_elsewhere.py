"""Signing in at a provider of identities: what is taken back, and what is not."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import builders as b
import httpx2
import pytest
from consoles import Console
from doors import AUDIENCE, HOST, ISSUER, KEYS_URL, Provider, ec, rsa

from face.identity import open_identity
from face.provider import COOKIE
from face.sessions import COOKIE as SESSION
from runtime.settings import Settings

pytestmark = pytest.mark.attack

CLIENT = "console"
TOKEN_URL = f"{ISSUER}/token"
SETTINGS = Settings(
    rate_per_minute=0,
    rate_public_per_minute=0,
    oidc_issuer=ISSUER,
    oidc_audience=AUDIENCE,
    oidc_client_id=CLIENT,
    oidc_client_secret="the client's own",
    console_origin=HOST,
)


class PeopleProvider(Provider):
    """A provider that signs people in: its page gives codes, its token endpoint takes them."""

    person = b.OFFICER.person
    changes: dict[str, object] = {}  # noqa: RUF012  # set on the instance by each test
    sent: dict[str, str] | None = None
    given: dict[str, Any] = {}  # noqa: RUF012  # as above

    def transport(self) -> httpx2.MockTransport:
        """Return the network."""
        return httpx2.MockTransport(self._told)

    def _told(self, request: httpx2.Request) -> httpx2.Response:
        url = str(request.url)
        if url.endswith("/.well-known/openid-configuration"):
            told = {
                "issuer": ISSUER,
                "jwks_uri": KEYS_URL,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": TOKEN_URL,
            }
            return httpx2.Response(200, json=told)
        if url == TOKEN_URL:
            self.sent = dict(parse_qsl(request.content.decode()))
            if self.sent.get("code") != "code-1":
                return httpx2.Response(400, json={"error": "invalid_grant"})
            return httpx2.Response(200, json=self.given or {"id_token": self._id_token()})
        told = {"keys": [key.as_dict(private=False) | {"use": "sig"} for key in self.keys]}
        return httpx2.Response(200, content=json.dumps(told).encode())

    def _id_token(self) -> str:
        said = {"aud": CLIENT, "nonce": self.nonce, "closeout_person": self.person}
        return self.token(**(said | self.changes))

    nonce = ""


@pytest.fixture
def provider(console: Console) -> PeopleProvider:
    """A provider by the test's clock."""
    return PeopleProvider(now=console.counter.desk.clock.now(), keys=[ec("ec-1"), rsa("rsa-1")])


@asynccontextmanager
async def browser(console: Console, provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a browser at a console whose people sign in at the provider."""
    console.house.settings = SETTINGS
    identity = await open_identity(SETTINGS, console.counter.desk, transport=provider.transport())
    console.house.identity = identity
    console.app.state = console.state
    transport = httpx2.ASGITransport(app=console.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
        yield client
    await identity.close()


async def sent_away(client: httpx2.AsyncClient, provider: PeopleProvider) -> dict[str, str]:
    """Go to the provider, and return what the browser was sent there with."""
    answer = await client.get("/console/sign-in/provider", params={"next": "/console/zone/today"})
    assert answer.status_code == 303
    asked = {
        name: each[0] for name, each in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }
    provider.nonce = asked["nonce"]
    return asked


async def test_somebody_signs_in_at_the_provider_and_comes_back_to_where_they_wanted(
    console: Console, provider: PeopleProvider
) -> None:
    async with browser(console, provider) as client:
        form = await client.get("/console/sign-in")
        asked = await sent_away(client, provider)
        back = await client.get(
            "/console/sign-in/back",
            params={"code": "code-1", "state": asked["state"], "iss": ISSUER},
        )
        me = await client.get("/v1/me")

    assert "/console/sign-in/provider?next=" in form.text
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{HOST}/console/sign-in/back"
    assert provider.sent is not None
    assert provider.sent["client_secret"] == "the client's own"
    verifier = provider.sent["code_verifier"]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    assert challenge.rstrip(b"=").decode() == asked["code_challenge"]
    assert (back.status_code, back.headers["location"]) == (303, "/console/zone/today")
    assert me.status_code == 200
    assert me.json()["person"] == b.OFFICER.person
    assert me.json()["csrf_token"]


WRONG: list[dict[str, object]] = [
    {"state": "another"},
    {"state": ""},
    {"code": "code-2"},
    {"code": ""},
    {"error": "access_denied", "code": None},
    {"iss": "https://thief.example"},
]


@pytest.mark.parametrize("change", WRONG, ids="-".join)
async def test_what_was_not_asked_for_here_opens_no_session(
    console: Console, provider: PeopleProvider, change: dict[str, object]
) -> None:
    async with browser(console, provider) as client:
        asked = await sent_away(client, provider)
        told = {"code": "code-1", "state": asked["state"]} | change
        given = {name: each for name, each in told.items() if each is not None}
        back = await client.get("/console/sign-in/back", params=given)
        me = await client.get("/v1/me")

    assert back.status_code == 401
    assert "__Host-closeout=" not in back.headers.get("set-cookie", "")
    assert me.json()["id"] == "public"


TOKENS: list[dict[str, object]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": AUDIENCE},
    {"azp": "another-client"},
    {"iss": "https://thief.example"},
    {"exp": 1},
    {"closeout_standings": ["service"]},
]


@pytest.mark.parametrize("change", TOKENS, ids="-".join)
async def test_a_token_for_another_or_of_another_time_opens_no_session(
    console: Console, provider: PeopleProvider, change: dict[str, object]
) -> None:
    provider.changes = change
    async with browser(console, provider) as client:
        asked = await sent_away(client, provider)
        back = await client.get(
            "/console/sign-in/back", params={"code": "code-1", "state": asked["state"]}
        )
    assert back.status_code == 401
    assert "__Host-closeout=" not in back.headers.get("set-cookie", "")


async def test_who_was_never_sent_away_does_not_come_back(
    console: Console, provider: PeopleProvider
) -> None:
    async with browser(console, provider) as client:
        asked = await sent_away(client, provider)
        for cookie in ("", "x", "e30=", "A" * 3000):
            client.cookies.clear()
            headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
            back = await client.get(
                "/console/sign-in/back",
                params={"code": "code-1", "state": asked["state"]},
                headers=headers,
            )
            assert back.status_code == 401
    assert provider.sent is None


async def test_a_provider_that_is_away_is_told_as_that(
    console: Console, provider: PeopleProvider
) -> None:
    def away(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(500)

    provider.transport = lambda: httpx2.MockTransport(away)  # type: ignore[method-assign]  # its network is down
    async with browser(console, provider) as client:
        answer = await client.get("/console/sign-in/provider")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")


async def test_without_a_provider_nobody_is_sent_anywhere(console: Console) -> None:
    async with console.opened_as(None) as client:
        form = await client.get("/console/sign-in")
        answer = await client.get("/console/sign-in/provider")
    assert "/console/sign-in/provider" not in form.text
    assert answer.status_code == 404


async def test_signing_in_at_the_provider_ends_the_session_that_the_browser_came_with(
    console: Console, provider: PeopleProvider
) -> None:
    sessions = []
    async with browser(console, provider) as client:
        for _ in range(2):
            asked = await sent_away(client, provider)
            said = {"code": "code-1", "state": asked["state"]}
            assert (await client.get("/console/sign-in/back", params=said)).status_code == 303
            sessions.append(client.cookies[SESSION])
        client.cookies.clear()
        first, second = [
            (await client.get("/v1/me", headers={"Cookie": f"{SESSION}={each}"})).status_code
            for each in sessions
        ]
    assert (first, second) == (401, 200)


async def test_what_is_too_long_for_a_cookie_does_not_keep_anybody_from_signing_in(
    console: Console, provider: PeopleProvider
) -> None:
    async with browser(console, provider) as client:
        wanted = "/console/" + '"' * 990
        gone = await client.get("/console/sign-in/provider", params={"next": wanted})
        asked = parse_qs(urlsplit(gone.headers["location"]).query)
        provider.nonce = asked["nonce"][0]
        said = {"code": "code-1", "state": asked["state"][0]}
        back = await client.get("/console/sign-in/back", params=said)
    assert (back.status_code, back.headers["location"]) == (303, "/console")


@pytest.mark.parametrize(
    "said",
    [
        {"code": "code-1"},
        {"code": "code-1", "state": ""},
        {"code": "code-1", "state": "今"},
        {"code": "code-1", "state": "of another browser"},
        {"code": "", "state": "STATE"},
        {"code": "code-1", "state": "STATE", "iss": "https://another.example"},
        {"code": "code-1", "state": "STATE", "error": "access_denied"},
    ],
)
@pytest.mark.parametrize("cookie", ["its own", "none", "not base64 今", "bnVsbA==", "x" * 5000])
async def test_what_comes_back_otherwise_than_it_was_sent_away_signs_nobody_in(
    console: Console, provider: PeopleProvider, said: dict[str, str], cookie: str
) -> None:
    async with browser(console, provider) as client:
        asked = await sent_away(client, provider)
        if cookie != "its own":
            client.cookies.clear()
        shown = f"{COOKIE}={cookie}"
        headers = [] if cookie in ("its own", "none") else [(b"Cookie", shown.encode())]
        state = asked["state"] if said.get("state") == "STATE" else said.get("state")
        sent = said | ({} if state is None else {"state": state})
        back = await client.get("/console/sign-in/back", params=sent, headers=headers)
        assert back.status_code == 401
        assert SESSION not in client.cookies
