"""A bucket of a test's own: it speaks enough of S3, and checks every signature by itself.

It shares no code with ours: the canonical request is put together from what came over the wire.
"""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx2


class Wire(httpx2.AsyncBaseTransport):
    """Carries requests to a double, and its answers back as streams, as a connection does."""

    def __init__(self, handle: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self._handle = handle

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one."""
        await request.aread()
        answer = self._handle(request)
        return httpx2.Response(
            answer.status_code, headers=answer.headers, stream=Streamed(answer.content)
        )


class Streamed(httpx2.AsyncByteStream):
    """A body as it comes."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), 777):
            yield self._body[at : at + 777]


AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


@dataclass
class Bucket:
    """What it holds, by path; parts of uploads by their ids; what it was asked."""

    access_key: str
    secret_key: str
    region: str = "us-east-1"
    part_bytes_min: int = 1
    held: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    fails_at: int | None = None
    """At which request it answers 503."""
    truncates: bool = False

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        body = request.content
        self.asked.append((request.method, request.url.raw_path.decode()))
        if self.fails_at == len(self.asked):
            return httpx2.Response(503, text="<Error>SlowDown</Error>")
        if not self._is_signed(request, body):
            return httpx2.Response(403, text="<Error>SignatureDoesNotMatch</Error>")
        path = request.url.raw_path.decode().partition("?")[0]
        query = dict(request.url.params.items())
        match request.method:
            case "PUT" if "uploadId" in query:
                return self._part(query, body)
            case "PUT":
                self.held[path] = body
                return httpx2.Response(200, headers={"ETag": f'"{_md5(body)}"'})
            case "POST" if "uploads" in query:
                id_ = f"upload-{len(self.uploads)}+/="
                self.uploads[id_] = {}
                return httpx2.Response(200, text=f"<R><UploadId>{id_}</UploadId></R>")
            case "POST":
                return self._complete(path, query, body)
            case "DELETE":
                if "uploadId" in query:
                    self.uploads.pop(query["uploadId"], None)
                else:
                    self.held.pop(path, None)
                return httpx2.Response(204)
        return self._read(request, path)

    def _read(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if path not in self.held:
            return httpx2.Response(404)
        content = self.held[path]
        if request.method == "HEAD":
            return httpx2.Response(200, headers={"Content-Length": str(len(content))})
        asked = request.headers.get("range")
        if asked is None:
            return httpx2.Response(200, content=content)
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", asked).groups()  # type: ignore[union-attr]  # ours are of this form
        part = content[int(first) : int(last) + 1 if last else None]
        return httpx2.Response(206, content=part[:-1] if self.truncates else part)

    def _part(self, query: dict[str, str], body: bytes) -> httpx2.Response:
        if query["uploadId"] not in self.uploads:
            return httpx2.Response(404)
        self.uploads[query["uploadId"]][int(query["partNumber"])] = body
        return httpx2.Response(200, headers={"ETag": f'"{_md5(body)}"'})

    def _complete(self, path: str, query: dict[str, str], body: bytes) -> httpx2.Response:
        parts = self.uploads[query["uploadId"]]
        stated = re.findall(
            r"<PartNumber>(\d+)</PartNumber><ETag>\"?([^<\"]+)\"?</ETag>", body.decode()
        )
        wanted = [(str(n), _md5(parts[n])) for n in sorted(parts)]
        small = any(len(parts[n]) < self.part_bytes_min for n in sorted(parts)[:-1])
        if stated != wanted or small:
            return httpx2.Response(200, text="<Error>InvalidPart</Error>")
        self.held[path] = b"".join(parts[n] for n in sorted(parts))
        del self.uploads[query["uploadId"]]
        return httpx2.Response(200, text="<CompleteMultipartUploadResult/>")

    def _is_signed(self, request: httpx2.Request, body: bytes) -> bool:
        found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            return False
        access_key, day, region, names, signature = found.groups()
        stated = request.headers["x-amz-content-sha256"]
        path, _, query = request.url.raw_path.decode().partition("?")
        lines = [
            request.method,
            path,
            "&".join(sorted(query.split("&"))) if query else "",
            *(f"{name}:{request.headers[name].strip()}" for name in names.split(";")),
            "",
            names,
            stated,
        ]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        moment = request.headers["x-amz-date"]
        scope = f"{day}/{region}/s3/aws4_request"
        key = _hmac(b"AWS4" + self.secret_key.encode(), day)
        for each in (region, "s3", "aws4_request"):
            key = _hmac(key, each)
        expected = _hmac(key, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}").hex()
        must = {"host", "x-amz-content-sha256", "x-amz-date"}
        if "range" in request.headers:
            must.add("range")
        return (
            hmac.compare_digest(signature, expected)
            and (access_key, region) == (self.access_key, self.region)
            and hashlib.sha256(body).hexdigest() == stated
            and must <= set(names.split(";"))
            and moment.startswith(day)
        )


def _hmac(key: bytes, said: str) -> bytes:
    return hmac.new(key, said.encode(), hashlib.sha256).digest()


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
