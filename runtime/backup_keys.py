"""The keys of a place, kept apart from its backups: where each lies, and how they come back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.backups import FORMAT, KeysManifest
from runtime.backup_files import (
    BackupError,
    check_files,
    copy_file,
    copy_tree,
    draft_of,
    keys_manifest_of,
    listed,
    write_manifest,
)
from runtime.link_secret import FILE_NAME as LINK_SECRET
from runtime.settings import Settings, kept_by_stack

KEYS: Final = "keys"
NAMED: Final = "named"
"""Below it what settings name one by one lies under the setting's name."""


def keys_folder(settings: Settings) -> Path:
    """Return the folder of the keys."""
    return settings.keys_dir or settings.data_dir / KEYS


def save_keys(settings: Settings, target: Path, at: datetime) -> int:
    """Copy every key of this place into the folder `target`; return how many files there are.

    After the dump: a key that was made between the two is wanted, a text without its key is lost.
    Raises BackupError.
    """
    with draft_of(target) as draft:
        if keys_folder(settings).is_dir():
            copy_tree(keys_folder(settings), draft / KEYS)
        for name, path in _named(settings):
            copy_file(path, draft / NAMED / name / path.name)
        files = listed(draft)
        write_manifest(draft, KeysManifest(format=FORMAT, created_at=at, files=files))
    return len(files)


def check_keys(source: Path) -> None:
    """Raises BackupError unless the folder is what `save_keys` wrote."""
    check_files(source, keys_manifest_of(source).files)


def require_no_keys(settings: Settings) -> None:
    """Refuse to put keys beside others. Raises BackupError."""
    target = keys_folder(settings)
    if target.exists() and any(target.iterdir()):
        raise BackupError(
            f"There are keys in {target}. They may be newer than those given here, and somebody "
            "may have been erased since: leave --keys out, or set that folder aside first."
        )


def place_keys(source: Path, settings: Settings) -> list[str]:
    """Put the keys into the folder of an embedded stack; return the settings whose files have to be
    put in place by hand, since only the operator knows where they were named. Raises OSError."""
    if source.joinpath(KEYS).is_dir():
        keys_folder(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_tree(source / KEYS, keys_folder(settings))
    by_hand, secret = [], settings.data_dir / LINK_SECRET
    for folder in sorted(source.joinpath(NAMED).glob("*")):
        if folder.name != LINK_SECRET:
            by_hand.append(f"CLOSEOUT_{folder.name.upper()}")
        elif not secret.exists():
            copy_file(folder / LINK_SECRET, secret)
    return by_hand


def _named(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield what lies outside the folder of keys, by the setting that names it."""
    inside = keys_folder(settings).resolve()
    log_key = kept_by_stack(settings)["log_key"]
    named = [
        ("log_key", log_key),
        ("log_key", log_key.with_suffix(".vkeys")),
        ("log_trust", settings.log_trust),
        ("face_key", settings.face_key),
        ("payload_keys", settings.payload_keys),
        ("channels", settings.channels),
        (LINK_SECRET, settings.data_dir / LINK_SECRET),
    ]
    seen: set[Path] = set()
    for name, path in named:
        if path is None or not path.is_file():
            continue
        place = path.resolve()
        if inside not in place.parents and place not in seen:
            seen.add(place)
            yield name, path
