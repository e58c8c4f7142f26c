"""What is taken: by its bytes, under names that no system reads as anything else."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from attached_files import PDF, TEXT, office_file
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from desk.attachments.kinds import KINDS, kind_of_file
from desk.attachments.names import NAME_CHARACTERS_MAX, cleaned, disposition, unnamed
from domain.model import Short

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD, EXCEL = "word/document.xml", "xl/workbook.xml"
TAKEN = {
    "application/pdf": PDF,
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(8),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(8),
    "image/webp": b"RIFF\x08\x00\x00\x00WEBPVP8 ",
    "video/mp4": b"\x00\x00\x00\x18ftypisom" + bytes(8),
    DOCX: office_file(WORD),
    XLSX: office_file(EXCEL),
    "text/plain": "收据\r\nPaid.\n".encode(),
}


def kind(folder: Path, content: bytes) -> str | None:
    path = folder / "file"
    path.write_bytes(content)
    return kind_of_file(path)


@pytest.mark.parametrize("media_type", TAKEN)
def test_a_kind_is_known_by_its_bytes(tmp_path: Path, media_type: str) -> None:
    assert kind(tmp_path, TAKEN[media_type]) == media_type


def test_every_kind_of_the_table_is_tried() -> None:
    assert set(TAKEN) == set(KINDS)


NOT_TAKEN = {
    "a program": b"MZ\x90\x00" + bytes(60),
    "another program": b"\x7fELF" + bytes(60),
    "a plain archive": office_file("a.txt"),
    "a document with macros": office_file(WORD, "word/vbaProject.bin"),
    "a member twice": office_file(WORD),
    "an archive that is none": b"PK\x03\x04" + bytes(100),
    "a text with a NUL": b"a\x00b",
    "a text with an escape": b"\x1b[2J",
    "a text cut in a character": "收".encode()[:2],
    "a text in GB18030": "收据".encode("gb18030"),
    "a PDF that does not begin as one": b"\x00%PDF-1.7",
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_what_is_in_no_table_is_not_taken(tmp_path: Path, name: str) -> None:
    content = NOT_TAKEN[name]
    if name == "a member twice":
        made = io.BytesIO(content)
        with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(made, "a") as archive:
            archive.writestr(WORD, "other")
        content = made.getvalue()
    assert kind(tmp_path, content) is None


def test_an_archive_is_not_unpacked_to_be_judged(tmp_path: Path) -> None:
    bomb = office_file(WORD, "word/media/a", content=bytes(30_000_000))
    assert len(bomb) < 200_000
    assert kind(tmp_path, bomb) == DOCX  # three times 30 MB are within what may be
    assert kind(tmp_path, _saying(bomb, 2**29)) is None


def test_an_archive_that_says_it_has_more_members_is_not_read_at_all(tmp_path: Path) -> None:
    text = bytearray(office_file(WORD))
    at = text.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", text, at + 8, 60_000, 60_000)
    assert kind(tmp_path, bytes(text)) is None


def _saying(content: bytes, size: int) -> bytes:
    """Return an archive whose list says of its first member that it unpacks to so much."""
    text = bytearray(content)
    struct.pack_into("<I", text, text.find(b"PK\x01\x02") + 24, size)
    return bytes(text)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("receipt.pdf", "receipt.pdf"),
        ("收据 一.PDF", "收据 一.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Windows\\system32\\cmd.exe", "cmd.exe.pdf"),
        ("a\u202efdp.exe", "a fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie_ x=1.pdf"),
        ("  ..hidden. ", "hidden.pdf"),
        ("con.pdf", "_con.pdf"),
        ("LPT1.x.pdf", "_LPT1.x.pdf"),
        ("..", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ('a"b<c>|d?*%00.pdf', "a_b_c__d___00.pdf"),
        ("x" * 500 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_cleaned(name: str, clean: str) -> None:
    assert cleaned(name, "application/pdf") == clean


@given(st.text(max_size=300), st.sampled_from(sorted(KINDS)))
def test_whatever_it_was_called_it_is_a_plain_name(name: str, media_type: str) -> None:
    clean = cleaned(name, media_type)
    assert 0 < len(clean) <= NAME_CHARACTERS_MAX
    assert clean.lower().endswith(KINDS[media_type].endings)
    assert not set(clean) & set('/\\<>:"|?*%\r\n\t\0')
    assert not clean.startswith(".")
    assert TypeAdapter(Short).validate_python(clean) == clean
    assert cleaned(clean, media_type) == clean
    header = disposition(clean)
    assert header.isascii()
    assert header.count('"') == 2
    assert "\n" not in header


def test_a_file_about_a_person_is_called_by_its_hash() -> None:
    assert unnamed("ab" * 32, "application/pdf") == "personal-abababababab.pdf"
    assert TEXT.decode().isascii()
