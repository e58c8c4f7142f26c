"""Checkpoints of the log as signed notes: the C2SP forms tlog-checkpoint and signed-note."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from domain.merkle import HASH_BYTES
from domain.model import written

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
NOTE_BYTES_MAX = 16_384
SIZE_DIGITS_MAX = 18
NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]{1,100}")
AT = re.compile(r"at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", re.ASCII)
DASH = "\u2014 "


class NoteError(ValueError):
    """A text is no note, checkpoint or key of ours. The message says what is allowed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What tells a signature of `name`: an Ed25519 public key."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[
            :KEY_ID_BYTES
        ]

    @property
    def text(self) -> str:
        """The key as it is published: name, id and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature under a note."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line that stands under the note, without its end."""
        return f"{DASH}{self.name} {_base64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and who signed it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def whole(self) -> str:
        """The note as it is stored and published."""
        return f"{self.text}\n" + "".join(f"{each.line}\n" for each in self.signatures)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log states of itself: so many leaves, under this root, at this moment (UTC)."""

    origin: str
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """The text that is signed. Its fourth line is an extension: the moment of signing."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\nat {written(self.at)}\n"


def read_note(text: str) -> Note:
    """Return a signed note. Raises NoteError."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise NoteError("the note has a character that UTF-8 does not have") from error
    if size > NOTE_BYTES_MAX:
        raise NoteError(f"the note has more than {NOTE_BYTES_MAX} bytes")
    body, gap, below = text.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise NoteError("a note is a text, an empty line, and a line for each signature")
    return Note(f"{body}\n", tuple(map(_read_signature, below[:-1].split("\n"))))


def _read_signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    plain = _bytes(encoded)
    if not (line.startswith(DASH) and space and NAME.fullmatch(name)) or plain is None:
        raise NoteError("a signature is a dash, a name and base64, parted by spaces")
    if len(plain) <= KEY_ID_BYTES:
        raise NoteError("a signature is longer than the four bytes that name its key")
    return NoteSignature(name, plain[:KEY_ID_BYTES], plain[KEY_ID_BYTES:])


def read_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text tells. Raises NoteError."""
    lines = text.split("\n")
    if len(lines) != len(("origin", "size", "root", "at", "")) or lines[-1]:
        raise NoteError("a checkpoint is four lines: origin, size, root, moment")
    origin, size, root, at = lines[:-1]
    plain, moment = _bytes(root), AT.fullmatch(at)
    if not NAME.fullmatch(origin):
        raise NoteError("the origin is 1 to 100 characters without spaces and plus signs")
    if not re.fullmatch(r"0|[1-9][0-9]*", size) or len(size) > SIZE_DIGITS_MAX:
        raise NoteError(f"the size is a whole number of at most {SIZE_DIGITS_MAX} digits")
    if plain is None or len(plain) != HASH_BYTES:
        raise NoteError(f"the root is {HASH_BYTES} bytes in base64")
    if moment is None:
        raise NoteError("the moment is `at` and RFC 3339 in UTC with three decimals")
    try:
        return Checkpoint(origin, int(size), plain, datetime.fromisoformat(moment[1]))
    except ValueError as error:
        raise NoteError(f"the moment is no instant: {error}") from error


def read_verifier_key(text: str) -> VerifierKey:
    """Return the key that `text` publishes. Raises NoteError."""
    name, _, rest = text.partition("+")
    id_, _, encoded = rest.partition("+")
    plain = _bytes(encoded)
    if not NAME.fullmatch(name) or plain is None or len(plain) != len(ED25519) + KEY_BYTES:
        raise NoteError("a verifier key is a name, eight hex digits and base64, joined by +")
    if plain[:1] != ED25519:
        raise NoteError("only Ed25519 keys (algorithm 1) are known here")
    key = VerifierKey(name, plain[1:])
    if key.id.hex() != id_:
        raise NoteError(f"the key's id is {key.id.hex()}, and {id_[:8]} is written")
    return key


def hand_over_text(before: VerifierKey, after: VerifierKey, at: datetime) -> str:
    """Return what both keys sign when the one takes over from the other."""
    return f"closeout log key\nfrom {before.text}\nto {after.text}\nat {written(at)}\n"


def read_hand_over(text: str) -> tuple[VerifierKey, VerifierKey]:
    """Return the key before and the key after. Raises NoteError."""
    lines = text.split("\n")
    is_form = len(lines) == len(("title", "from", "to", "at", "")) and not lines[-1]
    if not is_form or lines[0] != "closeout log key" or not AT.fullmatch(lines[3]):
        raise NoteError("a hand-over is four lines: its title, from, to, at")
    if not (lines[1].startswith("from ") and lines[2].startswith("to ")):
        raise NoteError("a hand-over names the key before and the key after")
    return read_verifier_key(lines[1][5:]), read_verifier_key(lines[2][3:])


def _base64(plain: bytes) -> str:
    return base64.b64encode(plain).decode()


def _bytes(encoded: str) -> bytes | None:
    """Return what standard base64 holds; None unless it is written in the one way."""
    try:
        plain = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return plain if _base64(plain) == encoded else None
