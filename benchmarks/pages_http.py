"""The pages of the console over very many issues: the whole answer of the application, in process,
to somebody in a session, without a network between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx2
from pydantic import SecretStr

from api.app import make_app
from benchmarks.pages_ledger import LONG_KEY, Filled
from console.app import add_console
from desk.desk import Desk
from desk.principals import NewUser, add_user
from desk.shelf import Shelf
from face.house import House
from face.identity import open_identity
from ledger.postgres import PostgresLedger
from runtime.settings import Settings

ORIGIN = "https://console.test"
USER, PASSWORD = "supervisor", "benchmarks have no secrets"
SUPERVISOR = "xinghe-p43"
OK = 200


class StandingClock:
    """Says the instant at which the ledger was filled."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant."""
        return self._at


class PageError(Exception):
    """A page was not shown."""


@asynccontextmanager
async def browser(ledger: PostgresLedger, filled: Filled) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a browser in which a supervisor of the zone is signed in."""
    zone = filled.year.zone
    shelf = Shelf(ledger, {zone: filled.year.terms})
    desk = Desk(ledger, shelf, StandingClock(filled.at))
    settings = Settings(rate_per_minute=0, rate_public_per_minute=0)
    await add_user(desk, NewUser(name=USER, person=SUPERVISOR), None, SecretStr(PASSWORD))
    identity = await open_identity(settings, desk)
    app = add_console(make_app(House(desk, settings, identity)))
    transport = httpx2.ASGITransport(app=app)
    try:
        async with httpx2.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}, timeout=60
        ) as client:
            form = {"name": USER, "password": PASSWORD, "next": "/console"}
            answer = await client.post("/console/sign-in", data=form)
            if answer.status_code >= 400:
                raise PageError(f"sign-in: {answer.status_code}")
            yield client
    finally:
        await identity.close()


def pages(zone: str) -> dict[str, str]:
    """Return what is asked for, by the name that it is told under."""
    under = f"/console/{zone}"
    return {
        "page Today": f"{under}/today",
        "page Board": f"{under}/board",
        "page Board, red of a category": f"{under}/board?category=LOG-1&light=red",
        "page Board, as a table": f"{under}/board?as=table",
        "page Issue of 500 events": f"{under}/issues/{LONG_KEY}",
        "page Territory": f"{under}/territory",
        "page People": f"{under}/people",
        "page Enterprises": f"{under}/enterprises",
        "page Enterprise": f"{under}/enterprises/xinghe-optics",
        "page Supervision": f"{under}/supervision",
        "page Handbook": f"{under}/handbook",
        "page Reports": f"{under}/reports",
    }


async def opened(client: httpx2.AsyncClient, name: str, address: str) -> None:
    """Ask for a page. Raises PageError if it is not shown."""
    answer = await client.get(address)
    if answer.status_code != OK:
        raise PageError(f"{name}: {answer.status_code} {answer.text[:500]}")
