"""What a ledger keeps of routines: stored reports, attestations of a day, and the runs done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.chain import Record

REPORTS_MAX: Final = 200
RUNS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One version of a stored report: what it is of, and what it says, word for word.

    Of the events recorded from `from_at` to before `to_at`, as far as they lie at or below
    `position`. `from_on` and `to_on` are the first and the last local day, as ISO says them.
    `terms` is the hash of those by whose names it speaks. `body` is canonical JSON, `sha256` its
    hash. `reason`: why a version corrects the one before it; empty for the first.
    """

    id: str
    number: str
    version: int
    kind: str
    zone: str
    from_at: datetime
    to_at: datetime
    from_on: str
    to_on: str
    position: int
    terms: str
    body: str
    sha256: str
    at: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """What an officer says of a day, for a post: that nothing was found, or what was.

    `day` is local, as ISO says it; `version` counts what the post has said of it. `actor` is
    canonical JSON. One after `limit_at` stays late.
    """

    id: str
    zone: str
    day: str
    post: str
    version: int
    no_abnormality: bool
    text: str
    limit_at: datetime
    at: datetime
    actor: str

    @property
    def late(self) -> bool:
        """Return whether it came after its limit."""
        return self.at > self.limit_at


@dataclass(frozen=True, slots=True)
class RunRow:
    """A routine that was done for a period, named by its last local day. `result` is canonical
    JSON."""

    id: str
    zone: str
    routine: str
    period: str
    due_at: datetime
    at: datetime
    result: str


def report_id(number: str, version: int) -> str:
    """Return the name of one version of a report."""
    return f"{number}/{version}"


class Reports(Protocol):
    """The part of a ledger that routines need."""

    async def put_report(self, row: ReportRow) -> bool:
        """Keep a version of a report. False, and no trace, if that version is there already."""
        ...

    async def report(self, number: str, version: int | None = None) -> ReportRow | None:
        """Return one version of a report, or its newest."""
        ...

    async def report_versions(self, number: str) -> list[ReportRow]:
        """Return every version of a report, oldest first."""
        ...

    async def reports(
        self,
        zone: str,
        *,
        kind: str | None = None,
        before: tuple[str, str] | None = None,
        limit: int = 50,
    ) -> list[ReportRow]:
        """Return the newest version of each report of a zone, the newest period first, at most
        `limit` (1 to REPORTS_MAX), behind the last day and the id `before`."""
        ...

    async def reports_after(
        self, after: str, limit: int, *, since_size: int = 0
    ) -> list[ReportRow]:
        """Return versions of reports of all zones in order of id, behind the id `after`, at most
        `limit` (1 to REPORTS_MAX). Where a log is kept, `since_size` leaves out those that are
        among its first so many leaves."""
        ...

    async def put_attestation(self, row: AttestationRow) -> bool:
        """Keep an attestation. False, and no trace, if that version is there already."""
        ...

    async def attestations(self, zone: str, day: str) -> list[AttestationRow]:
        """Return all that was attested of a day, by post and version."""
        ...

    async def put_run(self, row: RunRow) -> bool:
        """Note that a routine was done. False, and no trace, if it was for that period before."""
        ...

    async def routine_runs(
        self, zone: str, *, routine: str | None = None, limit: int = 50
    ) -> list[RunRow]:
        """Return what was done in a zone, the newest period of a routine first, of all routines
        the newest run; at most `limit` (1 to RUNS_MAX)."""
        ...

    async def recorded(  # one period of one zone, page by page
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
        """Return events of some kinds of a zone's issues that were recorded from an instant to
        before another, none above `position`, in its order, after the position `after`."""
        ...
