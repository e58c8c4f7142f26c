"""The board of lights: counts by tier and unit, and the issues that show the worst."""

from rich.console import Group, RenderableType
from rich.text import Text

from audit.lights import Board, Lit
from domain.lights import WORST_FIRST, Light
from domain.model import Name, written
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, inline, kept
from terminal.shown.names import Names
from terminal.shown.times import away, near

STYLES = {Light.RED: "red", Light.YELLOW: "yellow", Light.GREEN: "green", Light.NONE: SECOND}
NAMES = {
    Light.RED: Name(zh="红灯", en="red"),
    Light.YELLOW: Name(zh="黄灯", en="yellow"),
    Light.GREEN: Name(zh="绿灯", en="green"),
    Light.NONE: Name(zh="无灯", en="none"),
}


def lights_plain(board: Board) -> dict[str, object]:
    """Return a board for a machine."""
    return {
        "at": written(board.at),
        "issues": board.issues,
        "lights": board.lights,
        "by_tier": [
            {"zone": zone, "tier": tier, "lights": found}
            for (zone, tier), found in board.by_tier.items()
        ],
        "by_unit": [
            {"zone": zone, "holder": holder, "lights": found}
            for (zone, holder), found in board.by_holder.items()
        ],
        "worst": [_plain(lit) for lit in board.worst],
    }


def _plain(lit: Lit) -> dict[str, object]:
    issue, clock = lit.issue, lit.shown.clock
    return {
        "zone": issue.zone,
        "key": issue.key,
        "number": issue.number,
        "title": issue.title,
        "tier": issue.tier,
        "owner": issue.owner,
        "holder": lit.holder,
        "light": lit.shown.light,
        "clock": None if clock is None else clock.id,
        "due_at": None if clock is None else clock.due_at,
    }


def lights(board: Board) -> RenderableType:
    """Return a board for people."""
    head = Text(f"{many(board.issues, 'open issue')} as of {written(board.at)}", "bold")
    parts: list[RenderableType] = [head]
    if not board.issues:
        return head
    tiers = _sheet("Tier")
    for (zone, tier), found in board.by_tier.items():
        tiers.add(zone, str(tier), *_counts(found))
    tiers.add("in all", "", *_counts(board.lights), style="bold")
    units = _sheet("Unit or post")
    for (zone, holder), found in board.by_holder.items():
        units.add(zone, holder.id, *_counts(found))
    parts += [tiers, Text(), units]
    if board.worst:
        parts += [Text(), _worst(board)]
    return Group(*parts)


def _sheet(what: str) -> Sheet:
    counts = [kept(f"{NAMES[each].zh} {NAMES[each].en}", right=True) for each in WORST_FIRST]
    return Sheet((kept("Zone"), Column(what), *counts))


def _counts(found: dict[Light, int]) -> list[Text]:
    return [Text(f"{found[each]:,}", STYLES[each] if found[each] else SECOND) for each in found]


def _worst(board: Board) -> Sheet:
    sheet = Sheet(
        (
            kept("Light"),
            kept("Issue"),
            Column("Title"),
            kept("Tier"),
            kept("Unit or post"),
            Column("Clock"),
            kept("Due"),
        )
    )
    for lit in board.worst:
        issue, clock = lit.issue, lit.shown.clock
        if clock is None or clock.due_at is None:
            continue
        names = Names(lit.terms)
        due = f"{near(clock.due_at, board.at, names.time_zone)} {away(clock.due_at, board.at)}"
        sheet.add(
            Text(NAMES[lit.shown.light].zh, STYLES[lit.shown.light]),
            issue.number or issue.stream,
            issue.title,
            str(issue.tier),
            lit.holder.id,
            inline(names.clock(clock.id, clock.rule)),
            due,
        )
    return sheet
