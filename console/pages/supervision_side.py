"""Beside the orders: warnings with the event behind each, what is parked, callbacks."""

import asyncio
from datetime import date
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Form, Path, Query, Response
from pydantic import BaseModel, ValidationError

from console.asked import MaybeCode, MaybeCursor, address_of
from console.page import Page
from console.pages.supervision import tabs
from console.queries import supervision_callbacks as callbacks_of
from console.queries import supervision_counts as query
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone
from desk.callbacks import Asked, CallbackDesk
from domain.access import Act
from domain.errors import InvalidRequestError, NotPermittedError, from_validation
from domain.model import Key
from domain.people import Officer, named
from face.actors import actor_for
from face.asking import Day
from face.looked import noted
from face.problems import TooManyRequestsError
from face.translated import in_language

BOARD: Final = frozenset({Act.READ_BOARD})
READS_CALLBACKS: Final = frozenset({Act.READ_CALLBACKS})
WARNINGS: Final = Page("warnings", "/supervision/warnings", BOARD)
PARKED: Final = Page("parked", "/supervision/parked", BOARD)
CALLBACKS: Final = Page("callbacks", "/supervision/callbacks", READS_CALLBACKS)
DRAW: Final = Page("draw", "/supervision/callbacks/{draw}", READS_CALLBACKS)
pages: tuple[Page, ...] = (WARNINGS, PARKED, CALLBACKS, DRAW)
router = page_router()

PERIOD_CHARACTERS_MAX: Final = 8
AGAIN_S: Final = 5
DrawId = Annotated[Key, Path()]
_drawing: Final = asyncio.Lock()
"""Drawing again reads a period whole: one at a time leaves the rest of the face its processor."""


class NewDraw(BaseModel):
    """The form by which issues are drawn. `id` was made as it was shown."""

    id: Key
    from_on: Day
    to_on: Day
    seed: MaybeCode = None
    post: MaybeCode = None


@router.get("/{zone}/supervision/warnings")
async def warnings(
    visit: InZone,
    period: Annotated[str | None, Query(max_length=PERIOD_CHARACTERS_MAX)] = None,
) -> Response:
    """Show what counts against whom in a period, the present one unless another is asked for."""
    within = visit.within(Act.READ_BOARD)
    now = query.period_now(visit.handbook, visit.today)
    asked = period or now
    scope = {"zone": visit.zone, "period": asked}
    await noted(visit.house, visit.caller, "warnings", scope)
    shown, refused, too_much = None, None, False
    if asked is not None:
        try:
            shown = await query.warnings(visit.desk, within, asked)
        except InvalidRequestError as error:
            refused = in_language(error.message, visit.language)
        except query.TooMuchToReadError:
            too_much = True
    data = {
        "tabs": tabs(visit, "warnings"),
        "shown": shown,
        "period": asked or "",
        "has_rule": now is not None,
        "refused": refused,
        "too_much": too_much,
        "naming": Naming(visit.handbook),
        "may_order": visit.may(Act.GIVE_ORDERS),
    }
    return visit.show(WARNINGS, data)


@router.get("/{zone}/supervision/parked")
async def parked(visit: InZone, after: MaybeCursor = None) -> Response:
    """Show what is parked, the next review first."""
    within = visit.within(Act.READ_BOARD)
    await noted(visit.house, visit.caller, "board", {"zone": visit.zone, "of": "parked"})
    found = await query.parked(visit.desk, visit.handbook, within, after)
    here = PARKED.address(visit.zone)
    data = {
        "tabs": tabs(visit, "parked"),
        "parked": found,
        "further": None if found.next is None else address_of(here, {"after": found.next}),
    }
    return visit.show(PARKED, data)


@router.get("/{zone}/supervision/callbacks")
async def callbacks(visit: InZone) -> Response:
    """Show the draws, and the form by which issues are drawn."""
    visit.within(Act.READ_CALLBACKS)
    await noted(visit.house, visit.caller, "callbacks", {"zone": visit.zone})
    last_on = visit.today.replace(day=1)
    data = {
        "tabs": tabs(visit, "callbacks"),
        "draws": await callbacks_of.draws(visit.desk, visit.zone),
        "may_draw": visit.may(Act.DRAW_CALLBACKS) and visit.handbook.callbacks is not None,
        "rule": visit.handbook.callbacks,
        "id": f"draw-{visit.today:%Y%m%d}-{uuid4().hex[:6]}",
        "to_on": date.fromordinal(last_on.toordinal() - 1),
        "from_on": date.fromordinal(last_on.toordinal() - 1).replace(day=1),
        "posts": [(each.id, visit.name(each.name)) for each in visit.posts()],
    }
    return visit.show(CALLBACKS, data)


@router.post("/{zone}/supervision/callbacks")
async def draw(visit: InZone, form: Annotated[NewDraw, Form()]) -> Response:
    """Draw closed issues, and show what was drawn."""
    visit.within(Act.DRAW_CALLBACKS)
    actor = actor_for(visit.caller, visit.handbook, visit.today, post=form.post)
    if not isinstance(actor, Officer):
        raise NotPermittedError("Only an officer draws.", field="actor", value=named(actor))
    from_at, to_at = callbacks_of.days(form.from_on, form.to_on, visit.time_zone)
    try:
        asked = Asked(id=form.id, zone=visit.zone, from_at=from_at, to_at=to_at, seed=form.seed)
    except ValidationError as error:
        raise from_validation(error) from error
    await CallbackDesk(visit.house.desk).draw(asked, actor)
    return visit.elsewhere(f"{CALLBACKS.address(visit.zone)}/{form.id}")


@router.get("/{zone}/supervision/callbacks/{draw}")
async def drawn(visit: InZone, draw: DrawId) -> Response:
    """Show a draw as it is on record."""
    visit.within(Act.READ_CALLBACKS)
    await noted(visit.house, visit.caller, "callbacks", {"zone": visit.zone, "draw": draw})
    found = await callbacks_of.drawn(visit.desk, visit.zone, draw)
    return visit.show(DRAW, {"tabs": tabs(visit, "callbacks"), "shown": found})


@router.post("/{zone}/supervision/callbacks/{draw}")
async def redraw(visit: InZone, draw: DrawId) -> Response:
    """Show a draw, drawn again and compared. Nothing is kept."""
    visit.within(Act.READ_CALLBACKS)
    await noted(visit.house, visit.caller, "callbacks", {"zone": visit.zone, "draw": draw})
    if _drawing.locked():
        raise TooManyRequestsError(AGAIN_S)
    async with _drawing:
        found = await callbacks_of.compared(visit.desk, visit.zone, draw)
    return visit.show(DRAW, {"tabs": tabs(visit, "callbacks"), "shown": found})
