"""Who outside the database is given checkpoints: folder, web hook, mailbox, time authority."""

import asyncio
import base64
import hashlib
import http.client
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from desk.log_keeper import AnchorError
from domain.checkpoints import read_checkpoint, read_note

TIMEOUT_S: Final = 15.0
ANSWER_BYTES_MAX: Final = 64 * 1024
SIZE_DIGITS: Final = 18
NOTE_SUFFIX: Final = ".note"


@dataclass(frozen=True, slots=True)
class FolderAnchor:
    """Writes each checkpoint to a file of its own, which is never written again.

    Put the folder where whoever administers the database cannot write: another machine's share,
    media that are written once.
    """

    folder: Path
    kind: str = "file"

    @property
    def target(self) -> str:
        """The folder's path."""
        return str(self.folder)

    async def give(self, note: str) -> str:
        """Write the note; return the file's name. Raises AnchorError."""
        return await asyncio.to_thread(self._write, note)

    def _write(self, note: str) -> str:
        size = read_checkpoint(read_note(note).text).size
        name = f"{size:0{SIZE_DIGITS}d}{NOTE_SUFFIX}"
        path = self.folder / name
        held = sorted(file.name for file in self.folder.glob(f"[0-9]*{NOTE_SUFFIX}"))
        if held and held[-1] > name:
            raise AnchorError(
                f"{self.folder} holds {held[-1]} already: the log has become shorter than it was."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{name}.{os.getpid()}")
            with draft.open("w", encoding="utf-8") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(0o444)
            stood = _linked(draft, path)
        except OSError as error:
            raise AnchorError(f"{path} cannot be written: {error.strerror}.") from error
        if stood not in {None, note}:
            raise AnchorError(
                f"{path} holds another checkpoint of this size: one of the two was forged."
            )
        return name


def _linked(draft: Path, path: Path) -> str | None:
    """Give a finished file its name, unless another has it: then return what that one says."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_text(encoding="utf-8", errors="replace")
    finally:
        draft.unlink()
    return None


def anchored_notes(folder: Path) -> list[str]:
    """Return the checkpoints that a folder was given, in order of size; none if there is none."""
    files = sorted(folder.glob(f"[0-9]*{NOTE_SUFFIX}"))
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


@dataclass(frozen=True, slots=True)
class HookAnchor:
    """Posts each checkpoint as text to an address; the answer is the receipt."""

    url: str
    kind: str = "webhook"

    @property
    def target(self) -> str:
        """The address, without what may be secret in it."""
        return without_secrets(self.url)

    async def give(self, note: str) -> str:
        """Post the note; return the answer's status and its hash. Raises AnchorError."""
        status, answer = await asyncio.to_thread(
            post, self.url, note.encode(), "text/plain; charset=utf-8"
        )
        return f"{status} sha256:{hashlib.sha256(answer).hexdigest()}"


@dataclass(frozen=True, slots=True)
class MailAnchor:
    """Sends each checkpoint to a mailbox, by the server that `smtp_url` names."""

    smtp_url: str
    sender: str
    to: str
    kind: str = "mail"

    @property
    def target(self) -> str:
        """The mailbox."""
        return self.to

    async def give(self, note: str) -> str:
        """Send the note; return the id of the message. Raises AnchorError."""
        return await asyncio.to_thread(self._send, note)

    def _send(self, note: str) -> str:
        point = read_checkpoint(read_note(note).text)
        message = EmailMessage()
        message["From"], message["To"] = self.sender, self.to
        message["Subject"] = f"Checkpoint {point.size} of {point.origin}"
        digest = hashlib.sha256(note.encode()).hexdigest()
        message["Message-ID"] = f"<{digest[:32]}@closeout>"
        message.set_content(note, cte="base64")
        server = urlsplit(self.smtp_url)
        try:
            with self._connected(server.scheme, server.hostname or "", server.port) as smtp:
                if server.username and not isinstance(smtp.sock, ssl.SSLSocket):
                    raise AnchorError(
                        f"{without_secrets(self.smtp_url)} offers no TLS: the password stays here."
                    )
                if server.username:
                    smtp.login(unquote(server.username), unquote(server.password or ""))
                smtp.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise AnchorError(f"{without_secrets(self.smtp_url)} took no mail: {error}") from error
        return str(message["Message-ID"])

    def _connected(self, scheme: str, host: str, port: int | None) -> smtplib.SMTP:
        if scheme == "smtps":
            trusted = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=trusted)
        smtp = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
        return smtp


@dataclass(frozen=True, slots=True)
class TimeAnchor:
    """Has an RFC 3161 authority stamp each checkpoint. Needs the extra `tsa`."""

    url: str
    kind: str = "rfc3161"

    @property
    def target(self) -> str:
        """The address, without what may be secret in it."""
        return without_secrets(self.url)

    async def give(self, note: str) -> str:
        """Return the authority's reply over the note, DER in base64. Raises AnchorError."""
        return await asyncio.to_thread(self._stamp, note.encode())

    def _stamp(self, note: bytes) -> str:
        try:
            from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response
        except ImportError as error:
            raise AnchorError("Time stamps need the extra: pip install 'closeout[tsa]'.") from error
        asked = TimestampRequestBuilder().data(note).build()
        _, answer = post(self.url, asked.as_bytes(), "application/timestamp-query")
        try:
            stamped = decode_timestamp_response(answer).tst_info
            said = (stamped.message_imprint.message, stamped.nonce)
        except ValueError as error:
            raise AnchorError(f"{self.target} gave no time stamp: {error}") from error
        if said != (asked.message_imprint.message, asked.nonce):
            raise AnchorError(f"{self.target} stamped something else than it was asked to.")
        return base64.b64encode(answer).decode()


class _NoWayRound(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive without the checkpoint."""

    def redirect_request(self, *_: object) -> None:
        """Follow nowhere."""


OPENER: Final = urllib.request.build_opener(_NoWayRound)


def post(url: str, body: bytes, content_type: str) -> tuple[int, bytes]:
    """Post to an http or https address; return status and answer. Raises AnchorError."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise AnchorError(f"{without_secrets(url)}: an address begins with http:// or https://.")
    request = urllib.request.Request(  # noqa: S310  # the scheme was looked at
        url, data=body, headers={"Content-Type": content_type}, method="POST"
    )
    try:
        with OPENER.open(request, timeout=TIMEOUT_S) as answer:
            told = answer.read(ANSWER_BYTES_MAX + 1)
            status = int(answer.status)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise AnchorError(f"{without_secrets(url)} did not take it: {error}") from error
    if len(told) > ANSWER_BYTES_MAX:
        raise AnchorError(
            f"{without_secrets(url)} answers with more than {ANSWER_BYTES_MAX} bytes."
        )
    return status, told


def without_secrets(url: str) -> str:
    """Return an address without user, password and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
