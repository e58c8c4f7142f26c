"""Where the matters of the demonstration ended: looked up, held against their files, shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich import box
from rich.table import Table

from demo.matters import MatterEnd, MatterStory
from demo.outcomes_told import in_words
from desk.desk import Desk
from desk.matters import MatterDesk
from desk.notice_templates import words
from domain.days import zone_of
from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.words import MatterStanding
from domain.model import Name

STANDING = {MatterStanding.OPEN: "未结 open", MatterStanding.CLOSED: "已结 closed"}


@dataclass(frozen=True, slots=True)
class MatterEnded:
    """A matter where it ended, and whether that is what its file says. `lines` are what it came to:
    a name in both languages, and what there is to say of it."""

    key: str
    procedure: Name
    standing: MatterStanding
    lines: tuple[tuple[Name, str], ...]
    differs: tuple[str, ...]


async def matters_ended(desk: Desk, story: MatterStory) -> list[MatterEnded]:
    """Look up where each matter of a story ended and hold it against its file."""
    return [await _ended(desk, story.zone, end) for end in story.matters]


async def _ended(desk: Desk, zone: str, end: MatterEnd) -> MatterEnded:
    matter = (await MatterDesk(desk).row(zone, end.key)).matter
    terms = await desk.shelf.version(matter.terms)
    rule = terms.handbook.procedure(matter.procedure)
    if rule is None:
        raise LookupError(f"{matter.stream}: its terms lack the procedure {matter.procedure}")
    figures = {each.id: each for each in figures_of(rule, [matter])}
    firings = sorted(await desk.ledger.firings(matter.stream), key=lambda row: row.version)
    notices = await desk.ledger.notices(matter.stream)
    found = MatterEnd(
        key=end.key,
        standing=matter.standing,
        figures={id_: _value(figures.get(id_)) for id_ in end.figures},
        rang=tuple(row.clock for row in firings),
        told=tuple(sorted(f"{row.kind} {row.addressee}" for row in notices)),
    )
    counted = [(figures[id_].name, value) for id_, value in found.figures.items() if id_ in figures]
    fired = [_at(row.fired_at, terms.calendar.time_zone) for row in firings]
    instants = {at: fired.count(at) for at in fired}
    rings = [
        (Name(zh="到点", en="Fell due"), f"{at}{f' ({times}×)' if times > 1 else ''}")
        for at, times in instants.items()
    ]
    told = [(_kind(row.kind), f"→ {row.addressee}") for row in notices]
    return MatterEnded(
        key=end.key,
        procedure=rule.name,
        standing=matter.standing,
        lines=(*counted, *rings, *told),
        differs=tuple(_differences(found, end)),
    )


def _value(figure: Figure | None) -> str:
    """Return a figure as people read it: with what it is of, if it is a rate."""
    if figure is None:
        return "no such figure"
    part, whole = in_words(figure.part) or "not stated", in_words(figure.whole)
    return part if whole is None else f"{part} of {whole}"


def _at(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(zone_of(time_zone)):%Y-%m-%d %H:%M}"


def _kind(kind: str) -> Name:
    return Name(zh=words("zh")[f"what.{kind}"], en=words("en")[f"what.{kind}"])


def _differences(found: MatterEnd, wanted: MatterEnd) -> Iterator[str]:
    for what, is_, should_be in (
        ("standing", found.standing, wanted.standing),
        ("rang", found.rang, wanted.rang),
        ("told", found.told, tuple(sorted(wanted.told))),
        *((f"figure {id_}", found.figures[id_], value) for id_, value in wanted.figures.items()),
    ):
        if is_ != should_be:
            yield f"{what}: {is_}, not {should_be}"


def table_of_matters(rows: list[MatterEnded]) -> Table:
    """Return the closing table of matters, both languages side by side."""
    table = Table(title="事项台账 / Ledger of matters", box=box.SIMPLE_HEAD, expand=False)
    table.add_column("事项 Matter\n状态 Standing", no_wrap=True, min_width=18)
    table.add_column("办法 Procedure\n结果 What it came to")
    for row in rows:
        mark = "[green]✓[/]" if not row.differs else "[red]✗[/]"
        told = (f"[dim]{name.zh} {name.en}[/]  {value}" for name, value in row.lines)
        table.add_row(
            f"{mark} {row.key}\n[dim]{STANDING[row.standing]}[/]",
            "\n".join([f"{row.procedure.zh} {row.procedure.en}", *told]),
        )
    return table
