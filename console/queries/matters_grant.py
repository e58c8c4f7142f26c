"""A grant on its page: what is in stock and who was issued what, or what is held until when."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from console.queries.issue_timeline import word
from console.queries.matters_sheets import (
    Cell,
    Sheet,
    Shown,
    day_cell,
    firm_cell,
    heads,
    number_cell,
    sheet,
    text_cell,
)
from console.queries.matters_values import quantity_name, sums_name
from domain.lights import Light
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import EnterpriseTally, Grant, Holding
from domain.matters.grant.words import Keeps
from domain.matters.values import Quantity
from domain.model import Name

ENDED_SHOWN: Final = 60
ENDS_SOON: Final = timedelta(days=1)


def grant_sheets(matter: Grant, rule: GrantProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a grant."""
    if matter.keeps is Keeps.STOCK:
        if shown.only is None:
            yield _stock(matter, rule, shown)
            yield _sources(matter, rule, shown)
    else:
        yield _holdings(matter, shown)
    yield _tallies(matter, rule, shown)
    if matter.over and shown.only is None:
        yield _over(matter, shown)


def unit_name(matter: Grant, rule: GrantProcedure) -> Name | None:
    """Return what a grant counts in."""
    found = rule.unit(matter.unit)
    return None if found is None else found.name


def _stock(matter: Grant, rule: GrantProcedure, shown: Shown) -> Sheet:
    unit, of = unit_name(matter, rule), rule.unit(matter.unit)
    light = {"held": Light.GREEN, "low": Light.YELLOW, "empty": Light.RED}[matter.level.value]
    row = (
        Cell(word(f"matter_standing.stock_{matter.level}"), light=light),
        Cell(quantity_name(matter.on_hand, unit), is_figure=True),
        number_cell(None if of is None else of.low),
        Cell(quantity_name(matter.found_more, unit), is_figure=True),
        Cell(quantity_name(matter.found_less, unit), is_figure=True),
    )
    return sheet("stock", heads("level", "on_hand", "low", "more", "less"), [row], shown)


def _sources(matter: Grant, rule: GrantProcedure, shown: Shown) -> Sheet:
    names = {each.id: each.name for each in rule.sources}
    rows = [
        (
            text_cell(names.get(each.source, Name(zh=each.source, en=each.source))),
            number_cell(each.receipts),
            Cell(quantity_name(each.quantity, unit_name(matter, rule)), is_figure=True),
            Cell(sums_name(each.amounts), is_figure=True),
            number_cell(f"{each.priced} / {each.receipts}"),
        )
        for each in matter.sources
    ]
    named = heads("source", "receipts", "quantity", "amount", "priced")
    return sheet("sources", named, rows, shown)


def _holdings(matter: Grant, shown: Shown) -> Sheet:
    held = [each for each in matter.holdings if shown.only in (None, each.enterprise)]
    held.sort(key=lambda each: (each.to_on is None, each.to_on, each.id))
    rows = [
        (
            text_cell(each.id),
            firm_cell(shown, each.enterprise),
            text_cell(each.subject),
            day_cell(each.from_on),
            _until(each, shown),
            number_cell(each.renewals),
            number_cell(each.uses),
        )
        for each in held
    ]
    named = heads("holding", "enterprise", "subject", "from", "until", "renewals", "uses")
    return sheet(f"holdings_{matter.keeps}", named, rows, shown)


def _until(each: Holding, shown: Shown) -> Cell:
    if each.to_on is None:
        return text_cell(word("matter_standing.no_end"))
    left = None if each.ends_at is None else each.ends_at - shown.at
    soon = left is not None and left <= ENDS_SOON
    return Cell(each.to_on.isoformat(), light=Light.YELLOW if soon else Light.GREEN)


def _tallies(matter: Grant, rule: GrantProcedure, shown: Shown) -> Sheet:
    seen = [each for each in matter.tallies if shown.only in (None, each.enterprise)]
    seen.sort(key=lambda each: -each.quantity.thousandths)
    rows = [_tally(each, matter, rule, shown) for each in seen]
    named = ["enterprise", "issues", "quantity", "returned", "cost"]
    if rule.split is not None:
        named += ["zone_pays", "enterprise_pays"]
    return sheet("tallies", heads(*named), rows, shown)


def _tally(
    each: EnterpriseTally, matter: Grant, rule: GrantProcedure, shown: Shown
) -> tuple[Cell, ...]:
    def much(value: Quantity) -> Cell:
        return Cell(quantity_name(value, unit_name(matter, rule)), is_figure=True)

    row = (
        firm_cell(shown, each.enterprise),
        number_cell(each.issues),
        much(each.quantity),
        much(each.returned),
        Cell(sums_name(each.costs), is_figure=True),
    )
    if rule.split is None:
        return row
    return (
        *row,
        Cell(sums_name(each.zone_pays), is_figure=True),
        Cell(sums_name(each.enterprise_pays), is_figure=True),
    )


def _over(matter: Grant, shown: Shown) -> Sheet:
    rows = [
        (text_cell(each.id), day_cell(each.last_on), text_cell(word(f"matter_standing.{each.how}")))
        for each in reversed(matter.over[-ENDED_SHOWN:])
    ]
    return sheet("over", heads("holding", "until", "standing"), rows, shown)
