"""Ways to reach people. A channel raises when it could not deliver; it is then tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from domain.notice_text import Message, NoticeFacts
from domain.notifying import ReceiptKind
from domain.view import IssueView
from runtime.channels import Route

CODE_CHARACTERS_MAX = 80


class Channel(Protocol):
    """One way to reach an addressee."""

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Tell `addressee` (a post or an enterprise) that `kind` happened to `issue`."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out by one route. `id` is the same however often it is sent: a receiver that keeps
    ids takes it once. `told` are the notices that it tells."""

    id: str
    route: Route
    message: Message
    told: tuple[NoticeFacts, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a provider's answer amounts to, and the answer's code."""

    what: ReceiptKind
    code: str


class NotTakenError(Exception):
    """A provider did not take a letter. `is_final`: it will not take it later either."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code = code[:CODE_CHARACTERS_MAX]
        self.is_final = is_final


class Sender(Protocol):
    """Sends letters by one kind of channel."""

    async def send(self, letter: Letter) -> Taken:
        """Send a letter once. Raises NotTakenError."""
        ...


Json = Mapping[str, JsonValue]
