"""What the clocks of an issue show: spent, left, due, and what they would show if resumed now."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from domain.clocks import Clock, Standing
from domain.durations import Basis
from domain.reading import Reading
from terminal.shown.frames import SECOND, Column, Sheet, kept, names, stacked
from terminal.shown.names import Names
from terminal.shown.times import away, length, local, near
from terminal.shown.words import word

PROVISIONAL = "* provisional: past the last day that the calendar has published"
MEASURES = (
    "spent: what counted (net) of what was given; gross: all that passed since the clock began, "
    "pauses included"
)


def clock_readings(
    clocks: Sequence[Clock], readings: Sequence[Reading], called: Names
) -> RenderableType:
    """Return what each clock shows (R1.2), those that run first."""
    sheet = Sheet(
        (
            Column("Clock"),
            kept("Cycle", right=True),
            Column("Standing"),
            kept("Spent"),
            kept("Left"),
            kept("Due"),
            Column("Next rung"),
        )
    )
    pairs = zip(clocks, readings, strict=True)
    for clock, reading in sorted(pairs, key=lambda pair: _order(pair[0])):
        sheet.add(
            names(called.clock(clock.id, clock.rule)),
            str(clock.cycle),
            _standing(clock, reading),
            _spent(reading),
            _left(clock, reading),
            _due(reading, called.time_zone),
            _next_rung(clock, reading),
            style=None if clock.is_live else SECOND,
        )
    shown = any(each.provisional and each.due_at for each in readings)
    notes = [MEASURES, PROVISIONAL] if shown else [MEASURES]
    return Group(sheet, Text("\n".join(notes), SECOND))


def _order(clock: Clock) -> tuple[bool, bool]:
    return not clock.is_live, clock.due_at is None


def _standing(clock: Clock, reading: Reading) -> Text:
    if not clock.is_live:
        return names(word(clock.standing if clock.verdict is None else clock.verdict))
    text = names(word(clock.standing))
    if reading.born_breached:
        return text.append("\n改后即逾期 born overdue", "yellow")
    return text.append("\n逾期 overdue", "yellow") if reading.breached else text


def _told(ms: int, reading: Reading) -> str:
    return length(ms, in_days=reading.basis is Basis.WALL)


def _spent(reading: Reading) -> Text:
    given = f"{_told(reading.net_ms, reading)} of {_told(reading.budget_ms, reading)}"
    text = stacked(given, f"gross {_told(reading.gross_ms, reading)}")
    if reading.extended_ms:
        text.append(f"\nextended by {_told(reading.extended_ms, reading)}", SECOND)
    return text


def _left(clock: Clock, reading: Reading) -> Text:
    if not clock.is_live:
        return Text("—", SECOND)
    if reading.over_ms:
        return stacked(Text(_told(reading.over_ms, reading), "yellow"), Text("over", "yellow"))
    return Text(_told(reading.remaining_ms, reading))


def _due(reading: Reading, time_zone: str) -> Text:
    if reading.due_at is not None:
        due = Text(local(reading.due_at, time_zone) + (" *" if reading.provisional else ""))
        return due.append("\n" + away(reading.due_at, reading.at), SECOND)
    if reading.due_at_if_resumed_now is None:
        return Text("—", SECOND)
    resumed = near(reading.due_at_if_resumed_now, reading.at, time_zone)
    return stacked("—", f"if resumed now\n{resumed}")


def _next_rung(clock: Clock, reading: Reading) -> Text:
    rung = clock.next_rung
    if rung is None or clock.standing is not Standing.RUNNING:
        return Text("—", SECOND)
    return stacked(rung.id, away(rung.due_at, reading.at))
