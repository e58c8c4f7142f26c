"""Figures of the moment: their digits, told apart by a dimension, and units ranked."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from domain.figure_ranking import Ranked, Ranking
from domain.figures import Definition, Period, Plain
from domain.model import written
from terminal.shown.figures import counts_of, percent, rates_of
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, inline, kept, wrapped

NONE = "none"
"""What is shown where an issue has no such thing, and for a ratio of nothing."""


def counted_plain(
    definition: Definition, zone: str, period: Period, position: int, digits: Plain
) -> dict[str, object]:
    """Return a count for a machine."""
    return {
        "definition": definition.name,
        "zone": zone,
        "from": written(period.from_at),
        "to": written(period.to_at),
        "position": position,
        **digits,
    }


def counted_shown(
    definition: Definition, zone: str, position: int, digits: dict[str, Any]
) -> RenderableType:
    """Return a count for people."""
    by = digits.get("by")
    of = "Of" if by is None else f"By {by['dimension']}"
    sheet = Sheet((kept(of), wrapped("Ratios and lengths"), wrapped("Counts")))
    sheet.add("all", "\n".join(rates_of(digits["all"])), counts_of(digits["all"]))
    for each in digits["by_holder"] if by is None else by["groups"]:
        sheet.add(_named(each), "\n".join(rates_of(each)), counts_of(each))
    told = f"{many(digits['issues']['count'], 'issue')} gave to it; it is published nowhere"
    return Group(
        _head(definition.name, definition.revision, zone, position),
        inline(definition.title),
        Text(),
        sheet,
        Text(told, SECOND),
    )


def ranking_plain(ranking: Ranking, zone: str, period: Period, position: int) -> dict[str, object]:
    """Return a ranking for a machine."""
    within = {"from": written(period.from_at), "to": written(period.to_at), "position": position}
    return {"zone": zone, **within, **ranking.plain}


def ranking_shown(ranking: Ranking, zone: str, position: int) -> RenderableType:
    """Return a ranking for people."""
    sheet = Sheet((kept("Place", right=True), kept("Of"), kept(ranking.ratio), wrapped("Note")))
    for each in ranking.entries:
        place = "–" if each.place is None else str(each.place)
        sheet.add(
            place,
            _named({"kind": each.kind, "id": each.id}),
            _ratio(ranking, each),
            _note(ranking, each),
        )
    order = "the lowest first" if ranking.lowest_first else "the highest first"
    told = f"{order}; of fewer than {ranking.minimum:,} nobody is ranked"
    head = _head(ranking.definition, ranking.revision, zone, position)
    return Group(head, Text(), sheet, Text(told, SECOND))


def _head(name: str, revision: int, zone: str, position: int) -> Text:
    head = Text.assemble((name, "bold"), (f"  revision {revision}", SECOND))
    return head.append(f"  {zone}, position {position:,}", SECOND)


def _ratio(ranking: Ranking, each: Ranked) -> str:
    if each.is_of_nothing:
        return NONE
    return percent(ranking.ratio, each.numerator, each.denominator)


def _note(ranking: Ranking, each: Ranked) -> str:
    notes = []
    if each.is_of_nothing:
        notes.append("of nothing there is no ratio")
    elif each.place is None:
        notes.append(f"fewer than {ranking.minimum:,}")
    if each.excluded:
        notes.append(f"{each.excluded:,} excluded")
    return ", ".join(notes)


def _named(group: dict[str, Any]) -> str:
    id_ = NONE if group["id"] is None else str(group["id"])
    return id_ if group.get("kind") is None else f"{group['kind']} {id_}"
