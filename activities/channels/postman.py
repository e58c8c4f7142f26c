"""Hands each letter to the sender of its kind of channel."""

import asyncio
from typing import Final

from activities.channels import Letter, NotTakenError, Sender, Taken
from activities.channels.bots import BotSender
from activities.channels.hook import HookSender
from activities.channels.mail import MailSender

SEND_WITHIN_S: Final = 22.0
"""Longer than any sender takes by its own limits, shorter than an activity may (30 s)."""
SENDERS: Final[dict[str, Sender]] = {
    "mail": MailSender(),
    "webhook": HookSender(),
    **dict.fromkeys(("wecom", "dingtalk", "feishu"), BotSender()),
}


async def send(letter: Letter) -> Taken:
    """Send a letter once. Raises NotTakenError, whatever went wrong out there."""
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            return await SENDERS[letter.route.channel.kind].send(letter)
    except TimeoutError as error:
        raise NotTakenError("timeout") from error
