"""What a backup says of itself: where the ledger stood, which files it has, and their hashes."""

from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from domain.model import Frozen, Moment

FORMAT: Final = 1
MANIFEST_NAME: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 16 * 2**20
FILES_MAX: Final = 100_000


class ManifestError(ValueError):
    """The manifest is none, or of a form that this program does not read."""


def _inside(path: str) -> str:
    """A manifest names files below its own folder, and nothing else."""
    if {"", ".", ".."} & set(path.split("/")) or "\\" in path or "\0" in path:
        raise ValueError("no path below the folder")
    return path


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupFile(Frozen):
    """A file of a backup; `path` is relative to its folder."""

    path: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_inside)]
    bytes: int = Field(ge=0)
    sha256: Sha256


class LedgerPoint(Frozen):
    """Where a ledger stood in one snapshot of its database.

    `heads` hashes the version and the last hash of every stream in order: as each hash stands on
    all before it, equal heads are equal streams. `position` is the last event's; `checkpoint` the
    newest signed note, if any; `rules` the highest revision among the newest events.
    """

    position: int
    events: int
    commands: int
    streams: int
    heads: Sha256
    migration: int
    rules: int
    zones: tuple[str, ...]
    checkpoint: str | None = None
    server: int
    """PostgreSQL's version as a number, such as 180006."""


class Manifest(Frozen):
    """The list of all that a backup has. `created_at`: the instant of its snapshot, UTC."""

    format: int
    program: str
    created_at: Moment
    point: LedgerPoint
    handbooks: bool = False
    files: tuple[BackupFile, ...] = Field(max_length=FILES_MAX)


class KeysManifest(Frozen):
    """The list of the keys that were kept apart from a backup."""

    format: int
    created_at: Moment
    files: tuple[BackupFile, ...] = Field(max_length=FILES_MAX)


Listed = TypeVar("Listed", Manifest, KeysManifest)


def read_manifest(text: str) -> Manifest:
    """Return the manifest in a text. Raises ManifestError."""
    return _read(text, Manifest)


def read_keys_manifest(text: str) -> KeysManifest:
    """Return the list of keys in a text. Raises ManifestError."""
    return _read(text, KeysManifest)


def _read(text: str, model: type[Listed]) -> Listed:
    try:
        read = model.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole"
        raise ManifestError(f"{MANIFEST_NAME} cannot be read: {where}") from None
    if read.format != FORMAT:
        raise ManifestError(
            f"{MANIFEST_NAME} is of form {read.format}, and this program reads form {FORMAT}"
        )
    names = [file.path for file in read.files]
    if len(set(names)) < len(names):
        raise ManifestError(f"{MANIFEST_NAME} names a file twice")
    return read
