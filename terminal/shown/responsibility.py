"""Whose time it was: the stretches of an issue's life by holder, and what each held in all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from domain.model import Name
from domain.responsibility import Held, Holder, HolderKind, Total, totals
from terminal.shown.frames import SECOND, Sheet, kept, names, wrapped
from terminal.shown.names import CLOSEOUT, Names
from terminal.shown.times import exact, length, local

PER_MILLE = 1000
KINDS = {
    HolderKind.ARBITER: Name(zh="裁决", en="arbiter"),
    HolderKind.REPORTER: Name(zh="企业", en="reporter"),
    HolderKind.EXTERNAL: Name(zh="外部", en="outside"),
}
CALENDAR = Name(zh="日历", en="calendar: closed")
PARKED = Name(zh="挂账", en="parked: nobody's")


@dataclass(slots=True)
class _Line:
    """One holder's stretches, and the closed hours between them."""

    held: Held
    to_at: datetime
    counted_ms: int
    closed_ms: int = 0


def time_held_plain(held: Sequence[Held]) -> dict[str, object]:
    """Return the partition for a machine; a share is in thousandths of what was counted."""
    sums = totals(held)
    counted_ms = sum(each.counted_ms for each in sums)
    return {
        "life_ms": sum(each.passed_ms for each in sums),
        "counted_ms": counted_ms,
        "totals": [
            each.model_dump(mode="json") | {"share_per_mille": _share(each, counted_ms)}
            for each in sums
        ],
        "stretches": held,
    }


def time_held(head: str, held: Sequence[Held], called: Names) -> RenderableType:
    """Return the stretches and the sums; closed hours within one holder's time share its line."""
    zone = called.time_zone
    sheet = Sheet(
        (
            kept("From"),
            kept("To"),
            wrapped("Holder"),
            kept("Working time", right=True),
            wrapped("Why"),
        )
    )
    for line in _lines(held):
        closed = line.held.holder.kind is HolderKind.CALENDAR
        sheet.add(
            local(line.held.from_at, zone),
            local(line.to_at, zone),
            _holder(line.held.holder, called),
            "—" if closed else exact(line.counted_ms),
            _why(line),
            style=SECOND if closed else None,
        )
    end = Text(f"times in {zone}; --json has every stretch by itself", SECOND)
    return Group(Text(head, "bold"), sheet, Text(""), _totals(held, called), end)


def _lines(held: Sequence[Held]) -> Iterator[_Line]:
    """Yield one line for what one event brought to one holder."""
    line: _Line | None = None
    closed: list[Held] = []
    for each in held:
        if each.holder.kind is HolderKind.CALENDAR:
            closed.append(each)
            continue
        if line is not None and _same(line, closed, each):
            line.to_at = each.to_at
            line.counted_ms += each.counted_ms
            line.closed_ms += sum(gap.passed_ms for gap in closed)
            closed = []
            continue
        if line is not None:
            yield line
        yield from _closings(closed)
        line, closed = _Line(each, each.to_at, each.counted_ms), []
    if line is not None:
        yield line
    yield from _closings(closed)


def _same(line: _Line, closed: Sequence[Held], each: Held) -> bool:
    """Tell whether a stretch goes on where the line was interrupted by closed hours alone."""
    mine = line.held
    joined = line.to_at == (closed[0].from_at if closed else each.from_at)
    return joined and (mine.holder, mine.why, mine.cause_version) == (
        each.holder,
        each.why,
        each.cause_version,
    )


def _closings(closed: Sequence[Held]) -> Iterator[_Line]:
    for each in closed:
        yield _Line(each, each.to_at, 0)


def _holder(holder: Holder, called: Names) -> Text:
    kind = KINDS.get(holder.kind)
    name = names(_name(holder, called))
    return name if kind is None else name.append(f"\n{kind.zh} {kind.en}", SECOND)


def _name(holder: Holder, called: Names) -> Name:
    match holder.kind:
        case HolderKind.UNIT | HolderKind.EXTERNAL:
            return called.unit(holder.id)
        case HolderKind.POST | HolderKind.ARBITER:
            return called.post(holder.id)
        case HolderKind.REPORTER:
            return called.enterprise(holder.id)
        case HolderKind.CALENDAR:
            return CALENDAR
        case HolderKind.PLATFORM:
            return CLOSEOUT
        case HolderKind.PARKED:
            return PARKED


def _why(line: _Line) -> Text:
    text = names(line.held.why)
    if line.held.holder.kind is HolderKind.CALENDAR:
        return text
    text.append(f"\nevent {line.held.cause_version}", SECOND)
    if line.closed_ms:
        text.append(f"; closed for {length(line.closed_ms)} meanwhile", SECOND)
    return text


def _totals(held: Sequence[Held], called: Names) -> Sheet:
    sheet = Sheet(
        (wrapped("Holder"), kept("Working time", right=True), kept("Share", right=True), kept(""))
    )
    sums = totals(held)
    counted_ms = sum(each.counted_ms for each in sums)
    for each in sums:
        share = _share(each, counted_ms)
        if each.holder.kind is HolderKind.CALENDAR:
            closed = f"closed for {length(each.passed_ms)}"
            sheet.add(_holder(each.holder, called), "—", "—", closed, style=SECOND)
        else:
            told = f"{share // 10}.{share % 10} %"
            sheet.add(_holder(each.holder, called), exact(each.counted_ms), told)
    passed = f"of {length(sum(each.passed_ms for each in sums))} that it was open"
    sheet.add("in all", Text(exact(counted_ms), "bold"), "", Text(passed, SECOND))
    return sheet


def _share(total: Total, counted_ms: int) -> int:
    return total.counted_ms * PER_MILLE // counted_ms if counted_ms else 0
