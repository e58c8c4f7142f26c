"""How a deadline was derived: what was given, what counted, and that it adds up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from rich.console import Group, RenderableType
from rich.text import Text

from audit.why import Choice, Derivation, RungDerivation
from domain.clocks import Standing
from domain.durations import Basis, Duration, NaturalDays, OpenHours, Wall, WorkingDays
from terminal.shown.days import day_lines
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept
from terminal.shown.names import Names
from terminal.shown.times import away, exact, length, local
from terminal.shown.words import word


@dataclass(frozen=True, slots=True)
class Setting:
    """What a derivation is shown against. `wake_at` gives an instant's wake-up, spread or not."""

    names: Names
    now: datetime
    wake_at: Callable[[datetime], datetime]


def derivations(derived: Sequence[Derivation], left_out: int, setting: Setting) -> RenderableType:
    """Return each derivation, one below the other."""
    parts: list[RenderableType] = []
    for each in derived:
        parts += [_derivation(each, setting), Text("")]
    if left_out:
        parts.append(Text(f"clocks that have ended: {left_out}; --all shows them too", SECOND))
    parts.append(Text(f"times in {setting.names.time_zone}", SECOND))
    return Group(*parts)


def _derivation(derived: Derivation, setting: Setting) -> RenderableType:
    name = setting.names.clock(derived.clock, derived.rule)
    head = Text.assemble((name.zh, "bold"), f" {name.en}")
    head.append(f"  {derived.clock}, cycle {derived.cycle}", SECOND)
    return Group(
        head,
        facts(_facts(derived, setting)),
        Text(""),
        _days(derived),
        Text(""),
        _rungs(derived, setting),
    )


def _facts(derived: Derivation, setting: Setting) -> Iterator[tuple[str, str | Text | None]]:
    zone = derived.time_zone
    yield "  standing", inline(word(derived.verdict or derived.standing))
    if derived.due_at is not None:
        due = Text(local(derived.due_at, zone, seconds=True), "bold")
        late = derived.due_at < setting.now
        due.append(f"  {away(derived.due_at, setting.now)}", "yellow" if late else SECOND)
        if derived.provisional:
            due.append("  provisional: past the last day that the calendar publishes", "yellow")
        yield "  due", due
    budget = Text(_duration(derived.choice.duration))
    budget.append(f" = {exact(derived.budget_ms)} of {_counted(derived.basis)}")
    yield "  budget", budget
    if derived.unspent_ms:
        yield "  left over", f"{exact(derived.unspent_ms)} when it last ran"
    yield "  chosen", _choice(derived.choice)
    yield "  source", derived.source
    yield "  since", f"{local(derived.anchor_at, zone, seconds=True)}  event {derived.version}"
    calendar = inline(derived.calendar_name).append(
        f"  {derived.calendar} {derived.calendar_hash[:12]}, tzdata {derived.tzdata}",
        SECOND,
    )
    yield "  calendar", calendar
    yield "  terms", Text(derived.terms[:12], SECOND)


def _duration(duration: Duration) -> str:
    match duration:
        case Wall():
            return f"{duration.minutes} minutes"
        case OpenHours():
            return f"{length(duration.minutes * 60_000, in_days=False)} of opening hours"
        case WorkingDays() | NaturalDays():
            kind = "working" if isinstance(duration, WorkingDays) else "calendar"
            end = "the day's end" if duration.due == "end_of_day" else "the same time of day"
            start = "today" if duration.count_from == "today" else "the next day"
            return f"{duration.days} {kind} days from {start}, to {end}"
        case _:
            assert_never(duration)


def _counted(basis: Basis) -> str:
    return "opening hours" if basis is Basis.OPEN else "all time"


def _choice(choice: Choice) -> str:
    asks = [
        *([] if choice.tier is None else [f"tier {choice.tier}"]),
        *([] if choice.priority is None else [f"{choice.priority} priority"]),
    ]
    fits = f"for {' and '.join(asks)}" if asks else "for any issue"
    if choice.fallback:
        fits = "the last one, since none fits"
    issue = f"tier {choice.issue_tier}, {choice.issue_priority}"
    return f"budget {choice.place} of {choice.of}, {fits} (this issue: {issue})"


def _days(derived: Derivation) -> Sheet:
    """Return every day that counted or was passed over, each pause, and the sum."""
    sheet = Sheet((kept("Day"), kept("Counted", right=True), kept("From to"), Column("Why")))
    zone = derived.time_zone
    for stretch in derived.stretches:
        if stretch.standing is Standing.PAUSED:
            waits = "" if stretch.reason is None else f": {word(stretch.reason).en}"
            until = "now" if stretch.to_at is None else local(stretch.to_at, zone)
            since = local(stretch.from_at, zone)
            sheet.add(since, "—", f"to {until}", Text(f"暂停 paused{waits}", "yellow"))
        for line in day_lines(stretch.spans, zone):
            sheet.add(*line)
        if stretch.over_ms:
            over = Text(exact(stretch.over_ms), "yellow")
            until = f"to {local(stretch.to_at, zone)}"
            sheet.add("", over, until, Text("past the deadline", "yellow"))
    if derived.unspent:
        sheet.add("left over:", style=SECOND)
    for line in day_lines(derived.unspent, zone):
        sheet.add(*line, style=SECOND)
    total_ms = derived.counted_ms + derived.unspent_ms
    sheet.add("sum", Text(exact(total_ms), "bold"), "", _sum(derived))
    return sheet


def _sum(derived: Derivation) -> Text:
    if derived.adds_up:
        return Text("= budget", "green")
    return Text(f"is not the budget of {exact(derived.budget_ms)}", "red")


def _rungs(derived: Derivation, setting: Setting) -> Sheet:
    sheet = Sheet(
        (kept("Rung"), kept("At", right=True), kept("Effect"), kept("Due"), Column("Fired"))
    )
    for rung in derived.rungs:
        sheet.add(
            rung.id,
            f"{rung.percent} %",
            rung.effect,
            local(rung.due_at, derived.time_zone, seconds=True),
            _fired(rung, setting),
        )
    return sheet


def _fired(rung: RungDerivation, setting: Setting) -> Text:
    if rung.fired_at is not None and rung.late_ms is not None:
        return Text(f"event {rung.version}, {length(rung.late_ms)} after it was due")
    if rung.due_at is None:
        return Text("—", SECOND)
    text = Text(away(rung.due_at, setting.now), SECOND)
    spread = setting.wake_at(rung.due_at) - rung.due_at
    ms = round(spread.total_seconds() * 1000)
    return text.append(f", wakes +{length(ms)}", SECOND) if ms > 0 else text
