"""Checkpoints, keys and hand-overs: written in one way, read strictly."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkpoints import (
    Checkpoint,
    Note,
    NoteError,
    NoteSignature,
    VerifierKey,
    hand_over_text,
    read_checkpoint,
    read_hand_over,
    read_note,
    read_verifier_key,
)

AT = datetime(2026, 11, 22, 5, 6, 7, 89_000, tzinfo=UTC)
KEY = VerifierKey("example.org/ledger", bytes(range(32)))
POINT = Checkpoint("example.org/ledger", 20_852_163, bytes(range(32)), AT)
TEXT = (
    "example.org/ledger\n"
    "20852163\n"
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    "at 2026-11-22T05:06:07.089Z\n"
)
LINE = NoteSignature("example.org/ledger", b"\x01\x02\x03\x04", bytes(64)).line


def test_a_checkpoint_is_four_lines_and_is_read_back() -> None:
    assert POINT.text == TEXT
    assert read_checkpoint(TEXT) == POINT


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_is_read_back(size: int, root: bytes) -> None:
    point = Checkpoint("o", size, root, AT)

    assert read_checkpoint(point.text) == point


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("\nat ", "\nat the end: ", "RFC 3339"),
        ("2026-11-22", "2026-11-32", "no instant"),
        ("\n20852163\n", "\n020852163\n", "whole number"),
        ("\n20852163\n", "\n" + "9" * 19 + "\n", "at most 18 digits"),
        ("\n20852163\n", "\n-1\n", "whole number"),
        ("\n20852163\n", "\n٣\n", "whole number"),
        ("AAEC", "AAE", "32 bytes"),
        ("HR8=", "", "four lines|32 bytes"),
        ("Hh8=", "Hh9=", "32 bytes"),
        ("example.org/ledger", "example org", "origin"),
        ("example.org/ledger", "a+b", "origin"),
        ("Z\n", "Z\nmore\n", "four lines"),
        ("Z\n", "Z", "four lines"),
    ],
)
def test_what_is_no_checkpoint_is_refused(before: str, after: str, why: str) -> None:
    spoilt = TEXT.replace(before, after) if before in TEXT else TEXT[:-40]

    with pytest.raises(NoteError, match=why):
        read_checkpoint(spoilt)


def test_a_note_is_a_text_an_empty_line_and_signatures() -> None:
    note = read_note(f"{TEXT}\n{LINE}\n{LINE}\n")

    assert note == Note(TEXT, (NoteSignature("example.org/ledger", b"\1\2\3\4", bytes(64)),) * 2)
    assert note.whole == f"{TEXT}\n{LINE}\n{LINE}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TEXT, "an empty line"),
        (f"{TEXT}\n{LINE}", "a line for each"),
        (f"{TEXT}\n- name AAAAAAA=\n", "a dash, a name and base64"),
        (f"{TEXT}\n\u2014 name\n", "a dash, a name and base64"),
        (f"{TEXT}\n\u2014 na+me AAAAAAA=\n", "a dash, a name and base64"),
        (f"{TEXT}\n\u2014 name AAAAAA=\n", "a dash, a name and base64"),
        (f"{TEXT}\n\u2014 name AAAAAB==\n", "a dash, a name and base64"),
        (f"{TEXT}\n\u2014 name AAAAAA==\n", "longer than the four bytes"),
        ("x" * 17_000, "16384 bytes"),
    ],
)
def test_what_is_no_note_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        read_note(text)


def test_a_key_is_published_with_its_id_and_read_back() -> None:
    name, id_, _ = KEY.text.split("+", 2)

    assert (name, id_) == ("example.org/ledger", KEY.id.hex())
    assert read_verifier_key(KEY.text) == KEY
    assert VerifierKey("another", KEY.key).id != KEY.id


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name", "joined by"),
        (KEY.text.replace("org", "\ud800"), "joined by"),
        ("a b+00000000+AAAA", "joined by"),
        (KEY.text[:-4], "joined by"),
        (KEY.text.replace(KEY.id.hex(), "00000000"), "the key's id is"),
        (KEY.text.replace("+AQ", "+Ag"), "Ed25519"),
    ],
)
def test_what_is_no_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        read_verifier_key(text)


def test_a_hand_over_names_both_keys() -> None:
    after = VerifierKey("example.org/ledger", bytes(32))
    text = hand_over_text(KEY, after, AT)

    assert read_hand_over(text) == (KEY, after)
    for spoilt in (text.replace("closeout", "other"), text.replace("from", "of"), text + "more\n"):
        with pytest.raises(NoteError, match="hand-over"):
            read_hand_over(spoilt)


def test_half_a_character_is_refused_wherever_it_stands() -> None:
    for spoilt in (TEXT.replace("org", "\ud800"), TEXT + "\udfff\n"):
        with pytest.raises(NoteError, match="UTF-8"):
            read_note(f"{spoilt}\n{LINE}\n")
        with pytest.raises(NoteError, match=r"origin|four lines"):
            read_checkpoint(spoilt)
