"""What was refused of anything, or by the face itself: for auditors of every zone."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.describing import PROBLEMS
from api.issue_details import Refusals, refusals_told
from domain.access import Act, require_every_zone
from face.dependencies import Caller, TheHouse
from face.looked import noted
from face.looking import reader_for, stands_at

router = APIRouter(prefix="/refusals", tags=["verification"])

PAGE_MAX: Final = 500
AFTER_MAX: Final = 2**31 - 1


@router.get("", summary="What was refused", responses=PROBLEMS(422))
async def read_refusals(
    house: TheHouse,
    caller: Caller,
    response: Response,
    stream: Annotated[
        str,
        Query(
            pattern=r"^[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._/-]{0,140}$",
            description="Of what: an issue (`zone/key`), an order (`order/zone/key`), or what is "
            "of neither, by the act that was asked (`face//export`); `face//counted` has the "
            "counts of callers who were refused too often to keep each.",
            examples=["face//export"],
        ),
    ],
    after: Annotated[int, Query(ge=0, le=AFTER_MAX, description="Leave out so many.")] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 100,
) -> Refusals:
    """List what was refused of a stream, the oldest first. For auditors of every zone, whose
    reading is recorded; those of some zones read the refusals of each issue."""
    require_every_zone(caller, Act.READ_REFUSALS)
    desk = reader_for(house, caller)
    position = await desk.ledger.safe_position()
    await noted(house, caller, "refusals", {"stream": stream}, position)
    stands_at(response, position)
    return await refusals_told(desk.ledger, stream, after, limit)
