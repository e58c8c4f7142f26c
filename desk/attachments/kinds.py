"""What kind of file something is, by its bytes. What is not in the table is not taken.

Nothing is unpacked: of an archive its list of members is read, and that within bounds.
"""

import codecs
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

HEAD_BYTES: Final = 4096
TEXT: Final = "text/plain"
MEMBERS_MAX: Final = 5_000
UNPACKED_BYTES_MAX: Final = 512 * 1024**2
MACROS: Final = "vbaproject.bin"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_CONTROLS: Final = frozenset(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D} | {0x7F}
_END: Final = struct.Struct("<4s4H2LH")
"""The end of a ZIP's list of members: mark, disks, members here, members, bytes, offset, comment.
"""
_END_MARK: Final = b"PK\x05\x06"
_COMMENT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class FileKind:
    """A media type that is taken, and what the names of such files end in; the first is given to
    one that ends otherwise."""

    media_type: str
    endings: tuple[str, ...]
    is_it: Callable[[BinaryIO, bytes], bool]


def kind_of_file(path: Path) -> str | None:
    """Return the media type of a file by its bytes; None for what is not taken."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        for kind in KINDS.values():
            if kind.is_it(file, head):
                return kind.media_type
    return None


def _begins(*marks: bytes) -> Callable[[BinaryIO, bytes], bool]:
    return lambda _, head: head.startswith(marks)


def _is_webp(_: BinaryIO, head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_mp4(_: BinaryIO, head: bytes) -> bool:
    brands = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ")
    return head[4:8] == b"ftyp" and head[8:12] in brands


def _holds(member: str) -> Callable[[BinaryIO, bytes], bool]:
    """Return whether a file is an office document with this member, without macros."""

    def judged(file: BinaryIO, head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04") or not _has_few_members(file):
            return False
        try:
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
            return False
        names = {each.filename for each in members}
        return (
            {"[Content_Types].xml", member} <= names
            and len(names) == len(members)
            and sum(each.file_size for each in members) <= UNPACKED_BYTES_MAX
            and not any(name.lower().rpartition("/")[2] == MACROS for name in names)
            and not any(each.flag_bits & 1 for each in members)
        )

    return judged


def _has_few_members(file: BinaryIO) -> bool:
    """Look at the very end, before the list itself is read: it is as long as it says."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _COMMENT_MAX))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        return False
    _, _, _, here, members, length, _, _ = _END.unpack_from(tail, at)
    return bool(here == members <= MEMBERS_MAX and length <= size)


def _is_text(file: BinaryIO, _: bytes) -> bool:
    """Return whether a file is UTF-8 without controls from its beginning to its end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
            if not _CONTROLS.isdisjoint(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(256 * 1024):
        yield chunk


KINDS: Final = {
    kind.media_type: kind
    for kind in (
        FileKind("application/pdf", (".pdf",), _begins(b"%PDF-")),
        FileKind("image/png", (".png",), _begins(b"\x89PNG\r\n\x1a\n")),
        FileKind("image/jpeg", (".jpg", ".jpeg"), _begins(b"\xff\xd8\xff")),
        FileKind("image/webp", (".webp",), _is_webp),
        FileKind("video/mp4", (".mp4", ".m4v"), _is_mp4),
        FileKind(f"{_OFFICE}wordprocessingml.document", (".docx",), _holds("word/document.xml")),
        FileKind(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), _holds("xl/workbook.xml")),
        FileKind(TEXT, (".txt", ".csv", ".log", ".md"), _is_text),
    )
}
"""Every kind that is taken. A text comes last: it is what nothing else is."""
