"""Whose signatures count: keys trusted from outside, and those that they were handed over to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audit.checks import Finding
from domain.checkpoints import (
    Checkpoint,
    Note,
    NoteError,
    VerifierKey,
    hand_over_text,
    read_checkpoint,
    read_hand_over,
    read_note,
    read_verifier_key,
)
from ledger.log import CheckpointRow, LogKeyRow
from ledger.signing import is_signed_by


@dataclass(slots=True)
class Keyring:
    """The keys that count, and until when. `is_trusted`: they hang on a key that was given from
    outside; otherwise on the first that the database itself names."""

    keys: dict[str, VerifierKey] = field(default_factory=dict)
    given_up_at: dict[str, datetime] = field(default_factory=dict)
    is_trusted: bool = False
    found: list[Finding] = field(default_factory=list)

    def signer(self, note: Note) -> VerifierKey | None:
        """Return the key that counts and whose signature a note bears."""
        return next((key for key in self.keys.values() if is_signed_by(note, key)), None)

    def read(self, text: str, label: str) -> tuple[Checkpoint | None, list[Finding]]:
        """Return the checkpoint that a signed note tells, and what is wrong with the note."""
        try:
            note = read_note(text)
            point = read_checkpoint(note.text)
        except NoteError as error:
            return None, [Finding("checkpoint", label, None, f"the note: {error}", "note")]
        key = self.signer(note)
        if key is None:
            said = "no key that is trusted, or was handed over by one, has signed the note"
            return None, [Finding("checkpoint", label, None, said, "note")]
        found = []
        if key.name != point.origin:
            said = f"the note is of {point.origin}, and {key.name} has signed it"
            found.append(Finding("checkpoint", label, None, said, "note"))
        given_up_at = self.given_up_at.get(key.text)
        if given_up_at is not None and point.at > given_up_at:
            said = f"signed at {point.at} by a key that had given the log over at {given_up_at}"
            found.append(Finding("checkpoint", label, None, said, "note"))
        return point, found


def keyring(rows: Sequence[LogKeyRow], trusted: Sequence[VerifierKey]) -> Keyring:
    """Return the keys that count. One in the table counts if it is trusted, was handed the log by
    one that counts so, or handed it on towards one that is trusted; both sides signed each time.
    What a key that handed over towards a trusted one gave to others does not count."""
    ring = Keyring(is_trusted=bool(trusted))
    ring.keys = {key.text: key for key in trusted}
    if not trusted and rows:
        _enter(ring, rows[0].vkey)
    joined = _joined(rows, ring)
    forward, backward = dict(ring.keys), dict(ring.keys)
    for _ in joined:
        for _, (before, after) in joined:
            if before.text in forward:
                forward[after.text] = after
            if after.text in backward:
                backward[before.text] = before
    ring.keys = forward | backward
    for row, (before, _) in joined:
        if row.vkey in ring.keys:
            ring.given_up_at[before.text] = row.at
    for row in rows:
        if row.vkey not in ring.keys:
            said = "the key is neither trusted nor handed over to by one that is"
            ring.found.append(Finding("key", _label(row), None, said, "vkey"))
    if trusted and not rows:
        ring.found.append(Finding("key", "log_key", None, "no key of the log is kept", "vkey"))
    return ring


def _enter(ring: Keyring, vkey: str) -> None:
    try:
        ring.keys[vkey] = read_verifier_key(vkey)
    except NoteError as error:
        ring.found.append(Finding("key", "log_key 1", None, f"the first key: {error}", "vkey"))


def _joined(
    rows: Sequence[LogKeyRow], ring: Keyring
) -> list[tuple[LogKeyRow, tuple[VerifierKey, VerifierKey]]]:
    """Return the hand-overs that are signed. A key gives the log up once: its second is none."""
    joined: list[tuple[LogKeyRow, tuple[VerifierKey, VerifierKey]]] = []
    given_up: dict[str, str] = {}
    for row in rows:
        keys = _hand_over(row, ring)
        if keys is None:
            continue
        before = keys[0].text
        if before in given_up:
            said = f"the key before had handed the log over already: {given_up[before]} says so"
            ring.found.append(Finding("key", _label(row), None, said, "note"))
            continue
        given_up[before] = _label(row)
        joined.append((row, keys))
    return joined


def _hand_over(row: LogKeyRow, ring: Keyring) -> tuple[VerifierKey, VerifierKey] | None:
    """Return both keys of a hand-over that both have signed."""
    if row.note is None:
        return None
    try:
        note = read_note(row.note)
        before, after = read_hand_over(note.text)
    except NoteError as error:
        ring.found.append(Finding("key", _label(row), None, f"the hand-over: {error}", "note"))
        return None
    problem = None
    if after.text != row.vkey:
        problem = "the hand-over is to another key"
    elif note.text != hand_over_text(before, after, row.at):
        problem = "the hand-over tells another moment than the row"
    elif not (is_signed_by(note, before) and is_signed_by(note, after)):
        problem = "the hand-over is not signed by both keys"
    if problem is not None:
        ring.found.append(Finding("key", _label(row), None, problem, "note"))
        return None
    return before, after


def _label(row: LogKeyRow) -> str:
    return f"log_key {row.sequence}"


def checkpoint_findings(row: CheckpointRow, point: Checkpoint) -> list[Finding]:
    """Return the columns of a checkpoint's row that are not what its signed note says."""
    label = f"checkpoint {row.size}"
    said = {
        "size": point.size == row.size,
        "root": point.root.hex() == row.root,
        "at": point.at == row.at,
    }
    return [
        Finding("checkpoint", label, None, f"{name} is not what the signed note says", name)
        for name, same in said.items()
        if not same
    ]
