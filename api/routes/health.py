"""`/healthz` and `/readyz`: whether the process lives, and whether it can do its work."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from face.dependencies import TheHouse

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """That the process lives."""

    status: Annotated[str, Field(examples=["ok"])]


class Readiness(BaseModel):
    """That it can do its work: the ledger answers, and stands at `position`."""

    status: Annotated[str, Field(examples=["ready"])]
    position: int


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> Health:
    """Say that the process lives. Asks nothing of anybody."""
    return Health(status="ok")


@router.get("/readyz", summary="Whether requests can be served")
async def readyz(house: TheHouse) -> Readiness:
    """Ask the ledger; 503 while it does not answer."""
    return Readiness(status="ready", position=await house.desk.ledger.safe_position())
