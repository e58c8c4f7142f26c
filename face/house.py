"""What every request is given: the desk, who callers are, the settings, the word to stop."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from desk.attachments.room import Room
from desk.desk import Desk
from domain.access import Principal
from domain.vouching import Sent
from face.refused import Refused
from runtime.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


class Identity(Protocol):
    """Says who a caller is, and speaks for them to the desk."""

    async def caller(self, connection: "HTTPConnection") -> Principal:
        """Return who calls; `PUBLIC` if nothing says so. Raises UnauthenticatedError for anything
        that was meant to say so and does not."""
        ...

    def vouched(self, submission: Sent, principal: Principal) -> Sent:
        """Return the submission with this face's word for who sent it."""
        ...


@dataclass
class House:
    """The parts that the routes are built on. `stopping` is set when the server begins to stop:
    whatever streams ends then, cleanly."""

    desk: Desk
    settings: Settings
    identity: Identity
    reading: Desk | None = None
    """A desk of the auditors' role, which can write nothing; unset, `desk` reads."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    refused: Refused = field(default_factory=Refused)
    room: Room | None = None
    """Where attachments are taken in and kept; unset, none are."""

    @property
    def reader(self) -> Desk:
        """Return the desk that auditors' requests are answered from."""
        return self.reading or self.desk
