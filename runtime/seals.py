"""Keys of the persons that texts are about, one each, apart from the data; and sealing with them.

A text is sealed with AES-256-GCM. Its nonce is derived from the text (an HMAC under a key of its
own): the same text for the same issue and subject seals to the same bytes, so that a command sent
again is the same command. Equal texts of one subject in one issue can therefore be told as equal.
"""

import base64
import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.personal import FILLED_TO_BYTES, Personal, Sealed
from runtime.errors import FolderUnusableError, StackError
from runtime.lock import PRIVATE
from runtime.settings import Settings

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_SUFFIX: Final = ".key"
ERASED_SUFFIX: Final = ".erased"
LOCK_NAME: Final = "lock"
NAME_CHARACTERS: Final = 40


class ErasedSubjectError(StackError):
    """The subject's key was destroyed; it never gets another."""

    @classmethod
    def of(cls, subject: str) -> Self:
        """Return the error about this subject."""
        return cls(
            f"The texts about {subject} were erased, and its key with them: it gets no "
            "other. If there is a new ground to keep texts, use a new subject."
        )


class UnopenedTextError(StackError):
    """A sealed text does not open with this key, or not in this issue."""


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The key of one subject. `key_id` says nothing of the key."""

    subject: str
    key_id: str
    key: bytes = field(repr=False)

    def seal(self, stream: str, said: Personal) -> Sealed:
        """Return `said`, sealed for the issue `stream`."""
        plain = said.text.encode()
        plain += bytes(-len(plain) % FILLED_TO_BYTES)
        place = self._place(stream)
        nonce = _derived(self._derived_key("nonce"), place + plain)[:NONCE_BYTES]
        text = AESGCM(self._derived_key("text")).encrypt(nonce, plain, place)
        return Sealed(
            key_id=self.key_id,
            nonce=base64.urlsafe_b64encode(nonce).decode(),
            subject=self.subject,
            text=base64.urlsafe_b64encode(text).decode(),
        )

    def opened(self, stream: str, sealed: Sealed) -> str:
        """Return the text. Raises UnopenedTextError for another key, issue, subject or byte."""
        try:
            nonce = base64.urlsafe_b64decode(sealed.nonce)
            text = base64.urlsafe_b64decode(sealed.text)
            plain = AESGCM(self._derived_key("text")).decrypt(nonce, text, self._place(stream))
        except (InvalidTag, binascii.Error) as error:
            raise UnopenedTextError(
                f"A text about {sealed.subject} in {stream} does not open with the key "
                f"{self.key_id}: it was sealed elsewhere, or altered."
            ) from error
        return plain.rstrip(b"\0").decode()

    def of_files(self, purpose: str) -> bytes:
        """Return the key that files about the subject are sealed with or named by."""
        return _derived(self.key, f"closeout file 1 {purpose}".encode())

    def _place(self, stream: str) -> bytes:
        return json.dumps(["closeout seal 1", stream, self.subject, self.key_id]).encode()

    def _derived_key(self, purpose: str) -> bytes:
        return _derived(self.key, f"closeout seal 1 {purpose}".encode())


class SubjectKeys(Protocol):
    """Where the keys of subjects are. Never in the database that holds what they seal."""

    @property
    def where(self) -> str:
        """Where that is, for whoever has to keep it safe."""
        ...

    def find(self, subject: str) -> SubjectKey | None:
        """Return the subject's key; None if there is none, or none any more."""
        ...

    def obtain(self, subject: str) -> SubjectKey:
        """Return the subject's key, made if need be. Raises ErasedSubjectError."""
        ...

    def destroy(self, subject: str) -> str | None:
        """Destroy the subject's key for good and return its id; None if there never was one. Again
        is harmless, and destroys a key that has come back."""
        ...

    def subjects(self) -> Iterator[str]:
        """Yield every subject that has a key, in no order."""
        ...


class FileKeys:
    """A folder with a file for each key, for its owner alone.

    Written whole or not at all, and durable before anything is sealed with it. All processes of a
    ledger use the same folder; it is backed up apart from the data, and its copies are as sensitive
    as all texts together. Raises FolderUnusableError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder)

    def find(self, subject: str) -> SubjectKey | None:
        """Return the subject's key; None if there is none, or none any more."""
        if self._path(subject, ERASED_SUFFIX).exists():
            return None
        try:
            return self._read(subject)
        except FolderUnusableError:
            # It may be on its way out at this moment.
            with self._alone():
                if self._path(subject, ERASED_SUFFIX).exists():
                    return None
                return self._read(subject)

    def obtain(self, subject: str) -> SubjectKey:
        """Return the subject's key, made if need be. Raises ErasedSubjectError."""
        found = self.find(subject)
        if found is not None:
            return found
        with self._alone():
            if self._path(subject, ERASED_SUFFIX).exists():
                raise ErasedSubjectError.of(subject)
            found = self._read(subject)
            if found is None:
                found = SubjectKey(subject, secrets.token_hex(8), secrets.token_bytes(KEY_BYTES))
                self._write(KEY_SUFFIX, found, found.key.hex())
            return found

    def destroy(self, subject: str) -> str | None:
        """Destroy the subject's key for good and return its id; None if there never was one.

        The tombstone comes first, then the key is overwritten and removed. A file system that
        copies on write, a snapshot or a backup of this folder may keep what was overwritten.
        """
        tombstone = self._path(subject, ERASED_SUFFIX)
        with self._alone():
            found = self._read(subject)
            if found is not None and not tombstone.exists():
                self._write(ERASED_SUFFIX, found, None)
            if found is not None:
                self._overwrite(self._path(subject, KEY_SUFFIX))
            return self._id_in(tombstone) if tombstone.exists() else None

    def subjects(self) -> Iterator[str]:
        """Yield every subject that has a key, in no order."""
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(KEY_SUFFIX):
                    yield str(_document(Path(entry.path))["subject"])

    def _path(self, subject: str, suffix: str) -> Path:
        """Subjects that differ in case only are apart on every file system."""
        return (
            self.folder
            / f"{hashlib.sha256(subject.encode()).hexdigest()[:NAME_CHARACTERS]}{suffix}"
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other writer out, of this process and others, until the end of the block."""
        try:
            self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            lock = os.open(self.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(self.folder, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self, subject: str) -> SubjectKey | None:
        path = self._path(subject, KEY_SUFFIX)
        if not path.exists():
            return None
        kept = _document(path)
        try:
            key = bytes.fromhex(str(kept["key"]))
            found = SubjectKey(str(kept["subject"]), str(kept["key_id"]), key)
        except (KeyError, ValueError) as error:
            raise _unusable(path, error) from None
        if found.subject != subject or len(key) != KEY_BYTES:
            raise FolderUnusableError(
                f"{path} holds no key of {subject}. Restore it from a backup."
            )
        return found

    def _id_in(self, tombstone: Path) -> str:
        return str(_document(tombstone)["key_id"])

    def _write(self, suffix: str, key: SubjectKey, secret: str | None) -> None:
        kept = {"subject": key.subject, "key_id": key.key_id}
        if secret is not None:
            kept["key"] = secret
        try:
            descriptor, draft = tempfile.mkstemp(prefix=".", dir=self.folder)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self._path(key.subject, suffix))
            self._sync()
        except OSError as error:
            raise _unusable(self.folder, error) from error

    def _overwrite(self, path: Path) -> None:
        try:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            self._sync()
        except OSError as error:
            raise _unusable(path, error) from error

    def _sync(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def subject_keys(settings: Settings) -> FileKeys:
    """Return the keys that the settings name; nothing is made before a key is needed."""
    return FileKeys((settings.keys_dir or settings.data_dir / "keys") / "subjects")


def _derived(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, said, hashlib.sha256).digest()


def _document(path: Path) -> dict[str, object]:
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from None
    if not isinstance(kept, dict):
        raise _unusable(path, ValueError("it holds no key"))
    return kept


def _unusable(path: Path, error: Exception) -> FolderUnusableError:
    """Say what is wrong without what a file holds."""
    why = error.strerror if isinstance(error, OSError) else "it holds no key as written here"
    return FolderUnusableError(
        f"{path} cannot be used for keys of subjects ({why}). It must be a folder of the user that "
        "runs closeout; restore it from the backup of the keys."
    )
