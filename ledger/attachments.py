"""What a ledger keeps of attachments: which files were uploaded for which issue, where their bytes
are, and what became of them. The events that name one keep its hash, size, type and name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

ATTACHMENTS_PAGE_MAX: Final = 1_000


class AttachmentState(StrEnum):
    """What became of the bytes of an attachment."""

    STORING = "storing"
    """They are on their way into the store, or whoever brought them was stopped."""
    KEPT = "kept"
    INFECTED = "infected"
    """The scanner refused them: they never came into the store."""
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """An attachment, unique by (stream, sha256). It is no fact: its state changes.

    `sha256` and `size` are of the bytes as they came; `place` is what the store calls them.
    `subject` and `key_id` say whose key seals them, and then `sealed_name` what they were called.
    """

    stream: str
    sha256: str
    zone: str
    size: int
    media_type: str
    name: str
    place: str
    uploaded_by: str
    uploaded_at: datetime
    changed_at: datetime
    state: AttachmentState = AttachmentState.STORING
    sealed_name: str | None = None
    subject: str | None = None
    key_id: str | None = None
    held_at: datetime | None = None
    held_by: str | None = None
    hold_reason: str | None = None

    def may_be_replaced_by(self, other: "AttachmentRow") -> bool:
        """Return whether an upload may take the place of this row: what was destroyed or refused
        may come again, and so may an upload that was stopped half way."""
        ended = (AttachmentState.DESTROYED, AttachmentState.INFECTED)
        is_again = self.state is AttachmentState.STORING and self.place == other.place
        return self.state in ended or is_again


COUNTED: Final = frozenset(
    {AttachmentState.STORING, AttachmentState.KEPT, AttachmentState.DESTROYING}
)
"""States in which an attachment counts towards what an issue may have."""


class Attachments(Protocol):
    """The part of a ledger that attachments need. Each change is one row's, whole or not at all."""

    async def attachment(self, stream: str, sha256: str) -> AttachmentRow | None:
        """Return one attachment."""
        ...

    async def attachments(self, stream: str) -> list[AttachmentRow]:
        """Return the attachments of an issue, oldest first."""
        ...

    async def attachments_after(
        self, stream: str, sha256: str, limit: int
    ) -> Sequence[AttachmentRow]:
        """Return attachments behind this one in the order of stream and hash, of all zones."""
        ...

    async def attachments_about(self, subject: str) -> list[AttachmentRow]:
        """Return what the key of a subject seals."""
        ...

    async def take_attachment(self, row: AttachmentRow, count_max: int) -> bool:
        """Keep a row that is not yet kept, or not any more; False if it may not take the place of
        the one that is there, or if the issue has `count_max` others. Uploads that end at one
        moment may exceed that by as many as they are."""
        ...

    async def keep_attachment(self, row: AttachmentRow, at: datetime) -> bool:
        """Say that its bytes are in the store; False if it has been let go meanwhile."""
        ...

    async def hold_attachment(
        self, stream: str, sha256: str, *, by: str, reason: str, at: datetime
    ) -> bool:
        """Forbid to destroy it; False unless it is kept and not held yet."""
        ...

    async def release_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Allow it again; False if it was not held."""
        ...

    async def let_go_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that its bytes are about to be destroyed; False if a hold forbids it, or if there are
        none. From then on nobody reads it or holds it."""
        ...

    async def end_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that they are; False unless that had been announced."""
        ...
