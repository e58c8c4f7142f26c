"""Forms of other sites: no unsafe route of the API or the console takes one, whatever it pretends
to be. The table of routes is walked, so that a new route is held to it at once."""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

import builders as b
import httpx2
import pytest
from consoles import console_over
from deep import A_TENTH, FOUND, IN_CHECK, IN_FULL
from desks import StandingClock
from doors import HOST, PASSWORD
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from test_console_attacks import browser, doors_of, sign_in, token_of

from console.page import PREFIX
from face.sessions import UNSAFE
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

EVIL: Final = "https://evil.example"
NAMED: Final = {
    "zone": b.ZONE,
    "key": b.KEY,
    "kind": "note",
    "id": "0123456789ab",
    "number": "1",
    "sequence": "1",
    "form": "json",
}
FIELDS: Final = {
    "id": "forged-1",
    "command_id": "forged-1",
    "expected_version": "2",
    "text": "Forged.",
    "name": "officer",
    "password": PASSWORD,
    "token": "x",
    "accept": "yes",
    "theme": "dark",
    "language": "zh",
}
COMMAND: Final = {
    "id": "forged-1",
    "expected_version": 2,
    "command": {"kind": "note", "text": "Forged."},
    "name": "officer",
    "password": PASSWORD,
}
ENDS_THE_SESSION: Final = ("/sign-out", "/sign-in", "/v1/sessions", "/v1/sessions/current")
NEEDS_NO_TOKEN: Final = ("/answer", "/answer/said")
"""The token of a link is the permission there."""


BY_JSON_ALONE: Final = ("/v1/sessions", "/v1/answers")
"""Asked without a session, by JSON, which no browser sends to another site unasked: what is none,
and what lacks the password or the token, is no form of theirs (422)."""


def unsafe(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield the method and the address of every route that may change something."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(set(route.methods or ()) & UNSAFE):
            path = re.sub(r"\{(\w+)[^}]*\}", lambda part: NAMED.get(part[1], "a"), route.path or "")
            yield method, path


def forged(mine: str, theirs: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what another site may have a browser send along with its cookie."""
    form, text = {"data": FIELDS}, {"content": json.dumps(COMMAND)}
    plain = {"Content-Type": "text/plain"}
    as_json = {"Content-Type": "application/json"}
    of_mine, of_theirs = {"data": FIELDS | {"csrf_token": mine}}, {"csrf_token": theirs}
    yield "a form of another site", form | {"headers": {"Origin": EVIL}}
    yield "a form that has the token", of_mine | {"headers": {"Origin": EVIL}}
    yield "a form of nowhere", of_mine | {"headers": {"Origin": "null"}}
    yield "a host that begins like ours", of_mine | {"headers": {"Origin": f"{HOST}.evil.example"}}
    yield "another scheme's port", of_mine | {"headers": {"Origin": f"{HOST}:8443"}}
    yield "no origin, crossing", of_mine | {"headers": {"Sec-Fetch-Site": "cross-site"}}
    yield "no origin, beside us", of_mine | {"headers": {"Sec-Fetch-Site": "same-site"}}
    yield "no token", form | {"headers": {"Origin": HOST}}
    yield "another's token", {"data": FIELDS | of_theirs, "headers": {"Origin": HOST}}
    yield "files", {"files": {"csrf_token": (None, theirs)}, "headers": {"Origin": EVIL}}
    yield "JSON as text", text | {"headers": plain | {"Origin": EVIL}}
    yield "JSON as text, from here", text | {"headers": plain | {"Origin": HOST}}
    yield "JSON of another site", text | {"headers": as_json | {"Origin": EVIL}}
    yield "JSON without a token", text | {"headers": as_json | {"Origin": HOST}}


def is_free(path: str, what: str) -> bool:
    """Return whether a route may take this: it wants no token, and the page is our own."""
    below = path.removeprefix(PREFIX)
    return below in (*NEEDS_NO_TOKEN, "/sign-in", "/v1/sessions") and what in (
        "no token",
        "another's token",
        "JSON without a token",
        "JSON as text, from here",
    )


def is_about_forgery(answer: httpx2.Response) -> bool:
    """Return whether a request was refused as forged."""
    told = unescape(answer.text)
    return answer.status_code == 403 and ("another site" in told or "session's token" in told)


@IN_CHECK
async def test_no_unsafe_route_takes_what_another_site_may_send(clock: StandingClock) -> None:
    console = console_over(MemoryLedger(), clock)
    await console.counter.accepted()
    routes = list(unsafe(console.app))
    wrong: list[str] = []
    asked = 0
    async with doors_of(console), browser(console) as client, browser(console) as other:
        await sign_in(client)
        await sign_in(other, "officer")
        sent = list(forged(await token_of(client), await token_of(other)))
        before = await console.counter.ledger.safe_position()
        cookies: Mapping[str, str] = dict(client.cookies)
        for number, (method, path) in enumerate(routes):
            # In `make test` each route is sent one of them, and each of them goes to several.
            one = number % len(sent)
            for what, said in sent if A_TENTH or IN_FULL else sent[one : one + 1]:
                if is_free(path, what):
                    continue
                answer = await client.request(method, path, **said)
                asked += 1
                refused = is_about_forgery(answer) or answer.status_code == 415
                refused |= path in BY_JSON_ALONE and answer.status_code == 422
                refused |= path.startswith("/open311/") and answer.status_code == 403
                if not refused or "set-cookie" in answer.headers:
                    wrong.append(
                        f"{method} {path}, {what}: {answer.status_code} {answer.text[:90]}"
                    )
        assert dict(client.cookies) == cookies
        assert (await client.get("/v1/me")).status_code == 200
        assert await console.counter.ledger.safe_position() == before

    FOUND.append(f"{asked} forged requests to {len(routes)} unsafe routes, {len(wrong)} taken")
    assert len(routes) > 70
    assert wrong == [], "\n".join(wrong[:40])


async def test_what_our_own_pages_send_is_not_taken_for_forged(clock: StandingClock) -> None:
    """Else the walk above would hold of a face that refuses everybody."""
    console = console_over(MemoryLedger(), clock)
    await console.counter.accepted()
    wrong: list[str] = []
    async with doors_of(console), browser(console) as client:
        await sign_in(client)
        token = await token_of(client)
        headers = {"Origin": HOST, "X-CSRF-Token": token}
        for method, path in unsafe(console.app):
            if path.removeprefix(PREFIX) in ENDS_THE_SESSION:
                continue
            answer = await client.request(method, path, headers=headers)
            if is_about_forgery(answer):
                wrong.append(f"{method} {path}")
    assert wrong == []
