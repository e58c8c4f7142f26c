"""Clocks as they were known then and as they are known now, side by side where they differ."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from audit.timeline import TITLES
from domain.durations import Basis
from domain.known import ClockView, Difference, KnownClock
from terminal.shown.frames import SECOND, Sheet, inline, kept
from terminal.shown.names import Names
from terminal.shown.times import length, local

AGREED = "Both views agree: nobody has said that a fact took place before it was recorded."
STANDS = "Deadlines, breaches and verdicts in force are those as known then; nothing changes them."


def known_plain(clocks: Sequence[KnownClock]) -> list[dict[str, object]]:
    """Return both views of every cycle for a machine."""
    return [each.model_dump(mode="json") | {"differs": each.then != each.now} for each in clocks]


def known(head: str, clocks: Sequence[KnownClock], called: Names) -> RenderableType:
    """Return the cycles whose two views differ."""
    differing = [each for each in clocks if each.then != each.now or each.differences]
    parts: list[RenderableType] = [Text(head, "bold")]
    if not differing:
        return Group(*parts, Text(AGREED))
    for each in differing:
        parts += [Text(""), *_clock(each, called)]
    same = len(clocks) - len(differing)
    left_out = f"the same in both views: {same} of {len(clocks)} clocks and cycles\n"
    end = f"{left_out}{STANDS}\ntimes in {called.time_zone}"
    return Group(*parts, Text(""), Text(end, SECOND))


def _clock(each: KnownClock, called: Names) -> Iterator[RenderableType]:
    name = called.clock(each.clock, each.rule)
    title = Text.assemble((name.zh, "bold"), f" {name.en}")
    yield title.append(f"  {each.clock}, cycle {each.cycle}", SECOND)
    sheet = Sheet((kept(""), kept("As known then"), kept("As known now")))
    told = zip(_rows(each, each.then, called), _rows(each, each.now, called), strict=True)
    for (label, then), (_, now) in told:
        sheet.add(label, then, Text(now, "yellow") if now != then else now)
    yield sheet
    for difference in each.differences:
        yield _difference(difference, called)


def _rows(each: KnownClock, view: ClockView, called: Names) -> Iterator[tuple[str, str]]:
    zone, in_days = called.time_zone, each.basis is Basis.WALL
    yield "began", local(view.started_at, zone)
    yield "ended", local(view.ended_at, zone)
    given = length(view.budget_ms, in_days=in_days)
    yield "spent", f"{length(view.elapsed_ms, in_days=in_days)} of {given}"
    yield "due", local(view.due_at, zone)
    yield "overdue", "yes" if view.breached else "no"


def _difference(difference: Difference, called: Names) -> Text:
    zone = called.time_zone
    text = Text.assemble(f"event {difference.version} ", inline(TITLES[difference.kind]))
    text.append(f": took place {local(difference.took_place_at, zone)}")
    text.append(f" ({difference.ground}), recorded {local(difference.recorded_at, zone)}", SECOND)
    if difference.counted_at != difference.took_place_at:
        counted = local(difference.counted_at, zone)
        text.append(f"; counted from {counted}, to keep the order of its moves", SECOND)
    return text
