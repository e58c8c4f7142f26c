"""Stored reports, attestations and routine runs in PostgreSQL."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import datetime

from domain.chain import Record
from ledger import codec
from ledger import report_queries as queries
from ledger.postgres_figures import BEHIND_A_SLASH
from ledger.postgres_publications import Pooled
from ledger.reports import REPORTS_MAX, RUNS_MAX, AttestationRow, ReportRow, RunRow


class PostgresReports(Pooled):
    """The part of the ledger that routines need."""

    async def put_report(self, row: ReportRow) -> bool:
        """Keep a version of a report. False, and no trace, if that version is there already."""
        return await self._row(queries.PUT_REPORT, *astuple(row)) is not None

    async def report(self, number: str, version: int | None = None) -> ReportRow | None:
        """Return one version of a report, or its newest."""
        row = await self._row(queries.REPORT_OF, number, version)
        return None if row is None else ReportRow(*row)

    async def report_versions(self, number: str) -> list[ReportRow]:
        """Return every version of a report, oldest first."""
        return [ReportRow(*row) for row in await self._fetch(queries.VERSIONS, number)]

    async def reports(
        self,
        zone: str,
        *,
        kind: str | None = None,
        before: tuple[str, str] | None = None,
        limit: int = 50,
    ) -> list[ReportRow]:
        """Return the newest version of each report of a zone, the newest period first."""
        day, id_ = before or (None, None)
        bounded = max(1, min(limit, REPORTS_MAX))
        rows = await self._fetch(queries.REPORTS, zone, kind, day, id_, bounded)
        return [ReportRow(*row) for row in rows]

    async def reports_after(
        self, after: str, limit: int, *, since_size: int = 0
    ) -> list[ReportRow]:
        """Return versions of reports of all zones in order of id."""
        bounded = max(1, min(limit, REPORTS_MAX))
        rows = await self._fetch(queries.REPORTS_AFTER, after, bounded, since_size)
        return [ReportRow(*row) for row in rows]

    async def put_attestation(self, row: AttestationRow) -> bool:
        """Keep an attestation. False, and no trace, if that version is there already."""
        return await self._row(queries.PUT_ATTESTATION, *astuple(row)) is not None

    async def attestations(self, zone: str, day: str) -> list[AttestationRow]:
        """Return all that was attested of a day, by post and version."""
        return [AttestationRow(*row) for row in await self._fetch(queries.ATTESTATIONS, zone, day)]

    async def put_run(self, row: RunRow) -> bool:
        """Note that a routine was done. False, and no trace, if it was for that period before."""
        return await self._row(queries.PUT_RUN, *astuple(row)) is not None

    async def routine_runs(
        self, zone: str, *, routine: str | None = None, limit: int = 50
    ) -> list[RunRow]:
        """Return what was done in a zone, the newest first."""
        bounded = max(1, min(limit, RUNS_MAX))
        if routine is None:
            rows = await self._fetch(queries.RUNS, zone, bounded)
        else:
            rows = await self._fetch(queries.RUNS_OF, zone, routine, bounded)
        return [RunRow(*row) for row in rows]

    async def recorded(
        self,
        zone: str,
        from_at: datetime,
        to_at: datetime,
        *,
        position: int,
        kinds: Collection[str],
        after: int = 0,
        limit: int = 1000,
    ) -> list[tuple[int, Record]]:
        """Return events of some kinds of a zone's issues that were recorded in a period."""
        streams = f"{zone}/", f"{zone}{BEHIND_A_SLASH}"
        bounds = (from_at, to_at, position, sorted(kinds), after, limit)
        rows = await self._fetch(queries.RECORDED, *streams, *bounds)
        return [codec.positioned_record_of(row) for row in rows]
