"""What moves to other terms: each clock's old and new deadline, totals, plans, tasks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from desk.grounds import PUBLICATION, plan_name, publication_name
from desk.moves import ClockMove, Figures, IssueMove, Shift
from desk.tasks import OpenTask
from domain.calendar import WorkingCalendar
from domain.model import written
from ledger.publications import PlanRow, PublicationRow, TaskRow
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped
from terminal.shown.times import local

ISSUES_SHOWN_MAX = 50
ARROWS = {Shift.EARLIER: "earlier", Shift.LATER: "later", Shift.SAME: "same"}


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """A plan, how many issues it has moved, and how many it leaves where they are; None if they
    are a later plan's."""

    plan: PlanRow
    moved: int
    left: int | None


def foreseen_plain(moves: Sequence[IssueMove]) -> dict[str, object]:
    """Return what would become of every issue, and the totals."""
    return {"figures": asdict(_total(moves)), "issues": [_issue_plain(move) for move in moves]}


def foreseen(moves: Sequence[IssueMove], time_zone: str) -> RenderableType:
    """Return a line for each clock, the obstacles, and the totals."""
    if not moves:
        return Text("No open issue would move: all of them are there.")
    shown = moves[:ISSUES_SHOWN_MAX]
    sheet = Sheet(
        (kept("Issue"), kept("Clock"), kept("Due now"), kept("Would be due"), wrapped(""))
    )
    for move in shown:
        for clock in move.clocks:
            sheet.add(
                move.number or move.stream,
                clock.clock,
                local(clock.old_due_at, time_zone),
                local(clock.new_due_at, time_zone),
                _told(clock),
            )
        if not move.clocks and move.obstacle is None:
            sheet.add(move.number or move.stream, "—")
    stuck = [move for move in moves if move.obstacle is not None]
    parts: list[RenderableType] = [sheet] if sheet.rows else []
    if len(moves) > len(shown):
        parts.append(Text(f"… and {len(moves) - len(shown):,} more issues: --json has all", SECOND))
    for move in stuck[:ISSUES_SHOWN_MAX]:
        parts.append(Text.assemble(("✗ ", "red"), f"{move.stream} cannot move: {move.obstacle}"))
    parts += [Text(), _figures(_total(moves)), Text("Nothing was written.", SECOND)]
    return Group(*parts)


def published_plain(
    row: PublicationRow, calendar: WorkingCalendar, figures: Figures, safe: bool
) -> dict[str, object]:
    """Return a publication and what it did."""
    return {
        "publication": publication_name(row),
        "calendar": row.calendar,
        "hash": row.hash,
        "previous": row.previous,
        "valid_until": calendar.valid_until,
        "at": written(row.at),
        "author": row.author,
        "reason": row.reason,
        "figures": asdict(figures),
        "workflow_stood_by": safe,
    }


def published(row: PublicationRow, calendar: WorkingCalendar, figures: Figures) -> RenderableType:
    """Return what came into force, and what became of the issues."""
    head = f"{row.calendar} is in force, published to {calendar.valid_until}"
    return Group(
        Text.assemble(("✓ ", "green"), (head, "bold"), (f"  {publication_name(row)}", SECOND)),
        facts((("  version", row.hash), ("  before", row.previous), ("  by", row.author))),
        _figures(figures),
    )


def adopted_plain(plan: PlanRow, figures: Figures, safe: bool) -> dict[str, object]:
    """Return a plan and what it did."""
    moved = figures.issues
    return {**plan_plain(plan, moved), "figures": asdict(figures), "workflow_stood_by": safe}


def adopted(plan: PlanRow, figures: Figures) -> RenderableType:
    """Return what was moved, and how it can be undone."""
    name = plan_name(plan.sequence)
    back = plan.undoes is not None
    head = f"{many(figures.issues, 'issue')} of {plan.zone} moved{' back' if back else ''}"
    undo = f"closeout adopt {plan.zone} --undo {name} --reason … --as … --approved-by …"
    return Group(
        Text.assemble(("✓ ", "green"), (head, "bold"), (f"  {name}", SECOND)),
        _figures(figures),
        Text("") if back else facts((("  to undo", undo),)),
    )


def plan_plain(plan: PlanRow, moved: int) -> dict[str, object]:
    """Return a plan and how many issues it has moved."""
    return {
        "plan": plan_name(plan.sequence),
        "zone": plan.zone,
        "from_terms": plan.from_terms,
        "to_terms": plan.to_terms,
        "undoes": None if plan.undoes is None else plan_name(plan.undoes),
        "author": plan.author,
        "approver": plan.approver,
        "reason": plan.reason,
        "at": written(plan.at),
        "ended_at": None if plan.ended_at is None else written(plan.ended_at),
        "moved": moved,
    }


def plan_list(found: Sequence[ListedPlan]) -> RenderableType:
    """Return a zone's plans, oldest first."""
    if not found:
        return Text("This zone has no plans.")
    sheet = Sheet(
        (
            *(kept("Plan"), kept("Made"), kept("Moved", right=True), kept("Left", right=True)),
            *(kept("Ended"), wrapped("Why")),
        )
    )
    for each in found:
        plan = each.plan
        undoes = "" if plan.undoes is None else f"undoes {plan_name(plan.undoes)}: "
        why = f"{undoes}{plan.reason}\n{plan.author}, approved by {plan.approver}"
        ended = "goes on" if plan.ended_at is None else local(plan.ended_at, "UTC")
        left = "—" if each.left is None else f"{each.left:,}"
        sheet.add(
            plan_name(plan.sequence), local(plan.at, "UTC"), f"{each.moved:,}", left, ended, why
        )
    told = (
        "Left: open issues that are not moved. Why one cannot follow: --dry-run. Times are in UTC."
    )
    return Group(sheet, Text(told, SECOND))


def task_plain(task: OpenTask) -> dict[str, object]:
    """Return a task as plain fields."""
    row = task.row
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "year": row.year,
        "raised_at": written(row.raised_at),
        "raised_by": {"stream": row.stream, "version": row.version},
        "provisional_clocks": task.clocks,
        "published_until": task.published_until,
        "settled_at": None if row.settled_at is None else written(row.settled_at),
        "settled_by": None if row.settled_by is None else f"{PUBLICATION}{row.settled_by}",
        "do": _todo(task),
    }


def task_list(found: Sequence[OpenTask]) -> RenderableType:
    """Return what is to be done, since when, and how much waits for it."""
    if not found:
        return Text("Nothing is to be done.")
    sheet = Sheet((kept("Since"), kept("What"), kept("Waiting", right=True), wrapped("Do")))
    for task in found:
        row = task.row
        what = f"{row.subject}: publish {row.year}\nraised by {row.stream}@{row.version}"
        sheet.add(local(row.raised_at, "UTC"), what, f"{task.clocks:,}", _todo(task) or _done(row))
    waiting = "Waiting: clocks whose deadline is provisional until then. Times are in UTC."
    return Group(sheet, Text(waiting, SECOND))


def _todo(task: OpenTask) -> str | None:
    if task.row.settled_at is not None:
        return None
    until = "" if task.published_until is None else f" ({task.published_until} is its last day)"
    return (
        f"When the days of {task.row.year} are announced, make the calendar{until} with "
        "`closeout calendar import`, then "
        "`closeout calendar publish FILE --reason … --as PERSON@POST`."
    )


def _done(row: TaskRow) -> str:
    return f"done by {PUBLICATION}{row.settled_by}, {local(row.settled_at, 'UTC')}"


def _total(moves: Sequence[IssueMove]) -> Figures:
    figures = Figures()
    for move in moves:
        figures = figures.plus(move)
    return figures


def _issue_plain(move: IssueMove) -> dict[str, object]:
    return {
        "stream": move.stream,
        "number": move.number,
        "obstacle": move.obstacle,
        "clocks": [
            {
                **asdict(clock),
                "old_due_at": None if clock.old_due_at is None else written(clock.old_due_at),
                "new_due_at": None if clock.new_due_at is None else written(clock.new_due_at),
                "shift": clock.shift,
            }
            for clock in move.clocks
        ],
    }


def _told(clock: ClockMove) -> str:
    said = [ARROWS[clock.shift]] if clock.old_due_at is not None else ["stands"]
    if clock.was_provisional and not clock.is_provisional:
        said.append("settled")
    elif clock.is_provisional:
        said.append("provisional")
    if clock.breach_created:
        said.append("breached by this")
    if clock.breach_removed:
        said.append("breach undone")
    return ", ".join(said)


def _figures(figures: Figures) -> RenderableType:
    rows = (
        (figures.issues, "issues"),
        (figures.left, "issues that cannot move and stay where they are"),
        (figures.later, "clocks due later"),
        (figures.earlier, "clocks due earlier"),
        (figures.same, "clocks due as before"),
        (figures.settled, "clocks no longer provisional"),
        (figures.breaches_created, "breaches created"),
        (figures.breaches_removed, "breaches undone"),
    )
    return facts((f"{count:>9,}", told) for count, told in rows if count or told == "issues")
