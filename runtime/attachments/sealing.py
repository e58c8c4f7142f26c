"""Files about a person: sealed under that person's key before any store sees them.

A file is a head and chunks of 64 KiB, each sealed with AES-256-GCM under a key of the file's own,
which is derived from the subject's key and a random salt. The nonce is the number of the chunk and
whether it is the last, so that none can be left out, put elsewhere or cut off at the end.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.attachments.store import Content, MissingContentError, StoreError
from runtime.seals import SubjectKey

HEAD: Final = b"closeout file 1\n"
SALT_BYTES: Final = 32
PLAIN_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
SEALED_BYTES: Final = PLAIN_BYTES + TAG_BYTES
COUNT_BYTES: Final = 11
"""Of a nonce of 12: the last says whether it is the last chunk."""


class UnopenedFileError(StoreError):
    """A sealed file does not open: it was altered, cut, or sealed by another key or for another
    issue."""


def sealed_size(size: int) -> int:
    """Return how many bytes a file has when it is sealed."""
    chunks = max(1, -(-size // PLAIN_BYTES))
    return len(HEAD) + SALT_BYTES + size + chunks * TAG_BYTES


def sealed_name(key: SubjectKey, stream: str, sha256: str) -> str:
    """Return what a sealed file is called, 64 hexadecimal digits: without the key nobody can tell
    whether it is a file that they know."""
    said = json.dumps([stream, sha256]).encode()
    return hmac.new(key.of_files("name"), said, hashlib.sha256).hexdigest()


class SealedContent:
    """A content, sealed for one issue."""

    def __init__(self, content: Content, key: SubjectKey, stream: str, sha256: str) -> None:
        self._content = content
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._cipher = _cipher(key, self._salt)
        self._place = _place(key, stream, sha256)

    @property
    def size(self) -> int:
        """How many bytes there are, sealed."""
        return sealed_size(self._content.size)

    def chunks(self) -> Iterator[bytes]:
        """Yield them. Each time they are the same."""
        yield HEAD + self._salt
        held, at = b"", 0
        for chunk in self._content.chunks():
            held += chunk
            while len(held) > PLAIN_BYTES:  # what is left may be the last
                yield self._cipher.encrypt(_nonce(at, False), held[:PLAIN_BYTES], self._place)
                held, at = held[PLAIN_BYTES:], at + 1
        yield self._cipher.encrypt(_nonce(at, True), held, self._place)


async def opened(
    chunks: AsyncIterator[bytes], key: SubjectKey, stream: str, sha256: str
) -> AsyncIterator[bytes]:
    """Yield what was sealed, each chunk once it is known to be whole. Raises UnopenedFileError,
    and what `chunks` raises."""
    held, cipher, at = b"", None, 0
    place = _place(key, stream, sha256)
    async for chunk in chunks:
        held += chunk
        if cipher is None:
            if len(held) < len(HEAD) + SALT_BYTES:
                continue
            if not held.startswith(HEAD):
                raise UnopenedFileError("A sealed attachment is of no form that is known here.")
            cipher = _cipher(key, held[len(HEAD) : len(HEAD) + SALT_BYTES])
            held = held[len(HEAD) + SALT_BYTES :]
        while len(held) > SEALED_BYTES:
            yield _opened(cipher, _nonce(at, False), held[:SEALED_BYTES], place)
            held, at = held[SEALED_BYTES:], at + 1
    if cipher is None:
        raise MissingContentError("A sealed attachment has lost its head.")
    yield _opened(cipher, _nonce(at, True), held, place)


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, place)
    except InvalidTag as error:
        raise UnopenedFileError(
            "A sealed attachment does not open: it was altered, cut, or sealed elsewhere."
        ) from error


def _cipher(key: SubjectKey, salt: bytes) -> AESGCM:
    return AESGCM(hmac.new(key.of_files("text"), salt, hashlib.sha256).digest())


def _nonce(at: int, is_last: bool) -> bytes:
    return at.to_bytes(COUNT_BYTES, "big") + bytes([is_last])


def _place(key: SubjectKey, stream: str, sha256: str) -> bytes:
    said = ["closeout file 1", stream, sha256, key.subject, key.key_id]
    return HEAD + json.dumps(said).encode()
