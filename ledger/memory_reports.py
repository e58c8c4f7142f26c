"""Stored reports, attestations and routine runs in memory."""

from collections.abc import Collection
from datetime import datetime

from domain.chain import Record
from ledger.memory_tables import Tables
from ledger.reports import REPORTS_MAX, RUNS_MAX, AttestationRow, ReportRow, RunRow


class MemoryReports:
    """The part of the ledger that routines need."""

    _tables: Tables

    async def put_report(self, row: ReportRow) -> bool:
        """Keep a version of a report. False, and no trace, if that version is there already."""
        kept = self._tables.reports
        subject = (row.zone, row.kind, row.to_on, row.version)
        periods = {(each.zone, each.kind, each.to_on, each.version) for each in kept.values()}
        if row.id in kept or subject in periods:
            return False
        kept[row.id] = row
        return True

    async def report(self, number: str, version: int | None = None) -> ReportRow | None:
        """Return one version of a report, or its newest."""
        versions = await self.report_versions(number)
        found = [row for row in versions if version in (None, row.version)]
        return found[-1] if found else None

    async def report_versions(self, number: str) -> list[ReportRow]:
        """Return every version of a report, oldest first."""
        own = (row for row in self._tables.reports.values() if row.number == number)
        return sorted(own, key=lambda row: row.version)

    async def reports(
        self,
        zone: str,
        *,
        kind: str | None = None,
        before: tuple[str, str] | None = None,
        limit: int = 50,
    ) -> list[ReportRow]:
        """Return the newest version of each report of a zone, the newest period first."""
        newest: dict[str, ReportRow] = {}
        for row in sorted(self._tables.reports.values(), key=lambda each: each.version):
            newest[row.number] = row
        found = [
            row
            for row in newest.values()
            if row.zone == zone
            and kind in (None, row.kind)
            and (before is None or (row.to_on, row.id) < before)
        ]
        found.sort(key=lambda row: (row.to_on, row.id), reverse=True)
        return found[: max(1, min(limit, REPORTS_MAX))]

    async def reports_after(
        self, after: str, limit: int, *, since_size: int = 0
    ) -> list[ReportRow]:
        """Return versions of reports of all zones in order of id; there is no log here."""
        ids = sorted(id_ for id_ in self._tables.reports if id_ > after)
        return [self._tables.reports[id_] for id_ in ids[: max(1, min(limit, REPORTS_MAX))]]

    async def put_attestation(self, row: AttestationRow) -> bool:
        """Keep an attestation. False, and no trace, if that version is there already."""
        if row.id in self._tables.attestations:
            return False
        self._tables.attestations[row.id] = row
        return True

    async def attestations(self, zone: str, day: str) -> list[AttestationRow]:
        """Return all that was attested of a day, by post and version."""
        rows = self._tables.attestations.values()
        own = (row for row in rows if (row.zone, row.day) == (zone, day))
        return sorted(own, key=lambda row: (row.post, row.version))

    async def put_run(self, row: RunRow) -> bool:
        """Note that a routine was done. False, and no trace, if it was for that period before."""
        if row.id in self._tables.routine_runs:
            return False
        self._tables.routine_runs[row.id] = row
        return True

    async def routine_runs(
        self, zone: str, *, routine: str | None = None, limit: int = 50
    ) -> list[RunRow]:
        """Return what was done in a zone, the newest first."""
        rows = self._tables.routine_runs.values()
        own = [row for row in rows if row.zone == zone and routine in (None, row.routine)]
        if routine is None:
            own.sort(key=lambda row: (row.at, row.id), reverse=True)
        else:
            own.sort(key=lambda row: row.period, reverse=True)
        return own[: max(1, min(limit, RUNS_MAX))]

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
        found = [
            (place, record)
            for place, record in enumerate(self._tables.positions[:position], start=1)
            if place > after
            and record.stream.startswith(f"{zone}/")
            and from_at <= record.at < to_at
            and record.kind in kinds
        ]
        return found[:limit]
