"""What another handbook would have come to: sums, load by holder, the issues that differ."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from audit.again import Forbidden
from audit.backtest import Trial
from audit.backtest_run import Backtest
from audit.backtest_totals import Pair, Totals
from audit.course import Course
from domain.model import written
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, kept, wrapped
from terminal.shown.times import length, local

ISSUES_SHOWN_MAX = 30
HOLDERS_SHOWN_MAX = 20
UNKNOWN = (
    "Acts stand as they were recorded: what people would have done otherwise nobody knows. "
    "Nothing was written."
)


def backtested_plain(tried: Backtest) -> dict[str, object]:
    """Return the sums, and each issue that differs, in order of stream."""
    return {
        "totals": tried.totals.plain(),
        "issues": [_trial_plain(trial) for trial in tried.trials],
        "issues_left_out": tried.left_out,
    }


def backtested(tried: Backtest, name: str | None, time_zone: str) -> RenderableType:
    """Return the sums, the load, and a line for each deadline that would have been another. `name`
    is the handbook's; None: each issue was tried under what it stood under."""
    totals = tried.totals
    told = f"{many(totals.issues, 'issue')} tried under {name or 'what each stood under'}: "
    told += "none differs." if not totals.differing else f"{totals.differing:,} would differ."
    parts: list[RenderableType] = [Text(told), Text()]
    if totals.differing:
        parts += [_sums(totals), Text(), _load(totals), Text(), _issues(tried, time_zone), Text()]
    if totals.unplayable:
        parts.append(Text(f"{many(totals.unplayable, 'issue')} could not even be reported."))
    if totals.unreadable:
        parts.append(Text(f"{many(totals.unreadable, 'issue')} cannot be read.", "red"))
    parts.append(Text(UNKNOWN, SECOND))
    return Group(*parts)


def _sums(totals: Totals) -> RenderableType:
    sheet = Sheet((kept(""), kept("Was", right=True), kept("Would be", right=True)))
    rows: list[tuple[str, Pair]] = [
        ("deadlines", totals.deadlines),
        ("passed", totals.breaches),
        *((f"  of {clock}", pair) for clock, pair in sorted(totals.breaches_by_clock.items())),
        ("rungs fired", totals.rungs),
        ("escalations", totals.escalations),
    ]
    for label, pair in rows:
        sheet.add(label, f"{pair.was:,}", f"{pair.after:,}")
    moved = f"{many(totals.earlier, 'deadline')} earlier, {totals.later:,} later; "
    moved += f"{many(totals.owners, 'issue')} with another owner."
    parts: list[RenderableType] = [sheet, Text(), Text(moved)]
    for (kind, code), count in sorted(totals.forbidden.items()):
        parts.append(Text(f"{many(count, 'act')} {kind} would have been refused: {code}."))
    return Group(*parts)


def _load(totals: Totals) -> RenderableType:
    sheet = Sheet(
        (
            kept("Held by"),
            kept("Issues", right=True),
            kept("Would be", right=True),
            kept("Office hours", right=True),
            kept("Would be", right=True),
        )
    )
    heaviest = sorted(
        totals.load.items(),
        key=lambda each: (-each[1].office_ms.was, each[0].kind, each[0].id),
    )
    for holder, load in heaviest[:HOLDERS_SHOWN_MAX]:
        sheet.add(
            f"{holder.kind.value} {holder.id}",
            f"{load.issues.was:,}",
            f"{load.issues.after:,}",
            length(load.office_ms.was, in_days=False),
            length(load.office_ms.after, in_days=False),
        )
    return sheet


def _issues(tried: Backtest, time_zone: str) -> RenderableType:
    sheet = Sheet((kept("Issue"), kept("Clock"), kept("Due"), kept("Would be due"), wrapped("")))
    for trial in tried.trials[:ISSUES_SHOWN_MAX]:
        name = trial.number or trial.stream
        for clock, was, after in deadlines_apart(trial.was, trial.after):
            sheet.add(name, clock, local(was, time_zone), local(after, time_zone))
            name = ""
        for act in trial.forbidden:
            sheet.add(name, "", "", "", f"{act.kind} refused: {act.code}")
            name = ""
        if name:
            sheet.add(name, "", "", "", "rungs, owner or load differ")
    left = tried.totals.differing - min(ISSUES_SHOWN_MAX, len(tried.trials))
    if left <= 0:
        return sheet
    return Group(sheet, Text(f"… and {many(left, 'issue')} more: --json has them", SECOND))


def deadlines_apart(
    was: Course, after: Course | None
) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Yield each cycle whose deadline is another, with both."""
    old = {(each.clock, each.cycle): each.due_at for each in was.deadlines}
    found = () if after is None else after.deadlines
    new = {(each.clock, each.cycle): each.due_at for each in found}
    for clock, cycle in sorted(old.keys() | new.keys()):
        then, now = old.get((clock, cycle)), new.get((clock, cycle))
        if then != now:
            yield f"{clock} {cycle}" if cycle > 1 else clock, then, now


def _trial_plain(trial: Trial) -> dict[str, object]:
    return {
        "issue": trial.stream,
        "number": trial.number,
        "enterprise": trial.enterprise,
        "category": trial.category,
        "reported_at": written(trial.reported_at),
        "was": course_plain(trial.was),
        "would_be": None if trial.after is None else course_plain(trial.after),
        "forbidden": [forbidden_plain(act) for act in trial.forbidden],
    }


def course_plain(course: Course) -> dict[str, object]:
    """Return what a life came to, for JSON."""
    return {
        "phase": course.phase.value,
        "outcome": None if course.outcome is None else course.outcome.value,
        "tier": course.tier,
        "owner": course.owner,
        "escalations": course.escalations,
        "deadlines": [
            {
                "clock": each.clock,
                "cycle": each.cycle,
                "due_at": None if each.due_at is None else written(each.due_at),
                "breached_at": None if each.breached_at is None else written(each.breached_at),
            }
            for each in course.deadlines
        ],
        "rungs": [
            {
                "clock": each.clock,
                "cycle": each.cycle,
                "rung": each.rung,
                "due_at": written(each.due_at),
            }
            for each in course.rungs
        ],
        "held": [
            {
                "kind": each.holder.kind.value,
                "id": each.holder.id,
                "office_ms": each.office_ms,
                "passed_ms": each.passed_ms,
            }
            for each in course.held
        ],
    }


def forbidden_plain(act: Forbidden) -> dict[str, object]:
    """Return an act that was refused, for JSON."""
    return {
        "command_id": act.command_id,
        "command": act.kind,
        "at": written(act.at),
        "error": act.code,
        "message": act.message,
    }
