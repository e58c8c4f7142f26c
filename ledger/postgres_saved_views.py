"""Saved views in PostgreSQL: each has a place, and there are only so many places."""

from dataclasses import astuple
from typing import Final

from ledger.port import StreamConflictError
from ledger.postgres_publications import Pooled
from ledger.saved_views import VIEWS_MAX, SavedViewRow, SavedViewsFullError

TRIES_MAX: Final = 5

REPLACE: Final = """
UPDATE saved_view SET query = $4, kept_at = $5
WHERE principal = $1 AND zone = $2 AND name = $3 RETURNING place
"""
ADD: Final = """
INSERT INTO saved_view (principal, zone, name, query, kept_at, place)
SELECT $1, $2, $3, $4, $5, min(place) FROM generate_series(1, $6::integer) AS place
WHERE NOT EXISTS (
    SELECT FROM saved_view v WHERE v.principal = $1 AND v.zone = $2 AND v.place = place.place
)
HAVING min(place) IS NOT NULL
ON CONFLICT DO NOTHING RETURNING place
"""
COUNT: Final = "SELECT count(*) FROM saved_view WHERE principal = $1 AND zone = $2"
LISTED: Final = """
SELECT principal, zone, name, query, kept_at FROM saved_view
WHERE principal = $1 AND zone = $2 ORDER BY name
"""
FORGET: Final = """
DELETE FROM saved_view WHERE principal = $1 AND zone = $2 AND name = $3 RETURNING place
"""


class PostgresSavedViews(Pooled):
    """The part of the ledger that keeps views."""

    async def put_saved_view(self, row: SavedViewRow) -> None:
        """Keep a view; one of the same name is replaced. Raises SavedViewsFullError."""
        for _ in range(TRIES_MAX):
            if await self._row(REPLACE, *astuple(row)) is not None:
                return
            if await self._row(ADD, *astuple(row), VIEWS_MAX) is not None:
                return
            counted = await self._row(COUNT, row.principal, row.zone)
            if counted is not None and counted[0] >= VIEWS_MAX:
                raise SavedViewsFullError
        raise StreamConflictError("Others save views of the same person at the same moment.")

    async def saved_views(self, principal: str, zone: str) -> list[SavedViewRow]:
        """Return the views of a principal in a zone, by name."""
        return [SavedViewRow(*row) for row in await self._fetch(LISTED, principal, zone)]

    async def forget_saved_view(self, principal: str, zone: str, name: str) -> bool:
        """Forget a view; return whether there was one."""
        return await self._row(FORGET, principal, zone, name) is not None
