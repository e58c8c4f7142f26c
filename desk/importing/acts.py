"""What a row of a log is in commands: who would have had to ask for what (R5, R8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from desk.importing.mapping import Meaning
from desk.importing.rows import LogRow
from desk.importing.zone import PAUSES_MAX, WHERE, ImportedZone
from domain import commands as cmd
from domain import commands_of_time as tm
from domain.commands import Command
from domain.issue import Issue, Resolution
from domain.people import Actor
from domain.phases import Origin, PauseReason, Phase, ResultClass

BACK_TO_WORK = (Meaning.ACCEPTED, Meaning.WAITING)
DONE = (Meaning.RESOLVED, Meaning.CLOSED)


@dataclass(frozen=True, slots=True)
class Act:
    """A command and who asks for it."""

    actor: Actor
    command: Command


@dataclass(slots=True)
class Standing:
    """Where the issue will stand once the acts so far are done."""

    phase: Phase
    tier: int
    unit: str | None
    waits: bool
    pauses: int


def acts_of(row: LogRow, title: str, issue: Issue | None, zone: ImportedZone) -> Iterator[Act]:
    """Yield the acts that lead an issue from where it stands to where a row says that it is.

    Whatever the row says besides, one note keeps its status. A closed issue is reopened first:
    nothing else can happen to it. A row that takes a proposed resolution up again is a sending back
    by the verifier: a refusal by the reporter would raise the tier by itself.
    """
    leading, standing = led(row, title, issue, zone)
    yield from leading
    worker = zone.worker(row.counted.group, row.resource)
    yield Act(worker, cmd.Note(text=row.counted.status))
    if row.meaning is Meaning.WAITING and not standing.waits:
        yield from _waits(row, standing, zone)
    if row.meaning in DONE and standing.phase is not Phase.SIGN_OFF:
        resolution = Resolution(result=ResultClass.SOLVED, summary=row.counted.status)
        yield Act(worker, cmd.ProposeResolution(resolution=resolution))
    if row.meaning is Meaning.CLOSED:
        yield Act(zone.reporter, cmd.Confirm())
        yield Act(zone.closer, cmd.Verify())


def led(
    row: LogRow, title: str, issue: Issue | None, zone: ImportedZone
) -> tuple[tuple[Act, ...], Standing]:
    """Return the acts that lead an issue to the phase, the tier and the unit of a row, and where it
    will stand then."""
    if issue is None:
        opening: tuple[Act, ...] = (Act(zone.owner(row.counted.tier), _report(row, title)),)
        standing = Standing(Phase.INTAKE, row.counted.tier, None, False, 0)
    else:
        opening, standing = (), _standing(issue)
    into_work = tuple(_into_work(row, standing, zone))
    return (*opening, *into_work, *_moves(row, standing, zone)), standing


def _standing(issue: Issue) -> Standing:
    waits = issue.pause is not None
    return Standing(issue.phase, issue.tier, issue.unit, waits, issue.pauses)


def _report(row: LogRow, title: str) -> cmd.Report:
    return cmd.Report(
        enterprise=WHERE,
        category=WHERE,
        title=title,
        text=f"Imported: line {row.line} of the log.",
        origin=Origin.SERVICE,
        tier=row.counted.tier,
    )


def _into_work(row: LogRow, standing: Standing, zone: ImportedZone) -> Iterator[Act]:
    """Lead the issue to a phase in which the row's move is possible."""
    reason, tier = because(row), row.counted.tier
    moves = tier != standing.tier or zone.unit(row.counted.group) != standing.unit
    if standing.phase is Phase.CLOSED:
        yield Act(zone.reporter, cmd.Reopen(reason=reason))
        standing.phase, standing.unit = Phase.HANDLING, None
    if standing.phase is Phase.SIGN_OFF and (moves or row.meaning in BACK_TO_WORK):
        yield Act(zone.closer, cmd.SendBack(reason=reason))
        standing.phase = Phase.HANDLING
    if standing.phase is Phase.INTAKE and (row.says_something or tier < standing.tier):
        # Only what was accepted can be given back to a lower tier.
        yield Act(zone.owner(standing.tier), cmd.Accept())
        standing.phase = Phase.HANDLING
    if standing.waits and row.meaning is Meaning.ACCEPTED and tier == standing.tier:
        yield Act(zone.owner(tier), cmd.Resume(note=reason))
        standing.waits = False


def _moves(row: LogRow, standing: Standing, zone: ImportedZone) -> Iterator[Act]:
    """Change tier, then unit: a change of tier takes the work out of its unit and ends a wait."""
    reason, tier, unit = because(row), row.counted.tier, zone.unit(row.counted.group)
    owner = zone.owner(standing.tier)
    if tier > standing.tier:
        yield Act(owner, cmd.Escalate(to_tier=tier, reason=reason))
    elif tier < standing.tier:
        yield Act(owner, cmd.Deescalate(to_tier=tier, reason=reason))
    if tier != standing.tier:
        standing.tier, standing.unit, standing.waits = tier, None, False
    if unit != standing.unit:
        move = (
            cmd.Assign(handler=unit, reason=reason)
            if standing.phase is Phase.INTAKE
            else cmd.HandOver(unit=unit, reason=reason)
        )
        yield Act(zone.owner(tier), move)
        standing.unit = unit


def _waits(row: LogRow, standing: Standing, zone: ImportedZone) -> Iterator[Act]:
    """Beyond the handbook's number of waits the top tier is asked (Q7)."""
    worker = zone.worker(row.counted.group, row.resource)
    reason, note = PauseReason.WAITING_ENTERPRISE, row.counted.status
    if standing.pauses < PAUSES_MAX:
        yield Act(worker, cmd.Pause(reason=reason, note=note))
        return
    yield Act(worker, tm.AskPause(reason=reason, note=note))
    yield Act(zone.closer, tm.Grant(note=note))


def because(row: LogRow) -> str:
    """Return why an act of the import was done."""
    return f"Line {row.line} of the log: {row.counted.status}."
