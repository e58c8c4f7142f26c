"""Uploads: announced, sent piece by piece, judged as a whole, scanned, and only then stored."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

import structlog

from desk.attachments.kinds import KINDS, kind_of_file
from desk.attachments.names import cleaned, unnamed
from desk.attachments.problems import UnknownAttachmentError
from desk.attachments.room import Room
from desk.desk import Desk
from domain.canonical import canonical
from domain.errors import ConflictError, InvalidRequestError
from domain.model import to_millisecond
from domain.personal import Personal
from ledger.attachments import AttachmentRow, AttachmentState
from runtime.attachments.scanning import Verdict, scan
from runtime.attachments.sealing import SealedContent, sealed_name
from runtime.attachments.spool import Declared, OffsetError, TooLongError, Unfinished
from runtime.attachments.store import Content, FileContent, sha256_of
from runtime.seals import ErasedSubjectError, SubjectKey

log = structlog.get_logger()

ISSUE_DIGITS: Final = 32
NO_BOUND: Final = 2**31 - 1
"""What was found infected is noted however many the issue has."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as somebody announces it. `subject`: the pseudonym of the person it is about."""

    name: str
    sha256: str
    size: int
    media_type: str
    subject: str | None = None


async def begin(
    desk: Desk, room: Room, stream: str, offered: Offered, by: str
) -> Unfinished | AttachmentRow:
    """Begin an upload, or go on with the one that its owner had begun. What the issue has already
    is answered with: whoever may not see the issue never comes here. Raises IssueError,
    SpoolFullError."""
    known = await desk.ledger.attachment(stream, offered.sha256)
    if known is not None and known.state is AttachmentState.KEPT:
        return known
    _require_acceptable(room, offered)
    others = await desk.ledger.attachments(stream)
    if sum(each.state is AttachmentState.KEPT for each in others) >= room.count_max:
        raise _too_many(room)
    if offered.subject is not None:
        await _key_of(desk, offered.subject)
    declared = Declared(
        stream=stream,
        sha256=offered.sha256,
        size=offered.size,
        media_type=offered.media_type,
        name=cleaned(offered.name, offered.media_type),
        subject=offered.subject,
        by=by,
        begun_at=to_millisecond(desk.clock.now()),
    )
    return await asyncio.to_thread(room.spool.begin, declared)


async def find(room: Room, stream: str, upload: str, by: str) -> Unfinished:
    """Return an upload to the issue that this principal began. Raises UnknownAttachmentError."""
    found = await asyncio.to_thread(room.spool.find, upload)
    if found is None or (found.declared.stream, found.declared.by) != (stream, by):
        raise UnknownAttachmentError(
            "No such upload is under way.", field="upload", value=upload, stream=stream
        )
    return found


async def append(room: Room, upload: Unfinished, offset: int, data: bytes) -> int:
    """Take the next piece; return where the upload stands then. Raises ConflictError with the right
    offset, InvalidRequestError, SpoolFullError."""
    with _offsets_told():
        try:
            return await asyncio.to_thread(room.spool.append, upload, offset, data)
        except TooLongError as error:
            raise InvalidRequestError(
                "This is more than was announced.",
                field="body",
                value=offset + len(data),
                allowed=f"{upload.declared.size} bytes in all",
            ) from error


async def abandon(room: Room, upload: Unfinished) -> None:
    """Remove an upload. Raises ConflictError if it is being written to."""
    with _offsets_told(), room.spool.held(upload):
        await asyncio.to_thread(room.spool.drop, upload)


async def finish(desk: Desk, room: Room, upload: Unfinished) -> AttachmentRow:
    """Judge what was sent, have it scanned, and store it. What is not what it was announced to be,
    or infected, is removed. Stopped half way, the same call goes on.

    Raises IssueError, ScanFailedError (then it waits, and is tried again), StoreError.
    """
    with _offsets_told(), room.spool.held(upload) as held:
        declared = held.declared
        known = await desk.ledger.attachment(declared.stream, declared.sha256)
        if known is not None and known.state is AttachmentState.KEPT:
            await asyncio.to_thread(room.spool.drop, held)
            return known
        if not held.is_complete:
            raise ConflictError(
                "The upload is not complete.",
                field="offset",
                value=held.offset,
                allowed=f"{declared.size} bytes in all",
                current={"offset": str(held.offset)},
            )
        await _require_as_announced(room, held)
        key = None if declared.subject is None else await _key_of(desk, declared.subject)
        row = _row_of(held, key, to_millisecond(desk.clock.now()))
        await _require_clean(desk, room, held, row)
        content: Content = FileContent(held.path, declared.size)
        if key is not None:
            content = SealedContent(content, key, declared.stream, declared.sha256)
        kept = await _stored(desk, room, row, content)
        await asyncio.to_thread(room.spool.drop, held)
    log.info("attachment_kept", stream=kept.stream, sha256=kept.sha256, size=kept.size)
    return kept


async def _stored(desk: Desk, room: Room, row: AttachmentRow, content: Content) -> AttachmentRow:
    """Announce it, store it, say that it is there: in this order, so that nothing lies in the store
    that the ledger does not know of."""
    if not await desk.ledger.take_attachment(row, room.count_max):
        await _refuse_taken(desk, room, row)
    await room.store.put(row.place, content)
    if not await desk.ledger.keep_attachment(row, row.changed_at):
        await room.store.delete(row.place)
        raise ConflictError("The attachment was let go while it was stored: send it again.")
    return replace(row, state=AttachmentState.KEPT)


async def _refuse_taken(desk: Desk, room: Room, row: AttachmentRow) -> None:
    known = await desk.ledger.attachment(row.stream, row.sha256)
    if known is None or known.may_be_replaced_by(row):
        raise _too_many(room)
    raise ConflictError(
        "This attachment is being stored or destroyed at this moment: try again in a minute.",
        field="sha256",
        value=row.sha256,
        stream=row.stream,
    )


async def _require_as_announced(room: Room, held: Unfinished) -> None:
    """Refuse other bytes than were announced, and another kind of file; both are removed."""
    declared = held.declared
    content = FileContent(held.path, declared.size)
    found = await asyncio.to_thread(sha256_of, content)
    if found != declared.sha256:
        await asyncio.to_thread(room.spool.drop, held)
        raise InvalidRequestError(
            "These are not the bytes that were announced.",
            field="sha256",
            value=found,
            allowed=declared.sha256,
            stream=declared.stream,
        )
    kind = await asyncio.to_thread(kind_of_file, held.path)
    if kind != declared.media_type:
        await asyncio.to_thread(room.spool.drop, held)
        raise InvalidRequestError(
            "The file is not of the type that was announced.",
            field="media_type",
            value=declared.media_type,
            allowed=kind or sorted(KINDS),
            stream=declared.stream,
        )


async def _require_clean(desk: Desk, room: Room, held: Unfinished, row: AttachmentRow) -> None:
    """Refuse what the scanner finds infected, remove it, and note that it was."""
    if not room.scanner:
        return
    if await scan(room.scanner, held.path, room.scan_s) is Verdict.CLEAN:
        return
    log.warning("attachment_infected", stream=row.stream, sha256=row.sha256, by=row.uploaded_by)
    infected = replace(row, state=AttachmentState.INFECTED)
    await desk.ledger.take_attachment(infected, NO_BOUND)
    await asyncio.to_thread(room.spool.drop, held)
    raise InvalidRequestError(
        "The scanner found this file infected: its bytes were destroyed.",
        field="sha256",
        value=row.sha256,
        stream=row.stream,
    )


def _require_acceptable(room: Room, offered: Offered) -> None:
    if offered.media_type not in KINDS:
        raise InvalidRequestError(
            "Files of this type are not taken.",
            field="media_type",
            value=offered.media_type,
            allowed=sorted(KINDS),
        )
    if offered.size > room.bytes_max:
        raise InvalidRequestError(
            "The file is too large.",
            field="size",
            value=offered.size,
            allowed=f"at most {room.bytes_max} bytes",
        )


def _too_many(room: Room) -> InvalidRequestError:
    return InvalidRequestError(
        "The issue has as many attachments as it may have.",
        field="key",
        allowed=f"at most {room.count_max}",
    )


async def _key_of(desk: Desk, subject: str) -> SubjectKey:
    """Return the key that files about a subject are sealed with. Raises InvalidRequestError."""
    keys = desk.sealer.keys
    if keys is None:
        raise InvalidRequestError("There are no keys here to seal a file with.", field="subject")
    try:
        if await desk.ledger.erasures([subject]):
            raise ErasedSubjectError.of(subject)
        return await asyncio.to_thread(keys.obtain, subject)
    except ErasedSubjectError as error:
        raise InvalidRequestError(str(error), field="subject", value=subject) from error


def _row_of(held: Unfinished, key: SubjectKey | None, at: datetime) -> AttachmentRow:
    declared = held.declared
    issue = sha256(declared.stream.encode()).hexdigest()[:ISSUE_DIGITS]
    row = AttachmentRow(
        stream=declared.stream,
        sha256=declared.sha256,
        zone=declared.stream.partition("/")[0],
        size=declared.size,
        media_type=declared.media_type,
        name=declared.name,
        place=f"{issue[:2]}/{issue[2:]}/{declared.sha256}",
        uploaded_by=declared.by,
        uploaded_at=at,
        changed_at=at,
    )
    if key is None:
        return row
    called = key.seal(declared.stream, Personal(subject=key.subject, text=declared.name))
    return replace(
        row,
        name=unnamed(row.sha256, row.media_type),
        place=f"{issue[:2]}/{issue[2:]}/{sealed_name(key, row.stream, row.sha256)}",
        sealed_name=canonical(called),
        subject=key.subject,
        key_id=key.key_id,
    )


@contextmanager
def _offsets_told() -> Iterator[None]:
    try:
        yield
    except OffsetError as error:
        raise ConflictError(
            "The upload does not stand there, or others write to it at this moment.",
            field="offset",
            current={"offset": str(error.offset)},
        ) from error
