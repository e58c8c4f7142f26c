"""Marks: what stands in the ledger for good in the place of what may be personal."""

import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from runtime.kept_secrets import kept_secret
from runtime.settings import Settings

FILE_NAME: Final = "marks"
PRIVATE: Final = 0o700
DIGITS: Final = 16
LONG_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks under one key. The same text of the same kind has the same mark; without the key nobody
    tells from a mark whose it is, not even by trying whom they suspect."""

    _key: bytes = field(repr=False)

    def mark(self, kind: str, text: str, *, digits: int = DIGITS) -> str:
        """Return the mark of a text, in hexadecimal digits."""
        said = f"{kind}\n{text}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:digits]


OF_THIS_PROCESS: Final = Marks(secrets.token_bytes(32))
"""For whoever keeps nothing: marks that mean nothing to any other process."""


def marks_of(settings: Settings) -> Marks:
    """Return the marks of a ledger, whose key lies with the other keys, apart from the data; made
    on first use. Every process needs the same. Raises FolderUnusableError."""
    folder = settings.keys_dir or settings.data_dir / "keys"
    with contextlib.suppress(OSError):  # what is wrong with it, the secret says that is not made
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    secret = kept_secret(
        folder / FILE_NAME,
        instead="let the folder of keys (CLOSEOUT_KEYS_DIR) be written to",
        when_lost="marks in the ledger will not be known again then: users of the token provider "
        "count as new ones",
    )
    return Marks(secret.get_secret_value().encode())
