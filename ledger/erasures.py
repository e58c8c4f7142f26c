"""What a ledger keeps of erasures: whose key was destroyed. The keys themselves are never here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

ERASURES_MAX = 1000
"""Of how many subjects one question asks."""


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A key that was destroyed. `actor` is canonical JSON."""

    id: str
    subject: str
    key_id: str
    at: datetime
    actor: str
    reason: str


class Erasures(Protocol):
    """The part of a ledger that erasing needs."""

    async def put_erasure(self, row: ErasureRow) -> bool:
        """Keep an erasure; False if there is one of this id, which stays as it is."""
        ...

    async def erasures(self, subjects: Sequence[str]) -> list[ErasureRow]:
        """Return what was erased of these subjects, at most 1,000 of them, oldest first."""
        ...
