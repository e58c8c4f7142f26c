"""What every procedure says, whatever it keeps: its name, who runs it, within what time."""

from typing import Annotated

from pydantic import Field

from domain.durations import Duration
from domain.matters.values import Fields
from domain.matters.who import COORDINATORS, Rows, Who
from domain.model import Code, Frozen, Name, Short, is_none

LEVELS_MAX = 8


class DueRule(Frozen):
    """By when something has to be done. When the time is over, the first of `levels` is told; after
    each further `then` the next, up to the last. Without `then` only the first is."""

    within: Duration
    levels: Annotated[tuple[Who, ...], Field(min_length=1, max_length=LEVELS_MAX)]
    then: Duration | None = Field(default=None, exclude_if=is_none)


class Procedure(Frozen):
    """A procedure of a zone, described by data alone. `runs` says who opens its matters, closes and
    hands them over; what else may be done says its own rows, and these where it has none.
    `asks` are the fields of a new matter."""

    id: Code
    name: Name
    runs: Rows = COORDINATORS
    asks: Fields = ()
    source: Short | None = Field(default=None, exclude_if=is_none)
