"""The parts of an issue's joint teams: how long each took, on what, and who was late."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from domain.durations import Basis
from domain.team_times import PartTimes, Share
from terminal.shown.frames import SECOND, Column, Sheet, inline, kept, names, stacked
from terminal.shown.names import Names
from terminal.shown.times import length, local
from terminal.shown.words import word

SHARES = {
    Share.OWN: "at work",
    Share.WAITING: "for other parts",
    Share.DISPUTE: "in dispute",
    Share.STOOD: "clocks stood",
}


def parts_plain(found: Sequence[PartTimes]) -> list[dict[str, object]]:
    """Return the parts for a machine; lengths in milliseconds of the part's own basis."""
    return [
        {
            "team": each.team,
            "part": each.part,
            "duty": each.duty,
            "required": each.required,
            "standing": each.standing,
            "basis": each.basis,
            "asked_at": each.asked_at,
            "ready_at": each.ready_at,
            "accepted_at": each.accepted_at,
            "settled_at": each.settled_at,
            "late": each.late,
            "spent_ms": {share.value: each.spent_ms(share) for share in Share},
            "units": [
                {"unit": stint.unit, "own_ms": stint.own_ms, "late_ms": stint.late_ms}
                for stint in each.stints
            ],
            "stretches": [
                {
                    "share": stretch.share,
                    "charged": stretch.charged,
                    "from_at": stretch.from_at,
                    "to_at": stretch.to_at,
                    "counted_ms": stretch.counted_ms,
                }
                for stretch in each.stretches
            ],
        }
        for each in found
    ]


def parts_in_time(head: str, found: Sequence[PartTimes], called: Names) -> RenderableType:
    """Return the parts for people."""
    if not found:
        return Text(f"{head}\nno joint team has been convened", SECOND)
    sheet = Sheet(
        (
            kept("Part"),
            Column("Units"),
            kept("Standing"),
            kept("Asked"),
            kept("Settled"),
            Column("Time"),
        )
    )
    zone = called.time_zone
    for each in found:
        sheet.add(
            stacked(each.part, f"team {each.team}"),
            _units(each, called),
            names(word(each.standing)),
            local(each.asked_at, zone),
            "—" if each.settled_at is None else local(each.settled_at, zone),
            _time(each),
        )
    ends = f"times in {zone}; working time but in emergencies; --json has every stretch"
    return Group(Text(head, "bold"), sheet, Text(ends, SECOND))


def _units(part: PartTimes, called: Names) -> Text:
    text = Text()
    for number, stint in enumerate(part.stints):
        text.append("\n" if number else "").append_text(inline(called.unit(stint.unit)))
        if stint.late:
            over = _length(stint.late_ms, part.basis)
            text.append(f"  逾期 late {over}" if stint.late_ms else "  逾期 late", "yellow")
    return text


def _time(part: PartTimes) -> Text:
    said = [
        f"{_length(spent, part.basis)} {what}"
        for share, what in SHARES.items()
        if (spent := part.spent_ms(share))
    ]
    return Text("\n".join(said) or "—")


def _length(ms: int, basis: Basis) -> str:
    return length(ms, in_days=basis is Basis.WALL)
