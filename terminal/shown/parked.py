"""What is parked: the published count, and the date of each next review."""

from rich.console import Group, RenderableType
from rich.text import Text

from audit.parking import Parked, ParkingLot
from domain.model import written
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, kept, wrapped
from terminal.shown.names import Names
from terminal.shown.times import local


def parked_plain(lot: ParkingLot) -> dict[str, object]:
    """Return it for a machine. `parked` and `open` count all; `issues` names the first."""
    return {
        "at": written(lot.at),
        "parked": sum(lot.parked.values()),
        "open": sum(lot.open.values()),
        "review_overdue": lot.overdue,
        "zones": [
            {"zone": zone, "parked": count, "open": lot.open[zone]}
            for zone, count in lot.parked.items()
        ],
        "issues": [_plain(each) for each in lot.issues],
    }


def _plain(parked: Parked) -> dict[str, object]:
    issue, parking = parked.issue, parked.parking
    return {
        "zone": issue.zone,
        "key": issue.key,
        "number": issue.number,
        "title": issue.title,
        "enterprise": issue.enterprise,
        "owner": issue.owner,
        "since_at": written(parking.since_at),
        "times": issue.parked,
        "reason": parking.reason,
        "approved_by": parking.approved_by,
        "review_at": None if parked.review_at is None else written(parked.review_at),
    }


def parked(lot: ParkingLot) -> RenderableType:
    """Return it for people."""
    count, of = sum(lot.parked.values()), sum(lot.open.values())
    head = Text(f"挂账 parked: {count:,} of {many(of, 'open issue')}", "bold")
    late = Text(f"review overdue: {lot.overdue:,}", "red" if lot.overdue else SECOND)
    zones = Sheet((kept("Zone"), kept("Parked", right=True), kept("Open", right=True)))
    for zone, number in lot.parked.items():
        zones.add(zone, f"{number:,}", f"{lot.open[zone]:,}")
    parts: list[RenderableType] = [head, late, zones]
    if not lot.issues:
        return Group(*parts)
    sheet = Sheet(
        (
            kept("Next review"),
            kept("Issue"),
            Column("Title"),
            kept("Since"),
            kept("Times", right=True),
            wrapped("Reason"),
        )
    )
    for each in lot.issues:
        zone = Names(each.terms).time_zone
        overdue = each.review_at is not None and each.review_at < lot.at
        sheet.add(
            Text(local(each.review_at, zone), "red" if overdue else ""),
            each.issue.number or each.issue.stream,
            each.issue.title,
            local(each.parking.since_at, zone),
            str(each.issue.parked),
            each.parking.reason,
        )
    return Group(*parts, Text(), sheet)
