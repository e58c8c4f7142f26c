"""Boards: how many issues show which light, what is parked, what has counted against whom."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.describing import PROBLEMS
from audit.lights import Board as LightBoard
from audit.lights import Lit, board_now, board_seen
from audit.parking import Parked, ParkingLot, parking_lot
from audit.warnings import read_facts
from desk.handbook_versions import THEN, Versions
from domain.access import Act
from domain.lights import Light
from domain.model import Code, Key, Moment
from domain.responsibility import Holder
from domain.warnings import Span, Warned, count, read_span, rule_for
from face.dependencies import Caller, TheHouse, WaitFor, ZoneName, horizon_in, terms_in_force
from face.looked import noted
from face.looking import AsOf, KnownAt, arrived, reader_for, sight_asked, stands_at
from face.supervised import hears_of

router = APIRouter(tags=["boards"])

NAMED_MAX = 200
VERSION_CHARACTERS_MAX = 80

OfUnit = Annotated[
    Code | None,
    Query(description="Of this unit, or of this post if it belongs to none.", examples=["roads"]),
]
Named = Annotated[
    int, Query(ge=1, le=NAMED_MAX, description="Name at most so many issues.", examples=[20])
]

Lights = Annotated[
    dict[Light, int],
    Field(
        description="How many issues show which light.",
        examples=[{"red": 1, "yellow": 2, "green": 9, "none": 0}],
    ),
]


class TierLights(BaseModel):
    """The lights of one tier of a zone."""

    zone: Code
    tier: int
    lights: Lights


class HolderLights(BaseModel):
    """The lights of whoever has the work."""

    zone: Code
    holder: Holder
    lights: Lights


class LitIssue(BaseModel):
    """An open issue and the clock that shows its light."""

    zone: Code
    key: Key
    number: str | None
    title: str
    tier: int
    owner: Code
    holder: Holder
    light: Light
    clock: str | None
    due_at: Moment | None

    @classmethod
    def of(cls, lit: Lit) -> "LitIssue":
        """Return it as it is told."""
        issue, clock = lit.issue, lit.shown.clock
        return cls(
            zone=issue.zone,
            key=issue.key,
            number=issue.number,
            title=issue.title,
            tier=issue.tier,
            owner=issue.owner,
            holder=lit.holder,
            light=lit.shown.light,
            clock=None if clock is None else clock.id,
            due_at=None if clock is None else clock.due_at,
        )


class LightsTold(BaseModel):
    """Open issues by light: red is past a limit, yellow has spent so much of one as the handbook
    says. The counts of each table add up to `lights`; of the issues only those that the caller may
    see are counted."""

    at: Moment
    issues: int
    lights: Lights
    by_tier: list[TierLights]
    by_unit: list[HolderLights]
    worst: list[LitIssue] = Field(description="The first that are red or yellow, worst first.")

    @classmethod
    def of(cls, board: LightBoard) -> "LightsTold":
        """Return it as it is told."""
        return cls(
            at=board.at,
            issues=board.issues,
            lights=board.lights,
            by_tier=[
                TierLights(zone=zone, tier=tier, lights=found)
                for (zone, tier), found in board.by_tier.items()
            ],
            by_unit=[
                HolderLights(zone=zone, holder=holder, lights=found)
                for (zone, holder), found in board.by_holder.items()
            ],
            worst=[LitIssue.of(lit) for lit in board.worst],
        )


class ParkedIssue(BaseModel):
    """A parked issue, and when it is to be looked at again."""

    zone: Code
    key: Key
    number: str | None
    title: str
    enterprise: Code
    owner: Code
    since_at: Moment
    times: int = Field(description="How often it was parked.")
    reason: str
    approved_by: Code | None
    review_at: Moment | None

    @classmethod
    def of(cls, parked: Parked) -> "ParkedIssue":
        """Return it as it is told."""
        issue, parking = parked.issue, parked.parking
        return cls(
            zone=issue.zone,
            key=issue.key,
            number=issue.number,
            title=issue.title,
            enterprise=issue.enterprise,
            owner=issue.owner,
            since_at=parking.since_at,
            times=issue.parked,
            reason=parking.reason,
            approved_by=parking.approved_by,
            review_at=parked.review_at,
        )


class ParkedTold(BaseModel):
    """What is parked, and how much is open at all: `parked` and `open` count all, `issues` names
    the first by their next review."""

    at: Moment
    parked: int
    open: int
    review_overdue: int
    issues: list[ParkedIssue]

    @classmethod
    def of(cls, lot: ParkingLot) -> "ParkedTold":
        """Return it as it is told."""
        return cls(
            at=lot.at,
            parked=sum(lot.parked.values()),
            open=sum(lot.open.values()),
            review_overdue=lot.overdue,
            issues=[ParkedIssue.of(each) for each in lot.issues],
        )


class UnitWarnings(BaseModel):
    """What one unit, or post without one, has in a period. What an appeal has annulled is shown,
    and counts nothing."""

    holder: Holder
    points: int
    cards: list[Code]
    warnings: list[Warned]


class WarningsTold(BaseModel):
    """Warnings counted: by the rule of which version, over which days, from how many streams."""

    zone: Code
    period: Span
    rule_of: str
    rule_source: str | None
    issues_read: int
    orders_read: int
    units: list[UnitWarnings]


@router.get(
    "/boards/{zone}", summary="Open issues by light, tier and unit", responses=PROBLEMS(404, 412)
)
async def lights(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    unit: OfUnit = None,
    limit: Named = 20,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> LightsTold:
    """Count the open issues that the caller may see by light, and name the worst of them."""
    within = await horizon_in(house.desk, caller, Act.READ_BOARD, zone)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    calendar = (await terms_in_force(house.desk, zone)).calendar
    sight = await sight_asked(desk, calendar, as_of, known_at)
    reached = reached if sight is None else sight.position
    scope = {"zone": zone, "unit": unit, "as_of": as_of, "known_at": known_at}
    await noted(house, caller, "board", scope, reached)
    if sight is None:
        found = await board_now(
            desk.ledger,
            at=desk.clock.now(),
            zone=zone,
            unit=unit,
            worst=limit,
            fits=within.sees,
        )
    else:
        found = await board_seen(
            desk.ledger, sight, zone=zone, unit=unit, worst=limit, fits=within.sees
        )
    stands_at(response, reached)
    return LightsTold.of(found)


@router.get("/boards/{zone}/parked", summary="What is parked", responses=PROBLEMS(404))
async def parked(
    house: TheHouse, caller: Caller, zone: ZoneName, response: Response, limit: Named = 50
) -> ParkedTold:
    """Count what is parked, and name it with its next review."""
    within = await horizon_in(house.desk, caller, Act.READ_BOARD, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "board", {"zone": zone, "of": "parked"}, reached)
    lot = await parking_lot(
        desk.ledger,
        zones=[zone],
        at=desk.clock.now(),
        limit=limit,
        fits=None if within.whole else within.sees,
    )
    stands_at(response, reached)
    return ParkedTold.of(lot)


@router.get(
    "/boards/{zone}/warnings", summary="Warnings of each unit in a period", responses=PROBLEMS(404)
)
async def warnings(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    period: Annotated[
        str,
        Query(
            min_length=4,
            max_length=8,
            description="2026-11, 2026-Q4 or 2026, as the zone's rule counts.",
            examples=["2026-Q1"],
        ),
    ],
    unit: OfUnit = None,
    rule: Annotated[
        str,
        Query(
            min_length=1,
            max_length=VERSION_CHARACTERS_MAX,
            description="Count by the rule in force at the end of the period (then), by that in "
            "force now, or by a version of the handbook such as published:2.",
            examples=["then"],
        ),
    ] = THEN,
) -> WarningsTold:
    """Count warnings, with the event behind each. Of posts and units in the caller's sight."""
    within = await horizon_in(house.desk, caller, Act.READ_BOARD, zone)
    desk = reader_for(house, caller)
    span = read_span(period)
    version = await Versions(house.desk).counting(zone, rule, span.to_on)
    by = rule_for(version.handbook, version.name, span)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "warnings", {"zone": zone, "period": period, "unit": unit}, reached)
    read = await read_facts(desk.ledger, zone, span, version.calendar.time_zone)
    tallies = count(read.facts, by, span, version.calendar.time_zone)
    stands_at(response, reached)
    return WarningsTold(
        zone=zone,
        period=span,
        rule_of=version.name,
        rule_source=by.source,
        issues_read=read.issues,
        orders_read=read.orders,
        units=[
            UnitWarnings(
                holder=tally.charged,
                points=tally.points,
                cards=[card.id for card in tally.cards],
                warnings=list(tally.warnings),
            )
            for tally in tallies
            if unit in (None, tally.charged.id) and hears_of(tally.charged, within)
        ],
    )
