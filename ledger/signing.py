"""Signing and checking notes with Ed25519; a log's key lies in a file apart from the database."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from domain.checkpoints import (
    KEY_BYTES,
    NAME,
    Note,
    NoteError,
    NoteSignature,
    VerifierKey,
)
from ledger.port import LedgerError


class LogKeyError(LedgerError):
    """The key that signs checkpoints cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs notes in the name of a log."""

    name: str
    _private: Ed25519PrivateKey

    @classmethod
    def from_bytes(cls, name: str, secret: bytes) -> "Signer":
        """Return the signer whose private key is `secret`, 32 bytes. Raises LogKeyError."""
        if not NAME.fullmatch(name):
            raise LogKeyError(f"{name!r} is no name of a log: 1 to 100 characters, no space, no +.")
        if len(secret) != KEY_BYTES:
            raise LogKeyError(f"a private key has {KEY_BYTES} bytes, and this has {len(secret)}.")
        return cls(name, Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def key(self) -> VerifierKey:
        """What tells this signer's signatures."""
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.name, raw)

    def signed(self, text: str, *before: NoteSignature) -> Note:
        """Return `text`, which ends with a newline, signed; under the signatures of others."""
        made = NoteSignature(self.name, self.key.id, self._private.sign(text.encode()))
        return Note(text, (*before, made))


def is_signed_by(note: Note, key: VerifierKey) -> bool:
    """Return whether a note bears a signature of `key` that holds, and none of it that does not."""
    of_it = [each for each in note.signatures if (each.name, each.key_id) == (key.name, key.id)]
    public = Ed25519PublicKey.from_public_bytes(key.key)
    for each in of_it:
        try:
            public.verify(each.signature, note.text.encode())
        except InvalidSignature:
            return False
    return bool(of_it)


def read_signer(file: Path, name: str) -> Signer:
    """Return the signer whose private key (PEM, PKCS 8) lies in `file`. Raises LogKeyError."""
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise LogKeyError(f"{file}: no private key can be read: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise LogKeyError(f"{file}: an Ed25519 key is needed, in PEM (PKCS 8).")
    return Signer(name, private)


def make_key(file: Path, name: str) -> Signer:
    """Make a private key, write it to `file` for its owner alone, and return its signer.

    Raises LogKeyError if the file is there already, or cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise LogKeyError(f"{file}: the key cannot be written: {error}") from error
    return Signer(name, private)


__all__ = ["LogKeyError", "NoteError", "Signer", "is_signed_by", "make_key", "read_signer"]
