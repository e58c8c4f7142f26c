"""The texts of issues in memory, and what is found by them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from domain.chain import Record
from domain.events_of_kin import SuggestionJudged
from ledger.memory_tables import Tables
from ledger.port import CommandRow
from ledger.texts import JudgedRow, LikeRow, TextRow


class MemoryTexts:
    """The part of the ledger that looking for like issues needs."""

    _tables: Tables

    async def first_command(self, stream: str) -> CommandRow | None:
        """Return the command that a stream begins with."""
        own = (row for row in self._tables.commands.values() if row.stream == stream)
        return next(own, None)

    async def command(self, stream: str, id_: str) -> CommandRow | None:
        """Return the decided command of a stream that was sent under an id."""
        own = (row for row in self._tables.commands.values() if row.stream == stream)
        return next((row for row in own if row.id == id_), None)

    async def like(
        self, zone: str, pairs: Sequence[str], *, since: datetime, limit: int
    ) -> list[LikeRow]:
        """Return the issues of a zone, reported since then, that share most of `pairs`."""
        wanted = set(pairs)
        found = [
            self._like(row, len(wanted.intersection(row.bigrams)))
            for row in self._tables.texts.values()
            if row.zone == zone and row.reported_at >= since and wanted.intersection(row.bigrams)
        ]
        found.sort(key=lambda row: row.stream)
        found.sort(key=lambda row: (row.shared, row.reported_at), reverse=True)
        return found[:limit]

    async def unread_reports(self, zone: str, *, after: str, limit: int) -> list[Record]:
        """Return the reports whose text has no row of its own yet, by stream, after `after`."""
        missing = (
            stream
            for stream, row in sorted(self._tables.issues.items())
            if row.issue.zone == zone and stream > after and stream not in self._tables.texts
        )
        return [self._tables.records[stream][0] for stream in missing][:limit]

    async def put_texts(self, rows: Sequence[TextRow]) -> None:
        """Keep the texts of reports that had none."""
        for row in rows:
            self._tables.texts.setdefault(row.stream, row)

    async def judged(self, zone: str) -> list[JudgedRow]:
        """Count the judged suggestions of a zone, by method and verdict."""
        last = {
            (record.stream, judged.suggested, judged.method): judged.same
            for record in self._tables.positions
            if record.kind == "suggestion_judged"
            and record.stream.startswith(f"{zone}/")
            and isinstance(judged := record.event, SuggestionJudged)
        }
        counted = Counter((method, same) for (_, _, method), same in last.items())
        return [JudgedRow(*key, count) for key, count in sorted(counted.items())]

    def _like(self, row: TextRow, shared: int) -> LikeRow:
        issue = self._tables.issues[row.stream].issue
        return LikeRow(
            stream=row.stream,
            shared=shared,
            plain=row.plain,
            title=issue.title,
            enterprise=issue.enterprise,
            category=issue.category,
            phase=issue.phase.value,
            outcome=None if issue.outcome is None else issue.outcome.value,
            reported_at=row.reported_at,
        )
