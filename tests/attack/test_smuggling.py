"""Requests that two readers would cut in different places: none hides a second one in its body."""

import re
from collections.abc import Iterator
from typing import Final

import builders as b
import pytest
from faces import Face
from test_limits_of_connections import said, served, status_of

pytestmark = pytest.mark.attack

HIDDEN: Final = (
    f"POST /v1/issues/{b.ZONE}/{b.KEY}/commands HTTP/1.1\r\nHost: a\r\n"
    "Authorization: Test officer\r\nContent-Type: application/json\r\n"
).encode()
BODY: Final = (
    b'{"id":"smuggled-1","expected_version":2,"command":{"kind":"note","text":"Smuggled."}}'
)
SECOND: Final = HIDDEN + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
"""What a sender without a name would have executed under an officer's."""
OPENING: Final = b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"


def cut() -> Iterator[tuple[str, bytes]]:
    """Yield requests that are one to some readers and two to others, by what is wrong in them."""
    sized = b"Content-Length: %d\r\n" % (len(SECOND) + 5)
    for name, lines in {
        "a length and chunks": sized + CHUNKED,
        "chunks and a length": CHUNKED + sized,
        "a short length and chunks": b"Content-Length: 5\r\n" + CHUNKED,
        "chunks twice": CHUNKED + CHUNKED,
        "chunks and identity": CHUNKED + b"Transfer-Encoding: identity\r\n",
        "identity and chunks": b"Transfer-Encoding: identity\r\n" + CHUNKED,
        "chunks in a list": b"Transfer-Encoding: gzip, chunked\r\n",
        "chunks named otherwise": b"Transfer-Encoding: xchunked\r\n",
        "chunks with a tail": b"Transfer-Encoding: chunked;q=1\r\n",
        "chunks after a tab": b"Transfer-Encoding:\tchunked\x0b\r\n",
        "a blank before the colon": b"Transfer-Encoding : chunked\r\n",
        "a blank before the name": b" Transfer-Encoding: chunked\r\n",
        "a folded name": b"X: 1\r\n Transfer-Encoding: chunked\r\n" + sized + sized[:-3] + b"9\r\n",
        "a folded value": b"Transfer-Encoding:\r\n chunked, identity\r\n",
        "two lengths": b"Content-Length: 0\r\n" + sized,
        "two lengths, turned": sized + b"Content-Length: 0\r\n",
        "two lengths in one": b"Content-Length: 0, %d\r\n" % len(SECOND),
        "a length with a sign": b"Content-Length: +0\r\n",
        "a length below zero": b"Content-Length: -1\r\n",
        "a length in hex": b"Content-Length: 0x0\r\n",
        "a length with a bar": b"Content-Length: 1_0\r\n",
        "a length of other digits": "Content-Length: ٠\r\n".encode(),
        "a NUL in a value": b"X: a\x00b\r\n" + CHUNKED,
        "a NUL in a name": b"X\x00: a\r\n" + CHUNKED,
        "a bare CR in a value": b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: x\r\n",
        "no colon": b"Transfer-Encoding chunked\r\n",
        "four thousand headers": b"X: 1\r\n" * 4000 + CHUNKED,
        "a hundred headers": b"X: 1\r\n" * 100 + CHUNKED,
    }.items():
        yield name, OPENING + lines + b"\r\n0\r\n\r\n" + SECOND
    for name, size in {
        "a chunk below zero": b"-1",
        "a chunk with a sign": b"+5",
        "a chunk in 0x": b"0x5",
        "a chunk of no size": b"",
        "a chunk of letters": b"zz",
        "a chunk beyond measure": b"F" * 40,
        "a chunk after a blank": b" 5",
        "a chunk with a bar": b"1_0",
        "a chunk with a NUL": b"5\x00",
    }.items():
        yield name, OPENING + CHUNKED + b"\r\n" + size + b"\r\n{}\r\n0\r\n\r\n" + SECOND
    short = OPENING + CHUNKED + b"\r\n2\r\n{}XX0\r\n\r\n"
    yield "a chunk longer than it says", short + SECOND
    yield (
        "HTTP/1.0 with chunks",
        OPENING.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n" + SECOND,
    )
    yield (
        "chunks in a GET",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + CHUNKED + sized + b"\r\n0\r\n\r\n" + SECOND,
    )


CORPUS: Final = dict(cut())


def statuses_of(answer: bytes) -> list[int]:
    """Return the status of every answer on a connection; none if it was only closed."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


async def test_no_request_hides_another_in_what_readers_may_cut_in_two_ways(face: Face) -> None:
    await face.counter.accepted()
    before = await face.counter.ledger.safe_position()
    wrong = []
    async with served(face) as (_, port):
        for name, sent in CORPUS.items():
            try:
                answer = await said(port, sent)
            except TimeoutError:
                wrong.append(f"{name}: the connection stays open")
                continue
            if not all(400 <= status < 500 for status in statuses_of(answer)):
                wrong.append(f"{name}: {answer[:200]!r}")
        assert await face.counter.ledger.safe_position() == before
        entitled = await said(
            port, SECOND.replace(b"Host: a\r\n", b"Host: a\r\nConnection: close\r\n")
        )

    assert wrong == []
    assert status_of(entitled) in (200, 201), entitled
    assert await face.counter.ledger.safe_position() > before


async def test_a_request_pipelined_after_another_is_its_own_senders(face: Face) -> None:
    """Nothing of the first one's name passes to the second, which says none."""
    await face.counter.accepted()
    before = await face.counter.ledger.safe_position()
    first = b"GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Test officer\r\n\r\n"
    second = SECOND.replace(b"Authorization: Test officer\r\n", b"Connection: close\r\n")
    async with served(face) as (_, port):
        answer = await said(port, first + second)

    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 403") == 1
    assert await face.counter.ledger.safe_position() == before
