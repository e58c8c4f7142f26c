"""Saved views in memory."""

from ledger.memory_tables import Tables
from ledger.saved_views import VIEWS_MAX, SavedViewRow, SavedViewsFullError


class MemorySavedViews:
    """The part of the ledger that keeps views."""

    _tables: Tables

    async def put_saved_view(self, row: SavedViewRow) -> None:
        """Keep a view; one of the same name is replaced. Raises SavedViewsFullError."""
        named = (row.principal, row.zone, row.name)
        own = await self.saved_views(row.principal, row.zone)
        if named not in self._tables.saved_views and len(own) >= VIEWS_MAX:
            raise SavedViewsFullError
        self._tables.saved_views[named] = row

    async def saved_views(self, principal: str, zone: str) -> list[SavedViewRow]:
        """Return the views of a principal in a zone, by name."""
        return [
            row
            for named, row in sorted(self._tables.saved_views.items())
            if named[:2] == (principal, zone)
        ]

    async def forget_saved_view(self, principal: str, zone: str, name: str) -> bool:
        """Forget a view; return whether there was one."""
        return self._tables.saved_views.pop((principal, zone, name), None) is not None
