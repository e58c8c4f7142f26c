"""The procedures that a zone's handbook describes as data, and what their matters come to."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.describing import PROBLEMS
from api.matter_bodies import (
    ProcedureFigures,
    ProcedureInFull,
    Procedures,
    figure_counted,
    procedure_told,
)
from desk.matter_counting import counted
from domain.access import Act
from domain.model import Code, to_millisecond
from face.dependencies import (
    Caller,
    InLanguage,
    TheHouse,
    WaitFor,
    ZoneName,
    horizon_in,
    terms_in_force,
)
from face.looked import noted
from face.looking import arrived, reader_for, stands_at
from face.matters import procedure_named

router = APIRouter(prefix="/zones/{zone}/procedures", tags=["procedures"])

ProcedureId = Annotated[Code, Path(description="What the handbook calls it.", examples=["visits"])]


@router.get("", summary="Procedures of a zone", responses=PROBLEMS(404))
async def listed(
    house: TheHouse, caller: Caller, zone: ZoneName, language: InLanguage, response: Response
) -> Procedures:
    """List what the zone keeps matters by: visits, notices, loans, permits; who may do what, and
    what a new matter has to say."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "procedures", {"zone": zone}, reached)
    handbook = (await terms_in_force(house.desk, zone)).handbook
    stands_at(response, reached)
    return Procedures(
        zone=zone,
        revision=handbook.revision,
        procedures=[procedure_told(each, language) for each in handbook.matter_procedures],
    )


@router.get("/{procedure}", summary="One procedure, whole", responses=PROBLEMS(404, 422))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    procedure: ProcedureId,
    language: InLanguage,
    response: Response,
) -> ProcedureInFull:
    """Return all that the handbook in force says of a procedure."""
    await horizon_in(house.desk, caller, Act.READ_RULES, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "procedures", {"zone": zone, "procedure": procedure}, reached)
    handbook = (await terms_in_force(house.desk, zone)).handbook
    rule = procedure_named(handbook, procedure)
    stands_at(response, reached)
    return ProcedureInFull(
        **procedure_told(rule, language).model_dump(),
        revision=handbook.revision,
        rule=rule.model_dump(mode="json"),
    )


@router.get(
    "/{procedure}/figures", summary="What its matters come to", responses=PROBLEMS(404, 412, 422)
)
async def figures(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    procedure: ProcedureId,
    language: InLanguage,
    response: Response,
    wait_for: WaitFor = None,
) -> ProcedureFigures:
    """Count the matters of a procedure as they stand: every rate with its denominator; what the
    sources name and do not state is null and said to be so."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    asked = {"zone": zone, "procedure": procedure, "of": "figures"}
    await noted(house, caller, "procedures", asked, reached)
    handbook = (await terms_in_force(desk, zone)).handbook
    rule = procedure_named(handbook, procedure)
    at = to_millisecond(desk.clock.now())
    counting = await counted(desk.ledger, zone, rule, reached)
    stands_at(response, reached)
    return ProcedureFigures(
        zone=zone,
        procedure=procedure,
        revision=handbook.revision,
        at=at,
        position=reached,
        matters=counting.matters,
        figures=[figure_counted(each, language) for each in counting.figures()],
    )
