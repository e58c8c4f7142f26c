"""Attachments in a bucket of an S3-compatible store: signed, in parts where they are large.

Tried against a double of our own only, which checks every signature; no store of a maker's has run
with it yet.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx2

from runtime.attachments.signing import (
    Credentials,
    encoded_path,
    encoded_query,
    signed_headers,
)
from runtime.attachments.store import (
    CHUNK_BYTES,
    Content,
    MissingContentError,
    StoreError,
    require_place,
)
from runtime.errors import SettingsError

PART_BYTES: Final = 8 * 1024**2
"""At least 5 MiB, as S3 has it for all parts but the last."""
CONNECT_S: Final = 5.0
ANSWER_S: Final = 20.0
DONE: Final = (HTTPStatus.OK, HTTPStatus.NO_CONTENT)
TOLD_BYTES_MAX: Final = 64 * 1024
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_UPLOAD: Final = re.compile(rb"<UploadId>([^<&\s]{1,1000})</UploadId>")
_ETAG: Final = re.compile(r'"?[A-Za-z0-9-]{1,100}"?')
_FOLDER: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is: `https://host[:port]/bucket[/folder…]`, without a slash at its end."""

    origin: str
    host: str
    path: str

    @classmethod
    def read(cls, url: str) -> "BucketAddress":
        """Return the address that a URL says. In the clear only on this machine: the files would
        be anybody's. Raises SettingsError."""
        parts = urlsplit(url)
        schemes = ("https", "http") if parts.hostname in LOOPBACK else ("https",)
        steps = parts.path.strip("/").split("/")
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or parts.username is not None
            or parts.query
            or parts.fragment
            or not all(_FOLDER.fullmatch(each) and each not in (".", "..") for each in steps)
        ):
            raise SettingsError(
                "attachment_bucket: must be https://host/bucket, or http:// for this machine."
            )
        return cls(f"{parts.scheme}://{parts.netloc}", parts.netloc, "/" + "/".join(steps))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class BucketStore:
    """A bucket that nobody else writes to. Raises StoreError."""

    def __init__(
        self,
        address: BucketAddress,
        credentials: Credentials,
        *,
        part_bytes: int = PART_BYTES,
        transport: httpx2.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._part_bytes = part_bytes
        self._transport = transport
        self._now = now

    @property
    def where(self) -> str:
        """The bucket's address."""
        return f"{self._address.origin}{self._address.path}"

    async def put(self, place: str, content: Content) -> None:
        """Send it at once, or in parts that become a file when the last is there."""
        parts = _parts(content, self._part_bytes)
        async with self._open() as client:
            if content.size <= self._part_bytes:
                body = await asyncio.to_thread(b"".join, parts)
                await self._asked(client, "PUT", place, body=body)
                return
            await self._put_in_parts(client, place, parts)

    async def size(self, place: str) -> int | None:
        """Return how long it is."""
        async with self._open() as client:
            told = await self._asked(client, "HEAD", place, allowed=(HTTPStatus.NOT_FOUND,))
        if told.status == HTTPStatus.NOT_FOUND:
            return None
        stated = told.headers.get("content-length", "")
        if not stated.isdigit():
            raise StoreError("The bucket does not say how long an attachment is.")
        return int(stated)

    async def read(
        self, place: str, first: int = 0, count: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield it as it comes. Raises MissingContentError."""
        last = "" if count is None else str(first + count - 1)
        is_part = first > 0 or count is not None
        headers = {"range": f"bytes={first}-{last}"} if is_part else {}
        wanted = HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK
        async with self._open() as client, self._sent(client, "GET", place, headers) as answer:
            if answer.status_code == HTTPStatus.NOT_FOUND:
                raise MissingContentError(f"The attachment {place} is not in its bucket.")
            if answer.status_code != wanted:
                raise _refused(answer.status_code)
            got = 0
            async for chunk in answer.aiter_raw(CHUNK_BYTES):
                got += len(chunk)
                yield chunk
            if count is not None and got != count:
                raise MissingContentError(f"The attachment {place} is shorter than it was.")

    async def delete(self, place: str) -> None:
        """Remove it. What a bucket with versions keeps of it, its own rules have to remove."""
        async with self._open() as client:
            await self._asked(client, "DELETE", place, allowed=(HTTPStatus.NOT_FOUND,))

    async def _put_in_parts(
        self, client: httpx2.AsyncClient, place: str, parts: Iterator[bytes]
    ) -> None:
        begun = await self._asked(client, "POST", place, query={"uploads": ""})
        found = _UPLOAD.search(begun.body)
        if found is None:
            raise StoreError("The bucket gives an upload in parts no name.")
        upload = {"uploadId": found[1].decode()}
        is_whole = False
        try:
            tags = [tag async for tag in self._tags(client, place, upload, parts)]
            ended = await self._asked(client, "POST", place, query=upload, body=_completing(tags))
            is_whole = b"<Error" not in ended.body  # told with 200: it was begun before it failed
        finally:
            if not is_whole:  # or what came of it is kept, and paid for, for ever
                with suppress(StoreError):
                    await self._asked(client, "DELETE", place, query=upload)
        if not is_whole:
            raise StoreError("The bucket did not put the parts together.")

    async def _tags(
        self,
        client: httpx2.AsyncClient,
        place: str,
        upload: Mapping[str, str],
        parts: Iterator[bytes],
    ) -> AsyncIterator[str]:
        """Send the parts, and yield what the bucket calls each."""
        at = 0
        while body := await asyncio.to_thread(next, parts, b""):
            at += 1
            query = {"partNumber": str(at), **upload}
            told = await self._asked(client, "PUT", place, query=query, body=body)
            tag = told.headers.get("etag", "")
            if not _ETAG.fullmatch(tag):
                raise StoreError("The bucket does not say what it has of a part.")
            yield tag

    async def _asked(
        self,
        client: httpx2.AsyncClient,
        method: str,
        place: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        allowed: tuple[int, ...] = (),
    ) -> _Answer:
        async with self._sent(client, method, place, {}, query, body) as answer:
            told = bytearray()
            async for piece in answer.aiter_raw(8192):
                told += piece[: TOLD_BYTES_MAX - len(told)]
            found = _Answer(answer.status_code, dict(answer.headers.items()), bytes(told))
        if found.status not in (*DONE, *allowed):
            raise _refused(found.status)
        return found

    @asynccontextmanager
    async def _sent(
        self,
        client: httpx2.AsyncClient,
        method: str,
        place: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> AsyncIterator[httpx2.Response]:
        path = "/".join((self._address.path, *require_place(place)))
        signed = signed_headers(
            self._credentials,
            method,
            self._address.host,
            path,
            query=query,
            headers=headers,
            body_sha256=hashlib.sha256(body).hexdigest(),
            at=self._now(),
        )
        asked = encoded_query(query or {})
        url = f"{self._address.origin}{encoded_path(path)}{'?' if asked else ''}{asked}"
        own = {"Host": self._address.host, "Accept-Encoding": "identity"}
        try:
            async with client.stream(
                method,
                url,
                content=body if method in ("PUT", "POST") else None,
                headers=signed | own,
            ) as answer:
                yield answer
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise StoreError(f"The bucket gave no answer ({type(error).__name__}).") from None

    def _open(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
            headers={"User-Agent": "closeout"},
        )


def _parts(content: Content, size: int) -> Iterator[bytes]:
    """Yield a content in parts of one size; the last may be shorter."""
    held = bytearray()
    for chunk in content.chunks():
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _completing(tags: list[str]) -> bytes:
    parts = "".join(
        f"<Part><PartNumber>{at}</PartNumber><ETag>{tag}</ETag></Part>"
        for at, tag in enumerate(tags, start=1)
    )
    return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()


def _refused(status: int) -> StoreError:
    return StoreError(f"The bucket answered with status {status}.")
