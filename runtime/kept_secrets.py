"""Secrets that are made on first use and kept each in a file that only its owner can read."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from runtime.errors import FolderUnusableError

CHARACTERS_MIN: Final = 32


def kept_secret(path: Path, *, instead: str, when_lost: str) -> SecretStr:
    """Return the secret in a file, made if there is none. `instead` says what else to do where it
    cannot be written, `when_lost` what it means to begin anew. Raises FolderUnusableError."""
    if not path.exists():
        _make(path, instead)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FolderUnusableError(f"{path} cannot be read ({error}).") from error
    if len(text) < CHARACTERS_MIN:
        raise FolderUnusableError(
            f"{path} holds no secret of at least {CHARACTERS_MIN} characters. Restore it from a "
            f"backup, or remove it: {when_lost}."
        )
    return SecretStr(text)


def _make(path: Path, instead: str) -> None:
    """Whoever comes first makes it, whole: a link to a finished file never replaces another."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        draft = Path(name)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise FolderUnusableError(
            f"{path} cannot be written ({error.strerror}); {instead}."
        ) from error
