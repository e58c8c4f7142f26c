"""Mail: a server's 250 means sent. That it arrived, nobody can tell.

The Message-ID is made of the letter's id: a mailbox that knows it again shows the letter once.
"""

import asyncio
import hashlib
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from activities.channels import Letter, NotTakenError, Taken
from domain.notifying import ReceiptKind
from runtime.channels import MailChannel

TIMEOUT_S: Final = 8.0
"""Of each step of the conversation."""
WHOLE_S: Final = 20.0
PASSING: Final = range(400, 500)
THREADS: Final = ThreadPoolExecutor(max_workers=16, thread_name_prefix="mail")
"""Of its own: servers that hang take no thread from others."""


class MailSender:
    """Sends mail, one connection a letter, in a thread."""

    async def send(self, letter: Letter) -> Taken:
        """Send a letter once. Raises NotTakenError."""
        channel = letter.route.channel
        if not isinstance(channel, MailChannel):
            raise NotTakenError("no_mail", is_final=True)
        try:
            async with asyncio.timeout(WHOLE_S):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(THREADS, _sent, channel, letter)
        except TimeoutError as error:
            raise NotTakenError("timeout") from error


def mail_of(letter: Letter, sender: str) -> EmailMessage:
    """Return a letter as mail. Whoever answers automatically is asked not to."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, letter.route.to
    mail["Subject"] = letter.message.subject
    mail["Date"] = format_datetime(letter.at)
    digest = hashlib.sha256(f"{letter.id}\n{letter.route.address}".encode()).hexdigest()
    mail["Message-ID"] = f"<{digest[:32]}@closeout>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.message.body + "\n", cte="base64")
    if letter.message.html:
        mail.add_alternative(letter.message.html, subtype="html", cte="base64")
    return mail


def _sent(channel: MailChannel, letter: Letter) -> Taken:
    try:
        smtp = _connected(channel)
        try:
            refused = smtp.send_message(mail_of(letter, channel.sender))
        finally:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()  # the mail is with the server: how it says good-bye changes nothing
            smtp.close()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*next(iter(error.recipients.values()))) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except ssl.SSLCertVerificationError as error:
        raise NotTakenError("certificate") from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotTakenError(type(error).__name__) from None
    if refused:
        raise _refused(*next(iter(refused.values())))
    return Taken(ReceiptKind.SENT, "250")


def _refused(code: int, said: bytes | str) -> NotTakenError:
    """4xx may pass, and so may a server that hung up (-1); the others stay."""
    is_final = code not in PASSING and code > 0
    enhanced = (said.decode(errors="replace") if isinstance(said, bytes) else said).split(" ")[0]
    shown = enhanced if enhanced.replace(".", "").isdigit() else ""
    return NotTakenError(f"smtp {code} {shown}".strip(), is_final=is_final)


def _connected(channel: MailChannel) -> smtplib.SMTP:
    """Return a conversation with the server. Without TLS no password is sent."""
    server = urlsplit(channel.server.get_secret_value())
    host, context = server.hostname or "", ssl.create_default_context()
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=TIMEOUT_S, context=context
        )
    else:
        smtp = smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT_S)
        if channel.tls == "required":
            smtp.starttls(context=context)
    if server.username:
        if not isinstance(smtp.sock, ssl.SSLSocket):
            smtp.close()
            raise NotTakenError("no_tls_for_password", is_final=True)
        smtp.login(unquote(server.username), unquote(server.password or ""))
    return smtp
