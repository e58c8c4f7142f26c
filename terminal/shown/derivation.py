"""How a deadline was derived: what was given, what counted, what moved it, and that it adds up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from domain.clocks import Standing
from domain.derivation import Choice, Derivation, RungDerivation, TargetDerivation
from domain.durations import Basis
from terminal.shown.days import day_lines
from terminal.shown.durations import duration_text, rung_text
from terminal.shown.frames import SECOND, Sheet, facts, inline, kept, wrapped
from terminal.shown.moves import event_title, way
from terminal.shown.names import Names
from terminal.shown.times import away, exact, length, local
from terminal.shown.words import word

Row = tuple[str, str | Text | None]


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


def head(clock: str, cycle: int | None, rule: str, names: Names) -> Text:
    """Return what a clock is called, in bold, with its id and cycle."""
    name = names.clock(clock, rule)
    text = Text.assemble((name.zh, "bold"), f" {name.en}")
    return text.append(f"  {clock}{'' if cycle is None else f', cycle {cycle}'}", SECOND)


def _derivation(derived: Derivation, setting: Setting) -> RenderableType:
    parts: list[RenderableType] = [
        head(derived.clock, derived.cycle, derived.rule, setting.names),
        facts(_facts(derived, setting)),
    ]
    several = len(derived.targets) > 1
    for place, target in enumerate(derived.targets, start=1):
        if several:
            parts += [Text(""), _target_head(target, place, len(derived.targets))]
        until = derived.targets[place] if place < len(derived.targets) else None
        deadline = [("  deadline", _deadline(target, until))] if several else []
        parts += [facts((*deadline, *_target_facts(target, until))), Text(""), _days(target)]
    return Group(*parts, Text(""), _rungs(derived, setting))


def _facts(derived: Derivation, setting: Setting) -> Iterator[Row]:
    zone = derived.present.calendar.time_zone
    yield "  standing", inline(word(derived.verdict or derived.standing))
    if derived.due_at is not None:
        due = Text(local(derived.due_at, zone, seconds=True), "bold")
        late = derived.due_at < setting.now
        due.append(f"  {away(derived.due_at, setting.now)}", "yellow" if late else SECOND)
        if derived.present.provisional:
            due.append("  provisional: past the last day that the calendar publishes", "yellow")
        yield "  due", due
    moves = len(derived.targets) - 1
    if moves:
        yield "  changed", f"{moves} time{'s' if moves > 1 else ''}; each limit is derived below"
    yield "  source", derived.source


def _target_head(target: TargetDerivation, place: int, of: int) -> Text:
    name = way(target.rule)
    return Text.assemble((f"时限 {place}/{of} {name.zh}", "bold"), f" {name.en}")


def _target_facts(target: TargetDerivation, until: TargetDerivation | None) -> Iterator[Row]:
    zone = target.calendar.time_zone
    yield from _cause(target)
    yield "  budget", _budget(target)
    if target.unspent_ms:
        last = "when it last ran" if until is None else f"at event {until.cause.version}"
        yield "  left over", f"{exact(target.unspent_ms)} {last}"
    if target.choice is not None:
        yield "  chosen", _choice(target.choice)
    if target.carried:
        yield "  carried on", "what the cycle before had left"
    since = local(target.anchor_at, zone, seconds=True)
    yield "  since", f"{since}  event {target.cause.version}" if target.rule == "start" else since
    if target.counted_from_at is not None:
        yield "  counted from", local(target.counted_from_at, zone, seconds=True)
    yield "  calendar", _calendar(target)
    yield "  terms", Text(target.terms[:12], SECOND)


def _deadline(target: TargetDerivation, until: TargetDerivation | None) -> Text:
    zone = target.calendar.time_zone
    text = Text(local(target.due_at, zone, seconds=True), "bold")
    if target.due_at is None:
        text = Text("none: the clock stood", SECOND)
    if target.was_due_at is not None and target.was_due_at != target.due_at:
        text.append(f"  before: {local(target.was_due_at, zone, seconds=True)}", SECOND)
    if until is not None:
        text.append(f"  until event {until.cause.version}", SECOND)
    if target.born_breached:
        text.append("  born breached: in the past as it was set", "yellow")
    if target.breach_undone:
        text.append("  the breach before is undone", "yellow")
    return text


def _cause(target: TargetDerivation) -> Iterator[Row]:
    cause = target.cause
    if target.rule == "start":
        return
    at = local(cause.at, target.calendar.time_zone)
    yield "  set by", inline(event_title(cause.kind)).append(f"  event {cause.version}, {at}")
    yield "  author", cause.author or cause.by
    yield "  approver", cause.approver
    yield "  reference", cause.reference
    yield "  reason", cause.reason
    if target.superseded:
        named = ", ".join(target.superseded)
        yield "  passed over", Text(f"{named}: superseded, to ring no more", "yellow")


def _budget(target: TargetDerivation) -> Text:
    total = f"{exact(target.budget_ms)} of {_counted(target.basis)}"
    if target.duration is None:
        return Text(total)
    text = Text(duration_text(target.duration))
    if target.extended_ms:
        text.append(f" and {exact(target.extended_ms)} granted")
    if target.carried_ms > 0:
        text.append(f" less {exact(target.carried_ms)} spent before")
    if target.carried_ms < 0:
        text.append(f" and {exact(-target.carried_ms)} granted before and not spent")
    return text if text.plain == total else text.append(f" = {total}")


def _counted(basis: Basis) -> str:
    return "opening hours" if basis is Basis.OPEN else "all time"


def _choice(choice: Choice) -> str:
    asks = [
        *([] if choice.tier is None else [f"tier {choice.tier}"]),
        *([] if choice.priority is None else [f"{choice.priority} priority"]),
        *([f"category {' or '.join(choice.categories)}"] if choice.categories else []),
    ]
    fits = f"for {' and '.join(asks)}" if asks else "for any issue"
    if choice.fallback:
        fits = "the last one, since none fits"
    issue = f"tier {choice.issue_tier}, {choice.issue_priority}"
    if choice.categories:
        issue += f", {choice.issue_category}"
    return f"budget {choice.place} of {choice.of}, {fits} (this issue: {issue})"


def _calendar(target: TargetDerivation) -> Text:
    used = target.calendar
    text = inline(used.name).append(f"  {used.id} {used.hash[:12]}")
    return text.append(f"  published to {used.valid_until}, tzdata {used.tzdata}", SECOND)


def _days(target: TargetDerivation) -> Sheet:
    """Return every day that counted or was passed over, each pause, and the sum."""
    sheet = Sheet((kept("Day"), kept("Counted", right=True), kept("From to"), wrapped("Why")))
    zone = target.calendar.time_zone
    for stretch in target.stretches:
        if stretch.standing is Standing.PAUSED:
            waits = "" if stretch.reason is None else f": {word(stretch.reason).en}"
            until = "now" if stretch.to_at is None else local(stretch.to_at, zone)
            since = local(stretch.from_at, zone)
            sheet.add(since, "—", f"to {until}", Text(f"暂停 paused{waits}", "yellow"))
        if stretch.calendar not in (None, target.calendar.hash):
            other = str(stretch.calendar)[:12]
            sheet.add("", "", f"by calendar {other}", "of the terms before", style=SECOND)
        if stretch.before_start:
            sheet.add("before the clock started:", style=SECOND)
        for line in day_lines(stretch.spans, zone):
            sheet.add(*line)
        if stretch.over_ms:
            over = Text(exact(stretch.over_ms), "yellow")
            until = f"to {local(stretch.to_at, zone)}"
            sheet.add("", over, until, Text("past the deadline", "yellow"))
    if target.unspent:
        sheet.add("left over:", style=SECOND)
    for line in day_lines(target.unspent, zone):
        sheet.add(*line, style=SECOND)
    total_ms = target.counted_ms + target.unspent_ms
    sheet.add("sum", Text(exact(total_ms), "bold"), "", _sum(target, total_ms))
    return sheet


def _sum(target: TargetDerivation, total_ms: int) -> Text:
    if target.adds_up:
        return Text("= budget", "green")
    if total_ms != target.budget_ms:
        return Text(f"is not the budget of {exact(target.budget_ms)}", "red")
    return Text("is not what the events recorded as spent", "red")


def _rungs(derived: Derivation, setting: Setting) -> Sheet:
    sheet = Sheet((kept("Rung"), kept("At"), kept("Effect"), kept("Due"), wrapped("Fired")))
    for rung in derived.rungs:
        sheet.add(
            rung.id,
            rung_text(rung.says),
            rung.effect,
            local(rung.due_at, derived.present.calendar.time_zone, seconds=True),
            _fired(rung, setting),
        )
    return sheet


def _fired(rung: RungDerivation, setting: Setting) -> Text:
    if rung.fired_at is not None and rung.late_ms is not None:
        when = f"{length(rung.late_ms)} after it was due" if rung.late_ms else "as it was due"
        text = Text(f"event {rung.version}, {when}")
        return text.append(", late by us", "yellow") if rung.late_by_us else text
    if rung.passed_over is not None:
        return Text(f"passed over by event {rung.passed_over}", "yellow")
    if rung.due_at is None:
        return Text("—", SECOND)
    if rung.due_at <= setting.now:
        return Text(f"due {away(rung.due_at, setting.now)}, not fired yet", "yellow")
    text = Text(away(rung.due_at, setting.now), SECOND)
    spread = setting.wake_at(rung.due_at) - rung.due_at
    ms = round(spread.total_seconds() * 1000)
    return text.append(f", wakes +{length(ms)}", SECOND) if ms > 0 else text
