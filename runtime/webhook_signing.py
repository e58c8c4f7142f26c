"""Signatures by the Standard Webhooks scheme: HMAC-SHA256 over id, instant and body."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from runtime.seals import FileKeys
from runtime.settings import Settings

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how secrets begin is none
SECRET_BYTES: Final = 32
SECRET_BYTES_MIN: Final = 24
SECRET_BYTES_MAX: Final = 64
VERSION: Final = "v1"


def new_secret() -> str:
    """Return a secret, `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(id_: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers that a message is sent with, signed by each of the secrets: whoever knows
    one of them can check it. `at` is when it is sent, not when it happened. Raises ValueError for a
    secret that is none."""
    sent_at_s = str(int(at.timestamp()))
    said = f"{id_}.{sent_at_s}.".encode() + body
    return {
        "webhook-id": id_,
        "webhook-timestamp": sent_at_s,
        "webhook-signature": " ".join(f"{VERSION},{_signature(key, said)}" for key in keys),
    }


def _signature(secret: str, said: bytes) -> str:
    digest = hmac.new(_key(secret), said, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ValueError(f"a secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes")
    return key


def webhook_keys(settings: Settings) -> FileKeys:
    """Return the keys that secrets of subscriptions are sealed with, one for each: outside the
    database, beside those of subjects."""
    return FileKeys((settings.keys_dir or settings.data_dir / "keys") / "webhooks")
