"""Handbooks are laid out for publication by one person, and approved by another."""

from typing import Annotated, Final, Literal

from fastapi import Form, Path, Response
from pydantic import BaseModel, Field

from console.asked import MaybeCode
from console.page import Page
from console.pages.handbook import HANDBOOK
from console.queries import handbook_proposals as query
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.proposals import Proposals, Stage
from domain.access import Act
from domain.model import Code, Text
from face.looked import noted
from face.stating import officer_for, one_at_a_time

PUBLISHES: Final = frozenset({Act.PUBLISH_RULES})
PROPOSALS: Final = Page("handbook_proposals", "/handbook/proposals", PUBLISHES)
PROPOSAL: Final = Page("handbook_proposal", "/handbook/proposals/{id}", PUBLISHES)
pages: tuple[Page, ...] = (PROPOSALS, PROPOSAL)
router = page_router()

FORM_KB_MAX: Final = 200
BY_COMMAND: Final = "closeout handbook publish"
Id = Annotated[Code, Path()]


class Proposed(BaseModel):
    """The form by which a handbook is laid out."""

    text: Annotated[str, Field(min_length=1, max_length=FORM_KB_MAX * 1024)]
    reason: Text
    post: MaybeCode = None


class Approval(BaseModel):
    """The form by which another person approves it; the box has to be ticked."""

    handbook: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    confirmed: Literal["true"]
    post: MaybeCode = None


@router.get("/{zone}/handbook/proposals")
async def listed(visit: InZone) -> Response:
    """Show what was laid out, how each stands, and the form for another."""
    visit.within(Act.PUBLISH_RULES)
    await noted(visit.house, visit.caller, "handbook", {"zone": visit.zone, "of": "proposals"})
    data = {
        "laid": await Proposals(visit.desk).of_zone(visit.zone),
        "posts": _posts(visit),
        "kb_max": FORM_KB_MAX,
        "root": HANDBOOK.address(visit.zone),
    }
    return visit.show(PROPOSALS, data)


@router.post("/{zone}/handbook/proposals")
async def propose(visit: InZone, form: Annotated[Proposed, Form()]) -> Response:
    """Judge a handbook as its publication would, and lay it before who may approve it."""
    visit.within(Act.PUBLISH_RULES)
    officer = officer_for(visit.house, visit.caller, visit.terms, post=form.post)
    async with one_at_a_time(BY_COMMAND):
        proposal, _ = await Proposals(visit.house.desk).propose(
            visit.zone, form.text, officer, form.reason
        )
    return visit.elsewhere(f"{PROPOSALS.address(visit.zone)}/{proposal.id}")


@router.get("/{zone}/handbook/proposals/{id}")
async def one(visit: InZone, id: Id) -> Response:
    """Show a proposal with all that it would change, and to another person the form to approve."""
    visit.within(Act.PUBLISH_RULES)
    await noted(visit.house, visit.caller, "handbook", {"zone": visit.zone, "proposal": id})
    desk = Proposals(visit.desk)
    known = await desk.find(visit.zone, id)
    laid, foreseen = await desk.standing(known), None
    if laid.stage is Stage.OPEN:
        async with one_at_a_time(BY_COMMAND):
            foreseen = await desk.foresee(known)
    changes = None if foreseen is None else query.changes(foreseen, visit.language)
    data = {
        "laid": laid,
        "foreseen": foreseen,
        "changes": changes,
        "is_own": known.author.person == visit.caller.person,
        "posts": _posts(visit),
        "naming": Naming(visit.handbook),
        "root": HANDBOOK.address(visit.zone),
    }
    return visit.show(PROPOSAL, data)


@router.post("/{zone}/handbook/proposals/{id}")
async def approve(visit: InZone, id: Id, form: Annotated[Approval, Form()]) -> Response:
    """Bring a proposal of somebody else's into force, and show the handbook."""
    visit.within(Act.PUBLISH_RULES)
    officer = officer_for(visit.house, visit.caller, visit.terms, post=form.post)
    desk = Proposals(visit.house.desk)
    known = await desk.find(visit.zone, id)
    async with one_at_a_time(BY_COMMAND):
        await desk.approve(known, form.handbook, officer)
    return visit.elsewhere(HANDBOOK.address(visit.zone))


def _posts(visit: ZoneVisit) -> list[tuple[str, str]]:
    """Return the visitor's posts that may publish rules, by name."""
    able = query.publishing_posts(visit.posts(), visit.handbook)
    return [(each.id, visit.name(each.name)) for each in able]
