"""Buckets: signed as the published algorithm says, whole or not at all, gone when deleted."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest
from s3_double import Bucket, Wire

from runtime.attachments.bucket import BucketAddress, BucketStore
from runtime.attachments.signing import Credentials, encoded_query, signed_headers
from runtime.attachments.store import MissingContentError, StoreError
from runtime.errors import SettingsError

PLACE = f"ab/{'c' * 30}/{'d' * 64}"
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
ADDRESS = BucketAddress.read("https://s3.example.org:9000/office/closeout")
NAME, SECRET = "office", "not-a-secret"
PART = 1000
EMPTY = hashlib.sha256(b"").hexdigest()


class Bytes:
    """A content in memory."""

    def __init__(self, content: bytes) -> None:
        self.content, self.size = content, len(content)

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), 700):
            yield self.content[at : at + 700]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(NAME, SECRET, part_bytes_min=PART)


def store_over(bucket: Bucket, secret: str = SECRET) -> BucketStore:
    return BucketStore(
        ADDRESS,
        Credentials(NAME, secret, "us-east-1"),
        part_bytes=PART,
        transport=Wire(bucket.handle),
        now=lambda: AT,
    )


@pytest.fixture
def store(bucket: Bucket) -> BucketStore:
    return store_over(bucket)


async def read(store: BucketStore, first: int = 0, count: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(PLACE, first, count)])


def content_of(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


@pytest.mark.parametrize("size", [1, PART, PART + 1, 3 * PART, 3 * PART + 7])
async def test_what_is_put_is_read(store: BucketStore, bucket: Bucket, size: int) -> None:
    await store.put(PLACE, Bytes(content_of(size)))

    assert bucket.held == {f"/office/closeout/{PLACE}": content_of(size)}
    assert bucket.uploads == {}
    assert await store.size(PLACE) == size
    assert await read(store) == content_of(size)
    assert await read(store, size // 2, 1) == content_of(size)[size // 2 : size // 2 + 1]


async def test_what_is_deleted_is_gone_and_again_is_harmless(store: BucketStore) -> None:
    await store.delete(PLACE)
    await store.put(PLACE, Bytes(b"one"))
    await store.delete(PLACE)
    assert await store.size(PLACE) is None
    with pytest.raises(MissingContentError):
        await read(store)


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
async def test_an_upload_in_parts_that_fails_leaves_nothing(
    store: BucketStore, bucket: Bucket, fails_at: int
) -> None:
    bucket.fails_at = fails_at
    with pytest.raises(StoreError):
        await store.put(PLACE, Bytes(content_of(3 * PART)))
    assert (bucket.held, bucket.uploads) == ({}, {})

    bucket.fails_at = None
    await store.put(PLACE, Bytes(content_of(3 * PART)))
    assert await read(store) == content_of(3 * PART)


async def test_parts_that_it_will_not_put_together_are_no_success(
    store: BucketStore, bucket: Bucket
) -> None:
    bucket.part_bytes_min = PART + 1
    with pytest.raises(StoreError):
        await store.put(PLACE, Bytes(content_of(3 * PART)))
    assert (bucket.held, bucket.uploads) == ({}, {})


async def test_less_than_was_asked_for_is_not_taken_as_whole(
    store: BucketStore, bucket: Bucket
) -> None:
    await store.put(PLACE, Bytes(b"12345"))
    bucket.truncates = True
    with pytest.raises(MissingContentError):
        await read(store, 0, 5)


async def test_another_secret_is_refused_everywhere(bucket: Bucket) -> None:
    store = store_over(bucket, "another")
    for doing in (store.put(PLACE, Bytes(b"x")), store.size(PLACE), store.delete(PLACE)):
        with pytest.raises(StoreError, match="403"):
            await doing
    with pytest.raises(StoreError, match="403"):
        await read(store)
    assert bucket.held == {}


async def test_a_bucket_out_of_reach_is_told_without_its_address() -> None:
    def away(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route to s3.example.org")

    store = BucketStore(ADDRESS, Credentials(NAME, SECRET, "r"), transport=Wire(away))
    with pytest.raises(StoreError) as refused:
        await store.size(PLACE)
    assert "example.org" not in str(refused.value)


async def test_no_redirect_is_followed(bucket: Bucket) -> None:
    def elsewhere(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(307, headers={"Location": "http://169.254.169.254/"})

    store = BucketStore(ADDRESS, Credentials(NAME, SECRET, "r"), transport=Wire(elsewhere))
    with pytest.raises(StoreError, match="307"):
        await store.put(PLACE, Bytes(b"x"))


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.example.org/office",
        "https://s3.example.org",
        "https://s3.example.org/",
        "https://s3.example.org/a/../b",
        "https://s3.example.org/a?x=1",
        "https://user:word@s3.example.org/a",
        "ftp://s3.example.org/a",
        "s3://office",
    ],
)
def test_no_other_address_is_taken(url: str) -> None:
    with pytest.raises(SettingsError):
        BucketAddress.read(url)


def test_on_this_machine_it_may_be_in_the_clear() -> None:
    address = BucketAddress.read("http://127.0.0.1:9000/office/")
    assert (address.origin, address.host, address.path) == (
        "http://127.0.0.1:9000",
        "127.0.0.1:9000",
        "/office",
    )


def published(method: str, path: str, **more: object) -> str:
    """Return the signature of a request of the published examples ("Signature calculations for the
    Authorization header"): their well-known account, bucket and moment."""
    credentials = Credentials(
        "AKIA" + "IOSFODNN7" + "EXAMPLE",
        "/".join(("wJalrXUtnFEMI", "K7MDENG", "bPxRfiCY" + "EXAMPLEKEY")),
        "us-east-1",
    )
    signed = signed_headers(
        credentials,
        method,
        "examplebucket.s3.amazonaws.com",
        path,
        at=datetime(2013, 5, 24, tzinfo=UTC),
        **({"body_sha256": EMPTY} | more),  # type: ignore[arg-type]  # as an example has it
    )
    return signed["Authorization"].rpartition("Signature=")[2]


def digits(parted: str) -> str:
    """Return a signature that is written in parts, for none of ours is to look like a secret."""
    return parted.replace(" ", "")


def test_the_published_examples_come_out() -> None:
    body = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    put = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    assert published("GET", "/test.txt", headers={"Range": "bytes=0-9"}) == (
        digits("f0e8bdb8 7c964420 e857bd35 b5d6ed31 0bd44f01 70aba48d d91039c6 036bdb41")
    )
    assert published("PUT", "/test$file.text", headers=put, body_sha256=body) == (
        digits("98ad7217 46da40c6 4f1a55b7 8f14c238 d841ea13 80cd77a1 b5971af0 ece108bd")
    )
    assert published("GET", "/", query={"lifecycle": ""}) == (
        digits("fea454ca 298b7da1 c68078a5 d1bdbfbb e0d65c69 9e0f91ac 7a200a01 36783543")
    )
    assert published("GET", "/", query={"prefix": "J", "max-keys": "2"}) == (
        digits("34b48302 e7b5fa45 bde8084f 4b7868a8 6f0a534b c59db667 0ed5711e f69dc6f7")
    )


def test_queries_are_in_order_of_their_names_as_they_are_sent() -> None:
    assert (
        encoded_query({"uploadId": "a+/=", "partNumber": "1"}) == "partNumber=1&uploadId=a%2B%2F%3D"
    )
    assert encoded_query({"uploads": ""}) == "uploads="
