"""Attachments as they are read: whole, as they were uploaded, or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import structlog

from desk.attachments.problems import AttachmentGoneError, UnknownAttachmentError
from desk.attachments.room import Room
from desk.desk import Desk
from domain.canonical import canonical
from domain.days import zone_of
from domain.model import to_millisecond
from domain.people import Actor
from domain.permissions import Setting
from domain.permissions_of_personal import READ_PERSONAL, require_reader
from domain.personal import Sealed
from ledger.attachments import AttachmentRow, AttachmentState
from ledger.port import IssueRow
from ledger.reads import AuditReadRow
from runtime.attachments.sealing import opened, sealed_size
from runtime.attachments.store import MissingContentError, StoreError
from runtime.seals import SubjectKey, UnopenedTextError

log = structlog.get_logger()

ENDED = (AttachmentState.DESTROYING, AttachmentState.DESTROYED)


@dataclass(frozen=True, slots=True)
class Readable:
    """An attachment that can be read. `name` is what it was called; `key` opens it if it is
    sealed."""

    row: AttachmentRow
    name: str
    key: SubjectKey | None = None


async def find_attachment(desk: Desk, stream: str, sha256: str) -> AttachmentRow:
    """Return an attachment that the issue has. Raises UnknownAttachmentError,
    AttachmentGoneError."""
    row = await desk.ledger.attachment(stream, sha256)
    if row is None or row.state in (AttachmentState.STORING, AttachmentState.INFECTED):
        raise UnknownAttachmentError(
            "The issue has no such attachment.", field="sha256", value=sha256, stream=stream
        )
    if row.state in ENDED:
        raise _gone(row)
    return row


async def readable(desk: Desk, row: AttachmentRow) -> Readable:
    """Return an attachment with what opens it. Raises AttachmentGoneError if its key was
    destroyed, even where a backup has brought it back."""
    if row.subject is None:
        return Readable(row, row.name)
    erased = {each.key_id for each in await desk.ledger.erasures([row.subject])}
    keys = desk.sealer.keys
    key = None
    if keys is not None and row.key_id not in erased:
        key = await asyncio.to_thread(keys.find, row.subject)
    if key is None or key.key_id != row.key_id:
        raise _gone(row)
    return Readable(row, _called(row, key), key)


async def note_personal(desk: Desk, issue: IssueRow, sha256: str, reader: Actor) -> None:
    """Record that somebody reads a file about a person, before they do. Raises NotPermittedError
    for whoever may not read the issue's personal texts."""
    terms = await desk.shelf.version(issue.issue.terms)
    at = to_millisecond(desk.clock.now())
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    require_reader(
        reader,
        issue.issue,
        Setting(handbook=terms.handbook, local=local, command=READ_PERSONAL),
    )
    await desk.ledger.put_audit_read(
        AuditReadRow(
            id=f"personal-{uuid4()}",
            kind="personal",
            scope=canonical({"issue": issue.issue.stream, "attachment": sha256}),
            position=await desk.ledger.safe_position(),
            actor=canonical(reader),
            at=at,
        )
    )


async def require_there(room: Room, row: AttachmentRow) -> None:
    """Refuse what the store has lost, before anything of it is sent. Raises
    MissingContentError."""
    wanted = row.size if row.subject is None else sealed_size(row.size)
    if await room.store.size(row.place) != wanted:
        raise MissingContentError(f"The attachment {row.sha256} of {row.stream} is not whole.")


def whole(room: Room, found: Readable) -> AsyncIterator[bytes]:
    """Yield an attachment. Its last piece is held back until the whole is known to be what was
    uploaded. Raises StoreError."""
    chunks = room.store.read(found.row.place)
    if found.key is not None:
        chunks = opened(chunks, found.key, found.row.stream, found.row.sha256)
    return _verified(chunks, found.row)


async def _verified(chunks: AsyncIterator[bytes], row: AttachmentRow) -> AsyncIterator[bytes]:
    digest, held = hashlib.sha256(), b""
    async for chunk in chunks:
        if held:
            yield held
        digest.update(chunk)
        held = chunk
    if digest.hexdigest() != row.sha256:
        log.error("attachment_altered", stream=row.stream, sha256=row.sha256)
        raise StoreError(f"The attachment {row.sha256} of {row.stream} was altered.")
    yield held


def _called(row: AttachmentRow, key: SubjectKey) -> str:
    if row.sealed_name is None:
        return row.name
    try:
        return key.opened(row.stream, Sealed.model_validate_json(row.sealed_name))
    except UnopenedTextError:
        return row.name


def _gone(row: AttachmentRow) -> AttachmentGoneError:
    return AttachmentGoneError(
        "The attachment was destroyed: its hash, size and name are all that is left of it.",
        field="sha256",
        value=row.sha256,
        stream=row.stream,
    )
