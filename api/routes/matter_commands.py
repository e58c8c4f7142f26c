"""What is done in matters: one door for every command of every procedure."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.describing import PROBLEMS
from api.issue_bodies import Acted
from api.matter_bodies import MatterCommandAsked, MatterOutcome, matter_in_full
from api.routes.matters import TheKey, sight_in
from desk.desk import Desk
from desk.matters import MatterDesk
from domain.access import Act, Principal, horizon
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    UnknownMatterError,
    from_validation,
)
from domain.issue import stream_name
from domain.matters.acts import OpeningCommand, TieIssue
from domain.matters.commands import MATTER_SUBMISSION, MatterAct, MatterSubmission
from domain.matters.matter import matter_stream
from domain.matters.pipeline.commands import RecordMeeting
from domain.people import Actor
from face.actors import actor_again, actor_for
from face.dependencies import Caller, TheHouse, ZoneName, horizon_in, terms_in_force, today_in
from face.elsewhere import enterprise_of
from face.house import House
from face.looking import stands_at
from face.matters import (
    matter_refusal_told,
    matter_sight,
    matter_told,
    require_may_begin,
    seen_matter,
)
from face.preconditions import IdempotencyKey, IfMatch, etag, id_asked, version_asked
from ledger.matters import MatterSight

router = APIRouter(prefix="/zones/{zone}/matters", tags=["matters"])

REPLAYED: Final = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class _Sent:
    """Where a command goes, under which id, and by what was asked."""

    zone: str
    key: str
    id: str
    asked: MatterCommandAsked
    expected_version: int | None


@router.post(
    "/{key}/commands",
    summary="Open a matter, or act in one",
    responses={
        **PROBLEMS(404, 409, 422, 428),
        201: {"model": MatterOutcome, "description": "The matter was opened"},
    },
)
async def act(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: TheKey,
    asked: MatterCommandAsked,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> MatterOutcome:
    """Carry out a command of any procedure. `kind` says which; who may give it, the procedure says.
    One that opens a matter makes it under this key (201)."""
    desk = house.desk
    named = id_asked(idempotency_key, asked.id)
    expected = version_asked(if_match, asked.expected_version)
    sent = _Sent(zone, key, named, asked, expected)
    actor = await _sent_before(desk, caller, sent)
    if actor is None:
        sight = await sight_in(desk, caller, zone, Act.COMMAND)
        await _require_issues_seen(desk, caller, zone, asked.command)
        if not isinstance(asked.command, OpeningCommand):
            row = await seen_matter(desk.ledger, sight, key)
            rule = (await terms_in_force(desk, zone)).handbook.procedure(row.matter.procedure)
            require_may_begin(sight, row.matter, rule, caller, asked.command.kind)
        actor = await _actor(desk, caller, zone, asked)
    outcome = await _carried_out(house, caller, sent, actor)
    result = outcome.result
    own = await desk.ledger.positions(matter_stream(zone, key), from_version=result.version)
    stands_at(response, own[0] if own else await desk.ledger.safe_position())
    version = result.version if outcome.matter is None else outcome.matter.version
    response.headers["ETag"] = etag(version)
    if result.repeated:
        response.headers[REPLAYED] = "true"
    elif isinstance(asked.command, OpeningCommand):
        response.status_code = 201
        response.headers["Location"] = f"/v1/zones/{zone}/matters/{key}"
    return outcome


async def _carried_out(house: House, caller: Principal, sent: _Sent, actor: Actor) -> MatterOutcome:
    matters = MatterDesk(house.desk)
    try:
        submission = MatterSubmission(
            id=sent.id,
            zone=sent.zone,
            key=sent.key,
            actor=actor,
            command=sent.asked.command,
            expected_version=sent.expected_version,
            occurred_at=sent.asked.occurred_at,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    try:
        result = await matters.carry_out(house.identity.vouched(submission, caller))
    except ConflictError as refusal:
        if refusal.current is None or enterprise_of(caller) is not None:
            refusal.current = await _current(house.desk, caller, sent)
        raise matter_refusal_told(refusal, caller) from refusal
    except IssueError as refusal:
        raise matter_refusal_told(refusal, caller) from refusal
    row = await matters.row(sent.zone, sent.key)
    sees = (await _seen_by(house.desk, caller, sent.zone)).sees(row.matter)
    is_told = sees or not result.repeated
    if not is_told:
        return MatterOutcome(result=result, matter=None)
    told = await matter_told(house.desk.ledger, caller, row.matter)
    return MatterOutcome(
        result=result, matter=matter_in_full(row.matter, told, enterprise_of(caller))
    )


async def _current(desk: Desk, caller: Principal, sent: _Sent) -> dict[str, str] | None:
    """Return how the matter stands now, if the caller sees it."""
    sight = await _seen_by(desk, caller, sent.zone)
    try:
        row = await seen_matter(desk.ledger, sight, sent.key)
    except UnknownMatterError:
        return None
    return {"version": str(row.matter.version), "standing": row.matter.standing.value}


async def _seen_by(desk: Desk, caller: Principal, zone: str) -> MatterSight:
    """Return how far the caller sees, which may be nothing."""
    terms = await terms_in_force(desk, zone)
    within = horizon(caller, Act.READ_ISSUES, terms.handbook, today_in(desk, terms))
    return matter_sight(within, terms.handbook, enterprise_of(caller))


async def _sent_before(desk: Desk, caller: Principal, sent: _Sent) -> Actor | None:
    """Return as whom the caller carried out this very command, if they did: its answer is theirs
    whatever they see or hold since."""
    stored = await desk.ledger.command(matter_stream(sent.zone, sent.key), sent.id)
    if stored is None or not caller.is_in(sent.zone):
        return None
    first = MATTER_SUBMISSION.validate_json(stored.body)
    return actor_again(
        caller,
        first.actor,
        post=sent.asked.post,
        on_behalf_of=sent.asked.on_behalf_of,
        stated=sent.asked.stated,
    )


async def _actor(desk: Desk, caller: Principal, zone: str, asked: Acted) -> Actor:
    terms = await terms_in_force(desk, zone)
    return actor_for(
        caller,
        terms.handbook,
        today_in(desk, terms),
        post=asked.post,
        on_behalf_of=asked.on_behalf_of,
        stated=asked.stated,
    )


async def _require_issues_seen(
    desk: Desk, caller: Principal, zone: str, command: MatterAct
) -> None:
    """Refuse to tie a matter to an issue that the caller may not see, as to one that is not there.
    Raises InvalidRequestError."""
    match command:
        case TieIssue():
            field, named = "issue", [command.issue]
        case RecordMeeting():
            issues = [each.issue for each in command.outcomes]
            field, named = "outcomes.issue", [each for each in issues if each is not None]
        case _:
            return
    within = await horizon_in(desk, caller, Act.READ_ISSUES, zone)
    for issue in named:
        row = await desk.ledger.issue(stream_name(zone, issue))
        if row is not None and not within.sees(row.issue):
            raise InvalidRequestError(
                "No issue was reported under this key.",
                field=field,
                value=issue,
                allowed=f"the key of an issue in {zone}",
                stream=row.issue.stream,
            )
