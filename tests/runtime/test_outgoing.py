"""Requests to addresses that strangers named reach nothing that stands beside this program."""

import asyncio
import base64
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from receivers import HANG, receiving
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from runtime.errors import SettingsError
from runtime.outgoing import (
    BODY_BYTES_MAX,
    Address,
    Allowed,
    Outgoing,
    RefusedAddressError,
    UnreachableError,
    is_public,
    read_target,
)
from runtime.webhook_signing import new_secret, signed_headers

pytestmark = pytest.mark.attack

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104  # nothing is bound to it
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450::8",
]

MALFORMED = [
    "",
    "hooks.example.org",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "gopher://hooks.example.org/",
    "http://hooks.example.org/",
    "https://user@hooks.example.org/",
    "https://user:secret@hooks.example.org/",
    "https://@hooks.example.org/",
    "https:///nowhere",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org:x/",
    "https://hooks.example.org/#part",
    "https://hooks.example.org/a b",
    "https://hooks.example.org/\r\nX: y",
    "https://hooks.example.org\\@10.0.0.1/",
    "https://例子.example/",
    "https://-bad.example/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://[v1.x]/",
    "https://" + "a" * 64 + ".example/",
    "https://hooks.example.org/" + "x" * 2000,
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_no_name_leads_to_an_address_that_is_not_on_the_open_network(address: str) -> None:
    found = ipaddress.ip_address(address)
    assert not is_public(found)
    outgoing = Outgoing(resolve=Resolving([found]))
    with pytest.raises(RefusedAddressError):
        await outgoing.post("https://hooks.example.org/", b"", {})
    with pytest.raises(RefusedAddressError):
        await Outgoing(resolve=Resolving([ipaddress.ip_address("1.1.1.1"), found])).post(
            "https://hooks.example.org/", b"", {}
        )


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_network_is_open(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", MALFORMED)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        read_target(url, Allowed())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "localhost"]
)
async def test_no_way_to_write_this_host_gets_at_it(host: str) -> None:
    async with receiving() as receiver:
        port = receiver.url.rsplit(":", 1)[1].split("/")[0]
        for url in (f"https://{host}/", f"https://{host}:8443/", f"http://{host}:{port}/"):
            with pytest.raises((RefusedAddressError, UnreachableError)):
                await Outgoing().post(url, b"{}", {})
        assert receiver.came == []


async def test_what_a_name_says_a_moment_later_changes_nothing() -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[Address]:
        asked.append(host)
        first = len(asked) == 1
        return [ipaddress.ip_address("127.0.0.1" if first else "10.0.0.1")]

    async with receiving() as receiver:
        port = receiver.url.rsplit(":", 1)[1].split("/")[0]
        outgoing = Outgoing(Allowed.read("127.0.0.0/8"), resolve=rebinding)
        url = f"http://hooks.example.org:{port}/in"
        assert (await outgoing.post(url, b'{"version":1,"subject":"s"}', {})).status == 204
        assert asked == ["hooks.example.org"]
        assert receiver.heads[0]["host"] == f"hooks.example.org:{port}"
        with pytest.raises(RefusedAddressError, match="not on the open network"):
            await outgoing.post(url, b"{}", {})
        await outgoing.close()


async def test_no_redirect_is_followed_and_no_proxy_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with receiving() as receiver, opened() as outgoing:
        receiver.answer = lambda _: 302
        receiver.extra = f"Location: {receiver.url}\r\n"
        assert (await outgoing.post(receiver.url, b"{}", {})).status == 302
        assert len(receiver.came) == 1


async def test_whoever_never_answers_is_left_after_a_while() -> None:
    async with receiving() as receiver, opened(whole_timeout_s=0.2) as outgoing:
        receiver.answer = lambda _: HANG
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer"):
            await outgoing.post(receiver.url, b"{}", {})
        assert time.monotonic() - began < 1


async def test_an_answer_without_end_is_cut_off() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server, opened() as outgoing:
        port = server.sockets[0].getsockname()[1]
        reply = await outgoing.post(f"http://127.0.0.1:{port}/", b"", {})
    assert (reply.status, len(reply.body)) == (200, BODY_BYTES_MAX)


async def test_what_is_no_http_is_told_as_unreachable() -> None:
    async def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server, opened() as outgoing:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError):
            await outgoing.post(f"http://127.0.0.1:{port}/", b"", {})
    async with opened() as outgoing:
        with pytest.raises(UnreachableError):
            await outgoing.post(f"http://127.0.0.1:{port}/", b"", {})


def test_what_an_operator_allows_is_read_or_refused() -> None:
    allowed = Allowed.read("10.1.0.0/16, Hooks.Example.org , fd00::/8")
    assert allowed.holds("x", ipaddress.ip_address("10.1.2.3"))
    assert not allowed.holds("x", ipaddress.ip_address("10.2.2.3"))
    assert allowed.holds("hooks.example.org", ipaddress.ip_address("192.168.0.9"))
    assert not allowed.holds("hooks.example.org", ipaddress.ip_address("169.254.169.254"))
    assert read_target("http://hooks.example.org:8080/in", allowed).port == 8080
    for wrong in ("10.1.0.0/99", "https://hooks.example.org", "a b", "10.1.0.1/16"):
        with pytest.raises(SettingsError):
            Allowed.read(wrong)


def test_the_reference_verifier_takes_our_signatures_and_nothing_altered() -> None:
    body, old, new = json.dumps({"a": "电梯"}).encode(), new_secret(), new_secret()
    headers = signed_headers("evt_1_ab", datetime.now(UTC), body, [new, old])
    for secret in (new, old):
        assert Webhook(secret).verify(body, headers) == {"a": "电梯"}
    assert headers["webhook-signature"].count("v1,") == 2
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body, headers | {"webhook-id": "evt_2_ab"})
    late = signed_headers("evt_1_ab", datetime(2026, 1, 1, tzinfo=UTC), body, [new])
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body, late)


def test_a_secret_is_of_the_schemes_form_and_length() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    for wrong in ("whsec_", "whsec_short", "whsec_!!", "whsec_" + "A" * 200):
        with pytest.raises(ValueError, match="a secret"):
            signed_headers("evt", datetime.now(UTC), b"", [wrong])


class Resolving:
    """Finds every name at the same addresses."""

    def __init__(self, found: Sequence[Address]) -> None:
        self._found = found

    async def __call__(self, _host: str, _port: int) -> Sequence[Address]:
        """Return them."""
        return self._found


@asynccontextmanager
async def opened(whole_timeout_s: float = 5.0) -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(Allowed.read("127.0.0.0/8"), whole_timeout_s=whole_timeout_s)
    try:
        yield outgoing
    finally:
        await outgoing.close()
