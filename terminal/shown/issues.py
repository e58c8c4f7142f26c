"""Issues: the list, one issue in full, and what a command came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from domain.duration_text import written_duration
from domain.issue import Request
from domain.reading import Reading
from domain.team import Part, unmet
from domain.view import CommandResult, IssueView
from terminal.shown.clocks import clock_readings
from terminal.shown.frames import (
    SECOND,
    Column,
    Sheet,
    facts,
    inline,
    kept,
    names,
    stacked,
    wrapped,
)
from terminal.shown.names import Names
from terminal.shown.procedures import procedure_facts
from terminal.shown.standing import standing_facts
from terminal.shown.times import away, local, near
from terminal.shown.words import word


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as it is shown, and what its ids are called."""

    view: IssueView
    names: Names


@dataclass(frozen=True, slots=True)
class SeenInFull(Seen):
    """An issue, what each of its clocks shows now, and what waits for an answer."""

    readings: tuple[Reading, ...]
    request: Request | None
    reply_wanted: bool


def issue_list(issues: Sequence[Seen], following: str | None) -> RenderableType:
    """Return the list of issues; `following` is the command that shows the next page."""
    if not issues:
        return Text("No issue fits. `closeout report` reports one.", SECOND)
    sheet = Sheet(
        (
            kept("Issue"),
            Column("Enterprise"),
            Column("Category"),
            kept("Phase"),
            Column("Owner"),
            kept("Deadline"),
        )
    )
    for seen in issues:
        view, called = seen.view, seen.names
        sheet.add(
            _identity(view),
            names(called.enterprise(view.enterprise)),
            names(called.category(view.category)),
            _phase(view),
            _owner(seen),
            _deadline(seen),
        )
    zones = sorted({seen.names.time_zone for seen in issues})
    end = Text(f"{len(issues)} shown; times in {', '.join(zones)}", SECOND)
    if following is not None:
        end.append(f"\nmore: {following}")
    return Group(sheet, end)


def _identity(view: IssueView) -> Text:
    stream = f"{view.zone}/{view.key}"
    return Text(stream) if view.number is None else stacked(view.number, stream)


def _phase(view: IssueView) -> Text:
    name = word(view.phase if view.outcome is None else view.outcome)
    if view.waiting_for is not None:
        name = word("paused")
    return names(name)


def _owner(seen: Seen) -> Text:
    return names(seen.names.post(seen.view.owner))


def _deadline(seen: Seen) -> Text:
    view = seen.view
    if view.deadline_at is None:
        return Text("—", SECOND)
    style = "yellow" if view.overdue else SECOND
    when = near(view.deadline_at, view.at, seen.names.time_zone)
    left = Text(away(view.deadline_at, view.at), style)
    return stacked(when, left.append(" 暂定 provisional", "yellow") if view.provisional else left)


def command_result(
    result: CommandResult, seen: Seen, position: int | None = None
) -> RenderableType:
    """Return what a command came to, where the ledger has it, and where the issue stands now."""
    view = seen.view
    head = Text.assemble(("✓ ", "green"), (f"{result.zone}/{result.key}", "bold"))
    head.append(f"  {', '.join(result.events) or 'nothing changed'}")
    if result.repeated:
        head.append("  (sent before: this is the first answer)", SECOND)
    return Group(
        head,
        facts(
            (
                ("  number", view.number),
                ("  version", str(result.version)),
                ("  position", None if position is None else str(position)),
                ("  phase", _standing(view)),
                ("  owner", _tiered(seen)),
                ("  deadline", _deadline_line(seen)),
                ("  command", Text(result.command_id, SECOND)),
            )
        ),
    )


def issue_plain(seen: SeenInFull) -> dict[str, object]:
    """Return all of it for a machine."""
    return seen.view.model_dump(mode="json") | {
        "readings": seen.readings,
        "request": seen.request,
        "reply_wanted": seen.reply_wanted,
    }


def issue_in_full(seen: SeenInFull) -> RenderableType:
    """Return all that is to be said about an issue now."""
    view, called = seen.view, seen.names
    head = Text.assemble((view.number or f"{view.zone}/{view.key}", "bold"), f"  {view.title}")
    parts: list[RenderableType] = [head, facts((*_facts(seen), *_wanted(seen))), Text("")]
    if view.clocks:
        parts += [clock_readings(view.clocks, seen.readings, called), Text("")]
    if view.parts:
        parts += [_team(seen), Text("")]
    ends = f"version {view.version}; times in {called.time_zone}"
    return Group(
        *parts, Text(f"{ends}; `closeout why {view.zone} {view.key}` derives them", SECOND)
    )


def _facts(seen: Seen) -> Iterable[tuple[str, str | Text | None]]:
    view, called = seen.view, seen.names
    zone = called.time_zone
    yield "issue", f"{view.zone}/{view.key}"
    yield "enterprise", _called(inline(called.enterprise(view.enterprise)), view.enterprise)
    yield "category", _called(inline(called.category(view.category)), view.category)
    yield "priority", inline(word(view.priority))
    yield "phase", _standing(view)
    yield "owner", _tiered(seen)
    if view.handler != view.owner:
        yield "handler", _called(inline(called.post(view.handler)), view.handler)
    if view.unit is not None:
        yield "unit", _called(inline(called.unit(view.unit)), view.unit)
    yield "reported", local(view.reported_at, zone)
    yield "accepted", None if view.accepted_at is None else local(view.accepted_at, zone)
    yield "closed", None if view.closed_at is None else local(view.closed_at, zone)
    yield "deadline", _deadline_line(seen)
    yield from standing_facts(view, called)
    yield from procedure_facts(view)
    if view.under_review:
        yield "review", "put to a thematic study"
    if view.resolution is not None:
        said = Text.assemble(inline(word(view.resolution.result)), ": ", view.resolution.summary)
        yield "resolution", said
    if view.sign_off_round:
        outcome = "no answer yet" if view.sign_off is None else inline(word(view.sign_off))
        yield "sign-off", Text.assemble(outcome, (f"  round {view.sign_off_round}", SECOND))
    if view.on_silence is not None:
        yield "if silent", _silence(seen)
    untold = f"{len(view.notices)}{' and more' if view.more_notices else ''} to be told"
    yield "notices", untold if view.notices else None


def _silence(seen: Seen) -> Text:
    """What the enterprise was told its silence will mean, and by when that is now (R8.4)."""
    view = seen.view
    text = Text() if view.on_silence is None else inline(word(view.on_silence))
    by = (
        "its time stands" if view.silent_at is None else local(view.silent_at, seen.names.time_zone)
    )
    return text.append(f"  {by}", SECOND)


def _standing(view: IssueView) -> Text:
    text = inline(word(view.phase))
    if view.outcome is not None:
        text = text.append(", ").append_text(inline(word(view.outcome)))
    if view.waiting_for is not None:
        text = text.append(", ").append_text(inline(word(view.waiting_for)))
        if view.waiting_party is not None:
            text.append(f" ({view.waiting_party})", SECOND)
    return text


def _tiered(seen: Seen) -> Text:
    view = seen.view
    text = _called(inline(seen.names.post(view.owner)), view.owner)
    reached = f", reached {view.tier_reached}" if view.tier_reached > view.tier else ""
    return text.append(f"  tier {view.tier}{reached}")


def _called(text: Text, id_: str) -> Text:
    return text.append(f"  {id_}", SECOND)


def _deadline_line(seen: Seen) -> Text | None:
    view = seen.view
    if view.deadline_at is None:
        return None
    text = Text(local(view.deadline_at, seen.names.time_zone))
    text.append(f"  {away(view.deadline_at, view.at)}", "yellow" if view.overdue else SECOND)
    if view.provisional:
        text.append("  暂定 provisional: past the days that are published", "yellow")
    return text


def _wanted(seen: SeenInFull) -> Iterable[tuple[str, str | Text | None]]:
    """Say what somebody has asked for and nobody has answered."""
    if seen.reply_wanted:
        yield "reply", Text("督办待回复 a supervisor waits for a reply", "yellow")
    request = seen.request
    if request is None:
        return
    asked = Text.assemble(inline(word(f"{request.asked}_asked")), (" unanswered", "yellow"))
    if request.clock is not None and request.extra is not None:
        asked.append(f": {written_duration(request.extra)} more for {request.clock}")
    if request.reason is not None:
        asked.append(": ").append_text(inline(word(request.reason)))
    if request.party is not None:
        asked.append(f" ({request.party})", SECOND)
    since = local(request.asked_at, seen.names.time_zone)
    by = "" if request.asked_by is None else f" by {request.asked_by}"
    yield "asked", asked.append(f"  since {since}{by}", SECOND).append(f"\n{request.note}")


def _team(seen: Seen) -> RenderableType:
    view, called = seen.view, seen.names
    sheet = Sheet(
        (kept("Part"), Column("Unit"), Column("Duty"), kept("Standing"), wrapped("Deliverable"))
    )
    for part in view.parts:
        late = Text("逾期 late ", "yellow") if part.late and not part.is_settled else Text("")
        sheet.add(
            part.id,
            names(called.unit(part.unit)).append(_through(part.proxy), SECOND),
            names(word(part.duty)).append("" if part.required else ", optional", SECOND),
            late.append_text(names(word(part.standing))).append(_waits(part, view.parts), SECOND),
            part.deliverable,
        )
    if view.team_lead is None:
        return sheet
    lead = inline(called.unit(view.team_lead))
    return Group(Text.assemble(("Joint team", "bold"), ", lead ", lead), sheet)


def _through(proxy: str | None) -> str:
    return "" if proxy is None else f"\n经 through {proxy}"


def _waits(part: Part, parts: tuple[Part, ...]) -> str:
    if part.arbiter is not None:
        return f"\nto be ruled by {part.arbiter}"
    waits = unmet(part, parts)
    return f"\nfor {', '.join(waits)}" if waits else ""
