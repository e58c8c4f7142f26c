"""The secret that one-time links are marked with: a setting, or a file of the embedded stack."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from runtime.errors import FolderUnusableError, SettingsError
from runtime.settings import LINK_SECRET_CHARACTERS_MIN, Settings

FILE_NAME: Final = "link-secret"


def link_secret(settings: Settings, *, embedded: bool) -> SecretStr:
    """Return the secret in force. An embedded stack makes one of its own on first use, in a file
    that only its owner can read; any other has to be given one, the same for every process."""
    if settings.link_secret is not None:
        return settings.link_secret
    if not embedded:
        raise SettingsError(
            "One-time links need a secret: set CLOSEOUT_LINK_SECRET, at least "
            f"{LINK_SECRET_CHARACTERS_MIN} characters, the same wherever links are made or used."
        )
    path = settings.data_dir / FILE_NAME
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
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
            f"{path} cannot be written ({error.strerror}); or set CLOSEOUT_LINK_SECRET."
        ) from error


def _read(path: Path) -> SecretStr:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FolderUnusableError(f"{path} cannot be read ({error}).") from error
    if len(text) < LINK_SECRET_CHARACTERS_MIN:
        raise FolderUnusableError(
            f"{path} holds no secret of at least {LINK_SECRET_CHARACTERS_MIN} characters. Restore "
            "it from a backup, or remove it: links that were sent are void then."
        )
    return SecretStr(text)
