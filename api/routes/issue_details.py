"""One issue closely: its history, clocks, responsibility, evidence, refusals, notices, texts."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.describing import PROBLEMS
from api.issue_details import (
    Clocks,
    Notices,
    PersonalTexts,
    PersonalTold,
    Refusals,
    TimeHeld,
    Timeline,
    clocks_of,
    notice_told,
    refusals_told,
    time_held,
    timeline_of,
)
from audit.evidence import Evidence, EvidenceError, NotLoggedError, make_evidence
from desk.log_opening import open_keeper
from desk.sealing import personal_texts
from domain.access import Act
from domain.commands import COUNT_MAX
from domain.errors import NotPermittedError
from domain.model import Code
from face.actors import actor_for
from face.dependencies import (
    Caller,
    IssueKey,
    TheHouse,
    ZoneName,
    seen_row,
    terms_in_force,
    today_in,
)
from face.elsewhere import hidden_in
from face.house import House
from face.looked import put_on_record
from face.looking import POSITION, Travel, Travels, look_at
from ledger.postgres import PostgresLedger
from ledger.postgres_log import log_of
from ledger.signing import LogKeyError, Signer, read_signer
from runtime.errors import StackError

router = APIRouter(prefix="/issues/{zone}/{key}", tags=["issues"])

PAGE = 100
PAGE_MAX = 500
TRIES_MAX = 5
"""An issue at work may gain an event between the checkpoint and the reading."""

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]
After = Annotated[int, Query(ge=0, le=COUNT_MAX, description="Go on after this one.")]


@router.get("/timeline", summary="What has happened to an issue", responses=PROBLEMS(404, 412, 422))
async def read_timeline(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    travel: Travels,
    response: Response,
    after: After = 0,
    limit: Limit = PAGE,
) -> Timeline:
    """Tell the events of an issue in order, each with a sentence in Chinese and in English; those
    after version `after`. `known_at` tells what was known then."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, travel, "timeline")
    response.headers[POSITION] = str(look.position)
    return await timeline_of(look, after, limit)


@router.get("/clocks", summary="The clocks of an issue, and why", responses=PROBLEMS(404, 412, 422))
async def read_clocks(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    travel: Travels,
    response: Response,
) -> Clocks:
    """Tell what each clock shows at this instant, and derive its deadline: the rule, the budget,
    the calendar, every stretch that counted, and sums that make up the budget to the millisecond.
    """
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, travel, "clocks")
    response.headers[POSITION] = str(look.position)
    return await clocks_of(look)


@router.get("/time", summary="Whose time it was", responses=PROBLEMS(404, 412, 422))
async def read_time(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    travel: Travels,
    response: Response,
) -> TimeHeld:
    """Tell who held the issue from when until when, without a hole, and what each held in all."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, travel, "time")
    response.headers[POSITION] = str(look.position)
    return await time_held(look)


@router.get("/notices", summary="Who was told of it", responses=PROBLEMS(404, 422))
async def read_notices(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    response: Response,
    after: After = 0,
    limit: Limit = PAGE,
) -> Notices:
    """List the notices of an issue, oldest first, leaving out the first `after` of them."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, Travel(), "notices")
    found = await look.desk.ledger.notices(look.row.issue.stream)
    receipts = await look.desk.ledger.receipts(look.row.issue.stream)
    page = found[after : after + limit]
    response.headers[POSITION] = str(look.position)
    ends = after + len(page)
    return Notices(
        notices=[notice_told(each, receipts) for each in page],
        next=ends if ends < len(found) else None,
    )


@router.get("/refusals", summary="What was refused of it", responses=PROBLEMS(404, 422))
async def read_refusals(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    response: Response,
    after: After = 0,
    limit: Limit = PAGE,
) -> Refusals:
    """List the commands to an issue that were refused, for auditors."""
    look = await look_at(house, caller, Act.READ_REFUSALS, zone, key, Travel(), "refusals")
    response.headers[POSITION] = str(look.position)
    return await refusals_told(look.desk.ledger, look.row.issue.stream, after, limit)


@router.get(
    "/personal",
    summary="What it says of persons, opened",
    responses=PROBLEMS(404, 422),
)
async def read_personal(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    response: Response,
    post: Annotated[Code | None, Query(description="In which of one's posts one reads.")] = None,
    on_behalf_of: Annotated[Code | None, Query(description="For whom a deputy reads.")] = None,
) -> PersonalTexts:
    """Open the texts about persons, for whoever works on the issue, coordinates or supervises. It
    is recorded before anything is opened."""
    desk = house.desk
    row = await seen_row(desk, caller, Act.READ_PERSONAL, zone, key)
    terms = await terms_in_force(desk, zone)
    reader = actor_for(
        caller, terms.handbook, today_in(desk, terms), post=post, on_behalf_of=on_behalf_of
    )
    texts = await personal_texts(desk, row, reader)
    response.headers[POSITION] = str(await desk.ledger.safe_position())
    response.headers["Cache-Control"] = "no-store"
    return PersonalTexts(
        zone=zone,
        key=key,
        texts=[
            PersonalTold(
                version=each.version,
                kind=each.kind,
                at=each.at,
                field=each.field,
                subject=each.subject,
                text=each.text,
                erased_at=each.erased_at,
            )
            for each in texts
        ],
    )


@router.get(
    "/evidence",
    summary="One signed file that proves the issue",
    response_class=Response,
    responses={
        **PROBLEMS(404, 409, 422),
        200: {
            "description": "The file, to be checked by `closeout evidence verifier`",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    },
)
async def read_evidence(house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey) -> Response:
    """Return the signed evidence of an issue: events, rules, proofs and timeline in one file that
    is checked without Closeout. That it was asked for is on record."""
    desk = house.desk
    row = await seen_row(desk, caller, Act.READ_EVIDENCE, zone, key)
    stream = row.issue.stream
    if await hidden_in(desk.ledger, caller, row.issue, await desk.ledger.records(stream)):
        raise NotPermittedError(
            "The file would name issues of other enterprises: ask the office for it.",
            field="key",
            value=key,
            stream=stream,
        )
    signer = _signer(house)
    await put_on_record(house, caller, "evidence", {"stream": stream})
    made = await _made(house, stream, signer)
    return Response(
        made.text,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{zone}-{key}.evidence.json"',
            "Cache-Control": "no-store",
            POSITION: str(await desk.ledger.safe_position()),
        },
    )


def _signer(house: House) -> Signer:
    settings = house.settings
    if settings.log_key is None or not isinstance(house.desk.ledger, PostgresLedger):
        raise StackError("No key is named that signs the log: set CLOSEOUT_LOG_KEY.")
    try:
        return read_signer(settings.log_key, settings.log_origin)
    except LogKeyError as error:
        raise StackError(str(error)) from error


async def _made(house: House, stream: str, signer: Signer) -> Evidence:
    """Carry the log on until a checkpoint has all of the issue, and return its evidence."""
    ledger = house.desk.ledger
    log = log_of(ledger)
    keeper = open_keeper(log, house.settings)
    for _ in range(TRIES_MAX):
        await keeper.carry_on(datetime.now(UTC))
        try:
            return await make_evidence(ledger, log, stream, signer, datetime.now(UTC))
        except NotLoggedError:
            continue
    raise EvidenceError("The issue moves on faster than the log: ask again in a while.")
