"""What a ledger keeps of what was refused."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.port import Refusal


class Refusals(Protocol):
    """The part of a ledger that keeps refusals."""

    async def put_refusal(self, refusal: "Refusal") -> None:
        """Keep a refusal. It is no event: nothing in the ledger changes."""
        ...

    async def refusals(
        self, stream: str, after: int = 0, limit: int | None = None
    ) -> "list[Refusal]":
        """Return the refusals of a stream behind the first `after`, oldest first."""
        ...
