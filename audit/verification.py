"""A whole ledger verified: log, streams, stored reports, and what hangs together (I3, I4)."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from audit.across import Across, Depth
from audit.checks import FOUND_MAX, Finding, Findings
from audit.facts import terms_reader
from audit.log_checks import LogReport, Outside, Walk, verify_log
from audit.log_inclusion import verify_inclusion
from audit.log_leaves import Log
from audit.misplaced import misplaced_findings, valueless_findings
from audit.numbers import TaskFacts, errand_findings, stray_findings, task_findings
from audit.reexecute import SPOILT, in_words
from audit.reports import ReportFacts
from audit.verify import Everything, verify_all, verify_stream
from audit.verify_jobs import Streams, pages_done
from audit.verify_publications import publication_findings, unpublished_findings
from audit.verify_reports import reports_done
from audit.verify_state import State, StateError, read_state
from audit.vouched import VouchTally
from domain.canonical import content_hash
from domain.leaves import row_hash
from domain.vouching import TrustedFace
from ledger.misplaced import Misplacements
from ledger.port import LedgerError

Progress = Callable[[str, int, int | None], None]
"""Hears of what ("leaves", "streams", "reports") how many are done, of how many if it is known."""


class Reporting(Everything, ReportFacts, Protocol):
    """A ledger with its stored reports."""


class Verifiable(Streams, Log, TaskFacts, Misplacements, ReportFacts, Protocol):
    """A ledger with its log, all of which can be verified."""

    async def stream_count(self, zone: str | None = None) -> int:
        """Return how many streams there are."""
        ...


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what was found. `log`: None if the ledger keeps none. `since`: only
    what came after so many leaves was looked at. `vouches`: who vouched for what was asked, where
    all of it was looked at. `reports`: so many stored reports were composed again; what was found
    of them stands in `streams`."""

    streams: Findings
    log: LogReport | None = None
    since: int = 0
    vouches: VouchTally | None = None
    reports: int = 0

    @property
    def found(self) -> tuple[Finding, ...]:
        """Return the findings that were kept, those of the log first."""
        of_log = () if self.log is None else tuple(self.log.found)
        return (*of_log, *self.streams.found)[:FOUND_MAX]

    @property
    def count(self) -> int:
        """Return how many findings there are, kept or not."""
        of_log = 0 if self.log is None else len(self.log.found) + self.log.left_out
        return of_log + self.streams.count

    @property
    def is_sound(self) -> bool:
        """Return whether nothing was found."""
        return self.count == 0

    def plain(self) -> dict[str, object]:
        """Return all of it for a machine."""
        log = None if self.log is None else asdict(self.log)
        for name in ("found", "left_out") if log is not None else ():
            del log[name]  # type: ignore[union-attr]  # as the line above says
        return {
            "sound": self.is_sound,
            "since": self.since or None,
            "streams": self.streams.streams,
            "events": self.streams.events,
            "commands": self.streams.commands,
            "reports": self.reports,
            "log": log,
            "actors": None if self.vouches is None else self.vouches.plain(),
            "findings": [asdict(each) for each in self.found],
            "findings_left_out": self.count - len(self.found),
        }


async def verify_ledger(
    ledger: Verifiable,
    *,
    outside: Outside | None = None,
    now: datetime | None = None,
    decisions: bool = True,
    faces: tuple[TrustedFace, ...] | None = None,
    since: int = 0,
    jobs: int = 1,
    url: str | None = None,
    state: Path | None = None,
    progress: Progress = lambda _what, _done, _all: None,
) -> Verification:
    """Verify everything: every leaf, every stream, every decision, every rung due by `now`, and
    every stored report, composed again.

    `since`: only what came after the first so many leaves, which a checkpoint signed. `state`: a
    file to go on from, if there is one, and to keep how far this has come. `jobs`: that many
    processes, for which `url` is the ledger's address. `faces`: whose word was taken for who actors
    were; None if nobody says. Raises StateError.
    """
    depth = Depth(decisions=decisions, now=now, faces=faces)
    done = await _state(ledger, outside or Outside(), since, state, depth)
    try:
        return await _verified(ledger, outside, depth, done, since, jobs, url, progress)
    except (StateError, BrokenExecutor):
        raise
    except SPOILT as error:
        found = await _unread(ledger, error)
        return Verification(done.streams.plus(found), done.log, since)


async def _verified(
    ledger: Verifiable,
    outside: Outside | None,
    depth: Depth,
    done: State,
    since: int,
    jobs: int,
    url: str | None,
    progress: Progress,
) -> Verification:
    if not done.log_done:

        def kept(walk: Walk, _report: LogReport) -> None:
            done.walk = walk
            done.keep()

        await verify_log(
            ledger,
            outside,
            since=since,
            walk=done.walk,
            report=done.log,
            now=depth.now,
            progress=lambda leaves, of: progress("leaves", leaves, of),
            kept=kept,
        )
        done.log_done = True
        done.keep(now=True)
    total = None if since else await ledger.stream_count()
    pages = pages_done(ledger, depth, after=done.after, since_size=since, jobs=jobs, url=url)
    async for page in pages:
        done.streams = done.streams.plus(page.findings)
        if not since:
            done.across.take_in(page.across)
        done.after = page.after
        done.keep()
        progress("streams", done.streams.streams, total)
    done.keep(now=True)
    async for report in reports_done(ledger, after=done.after_report, since_size=since):
        done.streams = done.streams.plus(Findings(0, 0, 0, report.found))
        done.reports += 1
        done.after_report = report.id
        done.keep()
        progress("reports", done.reports, None)
    done.keep(now=True)
    found = done.streams
    if not since:
        found = found.plus(Findings(0, 0, 0, tuple(await _across(ledger, done))))
    done.done()
    vouches = None if since else done.across.vouches
    return Verification(found, done.log, since, vouches, done.reports)


async def _unread(ledger: Verifiable, error: Exception) -> Findings:
    """What has no value where the schema demands one is beyond reading, and so is some value that
    no schema knows: the first is named."""
    found = await valueless_findings(ledger)
    told = f"something in it cannot be read, and the rest was not: {in_words(error)}"
    return Findings(0, 0, 0, tuple(found) or (Finding("row", "ledger", None, told),))


async def _across(ledger: Verifiable, done: State) -> list[Finding]:
    """Return what does not hang together between streams, once all have been read."""
    return [
        *await done.across.balance.findings(ledger),
        *done.across.numbers.findings(await ledger.numbers()),
        *await publication_findings(ledger),
        *await unpublished_findings(ledger),
        *await task_findings(ledger),
        *await stray_findings(ledger),
        *await errand_findings(ledger),
        *await misplaced_findings(ledger),
    ]


async def verify_issue(
    ledger: Verifiable,
    stream: str,
    *,
    outside: Outside | None = None,
    now: datetime | None = None,
    faces: tuple[TrustedFace, ...] | None = None,
) -> Verification:
    """Verify one stream in full, and that its events lie under the newest signed checkpoint.

    That nothing else is missing, only `verify_ledger` tells.
    """
    depth, across = Depth(decisions=True, now=now, faces=faces), Across()
    found = await verify_stream(ledger, stream, terms_reader(ledger), across, depth)
    try:
        log = await verify_inclusion(ledger, stream, outside)
        return Verification(found, log, vouches=across.vouches)
    except SPOILT as error:
        return Verification(found.plus(await _unread(ledger, error)))


async def verify_in_memory(
    ledger: Reporting, stream: str | None, *, faces: tuple[TrustedFace, ...] | None = None
) -> Verification:
    """Verify one stream, or all, of a ledger that keeps no log."""
    depth, across, reports = Depth(faces=faces), Across(), 0
    if stream is not None:
        found = await verify_stream(ledger, stream, across=across, depth=depth)
        return Verification(found, vouches=across.vouches)
    found = await verify_all(ledger, depth=depth, across=across)
    async for report in reports_done(ledger):
        found = found.plus(Findings(0, 0, 0, report.found))
        reports += 1
    return Verification(found, vouches=across.vouches, reports=reports)


async def _state(
    ledger: Verifiable, outside: Outside, since: int, file: Path | None, depth: Depth
) -> State:
    if file is None:
        return State({})
    rows = await ledger.facts_after("schema_migration", None, 1)
    if not rows:
        raise LedgerError("the ledger has no migration: which it is cannot be told")
    of: dict[str, object] = {
        "ledger": row_hash(rows[0][1]),
        "since": since,
        "decisions": depth.decisions,
        "keys": sorted(key.text for key in outside.keys),
        "notes": content_hash({"notes": list(outside.notes)}),
        "played": outside.is_played,
        "faces": None if depth.faces is None else sorted(face.key for face in depth.faces),
    }
    return read_state(file, of)
