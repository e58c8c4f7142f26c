"""Sign-offs: one-time links for the enterprise's answer, the answer itself, how sign-offs ended."""

from datetime import date
from typing import Annotated, Final, Self

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError, model_validator

from api.describing import PROBLEMS
from audit.sign_offs import DEFINITIONS, SIGNED, SignOffs, Tally, sign_offs
from desk.answer_links import TOKEN_CHARACTERS_MAX, answer, issue_link, opened
from domain.access import Act
from domain.commands import Submission
from domain.commands_of_rounds import IssueAnswerLink
from domain.errors import InvalidRequestError, from_validation
from domain.issue import Resolution
from domain.model import Code, CommandId, Frozen, Key, Moment, Text
from domain.phases import SignOffOutcome
from domain.view import CommandResult
from face.actors import actor_for
from face.asking import Day, InPerson, not_there
from face.dependencies import (
    Caller,
    IssueKey,
    TheHouse,
    ZoneName,
    horizon_in,
    seen_row,
    terms_in_force,
    today_in,
)
from face.link_holders import links_secret, require_our_link
from face.looked import noted
from face.looking import reader_for, stands_at
from face.preconditions import IdempotencyKey, id_asked

router = APIRouter(tags=["sign-offs"])

SATISFACTION_MIN: Final = 1
SATISFACTION_MAX: Final = 5

Token = Annotated[str, Field(min_length=1, max_length=TOKEN_CHARACTERS_MAX)]


class NewLink(InPerson):
    """For whom a one-time link is made."""

    id: CommandId | None = Field(default=None, description="The command's id.")
    person: Code = Field(
        description="The person of the enterprise who may answer by it.", examples=["mill.a"]
    )


class LinkMade(BaseModel):
    """A one-time link. Its token is told here and kept nowhere; asked for again under one id it is
    the same."""

    link: Code
    round: int
    person: Code
    expires_at: Moment
    token: str = Field(examples=["cl1.eyJ….c2ln"])
    result: CommandResult


class ToAnswer(BaseModel):
    """What the holder of a link is asked: whether this resolves what their enterprise reported."""

    zone: Code
    key: Key
    number: str | None
    title: str
    enterprise: Code
    person: Code
    round: int
    expires_at: Moment
    resolution: Resolution
    on_silence: SignOffOutcome | None = Field(description="What saying nothing will mean.")
    silent_at: Moment | None


class Said(Frozen):
    """The enterprise's answer. A refusal says why."""

    token: Token = Field(description="The link's token, as it was sent.", examples=["cl1.…"])
    accept: bool = Field(description="Whether the enterprise agrees.", examples=[True])
    note: Text | None = Field(
        default=None, description="A word with an agreement, or why it is refused."
    )
    satisfaction: Annotated[int, Field(ge=SATISFACTION_MIN, le=SATISFACTION_MAX)] | None = Field(
        default=None, description="How content the enterprise is, 1 to 5."
    )

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not self.accept and self.note is None:
            raise ValueError("a refusal says why: note")
        return self


class OutcomeCount(BaseModel):
    """How many sign-offs ended so, of how many."""

    outcome: SignOffOutcome
    count: int
    of: int
    percent: float | None


class Inspected(BaseModel):
    """How many an inspection ended, counted apart."""

    count: int
    of: int


class TallyTold(BaseModel):
    """The outcomes of one way of counting. A share of nothing is null."""

    outcomes: list[OutcomeCount]
    of: int
    inspected: Inspected

    @classmethod
    def of_tally(cls, tally: Tally) -> "TallyTold":
        """Return it as it is told."""
        counts = tally.counts
        return cls(
            outcomes=[
                OutcomeCount(
                    outcome=each,
                    count=counts[each],
                    of=tally.of,
                    percent=round(100 * counts[each] / tally.of, 1) if tally.of else None,
                )
                for each in SIGNED
            ],
            of=tally.of,
            inspected=Inspected(count=tally.inspected, of=tally.of + tally.inspected),
        )


class Satisfaction(BaseModel):
    """The mean of the figures that enterprises gave, and how many gave which."""

    mean: float | None
    n: int
    of_answers: int
    figures: dict[str, int]


class SignOffsTold(BaseModel):
    """How sign-offs ended: each outcome by itself, with what it is a share of."""

    zone: Code
    from_on: date | None
    to_on: date | None
    streams: int
    close_outs: TallyTold
    cycles: TallyTold
    issues: TallyTold
    by_review: int
    rejections: int
    answers: int
    by_link: int
    satisfaction: Satisfaction
    definitions: dict[str, str]


@router.post(
    "/issues/{zone}/{key}/answer-links",
    status_code=201,
    summary="Make a one-time link for the enterprise's answer",
    responses=PROBLEMS(404, 409, 428),
)
async def make_link(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    body: NewLink,
    response: Response,
    id_: IdempotencyKey = None,
) -> LinkMade:
    """Make a one-time link by which a person of the enterprise answers the resolution."""
    desk = house.desk
    await seen_row(desk, caller, Act.COMMAND, zone, key)
    secret = links_secret(house)
    terms = await terms_in_force(desk, zone)
    actor = actor_for(
        caller,
        terms.handbook,
        today_in(desk, terms),
        post=body.post,
        on_behalf_of=body.on_behalf_of,
    )
    try:
        submission = Submission(
            id=id_asked(id_, body.id),
            zone=zone,
            key=key,
            actor=actor,
            command=IssueAnswerLink(person=body.person),
        )
    except ValidationError as error:
        raise from_validation(error) from error
    made = await issue_link(desk, secret, house.identity.vouched(submission, caller))
    if made.result.repeated:
        response.status_code = 200
    stands_at(response, await desk.ledger.safe_position())
    return LinkMade(
        link=made.event.link,
        round=made.event.round,
        person=made.event.person,
        expires_at=made.event.expires_at,
        token=made.token,
        result=made.result,
    )


@router.get(
    "/answers", summary="What a one-time link asks", responses=PROBLEMS(401, 403, 404, 422, 429)
)
async def asked_by_link(
    house: TheHouse,
    request: Request,
    response: Response,
    token: Annotated[
        str,
        Header(
            alias="Closeout-Link",
            min_length=1,
            max_length=TOKEN_CHARACTERS_MAX,
            description="The link's token. It is the permission: nobody need be signed in. It goes "
            "in no address, which would be written down on the way.",
        ),
    ],
) -> ToAnswer:
    """Show the holder of a one-time link what they are asked to agree to, while the link is
    good."""
    secret = links_secret(house)
    require_our_link(request, secret, token)
    claims, row = await opened(house.desk, secret, token)
    sign_off = row.issue.sign_off
    if sign_off is None:
        raise not_there("There is nothing to answer.")
    view = house.desk.seer.view(row)
    stands_at(response, await house.desk.ledger.safe_position())
    return ToAnswer(
        zone=claims.zone,
        key=claims.key,
        number=row.issue.number,
        title=row.issue.title,
        enterprise=claims.enterprise,
        person=claims.person,
        round=claims.round,
        expires_at=claims.expires_at,
        resolution=sign_off.resolution,
        on_silence=view.on_silence,
        silent_at=view.silent_at,
    )


@router.post(
    "/answers",
    summary="Answer by a one-time link",
    responses=PROBLEMS(401, 403, 404, 409, 415, 422, 429),
)
async def answer_by_link(
    house: TheHouse, request: Request, body: Said, response: Response
) -> CommandResult:
    """Answer a resolution for the enterprise. The same answer once more gives the first result
    again; another one is refused with 409."""
    secret = links_secret(house)
    require_our_link(request, secret, body.token)
    result = await answer(
        house.desk,
        secret,
        body.token,
        accept=body.accept,
        note=body.note,
        satisfaction=body.satisfaction,
    )
    stands_at(response, await house.desk.ledger.safe_position())
    return result


@router.get("/sign-offs/{zone}", summary="How sign-offs ended", responses=PROBLEMS(404))
async def report(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    from_on: Annotated[
        Day | None, Query(alias="from", description="First local day.", examples=["2026-03-01"])
    ] = None,
    to_on: Annotated[
        Day | None, Query(alias="to", description="Last local day.", examples=["2026-03-31"])
    ] = None,
) -> SignOffsTold:
    """Count how sign-offs ended: by close-out, by the first verdict of each cycle, and by the first
    verdict of each issue."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    if from_on is not None and to_on is not None and to_on < from_on:
        raise InvalidRequestError(
            "The last day is before the first.", field="to", value=to_on, allowed=f"{from_on} on"
        )
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    scope = {"zone": zone, "from": None if from_on is None else str(from_on)}
    await noted(house, caller, "sign_offs", scope, reached)
    found = await sign_offs(desk.ledger, zone=zone, from_on=from_on, to_on=to_on)
    stands_at(response, reached)
    return _told(found, zone, from_on, to_on)


def _told(found: SignOffs, zone: str, from_on: date | None, to_on: date | None) -> SignOffsTold:
    mean = found.satisfaction
    return SignOffsTold(
        zone=zone,
        from_on=from_on,
        to_on=to_on,
        streams=found.streams,
        close_outs=TallyTold.of_tally(found.close_outs),
        cycles=TallyTold.of_tally(found.cycles),
        issues=TallyTold.of_tally(found.issues),
        by_review=found.by_review,
        rejections=found.rejections,
        answers=found.answers,
        by_link=found.by_link,
        satisfaction=Satisfaction(
            mean=None if mean is None else round(mean, 2),
            n=found.satisfied_by,
            of_answers=found.answers,
            figures={
                str(each): found.figures[each]
                for each in range(SATISFACTION_MIN, SATISFACTION_MAX + 1)
            },
        ),
        definitions=dict(DEFINITIONS),
    )
