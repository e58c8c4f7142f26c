"""What a ledger keeps of its verifications: of what, when, by whom, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

WHOLE: Final = "ledger"
"""The scope of a verification of everything; any other is the name of a stream."""


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """One verification that came to its end. `scope`: WHOLE, or the stream; `since`: only what came
    after so many leaves was looked at, 0 if all. `position`: how far the ledger went when it began,
    `size`: the leaves under the newest checkpoint, 0 without one. `found`: how many findings;
    `findings`: the first of them, `by`: who verified, both canonical JSON."""

    id: str
    scope: str
    since: int
    position: int
    size: int
    began_at: datetime
    ended_at: datetime
    sound: bool
    found: int
    findings: str
    by: str


class Verifications(Protocol):
    """The part of a ledger that says what verifications came to."""

    async def put_verification(self, row: VerificationRow) -> None:
        """Keep what a verification came to. A row that is there already stays as it is."""
        ...

    async def last_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope that looked at all of it; None before any."""
        ...

    async def newest_verification(self, scope: str = WHOLE) -> VerificationRow | None:
        """Return the newest verification of a scope, also of what came after a checkpoint alone."""
        ...


def last(rows: Sequence[VerificationRow], scope: str) -> VerificationRow | None:
    """Return the newest of `rows` that looked at all of a scope."""
    return newest([row for row in rows if not row.since], scope)


def newest(rows: Sequence[VerificationRow], scope: str) -> VerificationRow | None:
    """Return the newest of `rows` about a scope."""
    of_scope = [row for row in rows if row.scope == scope]
    return max(of_scope, key=lambda row: (row.ended_at, row.id), default=None)
