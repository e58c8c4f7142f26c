"""Anchors: what each hands over, and what it says when it is not taken."""

import asyncio
import base64
import email
import hashlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from desk.anchors import (
    FolderAnchor,
    HookAnchor,
    MailAnchor,
    TimeAnchor,
    anchored_notes,
    without_secrets,
)
from desk.log_keeper import AnchorError
from domain.checkpoints import Checkpoint
from domain.merkle import EMPTY_ROOT
from ledger.signing import Signer

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SIGNER = Signer.from_bytes("example.org/ledger", bytes(32))
NOTE = SIGNER.signed(Checkpoint(SIGNER.name, 7, EMPTY_ROOT, AT).text).whole
OTHER = SIGNER.signed(Checkpoint(SIGNER.name, 7, EMPTY_ROOT, AT + timedelta(hours=1)).text).whole


# --- a folder ---


async def test_a_folder_keeps_each_checkpoint_in_a_file_that_is_not_written_again(
    tmp_path: Path,
) -> None:
    anchor = FolderAnchor(tmp_path / "away")

    receipt = await anchor.give(NOTE)
    again = await anchor.give(NOTE)

    assert receipt == again == "000000000000000007.note"
    assert anchored_notes(tmp_path / "away") == [NOTE]
    assert (tmp_path / "away" / receipt).stat().st_mode & 0o222 == 0
    assert anchored_notes(tmp_path / "nowhere") == []


async def test_two_checkpoints_of_one_size_are_a_forgery_that_is_told(tmp_path: Path) -> None:
    await FolderAnchor(tmp_path).give(NOTE)

    with pytest.raises(AnchorError, match="one of the two was forged"):
        await FolderAnchor(tmp_path).give(OTHER)

    assert anchored_notes(tmp_path) == [NOTE]
    assert names_in(tmp_path) == ["000000000000000007.note"]


async def test_a_log_that_has_become_shorter_is_told(tmp_path: Path) -> None:
    await FolderAnchor(tmp_path).give(NOTE)
    shorter = SIGNER.signed(Checkpoint(SIGNER.name, 6, EMPTY_ROOT, AT).text).whole

    with pytest.raises(AnchorError, match="shorter than it was"):
        await FolderAnchor(tmp_path).give(shorter)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(AnchorError, match="cannot be written"):
        await FolderAnchor(tmp_path / "file").give(NOTE)


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


# --- the web ---


@contextmanager
def web(answer: tuple[int, bytes], headers: tuple[tuple[str, str], ...] = ()) -> Iterator["Web"]:
    heard: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Content-Type"], body))
            self.send_response(answer[0])
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Web(f"http://127.0.0.1:{server.server_port}", heard)
        finally:
            server.shutdown()
            thread.join()


class Web:
    def __init__(self, url: str, heard: list[tuple[str, bytes]]) -> None:
        self.url, self.heard = url, heard


async def test_a_web_hook_gets_the_note_and_its_answer_is_the_receipt() -> None:
    with web((202, b"thanks")) as there:
        receipt = await HookAnchor(there.url + "/log?token=secret").give(NOTE)

    assert there.heard == [("text/plain; charset=utf-8", NOTE.encode())]
    assert receipt == f"202 sha256:{hashlib.sha256(b'thanks').hexdigest()}"


@pytest.mark.parametrize(
    ("answer", "headers", "why"),
    [
        ((500, b""), (), "500"),
        ((302, b""), (("Location", "http://127.0.0.1:1/"),), "302"),
        ((200, b"x" * 70_000), (), "more than 65536 bytes"),
    ],
)
async def test_a_web_hook_that_does_not_take_it_is_told_without_its_secrets(
    answer: tuple[int, bytes], headers: tuple[tuple[str, str], ...], why: str
) -> None:
    with web(answer, headers) as there, pytest.raises(AnchorError, match=why) as refusal:
        await HookAnchor(there.url + "/log?token=secret").give(NOTE)

    assert "secret" not in str(refusal.value)


async def test_a_web_hook_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(AnchorError, match="did not take it"):
        await HookAnchor(f"http://127.0.0.1:{port}/").give(NOTE)
    with pytest.raises(AnchorError, match="begins with http"):
        await HookAnchor("file:///etc/passwd").give(NOTE)


@pytest.mark.parametrize("said", [b"garbage\r\n", b"", b"HTTP/1.1 fine OK\r\n\r\n"])
async def test_an_answer_that_is_no_proper_one_is_told(said: bytes, unused_tcp_port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port):
        with pytest.raises(AnchorError, match="did not take it"):
            await HookAnchor(f"http://127.0.0.1:{unused_tcp_port}/").give(NOTE)


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    shown = without_secrets("https://user:word@example.org:8443/hook?token=secret#x")

    assert shown == "https://example.org:8443/hook"


# --- mail ---


async def test_a_mail_holds_the_whole_note(unused_tcp_port: int) -> None:
    heard: list[str] = []
    server = await asyncio.start_server(
        lambda reader, writer: smtp(reader, writer, heard), "127.0.0.1", unused_tcp_port
    )
    async with server:
        anchor = MailAnchor(f"smtp://127.0.0.1:{unused_tcp_port}", "a@x.org", "audit@y.org")
        receipt = await anchor.give(NOTE)

    message: Message = email.message_from_string(heard[0])
    assert message["To"] == anchor.target == "audit@y.org"
    assert message["Subject"] == "Checkpoint 7 of example.org/ledger"
    assert message["Message-ID"] == receipt
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode() == NOTE


async def smtp(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[str]
) -> None:
    """As little of RFC 5321 as takes one mail."""
    writer.write(b"220 here\r\n")
    while line := await reader.readline():
        if line.upper().startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            body = await reader.readuntil(b"\r\n.\r\n")
            heard.append(body.decode())
        elif line.upper().startswith(b"QUIT"):
            writer.write(b"221 bye\r\n")
            break
        writer.write(b"250 ok\r\n")
        await writer.drain()
    writer.close()


async def test_a_password_is_not_told_to_a_server_without_tls(unused_tcp_port: int) -> None:
    heard: list[str] = []
    server = await asyncio.start_server(
        lambda reader, writer: smtp(reader, writer, heard), "127.0.0.1", unused_tcp_port
    )
    async with server:
        url = f"smtp://me:word@127.0.0.1:{unused_tcp_port}"
        with pytest.raises(AnchorError, match="offers no TLS") as refusal:
            await MailAnchor(url, "a@x.org", "b@y.org").give(NOTE)

    assert heard == []
    assert "word" not in str(refusal.value).replace("password", "")


async def test_a_mail_server_that_is_away_is_told_without_its_password(
    unused_tcp_port: int,
) -> None:
    anchor = MailAnchor(f"smtp://me:word@127.0.0.1:{unused_tcp_port}", "a@x.org", "b@y.org")

    with pytest.raises(AnchorError, match="took no mail") as refusal:
        await anchor.give(NOTE)

    assert "word" not in str(refusal.value)


# --- a time authority ---


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl as a time authority")
async def test_a_time_authority_stamps_the_note(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with authority.web() as url:
        receipt = await TimeAnchor(url).give(NOTE)

    reply = tmp_path / "reply.tsr"
    reply.write_bytes(base64.b64decode(receipt))
    data = tmp_path / "note"
    data.write_bytes(NOTE.encode())
    checked = authority.run("ts", "-verify", "-in", reply, "-data", data, "-CAfile", authority.ca)
    assert "Verification: OK" in checked


async def test_what_is_no_time_stamp_is_refused() -> None:
    with web((200, b"no stamp")) as there, pytest.raises(AnchorError, match="no time stamp"):
        await TimeAnchor(there.url).give(NOTE)


class Authority:
    """An RFC 3161 authority made of openssl."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca = folder / "ca.pem"
        (folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\nsigner_cert = ca.pem\n"
            "signer_key = key.pem\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n"
            "digests = sha256, sha384, sha512\n[req]\ndistinguished_name = dn\n"
            "x509_extensions = ext\nprompt = no\n[dn]\nCN = test authority\n[ext]\n"
            "extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n"
        )
        (folder / "serial").write_text("01\n")
        self.run(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "key.pem", "-out", "ca.pem", "-config", "tsa.cnf", "-days", "2"),
        )

    def run(self, *arguments: object) -> str:
        done = subprocess.run(
            ["openssl", *map(str, arguments)],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout + done.stderr

    @contextmanager
    def web(self) -> Iterator[str]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = authority._folder / "asked.tsq"
                asked.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                authority.run(
                    *("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "asked.tsq"),
                    *("-out", "made.tsr"),
                )
                self.send_response(200)
                self.end_headers()
                self.wfile.write((authority._folder / "made.tsr").read_bytes())

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                server.shutdown()
                thread.join()
