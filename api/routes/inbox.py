"""The inbox: what the caller's posts, or their enterprise, were told."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.describing import PROBLEMS
from desk.inbox import mailboxes_of, opened, said_in
from domain.errors import NotPermittedError, UnknownIssueError
from domain.model import Code
from domain.notice_text import NoticeFacts
from face.dependencies import Caller, InLanguage, TheHouse
from face.inboxes import (
    CURSOR_CHARACTERS_MAX,
    ID_CHARACTERS_MAX,
    ID_PATTERN,
    facts_of,
    inbox_cursor,
    inbox_id,
    notice_named,
    read_inbox_cursor,
)
from face.looking import POSITION, Travel, Travels, arrived, sight_of
from face.words import Language
from ledger.receipts import INBOX_MAX, InboxRow, Mailbox

router = APIRouter(prefix="/inbox", tags=["inbox"])

NoticeName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=ID_CHARACTERS_MAX,
        pattern=ID_PATTERN,
        description="The `id` of what lies in the inbox.",
        examples=["eGluZ2hlL0EwMS8xL2dyaWQtMQ"],
    ),
]


class Told(BaseModel):
    """What lies in an inbox."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "eGluZ2hlL0EwMS8xL2dyaWQtMQ",
                    "zone": "xinghe",
                    "addressee": "grid-1",
                    "told_at": "2026-03-02T01:00:00Z",
                    "subject": "Reported: A01",
                    "text": 'Reported: issue A01, "The gate is blocked"',
                    "read_at": None,
                    "facts": None,
                }
            ]
        }
    )

    id: str
    zone: str
    addressee: str = Field(description="The post or the enterprise that was told.")
    told_at: datetime = Field(description="When it came to lie here: delivered.")
    subject: str = Field(description="In the caller's language, as it was recorded.")
    text: str
    read_at: datetime | None = Field(description="When the caller first opened it.")
    facts: NoticeFacts | None = Field(
        description="What it tells of: the issue or order as it stood when this was told."
    )


class InboxPage(BaseModel):
    """A page of inboxes, the newest first."""

    items: list[Told]
    next: str | None = Field(description="The `cursor` of the next page; null: there is none.")


class Opened(BaseModel):
    """That something was opened."""

    id: str
    read_at: datetime = Field(description="When it was first opened by this caller.")


@router.get("", summary="What I was told", responses=PROBLEMS(404, 412, 422))
async def read_inbox(
    house: TheHouse,
    caller: Caller,
    language: InLanguage,
    travel: Travels,
    response: Response,
    zone: Annotated[Code | None, Query(description="Of one zone only.")] = None,
    unread: Annotated[bool, Query(description="Only what the caller has not opened.")] = False,
    cursor: Annotated[
        str | None,
        Query(min_length=1, max_length=CURSOR_CHARACTERS_MAX, description="A page's `next`."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=INBOX_MAX - 1, description="How many at most.")] = 50,
) -> InboxPage:
    """List what the caller's posts, or the enterprise that they speak for, were told. Reading the
    list opens nothing: `POST …/read` does."""
    desk = house.desk
    reached = await arrived(desk, travel.wait_for)
    boxes = await _boxes(house, caller, zone)
    sight = await sight_of(desk, Travel(travel.as_of, travel.known_at), zone)
    response.headers[POSITION] = str(reached if sight is None else sight.position)
    rows = await desk.ledger.inbox(
        boxes,
        caller.id,
        after=None if cursor is None else read_inbox_cursor(cursor),
        known_at=None if sight is None else sight.at,
        unread_only=unread,
        limit=limit + 1,
    )
    shown = rows[:limit]
    following = inbox_cursor(shown[-1]) if len(rows) > limit else None
    return InboxPage(items=[_told(row, language) for row in shown], next=following)


@router.post("/{id}/read", summary="Open what I was told", responses=PROBLEMS(404, 422))
async def open_notice(house: TheHouse, caller: Caller, id: NoticeName) -> Opened:
    """Record that the caller has opened it. Opened again, the first time stands."""
    boxes = await _boxes(house, caller, None)
    notice = notice_named(id)
    row = None if notice is None else await opened(house.desk, caller, boxes, notice)
    if row is None:
        raise UnknownIssueError("Nothing of this id lies in your inbox.", field="id", value=id)
    return Opened(id=id, read_at=row.at)


async def _boxes(house: TheHouse, caller: Caller, zone: str | None) -> list[Mailbox]:
    boxes = await mailboxes_of(house.desk, caller, zone)
    if not boxes:
        raise NotPermittedError(
            "You have no inbox here.",
            field="act",
            value="read_inbox",
            allowed="whoever holds a post, or speaks for an enterprise",
        )
    return boxes


def _told(row: InboxRow, language: Language) -> Told:
    subject, text = said_in(row.text, language)
    return Told(
        id=inbox_id(row.receipt.notice),
        zone=row.receipt.zone,
        addressee=row.receipt.addressee,
        told_at=row.receipt.at,
        subject=subject,
        text=text,
        read_at=row.read_at,
        facts=facts_of(row),
    )
