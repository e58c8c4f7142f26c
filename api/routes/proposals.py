"""Handbooks laid out for publication, and approved by a second person: the rules of a zone change
in two steps, by two people who each came through the door themselves."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.describing import PROBLEMS
from desk.handbooks import Foreseen, handbook_name
from desk.proposals import Laid, Proposals, Stage
from domain.access import Act
from domain.handbook_diff import Difference, differences
from domain.model import Code, Moment, Text
from domain.people import named
from face.asking import InPerson
from face.dependencies import Caller, TheHouse, ZoneName, horizon_in, terms_in_force
from face.stating import officer_for, one_at_a_time
from handbooks.posted import BYTES_MAX

router = APIRouter(prefix="/handbooks", tags=["handbooks"])

BY_COMMAND: Final = "closeout handbook publish"

ProposalId = Annotated[
    Code, Path(description="The proposal, by its id.", examples=["0123456789abcdef"])
]


class NewProposal(InPerson):
    """A handbook that is to come into force, and why."""

    text: str = Field(
        min_length=1,
        max_length=BYTES_MAX,
        description="All of the zone's own tables in one TOML text; what all zones begin with is "
        "laid below them.",
        examples=['revision = 2\n\n[name]\nzh = "星河"\nen = "Xinghe"\n'],
    )
    reason: Text = Field(description="Why; it stands in the publication for good.")


class NewApproval(InPerson):
    """That another person has looked at a proposal and wants it in force."""

    handbook: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="The hash of the handbook that was looked at."
    )


class ProposalTold(BaseModel):
    """Who wants which handbook in force, and how that stands."""

    proposal: Code
    zone: Code
    stage: Stage
    revision: int
    handbook: str = Field(description="Its hash: an approval names it.")
    previous: str | None = Field(description="The handbook that it was laid over.")
    author: str
    reason: str
    at: Moment

    @classmethod
    def of(cls, laid: Laid) -> "ProposalTold":
        """Return it as it is told."""
        known = laid.proposal
        return cls(
            proposal=known.id,
            zone=known.zone,
            stage=laid.stage,
            revision=known.revision,
            handbook=known.handbook,
            previous=known.previous,
            author=named(known.author),
            reason=known.reason,
            at=known.at,
        )


class ProposalsTold(BaseModel):
    """The newest proposals of a zone, newest first."""

    proposals: list[ProposalTold]


class PostChanges(BaseModel):
    """A post with other people: who is in it today by each handbook, and what it owns."""

    post: Code
    before: list[Code]
    after: list[Code]
    open_issues: int


class ProposalWhole(ProposalTold):
    """A proposal with all that it would change."""

    differences: list[Difference]
    posts: list[PostChanges]
    new_calendars: list[Code]
    open_elsewhere: int = Field(
        description="So many open issues stay on another handbook until a plan moves them."
    )


class Approved(BaseModel):
    """A handbook that is in force by two people."""

    version: str = Field(examples=["handbook-3"])
    handbook: str
    revision: int
    author: str
    approver: str
    reason: str
    at: Moment


@router.get("/{zone}/proposals", summary="Handbooks laid out", responses=PROBLEMS(404))
async def proposals(house: TheHouse, caller: Caller, zone: ZoneName) -> ProposalsTold:
    """List the handbooks that were laid out for publication, and how each stands."""
    await horizon_in(house.desk, caller, Act.PUBLISH_RULES, zone)
    found = await Proposals(house.desk).of_zone(zone)
    return ProposalsTold(proposals=[ProposalTold.of(each) for each in found])


@router.post(
    "/{zone}/proposals",
    status_code=201,
    summary="Lay out a handbook",
    responses=PROBLEMS(404, 409, 413, 422, 429),
)
async def propose(
    house: TheHouse, caller: Caller, zone: ZoneName, body: NewProposal, response: Response
) -> ProposalWhole:
    """Judge a handbook as its publication would, and lay it before everybody who may approve it.
    Nothing is in force by that."""
    await horizon_in(house.desk, caller, Act.PUBLISH_RULES, zone)
    terms = await terms_in_force(house.desk, zone)
    officer = officer_for(house, caller, terms, post=body.post, on_behalf_of=body.on_behalf_of)
    desk = Proposals(house.desk)
    async with one_at_a_time(BY_COMMAND):
        proposal, foreseen = await desk.propose(zone, body.text, officer, body.reason)
    response.headers["Location"] = f"/v1/handbooks/{zone}/proposals/{proposal.id}"
    return _whole(await desk.standing(proposal), foreseen)


@router.get(
    "/{zone}/proposals/{proposal}",
    summary="What a proposal would change",
    responses=PROBLEMS(404, 422, 429),
)
async def proposed(
    house: TheHouse, caller: Caller, zone: ZoneName, proposal: ProposalId
) -> ProposalWhole:
    """Show a proposal with its differences from what is in force, judged again."""
    await horizon_in(house.desk, caller, Act.PUBLISH_RULES, zone)
    desk = Proposals(house.desk)
    known = await desk.find(zone, proposal)
    laid = await desk.standing(known)
    foreseen = None
    if laid.stage is Stage.OPEN:
        async with one_at_a_time(BY_COMMAND):
            foreseen = await desk.foresee(known)
    return _whole(laid, foreseen)


@router.post(
    "/{zone}/proposals/{proposal}/approval",
    status_code=201,
    summary="Approve a handbook",
    responses=PROBLEMS(404, 409, 422, 429),
)
async def approve(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    proposal: ProposalId,
    body: NewApproval,
    response: Response,
) -> Approved:
    """Bring a proposal of somebody else's into force for all that is reported from now on. Open
    issues stay on their terms: `closeout adopt` moves them."""
    await horizon_in(house.desk, caller, Act.PUBLISH_RULES, zone)
    terms = await terms_in_force(house.desk, zone)
    officer = officer_for(house, caller, terms, post=body.post, on_behalf_of=body.on_behalf_of)
    desk = Proposals(house.desk)
    known = await desk.find(zone, proposal)
    async with one_at_a_time(BY_COMMAND):
        row, _ = await desk.approve(known, body.handbook, officer)
    response.headers["Location"] = f"/v1/handbooks/{zone}/versions/{handbook_name(row)}"
    return Approved(
        version=handbook_name(row),
        handbook=row.hash,
        revision=known.revision,
        author=row.author,
        approver=row.approver,
        reason=row.reason,
        at=row.at,
    )


def _whole(laid: Laid, foreseen: Foreseen | None) -> ProposalWhole:
    told = ProposalTold.of(laid).model_dump()
    if foreseen is None:
        return ProposalWhole(**told, differences=[], posts=[], new_calendars=[], open_elsewhere=0)
    present, book = foreseen.present, foreseen.terms.handbook
    return ProposalWhole(
        **told,
        differences=[] if present is None else list(differences(present.terms.handbook, book)),
        posts=[PostChanges.model_validate(each, from_attributes=True) for each in foreseen.posts],
        new_calendars=[each.id for each in foreseen.calendars],
        open_elsewhere=foreseen.open_elsewhere,
    )
