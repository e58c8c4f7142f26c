"""Issues: reported, followed, acted on."""

from fastapi import APIRouter, Response

from api.dependencies import Caller, IssueKey, TheHouse, WaitFor, ZoneName, seen_row
from desk.travelling import position_of, wait_for
from domain.access import Act
from domain.view import IssueView

router = APIRouter(prefix="/issues", tags=["issues"])

POSITION = "Closeout-Position"


@router.get("/{zone}/{key}", summary="One issue as it stands")
async def read_issue(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    response: Response,
    position: WaitFor = None,
) -> IssueView:
    """Return an issue. Its ETag is its version, `Closeout-Position` of which position it is."""
    desk = house.desk
    reached = await desk.ledger.safe_position()
    if position is not None:
        reached = await wait_for(desk.ledger, position)
    row = await seen_row(desk, caller, Act.READ_ISSUES, zone, key)
    response.headers["ETag"] = f'"{row.issue.version}"'
    response.headers[POSITION] = str(await position_of(desk.ledger, row, reached))
    return desk.seer.view(row)
