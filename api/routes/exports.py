"""Exports as streams: events for other programs, in memory that does not grow with the ledger."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from enum import StrEnum
from typing import Annotated, Final
from uuid import uuid4

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.describing import PROBLEMS
from audit.exports.choosing import Choice
from audit.exports.exporting import Asked, recorded
from audit.exports.forms import Statement
from audit.exports.streaming import streamed
from desk.desk import Desk
from domain.access import Act
from domain.canonical import canonical
from domain.errors import InvalidRequestError
from domain.issue import stream_name
from domain.model import Code, Key
from face.dependencies import Caller, TheHouse, horizon_in, terms_in_force
from face.house import House
from face.looking import POSITION, instant_asked, reader_for

router = APIRouter(prefix="/exports", tags=["exports"])

READ: Final = "Closeout-Read"


class FormName(StrEnum):
    """What an export is written in."""

    JSONL = "jsonl"
    CSV = "csv"
    OCEL = "ocel"
    XES = "xes"


MEDIA: Final[Mapping[FormName, tuple[str, str]]] = {
    FormName.JSONL: ("application/x-ndjson", "jsonl"),
    FormName.CSV: ("text/csv; charset=utf-8", "csv"),
    FormName.OCEL: ("application/json", "ocel.json"),
    FormName.XES: ("application/xml", "xes"),
}
"""Of each form its media type, and what the name of its file ends in."""

INSTANT: Final = "ISO 8601; without an offset the zone's own time."
INSTANT_CHARACTERS_MAX: Final = 40


@router.get(
    "/{form}",
    summary="Events of a zone for other programs",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The whole export as it is made. `Closeout-Position` is the position "
            "that it reaches up to, `Closeout-Read` the record that it was asked for. A stream "
            "that breaks off was not finished; JSON lines end with a line `end`.",
            "content": {
                media.partition(";")[0]: {
                    "schema": {"type": "object" if media == "application/json" else "string"}
                }
                for media, _ in MEDIA.values()
            },
        },
        **PROBLEMS(404),
    },
)
async def export(
    house: TheHouse,
    caller: Caller,
    form: Annotated[FormName, Path(description="The form.", examples=["jsonl"])],
    zone: Annotated[Code, Query(description="Of this zone.", examples=["xinghe"])],
    category: Annotated[Code | None, Query(description="Issues of this kind.")] = None,
    from_: Annotated[
        str | None,
        Query(
            alias="from",
            min_length=1,
            max_length=INSTANT_CHARACTERS_MAX,
            description=f"Reported at this or later: {INSTANT}",
        ),
    ] = None,
    to: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=INSTANT_CHARACTERS_MAX,
            description=f"Reported before this: {INSTANT}",
        ),
    ] = None,
    open_: Annotated[
        bool | None, Query(alias="open", description="Issues that are open, or closed.")
    ] = None,
    issue: Annotated[Key | None, Query(description="This one, by its key.")] = None,
) -> StreamingResponse:
    """Write the events of the chosen issues: JSON lines as they are kept, CSV for spreadsheets,
    OCEL 2.0 or XES for process mining. Each export is on record before anything is read. Whoever
    stops listening stops it."""
    await horizon_in(house.desk, caller, Act.EXPORT, zone)
    desk = reader_for(house, caller)
    calendar = (await terms_in_force(house.desk, zone)).calendar
    if issue is not None:
        await house.desk.row(zone, issue)
    choice = Choice(
        zone=zone,
        category=category,
        from_at=None if from_ is None else instant_asked(calendar, "from", from_),
        to_at=None if to is None else instant_asked(calendar, "to", to),
        open=open_,
        issue=None if issue is None else stream_name(zone, issue),
    )
    if choice.from_at is not None and choice.to_at is not None and choice.to_at <= choice.from_at:
        raise InvalidRequestError("This is before it begins.", field="to", value=to)
    asked = Asked(
        id=f"export-{uuid4()}",
        choice=choice,
        actor=canonical({"kind": "caller", "name": caller.id}),
        at=house.desk.clock.now(),
    )
    statement = await recorded(desk.ledger, house.desk.ledger, form.value, asked)
    media, ending = MEDIA[form]
    return StreamingResponse(
        _until_stopped(house, desk, statement),
        media_type=media,
        headers={
            POSITION: str(statement.position),
            READ: statement.read,
            "Content-Disposition": f'attachment; filename="{zone}-{statement.position}.{ending}"',
            "Cache-Control": "no-store",
        },
    )


async def _until_stopped(house: House, desk: Desk, statement: Statement) -> AsyncIterator[bytes]:
    """A server that stops breaks an export off: the end of the answer is missing too."""
    chunks = streamed(desk.ledger, statement, goes_on=lambda: not house.stopping.is_set())
    async with aclosing(chunks):
        async for chunk in chunks:
            yield chunk
