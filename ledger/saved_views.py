"""What a ledger keeps of the views of lists that people saved: a name and what is asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

VIEWS_MAX: Final = 20
"""Of one principal in one zone."""


@dataclass(frozen=True, slots=True)
class SavedViewRow:
    """A view, unique by (principal, zone, name). It is no fact: it is replaced and forgotten.

    `query` is what stands in the address behind the question mark.
    """

    principal: str
    zone: str
    name: str
    query: str
    kept_at: datetime


class SavedViewsFullError(Exception):
    """This principal has as many views in this zone as there may be."""


class SavedViews(Protocol):
    """The part of a ledger that keeps views. Whose they are, whoever asks has made sure."""

    async def put_saved_view(self, row: SavedViewRow) -> None:
        """Keep a view; one of the same name is replaced. Raises SavedViewsFullError."""
        ...

    async def saved_views(self, principal: str, zone: str) -> list[SavedViewRow]:
        """Return the views of a principal in a zone, by name."""
        ...

    async def forget_saved_view(self, principal: str, zone: str, name: str) -> bool:
        """Forget a view; return whether there was one."""
        ...
