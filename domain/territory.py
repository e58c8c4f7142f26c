"""Where enterprises stand, and what is known of each: grids, lists, segments, who answers."""

from typing import Annotated

from pydantic import Field

from domain.model import Code, Frozen, Name, Short, is_none, is_unset


class Area(Frozen):
    """A sub-area of the zone."""

    id: Code
    name: Name
    source: Short | None = Field(default=None, exclude_if=is_none)


class Grid(Frozen):
    """The smallest territory: its enterprises share a first-tier post."""

    id: Code
    name: Name
    area: Code
    source: Short | None = Field(default=None, exclude_if=is_none)


class Segment(Frozen):
    """A class of enterprises that are followed alike (001:33)."""

    id: Code
    name: Name
    source: Short | None = Field(default=None, exclude_if=is_none)


class Accountable(Frozen):
    """The three accountable persons of an enterprise (002:65): two posts of the zone, and whom the
    enterprise itself names."""

    administrative: Code | None = Field(default=None, exclude_if=is_none)
    sector: Code | None = Field(default=None, exclude_if=is_none)
    enterprise: Code | None = Field(default=None, exclude_if=is_none)


class Enterprise(Frozen):
    """An enterprise and the grid it stands in.

    `sponsors` are posts that are in this enterprise's chain before the territory's own, each at its
    tier: a leader linked to the enterprise (003:13). `supplies` names those it delivers to.
    """

    id: Code
    name: Name
    grid: Code
    segment: Code | None = Field(default=None, exclude_if=is_none)
    sponsors: Annotated[tuple[Code, ...], Field(max_length=16)] = Field(
        default=(), exclude_if=is_unset
    )
    accountable: Accountable | None = Field(default=None, exclude_if=is_none)
    supplies: Annotated[tuple[Code, ...], Field(max_length=256)] = Field(
        default=(), exclude_if=is_unset
    )
    source: Short | None = Field(default=None, exclude_if=is_none)


class EnterpriseList(Frozen):
    """A named list of enterprises (7类清单, 002:117). Its revision moves with its members."""

    id: Code
    name: Name
    revision: Annotated[int, Field(ge=1)] = 1
    members: Annotated[tuple[Code, ...], Field(max_length=10_000)] = ()
    source: Short | None = Field(default=None, exclude_if=is_none)


class StatedCount(Frozen):
    """A number that a source gives and the handbook's own entries do not show."""

    id: Code
    name: Name
    count: Annotated[int, Field(ge=1)]
    source: Short | None = Field(default=None, exclude_if=is_none)


class Stated(Frozen):
    """What the sources say of the territory's size. What they do not say is left out."""

    area_km2: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=is_none)
    sub_areas: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=is_none)
    grids: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=is_none)
    enterprises: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=is_none)
    officers: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=is_none)
    counts: Annotated[tuple[StatedCount, ...], Field(max_length=64)] = Field(
        default=(), exclude_if=is_unset
    )
    source: Short | None = Field(default=None, exclude_if=is_none)
