"""The pages of an enterprise: its issues, and one of them as it is told to it."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Form, Query, Response
from pydantic import Field, ValidationError

from console.page import PREFIX, Menu, Page
from console.pages.matters_one import acts_on
from console.queries.matters import matters_about
from console.queries.matters_seen import sight_of, told_lines
from console.queries.mine import (
    Own,
    asked_first,
    contacts_of,
    offered,
    own,
    promised,
    resolution_of,
    told,
)
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.board import contact_board
from domain.commands import (
    COUNT_MAX,
    Command,
    Confirm,
    Note,
    Reject,
    Reopen,
    Submission,
    Withdraw,
)
from domain.days import zone_of
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    WrongPhaseError,
    from_validation,
)
from domain.model import TEXT_CHARACTERS_MAX, CommandId, to_millisecond
from face.actors import actor_for
from face.dependencies import IssueKey, seen_row
from face.elsewhere import event_told, hidden_in, row_told
from face.listing import CURSOR_CHARACTERS_MAX, asked_of, page_now, read_cursor, text_of
from face.looked import noted
from face.looking import Travel, look_at
from ledger.lists import Narrowed, Order, Sort
from ledger.port import IssueRow

router = page_router()

MINE: Final = Page(
    "mine",
    "/mine",
    frozenset({Act.READ_ISSUES}),
    Menu.WORK,
    live=True,
    of_enterprises=True,
)
FOLLOWED: Final = Page("followed", "/mine", frozenset({Act.READ_ISSUES}), of_enterprises=True)
"""Not live: it holds forms, and what is being typed must not be swept away."""
pages: Final = (MINE, FOLLOWED)

ROWS: Final = 30
WRONG_STATUS: Final = 422
CHANGED_STATUS: Final = 409
OPEN_MAX: Final = 200
"""How many open issues are looked through for what the enterprise is asked."""
NEWEST: Final = Order(Sort.REPORTED_AT, descending=True)

TextGiven = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX + 1000)]
"""A little more than a text may have: what is too long is told, not cut off by a form."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a form of the page of an issue was sent with."""

    command: str
    text: str
    satisfaction: int | None


@router.get("/{zone}/mine")
async def mine(
    visit: InZone,
    ended: Annotated[bool, Query()] = False,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Show an enterprise its issues: what it is asked first, then those that are open; with `ended`
    all there ever were."""
    horizon = visit.within(Act.READ_ISSUES)
    enterprise = _enterprise(visit)
    narrowed = Narrowed(zone=visit.zone, enterprise=enterprise, open_only=not ended)
    question = asked_of(narrowed, NEWEST, {"page": "mine"})
    after = None if cursor is None else read_cursor(cursor, question, NEWEST)
    at = to_millisecond(visit.at)
    desk = visit.desk
    await noted(visit.house, visit.caller, "issues", {"zone": visit.zone, "enterprise": enterprise})
    page = await page_now(
        desk.ledger,
        [horizon],
        narrowed,
        NEWEST,
        at=at,
        asked=question,
        after=None if after is None else after.place,
        limit=ROWS,
    )
    waiting = await desk.ledger.listed(
        horizon,
        Narrowed(zone=visit.zone, enterprise=enterprise, open_only=True),
        Order(Sort.DEADLINE_AT),
        at=at,
        limit=OPEN_MAX,
    )
    local = visit.at.astimezone(zone_of(visit.time_zone))
    about = await matters_about(desk, visit.handbook, sight_of(visit), at, enterprise=enterprise)
    following = None
    if page.next is not None:
        kept = "&ended=true" if ended else ""
        following = f"{MINE.address(visit.zone)}?cursor={text_of(page.next)}{kept}"
    return visit.show(
        MINE,
        {
            "enterprise": visit.handbook.enterprises_by_id[enterprise],
            "asked": asked_first([await _own(visit, each.row) for each in waiting]),
            "issues": [await _own(visit, row) for row in page.rows],
            "open_count": len(waiting),
            "open_is_more": len(waiting) == OPEN_MAX,
            "ended": ended,
            "next": following,
            "matters": await told_lines(visit, about),
            "matter_acts": await acts_on(visit, about),
            "naming": Naming(visit.handbook),
            "contacts": contacts_of(contact_board(visit.handbook, enterprise, local)),
        },
    )


@router.get("/{zone}/mine/{key}")
async def followed(visit: InZone, key: IssueKey) -> Response:
    """Show an enterprise one of its issues: what happened, what is promised, what it may say."""
    _enterprise(visit)
    return await _shown(visit, key)


@router.post("/{zone}/mine/{key}")
async def answered(
    visit: InZone,
    key: IssueKey,
    command: Annotated[str, Form(max_length=20)],
    command_id: Annotated[CommandId, Form()],
    expected_version: Annotated[int, Form(ge=0, le=COUNT_MAX)],
    text: Annotated[TextGiven, Form()] = "",
    satisfaction: Annotated[str, Form(pattern="^[1-5]?$")] = "",
) -> Response:
    """Take what the enterprise says: it agrees, refuses, withdraws, takes up again, adds."""
    _enterprise(visit)
    await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, key)
    given = Answered(command, text.strip(), int(satisfaction) if satisfaction else None)
    try:
        submission = Submission(
            id=command_id,
            zone=visit.zone,
            key=key,
            actor=actor_for(visit.caller, visit.handbook, visit.today),
            command=_command(given),
            expected_version=expected_version,
        )
        await visit.house.desk.carry_out(visit.house.identity.vouched(submission, visit.caller))
    except ValidationError as error:
        return await _shown(visit, key, given, from_validation(error))
    except InvalidRequestError as refusal:
        return await _shown(visit, key, given, refusal)
    except (ConflictError, WrongPhaseError) as refusal:
        if isinstance(refusal, ConflictError) and refusal.field != "expected_version":
            raise
        return await _shown(visit, key, given, has_changed=True)
    return visit.elsewhere(f"{MINE.address(visit.zone)}/{key}")


async def _shown(
    visit: ZoneVisit,
    key: str,
    given: Answered | None = None,
    refusal: InvalidRequestError | None = None,
    *,
    has_changed: bool = False,
) -> Response:
    look = await look_at(
        visit.house, visit.caller, Act.READ_ISSUES, visit.zone, key, Travel(), "issue"
    )
    issue = look.row.issue
    terms = await look.desk.shelf.version(issue.terms)
    at = to_millisecond(visit.at)
    records = await look.desk.ledger.records(issue.stream)
    hidden = await hidden_in(look.desk.ledger, visit.caller, issue, records)
    seen = [event_told(each, hidden) for each in records]
    actor = actor_for(visit.caller, visit.handbook, visit.today)
    data = {
        "own": own(issue, visit.handbook, terms, at),
        "category": next(
            (each.name for each in visit.handbook.categories if each.id == issue.category), None
        ),
        "told": told([each for each in seen if each is not None], visit.handbook),
        "promised": promised(issue),
        "resolution": resolution_of(issue),
        "offered": offered(look.whole.issue, actor, terms, at),
        "command_id": uuid4().hex,
        "given": given or Answered("", "", None),
        "refusal": refusal,
        "has_changed": has_changed,
        "back": f"{PREFIX}/{visit.zone}/mine",
    }
    status = CHANGED_STATUS if has_changed else 200 if refusal is None else WRONG_STATUS
    return visit.show(FOLLOWED, data, status=status)


def _command(given: Answered) -> Command:
    """Return the command that a form asks for. Raises InvalidRequestError."""
    text = given.text
    match given.command:
        case "confirm":
            return Confirm(note=text or None, satisfaction=given.satisfaction)
        case "reject":
            return Reject(reason=_written(text), satisfaction=given.satisfaction)
        case "withdraw":
            return Withdraw(reason=_written(text))
        case "reopen":
            return Reopen(reason=_written(text))
        case "note":
            return Note(text=_written(text))
        case _:
            raise InvalidRequestError(
                "There is no such form.",
                field="command",
                value=given.command,
                allowed="confirm, reject, withdraw, reopen, note",
            )


def _written(text: str) -> str:
    if not text:
        raise InvalidRequestError("Something has to be written here.", field="text")
    return text


def _enterprise(visit: ZoneVisit) -> str:
    """Return whom the visitor speaks for. Raises NotPermittedError."""
    enterprise = visit.caller.enterprise
    if enterprise is None or enterprise not in visit.handbook.enterprises_by_id:
        raise NotPermittedError(
            "You do not speak for an enterprise of this zone.", field="enterprise", value=enterprise
        )
    return enterprise


async def _own(visit: ZoneVisit, row: IssueRow) -> Own:
    terms = await visit.desk.shelf.version(row.issue.terms)
    row = await row_told(visit.desk.ledger, visit.caller, row)
    return own(row.issue, visit.handbook, terms, to_millisecond(visit.at))
