"""Handbooks: the versions of each zone, what one says, in what two differ, a check before anybody
publishes. How one is published stands in `proposals`."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.describing import PROBLEMS
from desk.desk import Desk
from desk.handbook_versions import IN_FORCE, Version, Versions, ZoneVersions
from desk.handbooks import handbook_name
from domain.access import Act, Principal
from domain.calendar import CalendarError, WorkingCalendar
from domain.days import zone_of
from domain.handbook import Handbook
from domain.handbook_diff import Difference, differences
from domain.model import Code, Moment
from domain.organization import holders, on_duty
from domain.proof import proved
from domain.terms import Terms
from face.asking import somewhere
from face.dependencies import (
    Caller,
    InLanguage,
    TheHouse,
    ZoneName,
    horizon_in,
    horizons,
    terms_in_force,
)
from face.looked import noted
from face.looking import stands_at
from face.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX, Problem, TooManyRequestsError
from face.words import Language, said
from handbooks.faults import Fault, HandbookError
from handbooks.posted import BYTES_MAX, posted_terms

router = APIRouter(prefix="/handbooks", tags=["handbooks"])

FORMS: Final = (
    "shipped, published, published:N, in-force, or the first digits of a hash of a handbook or of "
    "terms."
)
VERSION_CHARACTERS_MAX: Final = 80
CHECK_AGAIN_S: Final = 5
TOML: Final = "application/toml"
PROBLEMS_TOLD_MAX: Final = 500

ANamed = Annotated[
    str,
    Query(min_length=1, max_length=VERSION_CHARACTERS_MAX, description=FORMS, examples=["shipped"]),
]

_checking = asyncio.Lock()
"""A check works for seconds: one at a time leaves the rest of the face its processor."""


Counts = Mapping[str, int] | None
"""Open issues by the hash of the handbook that judges them; None: not the caller's to know."""


class VersionTold(BaseModel):
    """One version of a zone's handbook."""

    version: str = Field(examples=["published:2"])
    revision: int
    handbook: str = Field(description="Its hash.")
    in_force: bool
    open_issues: int | None = Field(
        default=None, description="How many issues it judges; told to those who see all of them."
    )
    at: Moment | None = Field(default=None, description="When it was published.")
    author: str | None = None
    approver: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, zone: ZoneVersions, version: Version, counts: Counts) -> "VersionTold":
        """Return it as it is told."""
        row = version.publication
        return cls(
            version=version.name,
            revision=version.handbook.revision,
            handbook=version.handbook.hash,
            in_force=zone.in_force is version,
            open_issues=None if counts is None else counts.get(version.handbook.hash, 0),
            at=None if row is None else row.at,
            author=None if row is None else row.author,
            approver=None if row is None else row.approver,
            reason=None if row is None else row.reason,
        )


class VersionsTold(BaseModel):
    """All versions of one zone's handbook, oldest publication first."""

    zone: Code
    in_force: str | None
    shipped: VersionTold | None
    published: list[VersionTold]
    unreadable: list[str] = Field(
        description="Publications whose form this program does not know how to read."
    )
    shipped_waits: bool = Field(
        description="The program came with a later revision than the published one: it is not in "
        "force for that."
    )


class EveryZone(BaseModel):
    """The handbooks of every zone that the caller was let into."""

    zones: list[VersionsTold]


class InPost(BaseModel):
    """Who is in a post on that day, and who of them is on duty at that instant."""

    post: Code
    people: list[Code]
    on_duty: list[Code]


class HandbookTold(BaseModel):
    """A handbook whole, and who is in its posts. `calendar_hash`: by which calendar it counts."""

    version: str
    zone: Code
    revision: int
    hash: str
    calendar_hash: str
    at: Moment
    people: list[InPost]
    handbook: Handbook


class Edition(BaseModel):
    """A handbook that is compared."""

    revision: int
    handbook: str = Field(description="Its hash.")


class DifferencesTold(BaseModel):
    """In what two versions differ: table by table, entry by entry, field by field."""

    zone: Code
    old: Edition
    new: Edition
    same: bool
    differences: list[Difference]


class Proved(BaseModel):
    """A sound handbook, and how much was searched to prove it so."""

    zone: Code
    revision: int
    handbook: str
    terms: str
    sound: bool = True
    clocks: list[str]
    calendars: list[str]
    states: int
    moments: int
    entries: int
    kinds: int


class FaultTold(BaseModel):
    """One thing that is wrong with a handbook. `rule`: the number of the rule that it breaks."""

    file: str
    message: str
    key: str | None = None
    value: str | None = None
    rule: str | None = None
    counter_example: str | None = None
    allowed: list[str] = []


class UnsoundProblem(Problem):
    """A handbook cannot be put in force: everything that was found."""

    problems: list[FaultTold]


@router.get("", summary="Handbooks of every zone")
async def every_zone(house: TheHouse, caller: Caller, response: Response) -> EveryZone:
    """List the versions of each zone's handbook, and which of them is in force."""
    seen = await somewhere(house.desk, caller, Act.READ_RULES)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "handbooks", {}, reached)
    stands_at(response, reached)
    return EveryZone(zones=[await _of_zone(house.desk, caller, each.zone) for each in seen])


@router.get("/{zone}", summary="Handbooks of a zone", responses=PROBLEMS(404))
async def of_zone(
    house: TheHouse, caller: Caller, zone: ZoneName, response: Response
) -> VersionsTold:
    """List the versions of a zone's handbook, and which of them is in force."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "handbooks", {"zone": zone}, reached)
    stands_at(response, reached)
    return await _of_zone(house.desk, caller, zone)


@router.get("/{zone}/versions/{version}", summary="One handbook whole", responses=PROBLEMS(404))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    version: Annotated[
        str,
        Path(
            min_length=1,
            max_length=VERSION_CHARACTERS_MAX,
            description=FORMS,
            examples=["in-force"],
        ),
    ],
    response: Response,
) -> HandbookTold:
    """Return a handbook with everything that it says, and who is in its posts now."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "handbook", {"zone": zone, "version": version}, reached)
    found = await Versions(house.desk).find(zone, version)
    book, at = found.handbook, house.desk.clock.now()
    local = at.astimezone(zone_of(found.calendar.time_zone))
    response.headers["ETag"] = f'"{book.hash}"'
    stands_at(response, reached)
    return HandbookTold(
        version=found.name,
        zone=book.zone,
        revision=book.revision,
        hash=book.hash,
        calendar_hash=found.calendar.hash,
        at=at,
        people=[
            InPost(
                post=post.id,
                people=list(holders(post, local.date())),
                on_duty=list(on_duty(book, post, local)),
            )
            for post in book.posts
        ],
        handbook=book,
    )


@router.get("/{zone}/differences", summary="In what two handbooks differ", responses=PROBLEMS(404))
async def compared(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    first: ANamed,
    response: Response,
    second: ANamed = IN_FORCE,
) -> DifferencesTold:
    """Say in what two versions of a zone's handbook differ."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await house.desk.ledger.safe_position()
    scope = {"zone": zone, "first": first, "second": second}
    await noted(house, caller, "handbook", scope, reached)
    versions = Versions(house.desk)
    old = (await versions.find(zone, first)).handbook
    new = (await versions.find(zone, second)).handbook
    stands_at(response, reached)
    return DifferencesTold(
        zone=zone,
        old=Edition(revision=old.revision, handbook=old.hash),
        new=Edition(revision=new.revision, handbook=new.hash),
        same=old.hash == new.hash,
        differences=list(differences(old, new)),
    )


@router.post(
    "/{zone}/check",
    summary="Check a handbook before it is published",
    responses={422: {"model": UnsoundProblem}, **PROBLEMS(404, 413, 415, 429)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                TOML: {
                    "schema": {"type": "string", "maxLength": BYTES_MAX},
                    "example": 'revision = 2\n\n[name]\nzh = "星河"\nen = "Xinghe"\n',
                }
            },
        }
    },
    response_model=Proved,
)
async def checked(
    house: TheHouse, caller: Caller, zone: ZoneName, request: Request, language: InLanguage
) -> Proved | JSONResponse:
    """Prove a handbook as a publication would, and keep nothing of it. The body has all of the
    zone's own tables in one TOML text; what all zones begin with is laid below them."""
    await horizon_in(house.desk, caller, Act.CHECK_RULES, zone)
    await terms_in_force(house.desk, zone)
    text = await _body(request)
    known = await house.desk.shelf.known_calendars(zone)
    if _checking.locked():
        raise TooManyRequestsError(CHECK_AGAIN_S)
    async with _checking:
        try:
            return await asyncio.to_thread(_proved, zone, text, known)
        except HandbookError as error:
            return _unsound(error.faults, request.url.path, language)
        except CalendarError as error:
            fault = Fault(file=zone, problem=f"cannot be judged: {error}")
            return _unsound((fault,), request.url.path, language)


async def _body(request: Request) -> bytes:
    """Return the body, never more than a handbook may have."""
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > BYTES_MAX:
            raise HTTPException(413, f"A handbook has at most {BYTES_MAX} bytes.")
    return bytes(kept)


async def _of_zone(desk: Desk, caller: Principal, zone: str) -> VersionsTold:
    versions = Versions(desk)
    held, counts = await versions.of_zone(zone), None
    if any(seen.whole for seen in await horizons(desk, caller, Act.READ_BOARD, [zone])):
        counts = await versions.open_issues(zone)
    return VersionsTold(
        zone=zone,
        in_force=None if held.in_force is None else held.in_force.name,
        shipped=None if held.shipped is None else VersionTold.of(held, held.shipped, counts),
        published=[VersionTold.of(held, each, counts) for each in held.published],
        unreadable=[handbook_name(row) for row in held.unreadable],
        shipped_waits=held.shipped_waits,
    )


def _proved(zone: str, text: bytes, known: Mapping[str, WorkingCalendar]) -> Proved:
    terms: Terms = posted_terms(zone, text, known)
    proof, book = proved(terms), terms.handbook
    return Proved(
        zone=book.zone,
        revision=book.revision,
        handbook=book.hash,
        terms=terms.hash,
        clocks=[rule.id for rule in book.clocks],
        calendars=sorted(terms.calendars_by_id),
        states=proof.states,
        moments=proof.moments,
        entries=proof.entries,
        kinds=proof.kinds,
    )


def _unsound(faults: tuple[Fault, ...], path: str, language: Language) -> JSONResponse:
    kind = KINDS[HandbookError]
    told = [
        FaultTold(
            file=fault.file,
            message=fault.problem,
            key=fault.field,
            value=fault.value,
            rule=fault.rule,
            counter_example=fault.counter_example,
            allowed=list(fault.allowed),
        )
        for fault in faults[:PROBLEMS_TOLD_MAX]
    ]
    body = UnsoundProblem(
        type=TYPE_PREFIX + kind.code,
        title=said(f"problem.{kind.code}", language),
        status=kind.status,
        code=kind.code,
        detail=str(faults[0]),
        instance=path,
        field=faults[0].field,
        problems=told,
    )
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store"},
    )
