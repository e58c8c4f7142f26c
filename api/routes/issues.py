"""Issues: reported, read, acted on."""

import hashlib
from typing import Any, Final

from fastapi import APIRouter, Response

from api.describing import PROBLEMS
from api.issue_bodies import Acted, AskedCommand, CommandAsked, NewIssue
from api.issue_examples import ISSUE, RESULT, shown
from desk import travelling
from desk.desk import Desk
from domain.access import Act, Principal, horizon, require_report
from domain.commands import SUBMISSION, Submission
from domain.commands_of_kin import AddChild, JudgeSuggestion, Link, Merge
from domain.errors import ConflictError, NotPermittedError, UnknownIssueError, WrongPhaseError
from domain.issue import stream_name
from domain.people import Actor
from domain.view import CommandResult, IssueView
from face.actors import actor_again, actor_for
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
from face.elsewhere import row_told
from face.house import House
from face.looking import POSITION, Travels, look_at
from face.preconditions import (
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    etag,
    id_asked,
    is_known,
    version_asked,
)
from ledger.port import IssueRow

router = APIRouter(prefix="/issues", tags=["issues"])

KEY_CHARACTERS: Final = 32
REPLAYED: Final = "Idempotency-Replayed"
ETAG_TOLD: Final[dict[str, Any]] = {
    "ETag": {"description": "The issue's version.", "schema": {"type": "string"}}
}
REPLAYED_TOLD: Final[dict[str, Any]] = {
    REPLAYED: {
        "description": "`true`: this was carried out before, and is answered again.",
        "schema": {"type": "string"},
    }
}
LOCATION_TOLD: Final[dict[str, Any]] = {
    "Location": {"description": "Where the issue is read.", "schema": {"type": "string"}}
}


@router.post(
    "",
    status_code=201,
    response_model=IssueView,
    summary="Report an issue",
    responses={
        **PROBLEMS(404, 409, 422, 428),
        201: {"headers": ETAG_TOLD | LOCATION_TOLD, **shown(ISSUE)},
        200: {
            "model": IssueView,
            "description": "It was reported before, by this very request",
            "headers": ETAG_TOLD | LOCATION_TOLD | REPLAYED_TOLD,
            **shown(ISSUE),
        },
    },
)
async def report_issue(
    house: TheHouse,
    caller: Caller,
    asked: NewIssue,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> IssueView:
    """Report an issue and start keeping its time. Sent again under the same Idempotency-Key with
    the same body it is the same issue (200); with another body it is refused (409)."""
    desk = house.desk
    id_ = id_asked(idempotency_key)
    key, command = asked.key or _key_of(id_), asked.report.command
    handbook = (await terms_in_force(desk, asked.zone)).handbook
    actor = await _sent_before(desk, caller, asked.zone, key, id_, asked)
    if actor is None:
        within = await horizon_in(desk, caller, Act.REPORT, asked.zone)
        stream = stream_name(asked.zone, key)
        require_report(within, handbook, command.enterprise, "report.enterprise", stream)
        actor = await _actor(desk, caller, asked.zone, asked)
    submission = Submission(
        id=id_,
        zone=asked.zone,
        key=key,
        actor=actor,
        command=command,
        occurred_at=asked.occurred_at,
    )
    try:
        result = await desk.carry_out(house.identity.vouched(submission, caller))
    except ConflictError as refusal:
        if refusal.field == "key" and not await _is_seen(desk, caller, asked.zone, submission.key):
            raise _key_is_taken(submission.key) from None
        raise
    row = await _reported(desk, caller, result)
    response.headers["ETag"] = etag(row.issue.version)
    response.headers["Location"] = f"/v1/issues/{result.zone}/{result.key}"
    response.headers[POSITION] = await _position(desk, row.issue.stream, row.issue.version)
    if result.repeated:
        response.status_code = 200
        response.headers[REPLAYED] = "true"
    return desk.seer.view(await row_told(desk.ledger, caller, row))


@router.post(
    "/{zone}/{key}/commands",
    summary="Act on an issue",
    responses={
        **PROBLEMS(404, 409, 422, 428),
        200: {"headers": ETAG_TOLD | REPLAYED_TOLD, **shown(RESULT)},
    },
)
async def send_command(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    asked: CommandAsked,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> CommandResult:
    """Carry out a command. `kind` says which; who may give it, and when, the zone's handbook says.
    A command that comes too late is refused (409) with how the issue stands now in `current`."""
    id_ = id_asked(idempotency_key, asked.id)
    expected = version_asked(if_match, asked.expected_version)
    actor = await _sent_before(house.desk, caller, zone, key, id_, asked)
    if actor is None:
        await seen_row(house.desk, caller, Act.COMMAND, zone, key)
        await _require_other_seen(house.desk, caller, zone, asked.command)
        actor = await _actor(house.desk, caller, zone, asked)
    submission = Submission(
        id=id_,
        zone=zone,
        key=key,
        actor=actor,
        command=asked.command,
        expected_version=expected,
        occurred_at=asked.occurred_at,
        under=asked.under,
    )
    result = await _carried_out(house, caller, submission)
    response.headers["ETag"] = etag(result.version)
    response.headers[POSITION] = await _position(house.desk, stream_name(zone, key), result.version)
    if result.repeated:
        response.headers[REPLAYED] = "true"
    return result


@router.get(
    "/{zone}/{key}",
    response_model=IssueView,
    summary="One issue as it stands, or stood",
    responses={
        **PROBLEMS(404, 412, 422),
        200: {"headers": ETAG_TOLD, **shown(ISSUE)},
        304: {"description": "It stands as the caller knows it", "headers": ETAG_TOLD},
    },
)
async def read_issue(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    travel: Travels,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> IssueView | Response:
    """Return an issue: its phase, owner, clocks, joint team and sign-off. Its ETag is its version.
    What a position showed once it shows for ever."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, travel, "issue")
    told = {
        "ETag": etag(look.row.issue.version),
        POSITION: str(look.position),
        "Cache-Control": "private, no-cache",
    }
    if is_known(if_none_match, look.row.issue.version):
        return Response(status_code=304, headers=told)
    response.headers.update(told)
    return look.desk.seer.view(look.row, look.at)


async def _reported(desk: Desk, caller: Principal, result: CommandResult) -> IssueRow:
    """Return the issue that was reported; if it has left its reporter's sight since, as it stood
    when it was reported."""
    row = await desk.row(result.zone, result.key)
    if not result.repeated:
        return row
    terms = await terms_in_force(desk, result.zone)
    today = today_in(desk, terms)
    if horizon(caller, Act.READ_ISSUES, terms.handbook, today).sees(row.issue):
        return row
    placed = await desk.ledger.positions(row.issue.stream, from_version=result.version)
    sight = await travelling.sight_of(desk, placed[0])
    return await travelling.row_then(desk, result.zone, result.key, sight)


async def _sent_before(
    desk: Desk, caller: Principal, zone: str, key: str, id_: str, asked: Acted
) -> Actor | None:
    """Return as whom the caller carried out this very command, if they did: its answer is theirs
    even when the issue has left their sight since, or they their post."""
    stored = await desk.ledger.command(stream_name(zone, key), id_)
    if stored is None or not caller.is_in(zone):
        return None
    first = SUBMISSION.validate_json(stored.body)
    return actor_again(
        caller,
        first.actor,
        post=asked.post,
        on_behalf_of=asked.on_behalf_of,
        stated=asked.stated,
    )


async def _carried_out(house: House, caller: Principal, submission: Submission) -> CommandResult:
    """Carry out a command; what comes too late is told how the issue stands now, if it is seen."""
    try:
        return await house.desk.carry_out(house.identity.vouched(submission, caller))
    except (ConflictError, WrongPhaseError) as refusal:
        if refusal.current is None:
            refusal.current = await _current(house.desk, caller, submission)
        raise


async def _current(desk: Desk, caller: Principal, sent: Submission) -> dict[str, str] | None:
    try:
        issue = (await seen_row(desk, caller, Act.COMMAND, sent.zone, sent.key)).issue
    except (NotPermittedError, UnknownIssueError):
        return None
    return {"version": str(issue.version), "phase": issue.phase.value, "owner": issue.owner}


async def _is_seen(desk: Desk, caller: Principal, zone: str, key: str) -> bool:
    row = await desk.row(zone, key)
    return (await horizon_in(desk, caller, Act.REPORT, zone)).sees(row.issue)


def _key_is_taken(key: str) -> ConflictError:
    """What another's report says is no business of whoever guesses at it under the same key."""
    return ConflictError(
        "Another issue was reported under this key before.",
        field="key",
        value=key,
        allowed="a key of its own for each issue",
    )


async def _require_other_seen(
    desk: Desk, caller: Principal, zone: str, command: AskedCommand
) -> None:
    """Refuse to tie an issue to one that the caller may not see, as to one that is not there: a tie
    tells of the other, and changes it. Raises UnknownIssueError."""
    match command:
        case Link(target=other) | Merge(target=other):
            field = "target"
        case AddChild(child=other):
            field = "child"
        case JudgeSuggestion(suggested=other):
            field = "suggested"
        case _:
            return
    try:
        await seen_row(desk, caller, Act.COMMAND, zone, other)
    except UnknownIssueError as unknown:
        raise UnknownIssueError(
            "No issue of this zone was reported under this key.", field=field, value=other
        ) from unknown


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


async def _position(desk: Desk, stream: str, version: int) -> str:
    """Return where the ledger has an event: whoever waits for it reads what it did."""
    placed = await desk.ledger.positions(stream, from_version=max(1, version))
    return str(placed[0] if placed else await desk.ledger.safe_position())


def _key_of(id_: str) -> str:
    """Return what an issue is called that its reporter gave no name: the same for the same id."""
    return hashlib.sha256(id_.encode()).hexdigest()[:KEY_CHARACTERS]
