"""Matters of every procedure: listed, read, acted on through one door."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from api.describing import PROBLEMS
from api.matter_bodies import (
    MatterNamed,
    MattersTold,
    MatterTimeline,
    MatterTold,
    fact_told,
    matter_in_full,
    matter_named,
)
from desk.desk import Desk
from domain.access import Act, Principal
from domain.commands import COUNT_MAX
from domain.errors import UnknownMatterError
from domain.matters.commands import MATTER_SUBMISSION
from domain.matters.matter import MatterKey, matter_stream
from domain.model import Code, CommandId, Key
from domain.people import Representative
from domain.view import CommandResult
from face.dependencies import (
    Caller,
    InLanguage,
    IssueKey,
    TheHouse,
    WaitFor,
    ZoneName,
    horizon_in,
    terms_in_force,
)
from face.elsewhere import enterprise_of, hidden_from
from face.house import House
from face.looked import noted
from face.looking import POSITION, Travel, Travels, arrived, look_at, reader_for, stands_at
from face.matter_facts import facts_told, facts_told_to, issues_named
from face.matter_looking import MatterLook, look_at_matter
from face.matters import matter_sight, matter_told, sight_by_stage
from face.preconditions import IfNoneMatch, etag, is_known
from ledger.matters import MatterRow, MatterSight

router = APIRouter(prefix="/zones/{zone}/matters", tags=["matters"])
of_issues = APIRouter(prefix="/issues/{zone}/{key}", tags=["matters"])

PAGE_MAX: Final = 200
FACTS: Final = 100
FACTS_MAX: Final = 500
OF_ONE_ISSUE_MAX: Final = 200

ETAG_TOLD: Final[dict[str, Any]] = {
    "ETag": {"description": "The matter's version.", "schema": {"type": "string"}}
}

TheKey = Annotated[
    MatterKey, Path(description="What it was called when it was opened.", examples=["visits-2026"])
]


@router.get("", summary="Matters of a zone", responses=PROBLEMS(404, 412))
async def listed(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    procedure: Annotated[Code | None, Query(description="Of this procedure.")] = None,
    stage: Annotated[Code | None, Query(description="That stand so.")] = None,
    post: Annotated[Code | None, Query(description="This post is accountable.")] = None,
    enterprise: Annotated[Code | None, Query(description="That concern this enterprise.")] = None,
    issue: Annotated[Key | None, Query(description="That hang together with this issue.")] = None,
    open_only: Annotated[bool, Query(alias="open", description="Not closed only.")] = False,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="Matters on a page.")] = 20,
    after: Annotated[MatterKey | None, Query(description="Go on after this one.")] = None,
    wait_for: WaitFor = None,
) -> MattersTold:
    """List the matters that the caller may see, by key, a page at a time. An enterprise is told of
    those that concern it and, if no `stage` is asked for, of open ones in which it may act first:
    `enterprise` leaves these out."""
    sight = await sight_in(house.desk, caller, zone, Act.READ_ISSUES)
    sight = sight if stage is None else sight_by_stage(sight)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    filters = {"procedure": procedure, "stage": stage, "post": post, "issue": issue}
    filters["enterprise"] = enterprise
    scope = {"zone": zone, **filters, "open": open_only or None, "after": after}
    await noted(house, caller, "matters", scope, reached)
    found: list[MatterRow] = []
    if await _may_ask_by(desk, caller, zone, enterprise, issue):
        found = await desk.ledger.find_matters(
            zone=zone,
            procedure=procedure,
            stage=stage,
            post=post,
            enterprise=enterprise,
            issue=issue,
            open_only=open_only,
            within=sight,
            after="" if after is None else matter_stream(zone, after),
            limit=limit + 1,
        )
    stands_at(response, reached)
    return MattersTold(
        matters=[await _named(desk, caller, row) for row in found[:limit]],
        after=found[limit - 1].matter.key if len(found) > limit else None,
    )


@router.get(
    "/{key}",
    response_model=MatterTold,
    summary="One matter as it stands, or stood",
    responses={
        **PROBLEMS(404, 412, 422),
        200: {"headers": ETAG_TOLD},
        304: {"description": "It stands as the caller knows it", "headers": ETAG_TOLD},
    },
)
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: TheKey,
    travel: Travels,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> MatterTold | Response:
    """Return where a matter stands or stood, with the issues that hang together with it. Its ETag
    is its version. An enterprise is told its own lines alone, of the past too."""
    look = await _looked(house, caller, zone, key, travel)
    version = look.whole.version
    headers = {
        "ETag": etag(version),
        POSITION: str(look.position),
        "Cache-Control": "private, no-cache",
    }
    if is_known(if_none_match, version):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    told = await matter_told(look.desk.ledger, caller, look.whole)
    return matter_in_full(look.whole, told, enterprise_of(caller))


@router.get(
    "/{key}/timeline", summary="What has happened in a matter", responses=PROBLEMS(404, 412, 422)
)
async def timeline(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: TheKey,
    language: InLanguage,
    travel: Travels,
    response: Response,
    after: Annotated[int, Query(ge=0, le=COUNT_MAX, description="Go on after this version.")] = 0,
    limit: Annotated[int, Query(ge=1, le=FACTS_MAX, description="How many at most.")] = FACTS,
) -> MatterTimeline:
    """Tell the facts of a matter in order, all or those up to a past instant. An enterprise is told
    those that concern it, without what they say of others."""
    look = await _looked(house, caller, zone, key, travel)
    desk, matter, enterprise = look.desk, look.whole, enterprise_of(caller)
    records = (await desk.ledger.records(matter.stream))[: matter.version]
    positions = await desk.ledger.positions(matter.stream)
    if enterprise is None:
        facts = facts_told(records[after : after + limit + 1])
    else:
        handbook = (await terms_in_force(desk, zone)).handbook
        hidden = await hidden_from(desk.ledger, enterprise, zone, issues_named(records))
        own = facts_told_to(records, matter, enterprise, handbook, hidden)
        facts = [each for each in own if each.version > after]
    stands_at(response, look.position)
    page = facts[:limit]
    return MatterTimeline(
        zone=zone,
        key=key,
        position=look.position,
        facts=[fact_told(each, positions[each.version - 1], language) for each in page],
        next=page[-1].version if len(facts) > limit else None,
    )


@router.get(
    "/{key}/commands/{command}", summary="What a command came to", responses=PROBLEMS(404, 412)
)
async def command_result(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: TheKey,
    command: Annotated[CommandId, Path(description="The command's id.", examples=["c-1"])],
    response: Response,
    wait_for: WaitFor = None,
) -> CommandResult:
    """Return the first answer to a command that was carried out. An enterprise is told of what was
    sent for it alone."""
    look = await _looked(house, caller, zone, key, Travel(wait_for=wait_for))
    stored = await look.desk.ledger.command(look.whole.stream, command)
    enterprise = enterprise_of(caller)
    if stored is not None and enterprise is not None:
        actor = MATTER_SUBMISSION.validate_json(stored.body).actor
        is_own = isinstance(actor, Representative) and actor.enterprise == enterprise
        stored = stored if is_own else None
    if stored is None:
        raise UnknownMatterError(
            "No command to this matter was carried out under this id.",
            field="command",
            value=command,
        )
    stands_at(response, look.position)
    return CommandResult.model_validate_json(stored.result)


@of_issues.get("/matters", summary="The matters of an issue", responses=PROBLEMS(404, 412))
async def matters_of_issue(
    house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey, response: Response
) -> MattersTold:
    """List the matters that hang together with an issue, of those that the caller may see: in which
    it came to light, which answer it."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, Travel(), "issue")
    sight = await sight_in(look.desk, caller, zone, Act.READ_ISSUES)
    found = await look.desk.ledger.find_matters(
        zone=zone, issue=key, within=sight, limit=OF_ONE_ISSUE_MAX
    )
    stands_at(response, look.position)
    return MattersTold(matters=[await _named(look.desk, caller, row) for row in found], after=None)


async def sight_in(desk: Desk, caller: Principal, zone: str, asked: Act) -> MatterSight:
    """Return which matters of a zone an act reaches, or refuse it. Raises NotPermittedError,
    UnknownZoneError."""
    within = await horizon_in(desk, caller, asked, zone)
    handbook = (await terms_in_force(desk, zone)).handbook
    return matter_sight(within, handbook, enterprise_of(caller))


async def _looked(
    house: House, caller: Principal, zone: str, key: str, travel: Travel
) -> MatterLook:
    within = await sight_in(house.desk, caller, zone, Act.READ_ISSUES)
    return await look_at_matter(house, caller, within, key, travel)


async def _may_ask_by(
    desk: Desk, caller: Principal, zone: str, enterprise: str | None, issue: str | None
) -> bool:
    """Return whether a filter tells its caller nothing of another enterprise."""
    own = enterprise_of(caller)
    if own is None:
        return True
    if enterprise not in (None, own):
        return False
    return issue is None or not await hidden_from(desk.ledger, own, zone, [issue])


async def _named(desk: Desk, caller: Principal, row: MatterRow) -> MatterNamed:
    return matter_named(row.matter, await matter_told(desk.ledger, caller, row.matter))
