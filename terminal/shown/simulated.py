"""What a simulated year came to: months, whoever had the issues, the hash."""

from rich.console import Group, RenderableType
from rich.text import Text

from audit.year_sums import HolderSums, SimulatedYear, YearSums
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, kept

PERCENT = 100


def simulated(year: SimulatedYear) -> RenderableType:
    """Return a line for each month, one for each holder, and the hash."""
    sums = year.sums
    told = f"{many(sums.issues, 'issue')} in {many(len(year.zones), 'zone')}: "
    told += f"{many(sums.events, 'event')} of {many(sums.commands, 'command')}."
    checked = year.checked
    again = None
    if checked is not None:
        again = f"{checked.identical:,} of {checked.decisions:,} decisions came out again"
    count = sum(len(each.files) for each in year.zones)
    parts: list[RenderableType] = [
        Text(told),
        Text(),
        _months(sums),
        Text(),
        _holders(sums),
        Text(),
        facts(
            (
                ("hash", year.hash),
                ("scenario", year.scenario_hash),
                ("files", f"{count:,}" if count else None),
                ("checked", again),
            )
        ),
    ]
    if year.zones[0].figures is not None:
        parts.append(Text("The figures stand in what --json prints.", SECOND))
    return Group(*parts)


def _months(sums: YearSums) -> RenderableType:
    heads = ("Reported", "Closed", "In time", "Deadlines passed", "Open at its end")
    sheet = Sheet((kept("Month", right=True), *(kept(head, right=True) for head in heads)))
    for number, (month, left) in enumerate(zip(sums.months, sums.open_at_ends(), strict=True), 1):
        sheet.add(
            str(number),
            f"{month.reported:,}",
            f"{month.closed:,}",
            _share(month.in_time, month.closed),
            f"{month.breaches:,}",
            f"{left:,}",
        )
    return sheet


def _holders(sums: YearSums) -> RenderableType:
    heads = ("Issues", "In time", "Passed", "Acts", "Used", "Most a day", "Waiting", "Most waiting")
    sheet = Sheet((kept("Had by"), *(kept(head, right=True) for head in heads)))
    for (kind, id_), own in sorted(sums.holders.items()):
        acts = sum(own.acts)
        if not own.issues and not acts:
            continue
        queue = own.queue()
        sheet.add(
            f"{kind} {id_}",
            f"{own.issues:,}",
            _share(own.issues - own.late, own.issues),
            f"{own.breaches:,}",
            f"{acts:,}",
            _used(own, acts),
            f"{max(own.acts):,}",
            f"{sum(queue) / len(queue):,.1f}",
            f"{max(queue):,}",
        )
    return sheet


def _used(own: HolderSums, acts: int) -> str:
    return "" if not own.places else _share(acts, own.places)


def _share(part: int, whole: int) -> str:
    return f"{PERCENT * part / whole:.1f} %" if whole else "—"
