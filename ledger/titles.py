"""What titles are searched by: characters and pairs of neighbours, in a table of their own."""

from typing import TYPE_CHECKING, Final

from ledger.lists import folded_case

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

AT_ONCE: Final = 5_000
NEAR: Final = 5_000
"""So many issues are looked through for a page of what many titles hold, before the index is asked:
it is for what few hold, and would first gather all that fit."""

IS_THERE: Final = "SELECT to_regclass('public.issue_title') IS NOT NULL"
MISSING: Final = """
WITH missing AS (
    SELECT i.stream, i.title FROM issue i
    WHERE i.stream > $1 AND NOT EXISTS (SELECT FROM issue_title t WHERE t.stream = i.stream)
    ORDER BY i.stream LIMIT $2
), written AS (
    INSERT INTO issue_title (stream, parts) SELECT stream, title_parts(title) FROM missing
    ON CONFLICT ON CONSTRAINT issue_title_pkey DO NOTHING
)
SELECT count(*)::integer, max(stream) FROM missing
"""
HOLDING: Final = "i.stream = ANY (ARRAY(SELECT t.stream FROM issue_title t WHERE t.parts @> {}))"
# An array is made first, whatever a generic plan knows: a join might walk through all issues.


def title_parts(text: str) -> list[str]:
    """Return what a title has to have among its parts to hold `text`; each part is one character or
    two. `title_parts` of migration 0027 gives the parts of a title."""
    folded = folded_case(text)
    pairs = {folded[place : place + 2] for place in range(len(folded) - 1)}
    return sorted(pairs or set(folded))


async def fill_titles(connection: "Connection") -> int:
    """Read in the titles of issues that have no row, a batch a transaction; return how many had
    none: those from before migration 0027, the first time."""
    if not await connection.fetchval(IS_THERE):
        return 0
    filled, after = 0, ""
    while True:
        [(count, last)] = await connection.fetch(MISSING, after, AT_ONCE)
        filled += int(count)
        if count < AT_ONCE:
            return filled
        after = last
