"""What a row of a log of sign-offs is in commands, and what its own authority imports (R8)."""

from collections.abc import Iterator

from desk.importing.acts import Act, because
from desk.importing.mapping import Meaning, Signature
from desk.importing.marks import AUTHORITY, BY_AUTHORITY, Mark
from desk.importing.rows import LogRow
from desk.importing.zone import ImportedZone
from domain import commands as cmd
from domain.commands import Command
from domain.issue import Evidence, Issue, Resolution
from domain.phases import Phase, ResultClass

_BY_AUTHORITY = f"{BY_AUTHORITY.capitalize()}."


def own_act(row: LogRow, zone: ImportedZone) -> Act | None:
    """Return what the row itself comes to; None: nothing but its note.

    Whoever submits proposes; who rejects or finally approves has the organisation's say; an
    approval on the way is kept as a note of whoever gave it.
    """
    signatory = zone.signatory(row.resource)
    match row.signature:
        case Signature.SUBMITTED:
            return Act(zone.worker(row.counted.group, row.resource), _proposal(row))
        case Signature.REJECTED:
            return Act(signatory, cmd.Reject(reason=because(row)))
        case Signature.FINAL_APPROVED:
            return Act(signatory, cmd.Confirm(note=because(row)))
        case Signature.APPROVED | None:
            closes = row.meaning is Meaning.CLOSED
            return Act(zone.closer, cmd.Verify(note=because(row))) if closes else None


def noted(row: LogRow, zone: ImportedZone) -> Act:
    """Return the note that keeps the row's status."""
    return Act(zone.worker(row.counted.group, row.resource), cmd.Note(text=row.counted.status))


def marked(row: LogRow, mark: Mark) -> Act:
    """Return the note that keeps the row's status and says that it is the log's word alone."""
    evidence = (Evidence(reference=str(mark)),)
    return Act(AUTHORITY, cmd.Note(text=row.counted.status, evidence=evidence))


def in_its_stead(row: LogRow, refused: Command, issue: Issue, zone: ImportedZone) -> Iterator[Act]:
    """Yield the acts of the authority after which the issue stands where a row says whose own act
    was refused: a proposal is sent back before the next, what nobody proposed is proposed, an
    approval that its giver may not give is recorded by proxy."""
    match refused:
        case cmd.ProposeResolution() if issue.phase is Phase.SIGN_OFF:
            yield _sent_back(row, zone)
            yield Act(zone.worker(row.counted.group, row.resource), refused)
        case cmd.Reject() if issue.phase is Phase.SIGN_OFF:
            yield _sent_back(row, zone)
        case cmd.Confirm() | cmd.Verify() if issue.phase in (Phase.HANDLING, Phase.SIGN_OFF):
            if issue.phase is Phase.HANDLING:
                yield Act(zone.owner(row.counted.tier), _proposal(row, by_authority=True))
            if issue.phase is Phase.HANDLING or _unanswered(issue):
                yield _by_proxy(row, zone)
            if isinstance(refused, cmd.Verify):
                yield Act(zone.closer, refused)
        case _:
            return


def _unanswered(issue: Issue) -> bool:
    return issue.sign_off is not None and issue.sign_off.outcome is None


def _proposal(row: LogRow, *, by_authority: bool = False) -> cmd.ProposeResolution:
    summary = f"{because(row)} {_BY_AUTHORITY}" if by_authority else row.counted.status
    return cmd.ProposeResolution(resolution=Resolution(result=ResultClass.SOLVED, summary=summary))


def _sent_back(row: LogRow, zone: ImportedZone) -> Act:
    return Act(zone.closer, cmd.SendBack(reason=f"{because(row)} {_BY_AUTHORITY}"))


def _by_proxy(row: LogRow, zone: ImportedZone) -> Act:
    said = f"{because(row)} {_BY_AUTHORITY}"
    return Act(zone.authority, cmd.Confirm(note=said, recording=f"line {row.line} of the log"))
