"""Reporting an issue: a plain form, and what is alike shown before it is sent."""

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Final
from uuid import uuid4

import structlog
from fastapi import Form, Response
from pydantic import ValidationError

from console.page import PREFIX, Menu, Page
from console.queries.report import (
    Alike,
    alike,
    enterprises,
    judgement,
    kinds,
    may_judge,
)
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act, require_report
from domain.commands import Report, Submission
from domain.errors import (
    InvalidRequestError,
    IssueError,
    UnknownCategoryError,
    from_validation,
)
from domain.issue import stream_name
from domain.model import CommandId
from domain.people import Actor
from domain.phases import Origin
from face.actors import actor_for
from face.looked import noted

log = structlog.get_logger()
router = page_router()

REPORT: Final = Page("report", "/report", frozenset({Act.REPORT}), Menu.WORK)
pages: Final = (REPORT,)

KEY_CHARACTERS: Final = 32
GIVEN_CHARACTERS_MAX: Final = 6000
"""More than any field may have: what is too long is told, and nothing that was typed is lost."""
PLACE_CHARACTERS_MAX: Final = 200
SUGGESTED_MAX: Final = 20

Given = Annotated[str, Form(max_length=GIVEN_CHARACTERS_MAX)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it was typed so far. `id` makes a second sending the same report."""

    id: str
    enterprise: str = ""
    category: str = ""
    title: str = ""
    text: str = ""
    place: str = ""
    post: str = ""


@router.get("/{zone}/report")
async def form(visit: InZone) -> Response:
    """Show the form, empty."""
    visit.within(Act.REPORT)
    return _shown(visit, Draft(uuid4().hex, enterprise=visit.caller.enterprise or ""))


@router.post("/{zone}/report")
async def take(
    visit: InZone,
    command_id: Annotated[CommandId, Form()],
    looked_at: Annotated[list[str], Form(default_factory=list, max_length=SUGGESTED_MAX)],
    same: Annotated[list[str], Form(default_factory=list, max_length=SUGGESTED_MAX)],
    title: Given = "",
    text: Given = "",
    category: Given = "",
    place: Given = "",
    enterprise: Given = "",
    post: Given = "",
) -> Response:
    """Take a report. What is alike is shown first, once; then it is sent."""
    within = visit.within(Act.REPORT)
    of_enterprise = visit.caller.enterprise or enterprise
    draft = Draft(command_id, of_enterprise, category, title, text, place, post)
    if not title.strip() or not text.strip() or not category:
        return _shown(visit, draft, refusal=_missing(draft))
    key = hashlib.sha256(command_id.encode()).hexdigest()[:KEY_CHARACTERS]
    stream = stream_name(visit.zone, key)
    require_report(within, visit.handbook, of_enterprise, "enterprise", stream)
    found = await _alike(visit, draft)
    if any(each.key not in looked_at for each in found):
        known = await visit.house.desk.ledger.issue(stream)
        if known is None:
            return _shown(visit, draft, found=found)
    actor = actor_for(visit.caller, visit.handbook, visit.today, post=post or None)
    try:
        submission = Submission(
            id=command_id, zone=visit.zone, key=key, actor=actor, command=_report(visit, draft)
        )
        await visit.house.desk.carry_out(visit.house.identity.vouched(submission, visit.caller))
    except ValidationError as error:
        return _shown(visit, draft, refusal=from_validation(error), found=found)
    except (InvalidRequestError, UnknownCategoryError) as refusal:
        return _shown(visit, draft, refusal=refusal, found=found)
    await _judge(visit, key, actor, [each for each in found if each.key in looked_at], same)
    return visit.elsewhere(_address(visit, key))


async def _alike(visit: ZoneVisit, draft: Draft) -> list[Alike]:
    seen = visit.within(Act.READ_ISSUES)
    await noted(visit.house, visit.caller, "similar", {"zone": visit.zone})
    return await alike(
        visit.house.desk,
        seen,
        enterprise=draft.enterprise,
        category=draft.category,
        title=draft.title,
        text=draft.text,
    )


def _report(visit: ZoneVisit, draft: Draft) -> Report:
    text = draft.text
    if draft.place.strip():
        text = f"{text.rstrip()}\n{visit.said('report.place_line', place=draft.place.strip())}"
    is_own = visit.caller.enterprise is not None
    return Report(
        enterprise=draft.enterprise,
        category=draft.category,
        title=draft.title,
        text=text,
        origin=Origin.ENTERPRISE if is_own else Origin.VISIT,
    )


async def _judge(
    visit: ZoneVisit, key: str, actor: Actor, found: list[Alike], same: list[str]
) -> None:
    """Record what the reporter said of each suggestion, as far as it is theirs to say."""
    desk = visit.house.desk
    issue = (await desk.row(visit.zone, key)).issue
    if not may_judge(actor, issue, visit.handbook):
        return
    for each in found:
        submission = Submission(
            id=f"judge:{key}:{each.key}",
            zone=visit.zone,
            key=key,
            actor=actor,
            command=judgement(each, same=each.key in same),
        )
        try:
            await desk.carry_out(visit.house.identity.vouched(submission, visit.caller))
        except IssueError as refusal:
            # The report stands; that a suggestion could not be judged is among the refusals.
            log.info("suggestion_not_judged", issue=key, other=each.key, why=str(refusal))


def _shown(
    visit: ZoneVisit,
    draft: Draft,
    *,
    refusal: IssueError | None = None,
    found: list[Alike] | None = None,
) -> Response:
    within = visit.within(Act.REPORT)
    is_own = visit.caller.enterprise is not None
    listed = [] if is_own else enterprises(visit.handbook, within)
    data = {
        "draft": draft if draft.enterprise or not listed else replace(draft, enterprise=""),
        "kinds": [(each.code, visit.name(each.name)) for each in kinds(visit.handbook)],
        "enterprises": [(each.code, visit.name(each.name)) for each in listed],
        "posts": [(each.id, visit.name(each.name)) for each in visit.posts()],
        "is_own": is_own,
        "refusal": refusal,
        "found": found or [],
        "place_max": PLACE_CHARACTERS_MAX,
        "address_of": lambda key: _address(visit, key),
    }
    return visit.show(REPORT, data, status=200 if refusal is None else 422)


def _address(visit: ZoneVisit, key: str) -> str:
    """Return where whoever reported reads on."""
    below = "mine" if visit.caller.enterprise is not None else "issues"
    return f"{PREFIX}/{visit.zone}/{below}/{key}"


def _missing(draft: Draft) -> InvalidRequestError:
    named = {"category": draft.category, "title": draft.title, "text": draft.text}
    field = next(name for name, given in named.items() if not given.strip())
    return InvalidRequestError("Something has to be written here.", field=field)
