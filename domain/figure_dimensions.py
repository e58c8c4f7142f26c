"""By what a figure can be told apart: one pure function for every dimension (R8.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.handbook import Handbook
from domain.issue import Issue
from domain.responsibility import Holder
from domain.retold import Told
from domain.territory import Enterprise

Group = tuple[str, ...]
"""Of a unit or a post its kind and id; of anything else its id; empty: the issue has none."""
NOWHERE: Group = ()


class Dimension(StrEnum):
    """What issues are told apart by, as they stood where a figure counts them.

    `segment`: the size class of the enterprise; `list`: each list that it stands on, so that one
    issue can count in several.
    """

    ZONE = "zone"
    AREA = "area"
    GRID = "grid"
    TIER = "tier"
    UNIT = "unit"
    CATEGORY = "category"
    SEGMENT = "segment"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Setting:
    """An issue as it stood when it was counted, and the handbook of that moment."""

    issue: Issue
    handbook: Handbook

    @property
    def enterprise(self) -> Enterprise | None:
        """Return the issue's enterprise, None if the handbook has it no more."""
        return self.handbook.enterprises_by_id.get(self.issue.enterprise)


def found_by(told: Told) -> Setting:
    """Return the issue as an event found it; a report, as it left it."""
    return Setting(told.before or told.after, told.terms.handbook)


def left_by(told: Told) -> Setting:
    """Return the issue as an event left it."""
    return Setting(told.after, told.terms.handbook)


GroupsOf = Callable[[Holder, Setting], tuple[Group, ...]]


def by(dimension: Dimension) -> GroupsOf:
    """Return what says in which groups of a dimension something of a holder's counts."""

    def groups(holder: Holder, setting: Setting) -> tuple[Group, ...]:
        return _groups(dimension, holder, setting)

    return groups


def _groups(dimension: Dimension, holder: Holder, setting: Setting) -> tuple[Group, ...]:
    issue, enterprise = setting.issue, setting.enterprise
    match dimension:
        case Dimension.ZONE:
            return ((issue.zone,),)
        case Dimension.TIER:
            return ((str(issue.tier),),)
        case Dimension.UNIT:
            return ((holder.kind.value, holder.id),)
        case Dimension.CATEGORY:
            return ((issue.category,),)
        case Dimension.GRID:
            return (NOWHERE if enterprise is None else (enterprise.grid,),)
        case Dimension.AREA:
            return (NOWHERE if enterprise is None else _area(setting.handbook, enterprise.grid),)
        case Dimension.SEGMENT:
            named = None if enterprise is None else enterprise.segment
            return (NOWHERE if named is None else (named,),)
        case Dimension.LIST:
            lists = setting.handbook.lists
            found = tuple((each.id,) for each in lists if issue.enterprise in each.members)
            return found or (NOWHERE,)
        case _:
            assert_never(dimension)


def _area(handbook: Handbook, grid_id: str) -> Group:
    grid = handbook.grids_by_id.get(grid_id)
    return NOWHERE if grid is None else (grid.area,)
