"""Generic webhooks, signed as Standard Webhooks are: a 2xx means delivered.

`webhook-id` is the letter's id, the same however often it is sent: a receiver that keeps the ids it
has seen takes each letter once.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime

from pydantic import JsonValue, SecretStr

from activities.channels import Letter, NotTakenError, Taken
from activities.channels.posting import post
from domain.notifying import ReceiptKind
from runtime.channels import WEBHOOK_SECRET_PREFIX, WebhookChannel


class HookSender:
    """Sends JSON to addresses."""

    async def send(self, letter: Letter) -> Taken:
        """Send a letter once. Raises NotTakenError."""
        channel = letter.route.channel
        if not isinstance(channel, WebhookChannel):
            raise NotTakenError("no_webhook", is_final=True)
        body = json.dumps(hook_body(letter), ensure_ascii=False).encode()
        headers = signed(channel.secret, letter.id, letter.at, body)
        answered = await post(channel.url.get_secret_value(), body, headers)
        return Taken(ReceiptKind.DELIVERED, f"http {answered.status}")


def hook_body(letter: Letter) -> dict[str, JsonValue]:
    """Return what a webhook is sent: the text, and the facts that it was made of."""
    return {
        "type": "closeout.notice",
        "id": letter.id,
        "subject": letter.message.subject,
        "text": letter.message.body,
        "notices": [facts.model_dump(mode="json", exclude_none=True) for facts in letter.told],
    }


def signed(secret: SecretStr, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers of Standard Webhooks: the HMAC-SHA256 of `id.timestamp.body`."""
    key = base64.b64decode(secret.get_secret_value().removeprefix(WEBHOOK_SECRET_PREFIX))
    stamp = str(int(at.timestamp()))
    mark = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }
