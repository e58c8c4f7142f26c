"""Incidents: all issues of one emergency, and the next stage for each of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, ValidationError

from api.describing import PROBLEMS
from desk.desk import Desk
from desk.incidents import Sent, command_id, issues_of, nothing_of, sent_to_each
from domain.access import Act, Horizon
from domain.commands import Submission
from domain.commands_of_modes import EnterStage
from domain.errors import from_validation
from domain.issue import Issue
from domain.model import Code, CommandId, Key, Moment, Text
from domain.phases import Phase, Priority
from domain.view import CommandResult
from face.actors import actor_for
from face.asking import InPerson
from face.dependencies import (
    Caller,
    TheHouse,
    WaitFor,
    ZoneName,
    horizon_in,
    terms_in_force,
    today_in,
)
from face.looked import noted
from face.looking import arrived, reader_for, stands_at
from face.preconditions import IdempotencyKey, id_asked
from ledger.port import IssueRow

router = APIRouter(prefix="/incidents", tags=["incidents"])

IncidentName = Annotated[
    Key, Path(description="What the emergency is called.", examples=["flood-1"])
]


class InIncident(BaseModel):
    """An issue of an emergency."""

    zone: Code
    key: Key
    number: str | None
    enterprise: Code
    phase: Phase
    priority: Priority
    owner: Code
    deadline_at: Moment | None
    stage: Code | None = Field(description="How far the emergency has come in it.")
    ended_at: Moment | None


class Incident(BaseModel):
    """The issues of an emergency that the caller may see."""

    incident: str
    issues: list[InIncident]


class NextStage(InPerson):
    """To which stage each open issue is brought, and why."""

    id: CommandId | None = Field(
        default=None, description="One id for all: sent again under it nothing is done twice."
    )
    stage: Code = Field(examples=["second"])
    reason: Text = Field(examples=["The water rises."])


class Refusal(BaseModel):
    """Why one issue's command was refused."""

    code: str
    message: str
    field: str | None = None
    value: str | None = None
    allowed: str | None = None


class ToldTo(BaseModel):
    """What came of the command to one issue: a result, or why it was refused."""

    zone: Code
    key: Key
    result: CommandResult | None = None
    refusal: Refusal | None = None

    @classmethod
    def of(cls, sent: Sent) -> "ToldTo":
        """Return it as it is told."""
        refusal = None
        if sent.refusal is not None:
            refusal = Refusal.model_validate(sent.refusal.details())
        return cls(zone=sent.issue.zone, key=sent.issue.key, result=sent.result, refusal=refusal)


class StageEntered(Incident):
    """What came of one command to each open issue, and the issues after it."""

    sent: list[ToldTo]


@router.get("/{zone}/{incident}", summary="Issues of an emergency", responses=PROBLEMS(404, 412))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    incident: IncidentName,
    response: Response,
    wait_for: WaitFor = None,
) -> Incident:
    """List the issues of an emergency, open and closed."""
    within = await horizon_in(house.desk, caller, Act.READ_ISSUES, zone)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    await noted(house, caller, "incident", {"zone": zone, "incident": incident}, reached)
    rows = await _rows(desk, within, incident)
    stands_at(response, reached)
    return Incident(incident=incident, issues=[_brief(desk, row) for row in rows])


@router.post(
    "/{zone}/{incident}/stages",
    summary="Bring each open issue of an emergency to its next stage",
    responses=PROBLEMS(404, 428),
)
async def enter_stage(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    incident: IncidentName,
    body: NextStage,
    response: Response,
    id_: IdempotencyKey = None,
) -> StageEntered:
    """Send one command to each open issue in the caller's sight. What is refused is told, and the
    others are done all the same."""
    desk = house.desk
    within = await horizon_in(desk, caller, Act.COMMAND, zone)
    under = id_asked(id_, body.id)
    rows = await _rows(desk, within, incident)
    terms = await terms_in_force(desk, zone)
    actor = actor_for(
        caller,
        terms.handbook,
        today_in(desk, terms),
        post=body.post,
        on_behalf_of=body.on_behalf_of,
    )

    def submission_to(issue: Issue) -> Submission:
        submission = Submission(
            id=command_id(under, issue),
            zone=issue.zone,
            key=issue.key,
            actor=actor,
            command=EnterStage(stage=body.stage, reason=body.reason),
        )
        return house.identity.vouched(submission, caller)

    try:
        sent = [each async for each in sent_to_each(desk, rows, submission_to)]
    except ValidationError as error:
        raise from_validation(error) from error
    after = await _rows(desk, within, incident)
    stands_at(response, await desk.ledger.safe_position())
    return StageEntered(
        incident=incident,
        issues=[_brief(desk, row) for row in after],
        sent=[ToldTo.of(each) for each in sent],
    )


async def _rows(desk: Desk, within: Horizon, incident: str) -> list[IssueRow]:
    """Return the issues of an incident that are in sight. Raises UnknownIssueError for none."""
    rows = await issues_of(desk, incident, within.zone)
    seen = [row for row in rows if within.sees(row.issue)]
    if not seen:
        nothing = nothing_of(incident)
        nothing.stream = rows[0].issue.stream if rows else None
        raise nothing
    return seen


def _brief(desk: Desk, row: IssueRow) -> InIncident:
    view = desk.seer.view(row)
    return InIncident(
        zone=view.zone,
        key=view.key,
        number=view.number,
        enterprise=view.enterprise,
        phase=view.phase,
        priority=view.priority,
        owner=view.owner,
        deadline_at=view.deadline_at,
        stage=None if view.incident is None else view.incident.stage,
        ended_at=None if view.incident is None else view.incident.ended_at,
    )
