"""The HTTP face of a test's own: an application over a desk, and callers to ask it as."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import builders as b
import httpx2
from desks import Counter
from fastapi import FastAPI
from starlette.datastructures import State
from starlette.requests import HTTPConnection

from api.app import make_app
from domain.access import PUBLIC, Acting, Principal, Standing
from domain.vouching import Sent
from face import rates
from face.house import House
from face.problems import UnauthenticatedError
from runtime.settings import Settings

PEOPLE: Mapping[str, Principal] = {
    "officer": Principal(id="user:officer", name="officer", person=b.OFFICER.person),
    "head": Principal(id="user:head", name="head", person=b.HEAD.person),
    "enterprise": Principal(
        id="user:enterprise",
        name="enterprise",
        person=b.ENTERPRISE.person,
        enterprise=b.ENTERPRISE.enterprise,
    ),
    "auditor": Principal(id="user:auditor", name="auditor", standings=(Standing.AUDITOR,)),
    "operator": Principal(id="user:operator", name="operator", standings=(Standing.OPERATOR,)),
    "service": Principal(id="key:service", name="service", standings=(Standing.SERVICE,)),
    "hotline": Principal(
        id="key:hotline",
        name="hotline",
        standings=(Standing.SERVICE,),
        acting=(Acting.OFFICERS, Acting.REPRESENTATIVES),
    ),
}
"""Who may be asked as, in the zone of `builders`."""


PLAIN = Settings(rate_per_minute=0, rate_public_per_minute=0)
_SHARED: list[FastAPI] = []


class NamedIdentity:
    """Takes the name in `Authorization: Test NAME` for who calls."""

    def __init__(self, people: Mapping[str, Principal] = PEOPLE) -> None:
        self.people = dict(people)

    async def caller(self, connection: HTTPConnection) -> Principal:
        """Return the principal of that name."""
        shown = connection.headers.get("authorization")
        if shown is None:
            return PUBLIC
        name = shown.removeprefix("Test ")
        if name not in self.people:
            raise UnauthenticatedError("nobody of that name")
        return self.people[name]

    def vouched(self, submission: Sent, principal: Principal) -> Sent:
        """Return the submission as it is."""
        return submission


def _app_of(house: House) -> FastAPI:
    """Return an application over a house. Building one takes longer than most tests, so that one is
    shared; whoever asks last has it: two faces are not asked at once."""
    if house.settings.codec_origin:
        return make_app(house)
    if not _SHARED:
        _SHARED.append(make_app(house))
    return _SHARED[0]


class Face:
    """An application and the ways to ask it."""

    def __init__(self, counter: Counter, house: House) -> None:
        self.counter = counter
        self.house = house
        self.app = _app_of(house)
        telemetry = self.app.state.telemetry
        self.app.state = self.state = State({"house": house, "telemetry": telemetry})
        rates.install(self.app, house.settings)

    @asynccontextmanager
    async def asked_as(self, name: str | None) -> AsyncIterator[httpx2.AsyncClient]:
        """Yield a client that asks as somebody; None: as nobody."""
        self.app.state = self.state
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {} if name is None else {"Authorization": f"Test {name}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://closeout.test", headers=headers
        ) as client:
            yield client


def face_of(counter: Counter, *, settings: Settings | None = None) -> Face:
    """Return the face over a counter."""
    return Face(counter, House(counter.desk, settings or PLAIN, NamedIdentity()))
