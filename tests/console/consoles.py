"""A console of a test's own: the application with its pages, and people to open them as."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import builders as b
import httpx2
from desks import Counter, StandingClock
from faces import PEOPLE, PLAIN, NamedIdentity
from fastapi import FastAPI
from seats import SEATS
from starlette.datastructures import State

from api.app import make_app
from console.app import add_console
from domain.terms import Terms
from face import rates
from face.house import House
from ledger.port import Ledger

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_SHARED: list[FastAPI] = []


class Console:
    """The application and the ways to open its pages. Building one takes long: it is shared."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.house = House(counter.desk, PLAIN, NamedIdentity(PEOPLE | SEATS))
        if not _SHARED:
            _SHARED.append(add_console(make_app(self.house)))
        self.app = _SHARED[0]
        telemetry = self.app.state.telemetry
        self.state = State({"house": self.house, "telemetry": telemetry})
        self.app.state = self.state
        rates.install(self.app, self.house.settings)

    @asynccontextmanager
    async def opened_as(
        self, name: str | None, *, language: str = "en"
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """Yield a browser of somebody; None: of nobody. It follows no redirect."""
        self.app.state = self.state
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {"Accept-Language": language}
        if name is not None:
            headers["Authorization"] = f"Test {name}"
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://closeout.test", headers=headers
        ) as client:
            yield client

    async def page(self, name: str, path: str, *, language: str = "en") -> str:
        """Return a page that somebody is shown, whole and well-formed."""
        async with self.opened_as(name, language=language) as browser:
            answer = await browser.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.text[-2000:])
        require_well_formed(answer.text)
        return answer.text


def console_over(
    ledger: Ledger, clock: StandingClock | None = None, terms: Terms = b.TERMS
) -> Console:
    """Return a console over a ledger and a zone with these terms."""
    return Console(Counter(ledger, clock or StandingClock(), terms=terms))


def require_well_formed(text: str) -> None:
    """Raise if elements of a page are not closed in order."""
    reader = _Nesting()
    reader.feed(text)
    reader.close()
    assert reader.open == [], reader.open


class _Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        assert not any(name.startswith("on") or name == "style" for name in names), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag, (tag, self.open[-3:])
