"""Sealed files: they open whole, under their key and in their issue, or not at all."""

import hashlib
from collections.abc import AsyncIterator, Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.attachments.sealing import (
    HEAD,
    PLAIN_BYTES,
    SALT_BYTES,
    SEALED_BYTES,
    SealedContent,
    UnopenedFileError,
    opened,
    sealed_name,
    sealed_size,
)
from runtime.attachments.store import StoreError
from runtime.seals import SubjectKey

KEY = SubjectKey("p-17", "0123456789abcdef", bytes(range(32)))
OTHER = SubjectKey("p-17", "0123456789abcdef", bytes(32))
STREAM, HASH = "harbour/k1", "a" * 64
BEGINS = len(HEAD) + SALT_BYTES
SIZES = (1, PLAIN_BYTES - 1, PLAIN_BYTES, PLAIN_BYTES + 1, 3 * PLAIN_BYTES, 200_001)


class Bytes:
    """A content in memory, in pieces of an odd length."""

    def __init__(self, content: bytes) -> None:
        self.content, self.size = content, len(content)

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), 70_001):
            yield self.content[at : at + 70_001]


def content_of(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


def sealed(content: bytes) -> bytes:
    return b"".join(SealedContent(Bytes(content), KEY, STREAM, HASH).chunks())


async def unsealed(text: bytes, key: SubjectKey = KEY, stream: str = STREAM) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(text), 50_001):
            yield text[at : at + 50_001]

    return b"".join([chunk async for chunk in opened(chunks(), key, stream, HASH)])


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_opens_as_it_was_and_is_as_long_as_it_was_said(size: int) -> None:
    content = content_of(size)
    text = sealed(content)
    assert len(text) == sealed_size(size)
    assert await unsealed(text) == content
    assert content[:32] not in text or size < 32


async def test_the_same_file_is_never_sealed_alike() -> None:
    content = content_of(100)
    assert sealed(content) != sealed(content)
    again = SealedContent(Bytes(content), KEY, STREAM, HASH)
    assert list(again.chunks()) == list(again.chunks())


@pytest.mark.parametrize("at", [0, len(HEAD), BEGINS, BEGINS + SEALED_BYTES, -1])
async def test_a_changed_byte_is_found(at: int) -> None:
    text = bytearray(sealed(content_of(2 * PLAIN_BYTES)))
    text[at] ^= 1
    with pytest.raises(UnopenedFileError):
        await unsealed(bytes(text))


async def test_nothing_can_be_left_out_cut_off_or_moved() -> None:
    text = sealed(content_of(3 * PLAIN_BYTES))
    head = text[:BEGINS]
    first, second, last = (
        text[BEGINS + n * SEALED_BYTES : BEGINS + (n + 1) * SEALED_BYTES] for n in range(3)
    )
    assert await unsealed(head + first + second + last) == content_of(3 * PLAIN_BYTES)
    for changed in (
        first + second,
        first + last,
        second + first + last,
        first + second + last[:-1],
    ):
        with pytest.raises(UnopenedFileError):
            await unsealed(head + changed)
    for cut in (b"", head[:-1], head):
        with pytest.raises(StoreError):
            await unsealed(cut)


async def test_it_opens_with_no_other_key_and_in_no_other_issue() -> None:
    text = sealed(b"a file")
    with pytest.raises(UnopenedFileError):
        await unsealed(text, OTHER)
    with pytest.raises(UnopenedFileError):
        await unsealed(text, stream="harbour/k2")


def test_its_name_tells_nobody_what_it_is() -> None:
    names = {
        sealed_name(KEY, STREAM, HASH),
        sealed_name(OTHER, STREAM, HASH),
        sealed_name(KEY, "harbour/k2", HASH),
        HASH,
        hashlib.sha256(HASH.encode()).hexdigest(),
    }
    assert len(names) == 5
    assert sealed_name(KEY, STREAM, HASH) == sealed_name(KEY, STREAM, HASH)


def test_keys_of_files_are_not_those_of_texts() -> None:
    file_key = AESGCM(KEY.of_files("text")).encrypt(bytes(12), b"x", None)
    text_key = AESGCM(KEY._derived_key("text")).encrypt(bytes(12), b"x", None)
    assert file_key != text_key
