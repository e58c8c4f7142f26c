"""Keys of faces: the one this process vouches with, and the file of those whose word is taken."""

import json
import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from domain.access import Principal
from domain.model import written
from domain.vouching import (
    FACES_MAX,
    ActorKind,
    Faces,
    Sent,
    TrustedFace,
    Vouch,
    key_id,
    signed_text,
    to_text,
)
from runtime.errors import FolderUnusableError, SettingsError
from runtime.settings import Settings

KEY_NAME: Final = "face.pem"
TRUST_NAME: Final = "faces.toml"
OWN_NAME: Final = "closeout"
PRIVATE: Final = 0o700
BYTES_MAX: Final = 1024 * 1024
HEADER: Final = (
    "# Whose word is taken for who an actor is; `closeout face list` shows it.\n"
    "# An entry whose time is over stays: `verify` checks by it what it vouched for.\n"
)


@dataclass(frozen=True, slots=True)
class FaceKey:
    """The private key that a face vouches with."""

    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> str:
        """The id under which its word is known."""
        return key_id(self.public)

    @property
    def text(self) -> str:
        """The public key as `faces.toml` has it."""
        return to_text(self.public)

    def vouch(self, submission: Sent, principal: str) -> Sent:
        """Return the submission with this face's word that `principal` sent it."""
        text = signed_text(submission, self.id, principal)
        signature = to_text(self._private.sign(text.encode()))
        vouch = Vouch(by=self.id, principal=principal, signature=signature)
        return submission.model_copy(update={"vouched": vouch})


class FaceKeys:
    """The keys that settings name. Files are read when they are needed; the file of trust again
    whenever it was changed, so that a new key counts without a restart."""

    def __init__(self, settings: Settings) -> None:
        self._key_file = key_file(settings)
        self._trust_file = trust_file(settings)
        self._wanted = settings.actors == "signed"
        self._own: FaceKey | None = None
        self._read: tuple[object, Faces] = (None, {})

    def trusted(self) -> Faces:
        """Return whose word is taken; nobody's if there is no file. Raises FolderUnusableError."""
        try:
            stat = self._trust_file.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unusable(self._trust_file, error) from error
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if self._read[0] != seen:
            self._read = (seen, {face.id: face for face in read_faces(self._trust_file)})
        return self._read[1]

    def own(self) -> FaceKey | None:
        """Return the key of this process; None if it has none, or while no word is wanted one that
        nobody trusts: its word would be refused, and none is taken. Raises FolderUnusableError."""
        if self._own is None and self._key_file.exists():
            self._own = read_face_key(self._key_file)
        if self._own is not None and not self._wanted and self._own.id not in self.trusted():
            return None
        return self._own


class FaceSigner(Protocol):
    """Gives a face's word."""

    def __call__(self, submission: Sent, principal: Principal, /) -> Sent:
        """Return the submission with the word that `principal` sent it."""
        ...


def face_signer(settings: Settings) -> FaceSigner:
    """Return what a face gives its word with. Without a key it gives none, which only an engine
    that takes unsigned actors lets pass. Raises SettingsError where a word is wanted."""
    keys = FaceKeys(settings)
    if keys.own() is None and settings.actors == "signed":
        raise SettingsError(
            f"CLOSEOUT_ACTORS is signed, and there is no key to sign with at {key_file(settings)}: "
            "make one with `closeout face key --make`, and have it trusted."
        )

    def vouched(submission: Sent, principal: Principal) -> Sent:
        key = keys.own()
        return submission if key is None else key.vouch(submission, principal.id)

    return vouched


def key_file(settings: Settings) -> Path:
    """Return where the private key of this process's face lies."""
    return settings.face_key or _folder(settings) / KEY_NAME


def trust_file(settings: Settings) -> Path:
    """Return where it stands whose word is taken."""
    return _folder(settings) / TRUST_NAME


def trusted_faces(settings: Settings) -> tuple[TrustedFace, ...] | None:
    """Return whose word is taken; None if nobody has said. Raises FolderUnusableError."""
    file = trust_file(settings)
    return read_faces(file) if file.exists() else None


def ensure_face(settings: Settings) -> FaceKey:
    """Return the key of the embedded stack's own face, made and trusted with everything if there is
    none. One that is there and has an entry keeps it as it is. Raises FolderUnusableError."""
    file = key_file(settings)
    key = read_face_key(file) if file.exists() else make_face_key(file)
    faces = trusted_faces(settings) or ()
    if all(face.id != key.id for face in faces):
        own = TrustedFace(key=key.text, name=OWN_NAME, actors=tuple(ActorKind))
        write_faces(trust_file(settings), (*faces, own))
    return key


def read_face_key(file: Path) -> FaceKey:
    """Return the key (PEM, PKCS 8) in a file. Raises FolderUnusableError."""
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(file, error) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _unusable(file, ValueError("an Ed25519 key is needed, in PEM"))
    return FaceKey(private)


def make_face_key(file: Path) -> FaceKey:
    """Make a key in a file for its owner alone. Raises FolderUnusableError, also if there is a file
    already."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise _unusable(file, error) from error
    return FaceKey(private)


def read_faces(file: Path) -> tuple[TrustedFace, ...]:
    """Return the entries of a file of trust, in its order. Raises FolderUnusableError."""
    try:
        faces = _read(file)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _unusable(file, ValueError(f"{place}: {first['msg']}")) from None
    except (OSError, ValueError) as error:
        raise _unusable(file, error) from error
    if len(faces) > FACES_MAX or len({face.id for face in faces}) != len(faces):
        raise _unusable(file, ValueError(f"a key stands twice, or there are over {FACES_MAX}"))
    return faces


def _read(file: Path) -> tuple[TrustedFace, ...]:
    if file.stat().st_size > BYTES_MAX:
        raise ValueError(f"it has more than {BYTES_MAX} bytes")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    entries = data.get("face", [])
    if set(data) - {"face"} or not isinstance(entries, list):
        raise ValueError("it holds something else than [[face]] entries")
    return tuple(TrustedFace.model_validate(each) for each in entries)


def write_faces(file: Path, faces: Iterable[TrustedFace]) -> None:
    """Write a file of trust anew, whole or not at all. Raises FolderUnusableError."""
    text = HEADER + "".join(_entry(face) for face in faces)
    try:
        file.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with open(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        Path(draft).replace(file)
    except OSError as error:
        raise _unusable(file, error) from error


def _entry(face: TrustedFace) -> str:
    moments = {name: getattr(face, name) for name in ("from_at", "until_at")}
    said: Mapping[str, object] = {
        "name": face.name,
        "key": face.key,
        "actors": list(face.actors),
        "zones": None if face.zones is None else list(face.zones),
        "services": None if face.services is None else list(face.services),
    }
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in said.items()
        if value is not None
    ]
    lines += [f"{name} = {written(at)}" for name, at in moments.items() if at is not None]
    return "\n".join(["", "[[face]]", *lines, ""])


def _folder(settings: Settings) -> Path:
    return settings.keys_dir or settings.data_dir / "keys"


def _unusable(file: Path, error: Exception) -> FolderUnusableError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return FolderUnusableError(f"{file} cannot be used for keys of faces: {why}.")
