"""Files of every kind, for tests of attachments; and a room to put them into."""

import hashlib
import io
import zipfile
from pathlib import Path

import builders as b
from desks import STREAM, Counter

from desk.attachments.reading import readable, whole
from desk.attachments.room import Room
from desk.attachments.uploading import Offered, append, begin, find, finish
from ledger.attachments import AttachmentRow, AttachmentState
from runtime.attachments.folder import FolderStore
from runtime.attachments.spool import Bounds, Spool, Unfinished

TEXT = b"Paid in full.\n"
PDF = b"%PDF-1.7\n%%EOF\n"
BY = "user:officer"
HASH = hashlib.sha256(TEXT).hexdigest()
SMALL = Bounds(spared_bytes=0)


def room_in(folder: Path, *, scanner: tuple[str, ...] = (), bytes_max: int = 5_000_000) -> Room:
    """Return a room in a folder."""
    store = FolderStore(folder / "kept")
    return Room(Spool(folder / "unfinished", SMALL), store, bytes_max, 3, scanner, 10)


def office_file(member: str, *more: str, content: bytes = b"<x/>") -> bytes:
    """Return an archive as office programs write it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", member, *more):
            archive.writestr(name, content)
    return made.getvalue()


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def offered(content: bytes, **changes: str | int | None) -> Offered:
    """Return a text as it is announced."""
    told: dict[str, str | int | None] = {
        "name": "receipt.txt",
        "sha256": hash_of(content),
        "size": len(content),
        "media_type": "text/plain",
        "subject": None,
    }
    return Offered(**told | changes)  # type: ignore[arg-type]  # whatever a test changes


async def uploaded(
    hall: Counter, room: Room, content: bytes = TEXT, *, key: str = b.KEY, **changes: str | None
) -> AttachmentRow:
    """Upload a text for an issue, in two pieces."""
    stream = STREAM if key == b.KEY else f"{b.ZONE}/{key}"
    begun = await begin(hall.desk, room, stream, offered(content, **changes), BY)
    assert not isinstance(begun, AttachmentRow)
    half = len(content) // 2
    await append(room, begun, 0, content[:half])
    await append(room, begun, half, content[half:])
    return await finish(hall.desk, room, await find(room, stream, begun.id, BY))


async def begun(hall: Counter, room: Room, content: bytes, **changes: str | int) -> Unfinished:
    """Announce a text."""
    made = await begin(hall.desk, room, STREAM, offered(content, **changes), BY)
    assert isinstance(made, Unfinished)
    return made


async def sent(hall: Counter, room: Room, content: bytes, **changes: str | int) -> Unfinished:
    """Send a text, and do not finish."""
    made = await begun(hall, room, content, **changes)
    await append(room, made, 0, content)
    return made


async def read(hall: Counter, room: Room, row: AttachmentRow) -> bytes:
    """Return what an attachment reads as."""
    return b"".join([chunk async for chunk in whole(room, await readable(hall.desk, row))])


async def state(hall: Counter, sha256: str = HASH) -> AttachmentState | None:
    """Return what became of an attachment."""
    row = await hall.ledger.attachment(STREAM, sha256)
    return None if row is None else row.state


def stored(room: Room) -> list[Path]:
    """Return the files in the store."""
    folder = Path(room.store.where)
    return [path for path in folder.rglob("*") if path.is_file()]


def unfinished(room: Room) -> list[str]:
    """Return the uploads that are under way."""
    return [each.id for each in room.spool.uploads()]
