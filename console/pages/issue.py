"""One issue closely: where it stands and why, what happened, whose time it was, what to do now."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Form, Query, Response

from console.offers import FIRST, GRAVE, GROUPS
from console.offers_actors import ACTING_CHARACTERS_MAX, NOTHING, offered_to
from console.offers_choices import enum_text
from console.page import PREFIX, Page
from console.pages.issue_drawing import drawing_of, shares_of
from console.queries.issue import (
    IssuePage,
    facts_page,
    issue_page,
    position_of_version,
)
from console.queries.issue_timeline import actor_of, title_of
from console.queries.matters import matters_about
from console.queries.matters_seen import sight_of
from console.queries.naming import Naming
from console.routing import page_router
from console.texts import has
from console.visit import InZone, ZoneVisit
from desk.sealing import personal_texts
from domain.access import Act
from domain.access import horizon as horizon_of
from domain.duration_text import written_duration
from domain.elsewhere import ELSEWHERE
from domain.errors import InvalidRequestError
from domain.issue import Issue
from domain.model import Name
from domain.permissions import verifying_tier
from domain.responsibility import Holder, HolderKind
from face.actors import actor_for
from face.dependencies import IssueKey, seen_row
from face.looked import noted
from face.looking import POSITION_DIGITS_MAX, Travel, look_at
from ledger.postgres import PostgresLedger

router = page_router()

ISSUE: Final = Page("issue", "/issues/{key}", frozenset({Act.READ_ISSUES}))
pages: Final = (ISSUE,)

VERSION_MAX: Final = 2**31 - 1

Version = Annotated[int, Query(ge=1, le=VERSION_MAX)]
Acting = Annotated[str, Query(alias="acting", max_length=ACTING_CHARACTERS_MAX)]


@router.get("/{zone}/issues/{key}")
async def issue(
    visit: InZone,
    key: IssueKey,
    as_of: Annotated[str | None, Query(pattern="^[0-9]+$", max_length=POSITION_DIGITS_MAX)] = None,
    stop: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
    before: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
    acting: Acting = "",
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show an issue as it stands, or as it stood at a position of the ledger; `stop` names that
    position by one of the issue's own events."""
    if stop is not None:
        return await _to_stop(visit, key, stop)
    travel = Travel(as_of=as_of)
    look = await look_at(
        visit.house, visit.caller, Act.READ_ISSUES, visit.zone, key, travel, "issue"
    )
    page = await issue_page(look, before=before, with_orders=visit.may(Act.READ_ORDERS))
    offered = NOTHING
    if look.sight is None and page.issue.zone == visit.zone:
        offered = offered_to(visit, look.whole.issue, page.terms, page.at, acting)
    shown = _shown(visit, page) | {
        "page_of": page,
        "matters": await matters_about(
            visit.desk, visit.handbook, sight_of(visit), page.at, issue=key
        ),
        "is_past": look.sight is not None,
        "as_of": as_of,
        "offered": offered,
        "personal": None,
        "notice": _done(visit, done),
    }
    return visit.show(ISSUE, shown)


@router.get("/{zone}/issues/{key}/facts")
async def facts(visit: InZone, key: IssueKey, before: Version) -> Response:
    """Show the facts before one of them, for a page that is open; else the page from there on."""
    row = await seen_row(visit.desk, visit.caller, Act.READ_ISSUES, visit.zone, key)
    if not visit.is_refresh:
        return visit.elsewhere(f"{_address(visit, key)}?before={before}#timeline")
    asked = {"zone": visit.zone, "key": key, "before": before}
    await noted(visit.house, visit.caller, "timeline", asked)
    found, earlier = await facts_page(visit.desk, visit.caller, row.issue, before)
    shown = {"facts": found, "earlier": earlier, "address": _address(visit, key)}
    return visit.show("pages/issue_facts.html", shown, block="facts")


@router.get("/{zone}/issues/{key}/moved")
async def moved(visit: InZone, key: IssueKey, version: Version) -> Response:
    """Say whether an issue has moved on since it was shown: for a page that is open."""
    row = await seen_row(visit.desk, visit.caller, Act.READ_ISSUES, visit.zone, key)
    await noted(visit.house, visit.caller, "issue", {"zone": visit.zone, "key": key})
    shown = {"new": max(0, row.issue.version - version), "address": _address(visit, key)}
    return visit.show("pages/issue_facts.html", shown, block="moved")


@router.post("/{zone}/issues/{key}/personal")
async def personal(
    visit: InZone,
    key: IssueKey,
    acting: Annotated[str, Form(max_length=ACTING_CHARACTERS_MAX)] = "",
) -> Response:
    """Open what an issue says of persons. That it was read is recorded before."""
    row = await seen_row(visit.house.desk, visit.caller, Act.READ_PERSONAL, visit.zone, key)
    post, _, principal = acting.partition("~")
    reader = actor_for(
        visit.caller,
        visit.handbook,
        visit.today,
        post=post or _only_post(visit),
        on_behalf_of=principal or None,
    )
    texts = await personal_texts(visit.house.desk, row, reader)
    shown = {
        "texts": [(each, title_of(each.kind)) for each in texts],
        "issue": row.issue,
        "address": _address(visit, key),
    }
    answer = visit.show("pages/issue_personal.html", shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _only_post(visit: ZoneVisit) -> str | None:
    """Of several posts the first: whichever it is, the reader is named."""
    held = visit.posts()
    return held[0].id if held and visit.caller.enterprise is None else None


async def _to_stop(visit: ZoneVisit, key: str, version: int) -> Response:
    row = await seen_row(visit.desk, visit.caller, Act.READ_ISSUES, visit.zone, key)
    position = await position_of_version(visit.desk, row.issue, version)
    if position is None:
        raise InvalidRequestError(
            "The issue has no such event.",
            field="stop",
            value=version,
            allowed=f"1 to {row.issue.version}",
        )
    return visit.elsewhere(f"{_address(visit, key)}?as_of={position}")


def _address(visit: ZoneVisit, key: str) -> str:
    return f"{PREFIX}/{visit.zone}/issues/{key}"


def _done(visit: ZoneVisit, kind: str) -> str | None:
    if kind not in GROUPS:
        return None
    return visit.said("issue_form.done", what=visit.said(f"issue_command.{kind}"))


def _shown(visit: ZoneVisit, page: IssuePage) -> dict[str, object]:
    """Return what the page's template asks with beside what it tells."""
    issue, handbook = page.issue, page.terms.handbook
    naming = Naming(handbook)

    def holder(each: Holder) -> str:
        return visit.name(holder_name(each, naming, visit))

    def value(each: object) -> str:
        text = enum_text(each)  # type: ignore[arg-type]  # templates give enumerations
        return visit.said(text) if has(text) else str(each)

    return {
        "issue": issue,
        "elsewhere": ELSEWHERE,
        "naming": naming,
        "address": _address(visit, issue.key),
        "drawings": {each.id: drawing_of(each) for each in page.clocks.present},
        "shares": shares_of(page.held.totals),
        "holder": holder,
        "value": value,
        "written": written_duration,
        "actor": lambda each: actor_of(each, handbook),
        "event_title": title_of,
        "addressee": lambda id_: visit.name(addressee_name(id_, naming)),
        "local": lambda at: visit.local(at) if isinstance(at, datetime) else "",
        "first": FIRST,
        "grave": GRAVE,
        "verifying_tier": verifying_tier(issue, handbook),
        "may_read_personal": _sees(visit, Act.READ_PERSONAL, issue),
        "may_download": _sees(visit, Act.READ_EVIDENCE, issue)
        and not page.names_others
        and visit.house.settings.log_key is not None
        and isinstance(visit.house.desk.ledger, PostgresLedger),
        "may_see_enterprise": visit.may(Act.READ_BOARD),
        "slider": [
            f"{each.version} · {visit.local(each.at)} · {visit.name(each.title)}"
            for each in page.stops
        ],
    }


def _sees(visit: ZoneVisit, act: Act, issue: Issue) -> bool:
    return horizon_of(visit.caller, act, visit.handbook, visit.today).sees(issue)


def holder_name(holder: Holder, naming: Naming, visit: ZoneVisit) -> Name:
    """Return what whoever has the time is called."""
    match holder.kind:
        case HolderKind.UNIT | HolderKind.EXTERNAL:
            return naming.unit(holder.id)
        case HolderKind.POST | HolderKind.ARBITER:
            return naming.post(holder.id)
        case HolderKind.REPORTER:
            return naming.enterprise(holder.id)
        case HolderKind.CALENDAR | HolderKind.PLATFORM | HolderKind.PARKED:
            text = visit.said(enum_text(holder.kind))
            return Name(zh=text, en=text)


def addressee_name(id_: str, naming: Naming) -> Name:
    """Return what a post or an enterprise that was told something is called."""
    is_post = id_ in naming.handbook.posts_by_id
    return naming.post(id_) if is_post else naming.enterprise(id_)
