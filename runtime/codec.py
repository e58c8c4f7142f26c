"""Payloads of Temporal, sealed before they leave the process: AES-256-GCM, keys in a file.

Personal texts need no codec: they are sealed under their subjects' keys before they enter a
payload. This hides all else that histories hold from whoever reads Temporal's database.
"""

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)

from runtime.errors import SettingsError, StackError
from runtime.settings import Settings

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
NONCE_BYTES: Final = 12
LINE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})\s+([0-9a-fA-F]{64})")
KEYS_MAX: Final = 1000


class SealedPayloadError(StackError, ValueError):
    """A payload is sealed with a key that is not at hand, or was altered."""


class SealedPayloads(PayloadCodec):
    """Seals every payload with the newest key, and opens what any of the keys has sealed. What was
    never sealed passes: histories from before the first key stay readable."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {id_: AESGCM(key) for id_, key in keys.items()}
        self.current = current
        """The id of the key that seals."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads sealed."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads opened. Raises SealedPayloadError."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce, id_ = os.urandom(NONCE_BYTES), self.current.encode()
        sealed = self._ciphers[self.current].encrypt(nonce, payload.SerializeToString(), id_)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: id_}, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        id_ = payload.metadata.get(KEY_ID, b"")
        cipher = self._ciphers.get(id_.decode(errors="replace"))
        if cipher is None:
            raise SealedPayloadError(
                f"A payload is sealed with the key {id_.decode(errors='replace')!r}, which "
                "CLOSEOUT_PAYLOAD_KEYS does not hold. Put it back: old keys stay in the file."
            )
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, id_))
        except (InvalidTag, ValueError) as error:
            raise SealedPayloadError(
                "A payload does not open: it was altered, or its key is another."
            ) from error


def payload_codec(settings: Settings) -> SealedPayloads | None:
    """Return what seals and opens payloads; None if the settings name no keys. Raises
    SettingsError."""
    if settings.payload_keys is None:
        return None
    keys = _read(settings.payload_keys)
    return SealedPayloads(keys, list(keys)[-1])


def newest_key(settings: Settings) -> str | None:
    """Return the id of the key that seals; None if none does. Raises SettingsError."""
    codec = payload_codec(settings)
    return None if codec is None else codec.current


def data_converter(settings: Settings) -> DataConverter:
    """Return the converter of every client, worker and replay: sealing if the settings name keys.

    Raises SettingsError.
    """
    codec = payload_codec(settings)
    if codec is None:
        return pydantic_data_converter
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def _read(file: Path) -> dict[str, bytes]:
    """Return the keys of a file by their ids, in its order: the last one seals."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"CLOSEOUT_PAYLOAD_KEYS: {file} cannot be read: {error}") from None
    keys = dict(_keys(file, lines))
    if not 1 <= len(keys) <= KEYS_MAX:
        raise SettingsError(f"{file} holds {len(keys)} keys; allowed: 1 to {KEYS_MAX}.")
    return keys


def _keys(file: Path, lines: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if found is None or found[1] in seen:
            # The line itself may hold a key.
            raise SettingsError(
                f"{file}, line {number}: not one key under a name of its own. Allowed: a name, a "
                "space, 64 hexadecimal digits; or a line that begins with #."
            )
        seen.add(found[1])
        yield found[1], bytes.fromhex(found[2])
