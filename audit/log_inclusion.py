"""One stream held against the log: its events lie under the newest signed checkpoint."""

from audit.checks import Finding
from audit.log_checks import LogReport, Outside, size_of
from audit.log_keys import checkpoint_findings, keyring
from audit.log_leaves import STRAYS_MAX, UNREADABLE, Log, leaf_of
from audit.log_times import CLOCK_SLACK, EVENT, Clocks, Told, moment
from domain.checkpoints import Checkpoint
from domain.merkle import inclusion_ranges, is_included, leaf_hash
from ledger.misplaced import EventPlace
from ledger.port import LedgerError


async def verify_inclusion(log: Log, stream: str, outside: Outside | None = None) -> LogReport:
    """Prove that every event of a stream, and what caused it, is a leaf under the newest signed
    checkpoint; what came later is counted. A leaf that has lost its event may be of any stream."""
    outside = outside or Outside()
    ring = keyring(await log.log_keys(), outside.keys)
    size, unsized = await size_of(log)
    report = LogReport(leaves=size, is_trusted=ring.is_trusted)
    report.add([*ring.found, *unsized])
    for index, position in await log.lost_events(STRAYS_MAX):
        said = f"leaf {index} names the event at position {position}: there is none"
        report.add([Finding("leaf", "log_entry", None, said, "position")])
    row = await log.checkpoint()
    if row is None:
        if outside.keys and report.leaves:
            said = f"there are {report.leaves} leaves, keys are trusted, and no checkpoint is kept"
            report.add([Finding("checkpoint", "checkpoint", None, said, "size")])
        return report
    report.checkpoints, report.newest_size, report.newest_at = 1, row.size, moment(row.at)
    point, found = ring.read(row.note, f"checkpoint {row.size}")
    report.add(found)
    if point is None:
        return report
    report.add(checkpoint_findings(row, point))
    clocks = Clocks(is_played=outside.is_played)
    try:
        last = await log.last_position(point.size)
        for place in await log.event_places(stream):
            report.add(await _place_findings(log, stream, place, point, last, clocks, report))
    except UNREADABLE as error:
        said = f"where its events stand cannot be read: {error}"
        report.add([Finding("leaf", stream, None, said, "position")])
    report.played = clocks.played
    return report


async def _place_findings(
    log: Log,
    stream: str,
    place: EventPlace,
    point: Checkpoint,
    last: int,
    clocks: Clocks,
    report: LogReport,
) -> list[Finding]:
    """`last`: the greatest position under the checkpoint. Positions of leaves only rise."""
    position, at = place.position, moment(place.at)
    if position is None or position < 1:
        said = f"no reader comes to the position {position}"
        return [Finding("leaf", stream, place.version, said, "position")]
    is_under = place.index is not None and place.index < point.size
    if not is_under and position <= last:
        said = f"position {position} lies under the checkpoint, and no leaf there names it"
        return [Finding("leaf", stream, place.version, said, "position")]
    if place.index is None:
        report.waiting += 1
        told = None if at is None else _told(stream, place)
        is_late = told is not None and told.at < point.at - CLOCK_SLACK
        return list(clocks.late(told, point.at)) if told is not None and is_late else []
    if not is_under:
        report.beyond += 1
        told = None if at is None else _told(stream, place)
        return [] if told is None else list(clocks.findings(told, point.at, None))
    problem = await _problem(log, place.index, position, point)
    return [] if problem is None else [Finding("leaf", stream, place.version, problem, "hash")]


def _told(stream: str, place: EventPlace) -> Told:
    return Told(EVENT, stream, place.version, "at", place.at, place.command_id)


async def _problem(log: Log, index: int, position: int, point: Checkpoint) -> str | None:
    try:
        stubs = await log.event_stubs(position - 1, position, 1)
        hash_ = leaf_hash(leaf_of(stubs[0])) if stubs else b""
    except UNREADABLE as error:
        return f"leaf {index} cannot be made: {error}"
    try:
        path = [await log.log_root(leaves) for leaves in inclusion_ranges(index, point.size)]
    except LedgerError as error:
        return str(error)
    if not is_included(hash_, index, point.size, path, point.root):
        return (
            f"leaf {index} is not made of this event and its command, or is not under the signed "
            f"root of {point.size} leaves"
        )
    return None
