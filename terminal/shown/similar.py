"""Issues that may be the same matter, and how such suggestions have fared."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from desk.likeness import Judged, Suggestion
from domain.likeness import METHOD
from domain.model import written
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, kept, names
from terminal.shown.names import Names
from terminal.shown.times import local
from terminal.shown.words import word


def similar_plain(zone: str, found: Sequence[Suggestion]) -> dict[str, object]:
    """Return suggestions for a machine, the likest first."""
    return {
        "zone": zone,
        "method": METHOD,
        "suggestions": [
            {
                "key": each.key,
                "score": each.score,
                "text_percent": each.text_percent,
                "same_enterprise": each.same_enterprise,
                "same_category": each.same_category,
                "place": each.place.name.lower(),
                "title": each.row.title,
                "enterprise": each.row.enterprise,
                "category": each.row.category,
                "phase": each.row.phase,
                "outcome": each.row.outcome,
                "reported_at": written(each.row.reported_at),
            }
            for each in found
        ],
    }


def similar_shown(found: Sequence[Suggestion], called: Names) -> RenderableType:
    """Return the same for people."""
    if not found:
        return Text("Nothing like it was reported in the last two years.", SECOND)
    sheet = Sheet(
        (
            kept("Issue"),
            kept("Score", right=True),
            kept("Text", right=True),
            Column("Title"),
            Column("Enterprise"),
            kept("Stands"),
            kept("Reported"),
        )
    )
    for each in found:
        row = each.row
        sheet.add(
            each.key,
            str(each.score),
            f"{each.text_percent} %",
            row.title,
            names(called.enterprise(row.enterprise)),
            names(word(row.phase if row.outcome is None else row.outcome)),
            local(row.reported_at, called.time_zone),
        )
    return Group(sheet, Text(f"by {METHOD}; nothing is merged by it", SECOND))


def judged_plain(zone: str, judged: Sequence[Judged]) -> dict[str, object]:
    """Return what became of suggestions for a machine."""
    return {
        "zone": zone,
        "methods": [
            {
                "method": each.method,
                "accepted": each.accepted,
                "refused": each.refused,
                "judged": each.judged,
                "precision_percent": each.precision_percent,
            }
            for each in judged
        ],
    }


def judged_shown(zone: str, judged: Sequence[Judged]) -> RenderableType:
    """Return the same for people."""
    if not judged:
        return Text(f"No suggestion was judged in {zone}.", SECOND)
    sheet = Sheet(
        (
            kept("Method"),
            kept("Accepted", right=True),
            kept("Refused", right=True),
            kept("Precision", right=True),
        )
    )
    for each in judged:
        share = f"{each.precision_percent} % of {many(each.judged, 'judgement')}"
        sheet.add(each.method, f"{each.accepted:,}", f"{each.refused:,}", share)
    return sheet
