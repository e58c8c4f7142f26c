"""Board: open issues in columns or a table, views that people keep, reminders to many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from fastapi import Form, Query, Response
from pydantic import Field, ValidationError

from console.page import Menu, Page
from console.queries.board import BoardQuery, BoardShown, board_of, of_today
from console.queries.naming import Naming
from console.queries.reminders import AT_ONCE_MAX, Came, acting, remind, standings
from console.queries.today import bounds_of
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act, Horizon
from domain.commands import SUBMISSION_BYTES_MAX
from domain.errors import InvalidRequestError, from_validation
from domain.lights import Light
from domain.model import Key, Short, to_millisecond
from domain.phases import Phase, Priority
from face.looked import noted
from ledger.day_lists import DayOf as Of
from ledger.saved_views import VIEWS_MAX, SavedViewRow, SavedViewsFullError

PAGE: Final = Page("board", "/board", frozenset({Act.READ_BOARD}), Menu.WORK, follows=True)
REMINDED: Final = "pages/board_reminded.html"
MORE: Final = "pages/board_more.html"
pages: Final = (PAGE,)
router = page_router()

UNPROCESSABLE: Final = 422
QUERY_CHARACTERS_MAX: Final = 1000
CHOSEN_MAX: Final = 1000
"""So many are read from a form at all; more than AT_ONCE_MAX are refused in words."""

ViewName = Annotated[Short, Field(max_length=60)]
QueryText = Annotated[str, Field(max_length=QUERY_CHARACTERS_MAX)]
FormId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Acting = Annotated[str, Field(max_length=130)]


@router.get("/{zone}/board")
async def board(visit: InZone, asked: Annotated[BoardQuery, Query()]) -> Response:
    """Show the issues that are asked for, within the visitor's sight."""
    within = visit.within(Act.READ_BOARD)
    scope = {"zone": visit.zone, "of": "issues", "asked": asked.query(), "after": asked.after}
    await noted(visit.house, visit.caller, "board", scope)
    shown = await _shown(visit, within, asked)
    if asked.more and visit.is_refresh:
        return visit.show(MORE, _data(visit, asked, shown), block="main")
    return await _whole(visit, asked, shown)


@router.post("/{zone}/board/views")
async def keep_view(
    visit: InZone, name: Annotated[ViewName, Form()], query: Annotated[QueryText, Form()] = ""
) -> Response:
    """Keep what the board is asked for now under a name; the same name is replaced."""
    within = visit.within(Act.READ_BOARD)
    asked = _read_query(query)
    row = SavedViewRow(visit.caller.id, visit.zone, name, asked.query(), to_millisecond(visit.at))
    try:
        await visit.house.desk.ledger.put_saved_view(row)
    except SavedViewsFullError:
        shown = await _shown(visit, within, asked)
        problem = visit.said("board.views_full", n=VIEWS_MAX)
        return await _whole(visit, asked, shown, problem=problem, status=UNPROCESSABLE)
    return visit.elsewhere(_address(visit, asked.query()))


@router.post("/{zone}/board/views/forget")
async def forget_view(
    visit: InZone, name: Annotated[ViewName, Form()], query: Annotated[QueryText, Form()] = ""
) -> Response:
    """Forget one of the visitor's own views."""
    visit.within(Act.READ_BOARD)
    await visit.house.desk.ledger.forget_saved_view(visit.caller.id, visit.zone, name)
    return visit.elsewhere(_address(visit, _read_query(query).query()))


@router.post("/{zone}/board/remind")
async def remind_many(
    visit: InZone,
    form: Annotated[FormId, Form()],
    text: Annotated[str, Form(max_length=SUBMISSION_BYTES_MAX)] = "",
    issue: Annotated[list[Key] | None, Form(max_length=CHOSEN_MAX)] = None,
    post: Annotated[Acting, Form()] = "",
    query: Annotated[QueryText, Form()] = "",
) -> Response:
    """Remind whoever works on each of the chosen issues, and tell what each came to."""
    within = visit.within(Act.COMMAND)
    asked, chosen = _read_query(query), tuple(dict.fromkeys(issue or ()))
    problem = _problem(visit, chosen, text)
    if problem is not None:
        shown = await _shown(visit, within, asked)
        return await _whole(
            visit, asked, shown, problem=problem, status=UNPROCESSABLE, chosen=chosen, text=text
        )
    actor = acting(visit, post)
    came = await remind(visit, actor, chosen, text.strip(), form)
    data = {
        "came": came,
        "done": sum(each.came is Came.DONE for each in came),
        "again": tuple(each.key for each in came if each.came is Came.UNKNOWN),
        "form": form,
        "text": text,
        "post": post,
        "query": asked.query(),
        "back": _address(visit, asked.query()),
        "address": PAGE.address(visit.zone),
    }
    return visit.show(REMINDED, data)


def _problem(visit: ZoneVisit, chosen: Sequence[str], text: str) -> str | None:
    if not chosen:
        return visit.said("board.none_chosen")
    if len(chosen) > AT_ONCE_MAX:
        return visit.said("board.too_many", n=len(chosen), limit=AT_ONCE_MAX)
    if not text.strip():
        return visit.said("board.nothing_said")
    return None


async def _shown(visit: ZoneVisit, within: Horizon, asked: BoardQuery) -> BoardShown:
    ledger, at = visit.desk.ledger, to_millisecond(visit.at)
    if asked.of is None:
        return await board_of(ledger, within, asked, visit.handbook, at=at)
    from_at, to_at = bounds_of(visit.today, visit.time_zone)
    return await of_today(
        ledger, within, asked.of, asked.after, at=at, from_at=from_at, to_at=to_at
    )


async def _whole(
    visit: ZoneVisit,
    asked: BoardQuery,
    shown: BoardShown,
    *,
    problem: str | None = None,
    status: int = 200,
    chosen: Sequence[str] = (),
    text: str = "",
) -> Response:
    views = await visit.desk.ledger.saved_views(visit.caller.id, visit.zone)
    data = _data(visit, asked, shown) | {
        "views": views,
        "standings": standings(visit),
        "problem": problem,
        "chosen": frozenset(chosen),
        "text": text,
        "form": uuid4().hex,
        "limit": AT_ONCE_MAX,
        "phases": [each for each in Phase if each is not Phase.CLOSED],
        "priorities": tuple(Priority),
        "segments": [(each.id, each.name) for each in visit.handbook.segments],
        "lights": tuple(Light),
        "happened": tuple(Of),
    }
    return visit.show(PAGE, data, status=status)


def _data(visit: ZoneVisit, asked: BoardQuery, shown: BoardShown) -> dict[str, Any]:
    return {
        "asked": asked,
        "board": shown,
        "naming": Naming(visit.handbook),
        "address": PAGE.address(visit.zone),
        "at": to_millisecond(visit.at),
        "lateness": _lateness,
        "may_remind": bool(standings(visit)),
        "again": _address(visit, asked.query(after=asked.after)),
        "to": lambda **changes: _address(visit, asked.query(**changes)),
    }


def _lateness(red_at: datetime, at: datetime) -> int:
    """Return how long it is until a light turns red, in milliseconds; below zero: since."""
    return round((red_at - at).total_seconds() * 1000)


def _address(visit: ZoneVisit, query: str) -> str:
    here = PAGE.address(visit.zone)
    return f"{here}?{query}" if query else here


def _read_query(text: str) -> BoardQuery:
    """Return a question as an address says it. Raises InvalidRequestError."""
    if "\0" in unquote(text):
        detail = "The address has a character in it that is not text."
        raise InvalidRequestError(detail, field="query")
    try:
        return BoardQuery.model_validate(dict(parse_qsl(text)))
    except ValidationError as error:
        raise from_validation(error) from None
