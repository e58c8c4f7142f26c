"""Bots of WeCom, DingTalk and Feishu: a 200 whose code is not 0 is a failure.

A bot that answers 0 has put the message into its group: delivered. None of them knows a message
again, so one whose answer was lost is sent twice: at least once.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import JsonValue

from activities.channels import Json, Letter, NotTakenError, Taken
from activities.channels.posting import post
from domain.notifying import ReceiptKind
from runtime.channels import DingTalkChannel, FeishuChannel, WeComChannel

WECOM_BYTES_MAX: Final = 2048
DINGTALK_BYTES_MAX: Final = 18_000
FEISHU_BYTES_MAX: Final = 18_000

AGAIN: Final[dict[str, frozenset[int]]] = {
    "wecom": frozenset({-1, 45009, 45033, 50001, 50002}),
    "dingtalk": frozenset({-1, 130101, 130102, 410100, 410101}),
    "feishu": frozenset({-1, 9499, 11232, 11233, 99991400}),
}
"""Codes that pass: the system is busy, or too much was sent too fast. Any other code stays."""
CODE_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "wecom": ("errcode",),
    "dingtalk": ("errcode",),
    "feishu": ("code", "StatusCode"),
}


class BotSender:
    """Sends text messages to groups."""

    async def send(self, letter: Letter) -> Taken:
        """Send a letter once. Raises NotTakenError."""
        channel = letter.route.channel
        match channel:
            case WeComChannel():
                url = channel.url.get_secret_value()
                body = wecom_body(letter)
            case DingTalkChannel():
                secret = None if channel.secret is None else channel.secret.get_secret_value()
                url = dingtalk_url(channel.url.get_secret_value(), secret, letter.at)
                body = dingtalk_body(letter)
            case FeishuChannel():
                url = channel.url.get_secret_value()
                secret = None if channel.secret is None else channel.secret.get_secret_value()
                body = feishu_body(letter, secret)
            case _:
                raise NotTakenError("no_bot", is_final=True)
        answered = await post(url, json.dumps(body, ensure_ascii=False).encode())
        return taken_by(channel.kind, answered.said)


def taken_by(kind: str, said: Json) -> Taken:
    """Return what a bot's answer amounts to. An answer without a code is none. Raises
    NotTakenError."""
    codes = [said[name] for name in CODE_FIELDS[kind] if name in said]
    if not codes:
        raise NotTakenError("no_code")
    code = codes[0]
    if isinstance(code, int) and not isinstance(code, bool) and code == 0:
        return Taken(ReceiptKind.DELIVERED, "0")
    raise NotTakenError(f"code {code}", is_final=code not in AGAIN[kind])


def wecom_body(letter: Letter) -> dict[str, JsonValue]:
    """Return a text message; WeCom takes 2,048 bytes of it."""
    return {"msgtype": "text", "text": {"content": cut_bytes(_text(letter), WECOM_BYTES_MAX)}}


def dingtalk_body(letter: Letter) -> dict[str, JsonValue]:
    """Return a text message that calls nobody by name."""
    text = cut_bytes(_text(letter), DINGTALK_BYTES_MAX)
    return {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}}


def dingtalk_url(url: str, secret: str | None, at: datetime) -> str:
    """Return the address with its signature: HMAC-SHA256 over `timestamp\\nsecret`, by the secret.
    The timestamp is in milliseconds."""
    if secret is None:
        return url
    stamp = int(at.timestamp() * 1000)
    mark = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    sign = quote(base64.b64encode(mark), safe="")
    parts = urlsplit(url)
    query = "&".join(each for each in (parts.query, f"timestamp={stamp}&sign={sign}") if each)
    return urlunsplit(parts._replace(query=query))


def feishu_body(letter: Letter, secret: str | None) -> dict[str, JsonValue]:
    """Return a text message with its signature: HMAC-SHA256 over nothing, by `timestamp\\nsecret`.
    The timestamp is in seconds."""
    text = cut_bytes(_text(letter), FEISHU_BYTES_MAX)
    body: dict[str, JsonValue] = {"msg_type": "text", "content": {"text": text}}
    if secret is None:
        return body
    stamp = str(int(letter.at.timestamp()))
    mark = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(mark).decode(), **body}


def cut_bytes(text: str, bytes_max: int) -> str:
    """Return a text of at most so many bytes of UTF-8, whole characters only."""
    encoded = text.encode()
    if len(encoded) <= bytes_max:
        return text
    return encoded[: bytes_max - 3].decode(errors="ignore") + "…"


def _text(letter: Letter) -> str:
    message = letter.message
    is_repeated = message.body.startswith(message.subject)
    return message.body if is_repeated else f"{message.subject}\n{message.body}"
