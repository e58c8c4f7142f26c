"""The texts of issues in PostgreSQL, and what is found by them."""

from collections.abc import Sequence
from datetime import datetime

from domain.chain import Record
from ledger import codec, text_queries
from ledger.port import CommandRow
from ledger.postgres_publications import Pooled
from ledger.texts import JudgedRow, LikeRow, TextRow


class PostgresTexts(Pooled):
    """The part of the ledger that looking for like issues needs."""

    async def first_command(self, stream: str) -> CommandRow | None:
        """Return the command that a stream begins with."""
        row = await self._row(text_queries.FIRST_COMMAND, stream)
        return None if row is None else codec.command_of(row)

    async def command(self, stream: str, id_: str) -> CommandRow | None:
        """Return the decided command of a stream that was sent under an id."""
        row = await self._row(text_queries.COMMAND, stream, id_)
        return None if row is None else codec.command_of(row)

    async def like(
        self, zone: str, pairs: Sequence[str], *, since: datetime, limit: int
    ) -> list[LikeRow]:
        """Return the issues of a zone, reported since then, that share most of `pairs`."""
        rows = await self._fetch(text_queries.LIKE, zone, list(pairs), since, limit)
        return [LikeRow(*row) for row in rows]

    async def unread_reports(self, zone: str, *, after: str, limit: int) -> list[Record]:
        """Return the reports whose text has no row of its own yet, by stream, after `after`."""
        rows = await self._fetch(text_queries.UNREAD_REPORTS, zone, after, limit)
        return [codec.record_of(row) for row in rows]

    async def put_texts(self, rows: Sequence[TextRow]) -> None:
        """Keep the texts of reports that had none."""
        await self._fetch(text_queries.PUT_TEXTS, *text_arguments(rows))

    async def judged(self, zone: str) -> list[JudgedRow]:
        """Count the judged suggestions of a zone, by method and verdict."""
        return [JudgedRow(*row) for row in await self._fetch(text_queries.JUDGED, zone)]


def text_arguments(rows: Sequence[TextRow]) -> tuple[list[object], ...]:
    """Return the arguments of `PUT_TEXTS`: an array a column. Pairs hold letters and digits, hence
    no line break."""
    return (
        [row.stream for row in rows],
        [row.zone for row in rows],
        [row.reported_at for row in rows],
        [row.plain for row in rows],
        ["\n".join(row.bigrams) for row in rows],
    )
