"""`closeout callback`: draws of closed issues whose enterprises are called back (R8.5)."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from terminal.actors import VARIABLE, read_actor
from terminal.asking import Zone
from terminal.auditing import FOUND
from terminal.session import Session

if TYPE_CHECKING:
    from domain.calendar import WorkingCalendar
    from domain.people import Officer

LIST_MAX = 200
LOCAL = "ISO 8601; without an offset it is the zone's own time."


async def callback_draw(
    session: Session,
    zone: Zone,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help=f"Closed at this or later: {LOCAL}")
    ],
    to: Annotated[str, typer.Option(metavar="TIME", help="Closed before this; in the past.")],
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="What the draw hangs on. That you chose it is on record.",
            show_default="by chance",
        ),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="The draw's name; drawn again under it, a draw goes on where it stopped.",
            show_default="a new one",
        ),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option("--as", metavar="ACTOR", envvar=VARIABLE, help="officer:PERSON@POST"),
    ] = None,
) -> None:
    """Draw some of the issues closed in a period, and tell each that it came up.

    By a coordinator or a supervisor. How many is the handbook's to say. Anyone can draw again with
    `callback redraw`. What an enterprise then says is for `closeout do … record-callback`.
    """
    from pydantic import ValidationError

    from desk.callbacks import Asked, CallbackDesk
    from domain.errors import from_validation
    from terminal.shown.callbacks import drawn_plain, drawn_shown

    drawer = _officer(actor)
    async with session.desk() as desk:
        terms = await desk.shelf.current(zone, desk.clock.now())
        try:
            asked = Asked(
                id=f"draw-{uuid4()}" if id_ is None else id_,
                zone=zone,
                from_at=_instant(from_, "from", terms.calendar),
                to_at=_instant(to, "to", terms.calendar),
                seed=seed,
            )
        except ValidationError as error:
            raise from_validation(error) from error
        drawn = await CallbackDesk(desk).draw(asked, drawer)
    zone_time = terms.calendar.time_zone
    session.out.answer(drawn_plain(drawn), lambda: drawn_shown(drawn, zone_time))


async def callback_redraw(
    session: Session,
    id_: Annotated[str, typer.Argument(metavar="ID", help="A draw of `callback list`.")],
) -> int:
    """Draw a recorded draw again, and compare. Nothing is written.

    Exit code 6 if anything differs, or a drawn issue has no event of the draw: the same `callback
    draw` under its --id tells those that are missing.
    """
    from desk.callbacks import CallbackDesk
    from terminal.shown.callbacks import redrawn_plain, redrawn_shown

    async with session.desk() as desk:
        redrawn = await CallbackDesk(desk).redraw(id_)
    session.out.answer(redrawn_plain(redrawn), lambda: redrawn_shown(redrawn))
    return FOUND if redrawn.differences or redrawn.missing else 0


async def callback_list(
    session: Session,
    zone: Zone,
    limit: Annotated[
        int, typer.Option(min=1, max=LIST_MAX, help="Name at most so many draws.")
    ] = 20,
) -> None:
    """List the draws of a zone, and how far callbacks and sign-offs agree.

    An enterprise that was not reached has said nothing: it counts neither way.
    """
    from desk.callbacks import CallbackDesk
    from terminal.shown.callbacks import draws_plain, draws_shown

    async with session.desk() as desk:
        terms = await desk.shelf.current(zone, desk.clock.now())
        found = await CallbackDesk(desk).draws(zone, limit=limit)
    zone_time = terms.calendar.time_zone
    session.out.answer(draws_plain(zone, found), lambda: draws_shown(zone, found, zone_time))


def _officer(text: str | None) -> "Officer":
    from pydantic import ValidationError

    from domain.errors import InvalidRequestError
    from domain.people import Officer

    named = read_actor(text)
    try:
        return Officer.model_validate(named)
    except ValidationError as error:
        raise InvalidRequestError(
            "Only an officer draws.",
            field="actor (--as)",
            value=text,
            allowed="officer:PERSON@POST[:PRINCIPAL]",
        ) from error


def _instant(text: str, field: str, calendar: "WorkingCalendar") -> datetime:
    from domain.calendar import CalendarError
    from domain.calendar_forms import instant_in
    from domain.errors import InvalidRequestError

    try:
        return instant_in(calendar, text)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field=field, value=text) from error
