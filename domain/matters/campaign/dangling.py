"""What the campaigns of a handbook name and the handbook does not hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.dangling_of_procedures import missing
from domain.matters.campaign.rules import CampaignProcedure

if TYPE_CHECKING:
    from domain.handbook import Handbook


def of_campaign(rule: CampaignProcedure, handbook: "Handbook") -> Iterator[str]:
    """Name every segment, area, grid and list by which enterprises are chosen that is not there."""
    who, chosen = f"procedure {rule.id}: eligible", rule.eligible
    yield from missing(who, "segment", chosen.segments, {each.id for each in handbook.segments})
    yield from missing(who, "area", chosen.areas, {each.id for each in handbook.areas})
    yield from missing(who, "grid", chosen.grids, {each.id for each in handbook.grids})
    lists = {each.id for each in handbook.lists}
    yield from missing(who, "list", (*chosen.lists, *chosen.not_on), lists)
