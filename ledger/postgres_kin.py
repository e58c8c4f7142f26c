"""Links and errands in PostgreSQL."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg

from domain.kin import LINEAGE_MAX
from domain.phases import LinkType
from ledger.connections import ledger_errors
from ledger.kin import ERROR_CHARACTERS_MAX, ErrandRow, KinRow, LinkRow
from ledger.port import Changes, LedgerError
from ledger.postgres_publications import Pooled

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

KIN: Final = "SELECT * FROM ledger_kin($1, $2, $3, $4, $5)"
PUT_KIN: Final = "SELECT ledger_put_kin($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
LINKS: Final = """
SELECT zone, type, from_key, to_key FROM issue_link
WHERE zone = $1 AND from_key = $2 AND type <> 'part_of'
UNION ALL
SELECT zone, type, from_key, to_key FROM issue_link
WHERE zone = $1 AND to_key = $2 AND type = 'part_of'
ORDER BY type, from_key, to_key
"""
_ERRAND: Final = """id, stream, text, from_stream, from_version, created_at, attempts, last_error,
       not_before"""
DUE_ERRANDS: Final = f"""
SELECT {_ERRAND} FROM errand e
WHERE e.not_before <= $1
  AND NOT EXISTS (SELECT FROM errand w WHERE w.from_stream = e.from_stream
                  AND w.stream = e.stream AND w.sequence < e.sequence)
ORDER BY e.not_before, e.sequence LIMIT $2
"""  # noqa: S608  # built of constants
WAITING_ERRANDS: Final = f"""
SELECT {_ERRAND} FROM errand WHERE id > $1 ORDER BY id LIMIT $2
"""  # noqa: S608  # as above
ERRAND_COUNT: Final = "SELECT count(*) FROM errand"
FAILING_ERRAND: Final = f"""
SELECT {_ERRAND} FROM errand WHERE attempts > 0 AND attempts > $1 ORDER BY sequence LIMIT 1
"""  # noqa: S608  # as above
STRAY_LINKS: Final = """
SELECT zone, type, from_key, to_key FROM issue_link l
WHERE NOT EXISTS (
    SELECT FROM event e
    WHERE e.stream = l.zone || '/' || CASE WHEN l.type = 'part_of' THEN l.to_key ELSE l.from_key END
)
ORDER BY zone, from_key, type, to_key LIMIT $1
"""
DROP_ERRAND: Final = "DELETE FROM errand WHERE id = $1"
PUT_OFF_ERRAND: Final = """
UPDATE errand SET attempts = attempts + 1, last_error = $2, not_before = $3 WHERE id = $1
"""
FAILED_ERRANDS: Final = "SELECT count(*) FROM errand WHERE attempts > 0 AND attempts > $1"
# One statement: what is carried out between two looks is in one of them.
ERRAND_TEXTS: Final = """
SELECT id, body AS text FROM command WHERE id = ANY ($1)
UNION ALL
SELECT id, text FROM errand w WHERE id = ANY ($1)
  AND NOT EXISTS (SELECT FROM command c WHERE c.id = w.id)
"""


class PostgresKin(Pooled):
    """What is read of links, and the errands that are still to be run."""

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        """Return the links that the stream of this issue wrote."""
        return [LinkRow(*row) for row in await self._fetch(LINKS, zone, key)]

    async def due_errands(self, at: datetime, limit: int) -> list[ErrandRow]:
        """Return errands that may be tried at `at`, oldest first."""
        return [ErrandRow(*row) for row in await self._fetch(DUE_ERRANDS, at, limit)]

    async def drop_errand(self, id_: str) -> None:
        """Forget an errand: its command is stored."""
        await self._fetch(DROP_ERRAND, id_)

    async def put_off_errand(self, id_: str, error: str, not_before: datetime) -> None:
        """Keep why an errand failed once more, and when to try again."""
        said = error.replace("\x00", "")[:ERROR_CHARACTERS_MAX]
        await self._fetch(PUT_OFF_ERRAND, id_, said, not_before)

    async def failed_errands(self, attempts_above: int) -> int:
        """Return how many errands failed more often than that."""
        row = await self._row(FAILED_ERRANDS, attempts_above)
        return 0 if row is None else int(row[0])

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        """Return the errands that wait, due or not, in order of id, after the id `after`."""
        return [ErrandRow(*row) for row in await self._fetch(WAITING_ERRANDS, after, limit)]

    async def errand_count(self) -> int:
        """Return how many errands wait, due or not."""
        row = await self._row(ERRAND_COUNT)
        return 0 if row is None else int(row[0])

    async def failing_errand(self, attempts_above: int) -> ErrandRow | None:
        """Return the oldest of the errands that failed more often than that."""
        row = await self._row(FAILING_ERRAND, attempts_above)
        return None if row is None else ErrandRow(*row)

    async def stray_links(self, limit: int) -> list[LinkRow]:
        """Return links whose writing issue has no events."""
        return [LinkRow(*row) for row in await self._fetch(STRAY_LINKS, limit)]

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        return dict(tuple(row) for row in await self._fetch(ERRAND_TEXTS, list(ids)))


class KinWriting(ABC):
    """The part of a transaction that links issues."""

    @property
    @abstractmethod
    def _connection(self) -> "Connection":
        """Return the transaction's connection; raises LedgerError while it is not open."""

    async def kin(self, zone: str, key: str, target: str, type_: LinkType) -> KinRow | None:
        """Return what is known of `target`; nobody else links in this zone until the end."""
        arguments = (
            zone,
            target,
            None if type_ is LinkType.RELATES else type_.value,
            key if type_ is LinkType.PART_OF else target,
            LINEAGE_MAX,
        )
        with ledger_errors():
            row = await self._connection.fetchrow(KIN, *arguments)
        if row is None:
            raise LedgerError("ledger_kin gave no row")
        version, enterprise, is_open, outcome, lineage, has_parent, phase, ties = row
        if version is None:
            return None
        return KinRow(
            key=target,
            version=version,
            enterprise=enterprise,
            open=is_open,
            outcome=outcome,
            lineage=tuple(lineage),
            has_parent=has_parent,
            phase=phase,
            ties=ties,
        )

    async def put_kin(self, changes: Changes) -> None:
        """Write the links and errands of a command, whose facts are written."""
        if changes.links or changes.errands:
            with ledger_errors():
                await self._connection.execute(PUT_KIN, *put_kin_arguments(changes))


def put_kin_arguments(changes: Changes) -> tuple[object, ...]:
    """Return the arguments of `ledger_put_kin`, in its order."""
    gone = [change.row for change in changes.links if not change.added]
    added = [change.row for change in changes.links if change.added]
    return (
        changes.command.stream.partition("/")[0],
        *_columns([(row.type, row.from_key, row.to_key) for row in gone], 3),
        *_columns([(row.type, row.from_key, row.to_key) for row in added], 3),
        *_columns(
            [
                (e.id, e.stream, e.text, e.from_stream, e.from_version, e.created_at)
                for e in changes.errands
            ],
            6,
        ),
    )


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> tuple[object, ...]:
    """Turn rows into one array a column, as unnest wants them; None each if there is none."""
    return tuple(list(column) for column in zip(*rows, strict=True)) if rows else (None,) * width
