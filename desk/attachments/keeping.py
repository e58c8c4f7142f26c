"""How long attachments are kept: holds, and the sweep of what nobody needs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from desk.attachments.naming import named_in
from desk.attachments.problems import UnknownAttachmentError
from desk.attachments.room import Room
from desk.attachments.uploading import finish
from desk.desk import Desk
from desk.publishing import leads, oversees
from domain.days import zone_of
from domain.errors import ConflictError, InvalidRequestError, IssueError, NotPermittedError
from domain.model import Frozen, Text, to_millisecond
from domain.people import Officer, named
from domain.permissions import Setting, officer_post
from domain.terms import Terms
from ledger.attachments import ATTACHMENTS_PAGE_MAX, AttachmentRow, AttachmentState
from ledger.port import Ledger
from runtime.attachments.spool import Unfinished
from runtime.attachments.store import StoreError
from runtime.errors import StackError

log = structlog.get_logger()

HOLD: Final = "hold_attachment"
WHO_MAY: Final = "a coordinator, a supervisor or a holder of a top-tier post, in person"
STOPPED_AFTER: Final = timedelta(days=1)
"""Since when what is being stored must have been, to be taken for a stopped upload."""
LEFT_FOR: Final = timedelta(minutes=10)
"""How long a complete upload is left to whoever began it."""


class HoldAsked(Frozen):
    """A legal hold as somebody asks for it. The reason names no person: it stays readable."""

    reason: Text
    actor: Officer


@dataclass(slots=True)
class Swept:
    """What a sweep did, in numbers of uploads and attachments."""

    expired: int = 0
    finished: int = 0
    waiting: int = 0
    destroyed: int = 0
    held: int = 0
    failed: list[str] = field(default_factory=list)
    """What the store could not do; it is tried again by the next sweep."""


async def hold(desk: Desk, terms: Terms, row: AttachmentRow, asked: HoldAsked) -> None:
    """Forbid that an attachment is destroyed, by a sweep or by an erasure. Raises IssueError."""
    at = to_millisecond(desk.clock.now())
    require_keeper(asked.actor, terms, at)
    by = named(asked.actor)
    if not await desk.ledger.hold_attachment(
        row.stream, row.sha256, by=by, reason=asked.reason, at=at
    ):
        raise ConflictError(
            "The attachment is held already, or its bytes are destroyed.",
            field="sha256",
            value=row.sha256,
            stream=row.stream,
        )
    log.info("attachment_held", stream=row.stream, sha256=row.sha256, by=by)


async def release(desk: Desk, terms: Terms, row: AttachmentRow, actor: Officer) -> None:
    """Take a hold away. Raises IssueError."""
    at = to_millisecond(desk.clock.now())
    require_keeper(actor, terms, at)
    if not await desk.ledger.release_attachment(row.stream, row.sha256, at):
        raise ConflictError(
            "The attachment is not held.", field="sha256", value=row.sha256, stream=row.stream
        )
    log.info("attachment_released", stream=row.stream, sha256=row.sha256, by=named(actor))


def require_keeper(actor: Officer, terms: Terms, at: datetime) -> None:
    """Refuse unless the officer may set and take away holds in a zone."""
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    setting = Setting(handbook=terms.handbook, local=local, command=HOLD)
    held = officer_post(actor, setting)
    if actor.on_behalf_of is None and (oversees(held) or leads(held, terms.handbook)):
        return
    raise NotPermittedError(
        "This officer may not hold attachments.",
        field="actor",
        value=named(actor),
        allowed=WHO_MAY,
    )


async def require_none_held(ledger: Ledger, subject: str) -> None:
    """Refuse to destroy the key of a subject while a hold stands on a file that it seals."""
    for row in await ledger.attachments_about(subject):
        if row.held_at is not None:
            raise InvalidRequestError(
                "A legal hold stands on a file about this subject: it has to be released first.",
                field="subject",
                value=subject,
            )


async def attachment_of(ledger: Ledger, stream: str, sha256: str) -> AttachmentRow:
    """Return an attachment in whatever state. A part of its hash is enough, where it fits one
    only. Raises UnknownAttachmentError."""
    own = await ledger.attachments(stream)
    found = [row for row in own if row.sha256.startswith(sha256.lower())]
    if len(found) != 1:
        raise UnknownAttachmentError(
            "The issue has no such attachment, or several that begin so.",
            field="sha256",
            value=sha256,
            stream=stream,
        )
    return found[0]


async def every_attachment(ledger: Ledger) -> AsyncIterator[AttachmentRow]:
    """Yield the attachments of all zones, by issue."""
    last = ("", "")
    while page := await ledger.attachments_after(*last, ATTACHMENTS_PAGE_MAX):
        for row in page:
            yield row
        last = (page[-1].stream, page[-1].sha256)


async def sweep(desk: Desk, room: Room, unnamed_for: timedelta) -> Swept:
    """Destroy what nobody needs: uploads that nobody finished, attachments that no event of their
    issue has named for so long, files whose key was destroyed. What waits for the scanner is tried
    again. What an event names is kept, and so is what is held."""
    now = to_millisecond(desk.clock.now())
    swept = Swept(expired=await asyncio.to_thread(room.spool.expire, now))
    for upload in await asyncio.to_thread(lambda: list(room.spool.uploads())):
        if upload.is_complete and now - upload.declared.begun_at >= LEFT_FOR:
            await _try_again(desk, room, upload, swept)
    stream, names = "", frozenset[str]()
    async for row in every_attachment(desk.ledger):
        if row.state in (AttachmentState.DESTROYED, AttachmentState.INFECTED):
            continue
        if row.stream != stream:
            stream, names = row.stream, await named_in(desk.ledger, row.stream)
        if not await _is_over(desk.ledger, row, names, now, unnamed_for):
            continue
        await _destroy(desk, room, row, now, swept)
    log.info("attachments_swept", expired=swept.expired, destroyed=swept.destroyed)
    return swept


async def _is_over(
    ledger: Ledger, row: AttachmentRow, names: frozenset[str], now: datetime, after: timedelta
) -> bool:
    """Return whether an attachment is to be destroyed."""
    if row.state is AttachmentState.DESTROYING:
        return True
    if row.state is AttachmentState.STORING:
        return now - row.changed_at >= STOPPED_AFTER
    if row.subject is not None:
        erased = await ledger.erasures([row.subject])
        if any(each.key_id == row.key_id for each in erased):
            return True
    return row.sha256 not in names and now - row.uploaded_at >= after


async def _destroy(desk: Desk, room: Room, row: AttachmentRow, at: datetime, swept: Swept) -> None:
    """Let it go first: from then on nobody reads it, and no hold can come between."""
    if not await desk.ledger.let_go_attachment(row.stream, row.sha256, at):
        swept.held += 1
        return
    try:
        await room.store.delete(row.place)
    except StoreError as error:
        swept.failed.append(f"{row.stream} {row.sha256[:12]}: {error}")
        return
    await desk.ledger.end_attachment(row.stream, row.sha256, at)
    swept.destroyed += 1
    log.info("attachment_destroyed", stream=row.stream, sha256=row.sha256)


async def _try_again(desk: Desk, room: Room, upload: Unfinished, swept: Swept) -> None:
    try:
        await finish(desk, room, upload)
    except ConflictError:
        swept.waiting += 1
    except IssueError:
        # It can never be stored; what judges bytes has removed them already.
        await asyncio.to_thread(room.spool.drop, upload)
        swept.expired += 1
    except StackError as error:
        swept.waiting += 1
        swept.failed.append(f"{upload.declared.stream} {upload.declared.sha256[:12]}: {error}")
    else:
        swept.finished += 1
