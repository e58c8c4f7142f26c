"""What an audit begins with: verifications, the log, who looked, what was refused."""

import json
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.checks import Finding
from audit.verified import kept_findings
from desk.desk import Desk
from domain.streams import stream_names
from ledger.log import AnchorRow, CheckpointRow, LogKeyRow
from ledger.port import Refusal
from ledger.postgres_log import PostgresLog
from ledger.reads import READS_MAX, AuditReadRow
from ledger.verifications import VerificationRow

FINDINGS_SHOWN: Final = 100
VERIFIED_SHOWN: Final = 20
PAGE: Final = 50
READS_SHOWN: Final = 100
VERIFY: Final = "verify"


@dataclass(frozen=True, slots=True)
class LogShown:
    """How the log stands. `anchored`: by kind and target, when somebody outside was given a
    checkpoint last."""

    size: int
    waiting: int
    checkpoint: CheckpointRow | None
    keys: tuple[LogKeyRow, ...]
    anchored: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True, slots=True)
class LastShown:
    """What the last verification of everything came to. `left_out`: findings of other zones, of the
    log itself, or beyond those that are kept."""

    row: VerificationRow
    by: str
    findings: tuple[Finding, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class ReadLine:
    """That somebody looked: when, how, at what."""

    row: AuditReadRow
    by: str
    scope: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """What was refused of whom. `number` counts from the first refusal of the stream."""

    number: int
    row: Refusal
    by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the ledger stands to its proofs."""

    position: int
    log: LogShown | None
    last: LastShown | None
    verified: tuple[ReadLine, ...]


async def standing(desk: Desk, zones: Set[str] | None) -> Standing:
    """Return how the ledger stands to its proofs, for whoever sees these zones, all if None.
    Raises UnreadableRowError."""
    ledger = desk.ledger
    last = await ledger.last_verification()
    rows = await ledger.audit_reads(kind=VERIFY, limit=VERIFIED_SHOWN)
    return Standing(
        position=await ledger.safe_position(),
        log=await _log(desk),
        last=None if last is None else _last(last, zones),
        verified=tuple(_read(row) for row in rows),
    )


async def checkpoints(desk: Desk, after_size: int) -> tuple[tuple[CheckpointRow, ...], int | None]:
    """Return a page of checkpoints by size, and behind which size the next one begins; nothing
    where the ledger keeps no log."""
    if not isinstance(desk.ledger, PostgresLog):
        return (), None
    rows = await desk.ledger.checkpoints(after_size=after_size, limit=PAGE + 1)
    return tuple(rows[:PAGE]), rows[PAGE - 1].size if len(rows) > PAGE else None


async def anchors(desk: Desk, after: int) -> tuple[tuple[AnchorRow, ...], int | None]:
    """Return a page of what was given to whom outside, and behind which number the next begins;
    nothing where the ledger keeps no log."""
    if not isinstance(desk.ledger, PostgresLog):
        return (), None
    rows = await desk.ledger.anchors(after=after, limit=PAGE + 1)
    return tuple(rows[:PAGE]), rows[PAGE - 1].sequence if len(rows) > PAGE else None


async def reads(desk: Desk, kind: str | None, zone: str | None) -> tuple[ReadLine, ...]:
    """Return the newest reads that are on record, of one zone if one is named."""
    limit = READS_SHOWN if zone is None else READS_MAX
    lines = [_read(row) for row in await desk.ledger.audit_reads(kind=kind, limit=limit)]
    mine = [each for each in lines if zone is None or ("zone", zone) in each.scope]
    return tuple(mine[:READS_SHOWN])


async def refusals(
    desk: Desk, stream: str, after: int
) -> tuple[tuple[RefusalLine, ...], int | None]:
    """Return a page of what was refused of a stream, the oldest first, and how many the next one
    leaves out."""
    found = await desk.ledger.refusals(stream, after, PAGE + 1)
    lines = tuple(
        RefusalLine(number, row, _who(row.actor))
        for number, row in enumerate(found[:PAGE], start=after + 1)
    )
    return lines, after + PAGE if len(found) > PAGE else None


async def _log(desk: Desk) -> LogShown | None:
    if not isinstance(desk.ledger, PostgresLog):
        return None
    log = desk.ledger
    return LogShown(
        size=await log.log_size(),
        waiting=await log.log_waiting() + await log.log_events_waiting(),
        checkpoint=await log.checkpoint(),
        keys=tuple(await log.log_keys()),
        anchored=tuple(
            (kind, target, at) for (kind, target), at in sorted((await log.last_anchored()).items())
        ),
    )


def _last(row: VerificationRow, zones: Set[str] | None) -> LastShown:
    kept = [each for each in kept_findings(row) if zones is None or zone_of(each) in zones]
    shown = tuple(kept[:FINDINGS_SHOWN])
    return LastShown(row, _who(row.by), shown, row.found - len(shown))


def zone_of(finding: Finding) -> str:
    """Return the zone that a finding is of; none for one of the log itself."""
    stream = finding.stream
    return stream_names(stream)[0] if "/" in stream else ""


def _read(row: AuditReadRow) -> ReadLine:
    scope = json.loads(row.scope)
    pairs = [(str(name), _plain(value)) for name, value in scope.items()]
    return ReadLine(row, _who(row.actor), tuple(pairs))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _who(text: str) -> str:
    """Return in a few words who an actor is, from its JSON."""
    actor = json.loads(text)
    named = [str(actor[key]) for key in ("post", "enterprise", "person", "name") if actor.get(key)]
    return " · ".join(named) or str(actor.get("kind", "?"))
