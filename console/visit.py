"""A visit: who asks for a page, in which zone, language and look, and how it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from console import templating
from console.menus import menu_of
from console.page import PREFIX, Page
from console.statics import static_address
from console.texts import said
from desk.desk import Desk
from domain.access import ACCESS, PUBLIC, Act, Horizon, Principal, horizon, posts_stood_in
from domain.days import zone_of
from domain.errors import NotPermittedError
from domain.handbook import Handbook, Post
from domain.model import Name
from domain.terms import Terms
from face.dependencies import (
    Caller,
    InLanguage,
    TheHouse,
    ZoneName,
    terms_in_force,
    the_caller,
    today_in,
)
from face.house import House
from face.looking import reader_for
from face.problems import UnauthenticatedError
from face.sessions import session_of
from face.translated import aside_in
from face.words import Language
from runtime.passwords import csrf_token

THEME_COOKIE: Final = "closeout-theme"
THEMES: Final = ("auto", "light", "dark")
HTMX: Final = "HX-Request"
BOOSTED: Final = "HX-Boosted"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
IN_ADDRESS: Final = ":/%#?=@[]!$&'()*+,;"
"""What stands in an address as it is; all else is written in ASCII, as a header must be."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Vary": "HX-Request, Cookie, Accept-Language",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page by somebody who is signed in, or by nobody where a page takes that."""

    request: Request
    house: House
    caller: Principal
    language: Language
    at: datetime

    @property
    def csrf(self) -> str:
        """Return what every form of this session carries as `csrf_token`."""
        session = session_of(self.request)
        return "" if session is None else csrf_token(session.id)

    @property
    def theme(self) -> str:
        """Return the look that was chosen."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else THEMES[0]

    @property
    def is_refresh(self) -> bool:
        """Return whether a part of the page asks for itself again."""
        headers = self.request.headers
        return headers.get(HTMX) == "true" and headers.get(BOOSTED) != "true"

    @property
    def desk(self) -> Desk:
        """Return the desk that this visitor's reads are answered from; it may write nothing."""
        return reader_for(self.house, self.caller)

    def said(self, name: str, **values: object) -> str:
        """Return a text in the visitor's language."""
        return said(name, self.language, **values)

    def name(self, name: Name) -> str:
        """Return a name in the visitor's language."""
        return templating.of(name, self.language)

    def show(
        self,
        page: Page | str,
        data: Mapping[str, Any],
        *,
        status: int = 200,
        block: str | None = None,
    ) -> Response:
        """Return a page, or of a refresh its `main` block; `block` names another one."""
        template = page if isinstance(page, str) else page.template
        alone = block or (templating.MAIN if self.is_refresh else None)
        text = templating.rendered(template, self._context(page) | dict(data), block=alone)
        return HTMLResponse(
            text, status_code=status, headers=HEADERS | {"Content-Language": self.language}
        )

    def elsewhere(self, address: str) -> Response:
        """Return the answer that sends the browser on, after a form was taken."""
        if self.is_refresh:
            header = quote(address, safe=IN_ADDRESS)
            return Response(status_code=204, headers={"HX-Redirect": header})
        return RedirectResponse(address, status_code=303)

    def _context(self, page: Page | str) -> dict[str, Any]:
        return {
            "visit": self,
            "page": page if isinstance(page, Page) else None,
            "t": self.said,
            "name": self.name,
            "aside": lambda text: aside_in(text, self.language),
            "length": lambda ms: templating.length(ms, self.language),
            "static": static_address,
            "prefix": PREFIX,
            "language": self.language,
            "theme": self.theme,
            "csrf": self.csrf,
            "here": self.request.url.path,
            "signed_in": self.caller.id != PUBLIC.id,
            "zone": None,
            "menu": [],
        }


@dataclass(frozen=True, slots=True)
class ZoneVisit(Visit):
    """A visit to a zone: the terms in force there and its local day."""

    terms: Terms
    today: date
    place: int
    """The ledger's safe position before anything of the page was read: its news begin behind it."""

    @property
    def zone(self) -> str:
        """Return the zone's code."""
        return self.terms.handbook.zone

    @property
    def handbook(self) -> Handbook:
        """Return the handbook in force."""
        return self.terms.handbook

    @property
    def time_zone(self) -> str:
        """Return whose time is shown."""
        return self.terms.calendar.time_zone

    def may(self, act: Act) -> bool:
        """Return whether the visitor may ask an act here."""
        return not horizon(self.caller, act, self.handbook, self.today).is_empty

    def opens(self, page: Page) -> bool:
        """Return whether the visitor may open a page."""
        if page.of_enterprises and self.caller.enterprise not in self.handbook.enterprises_by_id:
            return False
        return not page.acts or any(map(self.may, page.acts))

    def within(self, *acts: Act) -> Horizon:
        """Return how far the first of some acts reaches that the visitor may ask here. Raises
        NotPermittedError."""
        for act in acts:
            found = horizon(self.caller, act, self.handbook, self.today)
            if not found.is_empty:
                return found
        raise NotPermittedError(
            "You may not do this here.",
            field="act",
            value=acts[0].value,
            allowed=sorted(ACCESS[acts[0]]),
        )

    def posts(self) -> tuple[Post, ...]:
        """Return the posts that the visitor holds here today, or is a deputy in."""
        return posts_stood_in(self.caller, self.handbook, self.today)

    def local(self, at: datetime) -> str:
        """Return an instant as the zone's clocks show it."""
        return templating.local(at, self.time_zone)

    def local_day(self, at: datetime) -> date:
        """Return the zone's day of an instant."""
        return at.astimezone(zone_of(self.time_zone)).date()

    def _context(self, page: Page | str) -> dict[str, Any]:
        # A dataclass with slots has no closure for a bare super().
        return Visit._context(self, page) | {
            "zone": self.zone,
            "local": self.local,
            "menu": menu_of(self, page if isinstance(page, Page) else None),
        }


async def visit_of(
    request: Request, house: TheHouse, caller: Caller, language: InLanguage
) -> Visit:
    """Return the visit of somebody who is signed in. Raises UnauthenticatedError."""
    if caller.id == PUBLIC.id:
        raise UnauthenticatedError("Sign in.")
    return Visit(request, house, caller, language, house.desk.clock.now())


async def caller_or_nobody(request: Request, house: TheHouse) -> Principal:
    """Return who calls. Whose session is over is nobody where nobody is let in: they sign in again.
    Raises UnauthenticatedError for a key or a token that is no good, TooManyRequestsError."""
    try:
        return await the_caller(request, house)
    except UnauthenticatedError:
        if "authorization" in request.headers:
            raise
        return PUBLIC


async def open_visit_of(
    request: Request,
    house: TheHouse,
    caller: Annotated[Principal, Depends(caller_or_nobody)],
    language: InLanguage,
) -> Visit:
    """Return the visit of anybody."""
    return Visit(request, house, caller, language, house.desk.clock.now())


async def zone_visit_of(visit: "Visiting", zone: ZoneName) -> ZoneVisit:
    """Return a visit to a zone. Raises UnknownZoneError, and NotPermittedError where the visitor
    was not let in."""
    terms = await terms_in_force(visit.house.desk, zone)
    if not visit.caller.is_in(zone):
        raise NotPermittedError("You were not let into this zone.", field="zone", value=zone)
    return ZoneVisit(
        visit.request,
        visit.house,
        visit.caller,
        visit.language,
        visit.at,
        terms,
        today_in(visit.house.desk, terms),
        await visit.desk.ledger.safe_position(),
    )


Visiting = Annotated[Visit, Depends(visit_of)]
AnyVisit = Annotated[Visit, Depends(open_visit_of)]
InZone = Annotated[ZoneVisit, Depends(zone_visit_of)]
