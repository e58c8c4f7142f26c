"""What the holder of a one-time link is asked, or why the link is of no more use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from console.queries.mine import offered
from desk.answer_links import Claims, opened
from desk.desk import Desk
from domain.errors import NotPermittedError, UnknownIssueError
from domain.issue import Issue, Resolution
from domain.model import Name, to_millisecond
from domain.people import Representative
from domain.phases import Phase
from domain.silence import Silence, silence_of

ANSWERS: Final = frozenset({"confirm", "reject"})


class Spent(StrEnum):
    """Why a link is of no more use."""

    USED = "used"
    EXPIRED = "expired"
    OVER = "over"
    """The enterprise's say was had otherwise, or what was proposed is proposed no more."""


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """What is asked by a link. Moments are told in the zone's own time."""

    zone: Name
    time_zone: str
    enterprise: Name | None
    number: str | None
    title: str
    resolution: Resolution
    silence: Silence | None
    expires_at: datetime


async def asked(desk: Desk, secret: SecretStr, token: str, claims: Claims) -> ToAnswer | Spent:
    """Return what the holder of a token is asked now, or why nothing."""
    try:
        _, row = await opened(desk, secret, token)
    except NotPermittedError:
        return await spent(desk, claims)
    except UnknownIssueError:
        return Spent.OVER
    issue, at = row.issue, to_millisecond(desk.clock.now())
    terms = await desk.shelf.version(issue.terms)
    holder = Representative(person=claims.person, enterprise=claims.enterprise, link=claims.link)
    if issue.sign_off is None or not offered(issue, holder, terms, at).issuperset(ANSWERS):
        return Spent.OVER
    current = await desk.shelf.current(claims.zone, at)
    enterprise = current.handbook.enterprises_by_id.get(claims.enterprise)
    return ToAnswer(
        zone=current.handbook.name,
        time_zone=current.calendar.time_zone,
        enterprise=None if enterprise is None else enterprise.name,
        number=issue.number,
        title=issue.title,
        resolution=issue.sign_off.resolution,
        silence=silence_of(issue),
        expires_at=claims.expires_at,
    )


async def spent(desk: Desk, claims: Claims) -> Spent:
    """Return why a link is of no more use."""
    issue = (await desk.row(claims.zone, claims.key)).issue
    if _is_used(issue, claims):
        return Spent.USED
    is_asked = issue.phase is Phase.SIGN_OFF and issue.sign_off is not None
    if not is_asked or issue.sign_off is None or issue.sign_off.round != claims.round:
        return Spent.OVER
    return Spent.EXPIRED if desk.clock.now() >= claims.expires_at else Spent.OVER


def _is_used(issue: Issue, claims: Claims) -> bool:
    links = () if issue.sign_off is None else issue.sign_off.links
    return any(link.id == claims.link and link.used for link in links)
