"""Marks of what may be personal: stable under one key, and nothing without it."""

import hashlib
import stat
from pathlib import Path

import pytest

from domain.notifying import AT_ONCE
from runtime.channels import Addressee, ChannelBook
from runtime.errors import FolderUnusableError
from runtime.marks import FILE_NAME, marks_of
from runtime.settings import Settings

MAILBOX = "grid-1@example.org"
BOOK = ChannelBook.model_validate(
    {
        "channels": {
            "mail": {"kind": "mail", "server": "smtps://mail.example", "sender": "a@example.org"}
        },
        "tell": [{"post": "grid-1", "channel": "mail", "to": MAILBOX}],
    }
)


def test_a_mark_is_the_same_for_every_process_and_its_key_is_its_owners(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")

    marks = {marks_of(settings).mark("mail", MAILBOX) for _ in range(2)}

    assert len(marks) == 1
    assert stat.S_IMODE((tmp_path / "keys" / FILE_NAME).stat().st_mode) == 0o600
    assert not (tmp_path / "data").exists()
    other = Settings(data_dir=tmp_path / "other")
    assert marks_of(other).mark("mail", MAILBOX) not in marks
    assert (tmp_path / "other" / "keys" / FILE_NAME).exists()


def test_whose_mark_is_on_a_receipt_cannot_be_found_out_by_trying(tmp_path: Path) -> None:
    marks = marks_of(Settings(data_dir=tmp_path))
    (route,) = BOOK.routes(Addressee("z", "grid-1", is_post=True), AT_ONCE, marks)

    guessed = hashlib.sha256(f"mail\n{MAILBOX}".encode()).hexdigest()

    assert route.address == marks.mark("mail", MAILBOX)
    assert not guessed.startswith(route.address)
    assert len({marks.mark("mail", MAILBOX), marks.mark("wecom", MAILBOX)}) == 2
    assert repr(marks) == "Marks()"


def test_a_key_that_is_damaged_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    marks_of(settings)
    (tmp_path / "keys" / FILE_NAME).write_text("short")

    with pytest.raises(FolderUnusableError, match="Restore it from a backup"):
        marks_of(settings)
