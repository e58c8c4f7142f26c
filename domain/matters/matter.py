"""What every matter is, whatever its procedure keeps: the fold of one stream."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.issue import Hash
from domain.matters.values import StatedValues, Values
from domain.matters.words import MatterStanding, Tying
from domain.model import ClockId, Code, Frozen, Key, Moment, Short, is_none, is_unset
from domain.phases import Origin, Priority

STREAM_PREFIX = "matter/"
TIES_MAX = 500
TOTALS_MAX = 200
DUES_MAX = 5_000
FOUND_MAX = 20

MatterKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$")]
"""What a client calls a matter: short enough for the keys of the issues that it opens."""


class Due(Frozen):
    """An instant by which something has to be done. `about` is whom or what it concerns within the
    matter; `cycle` tells it from every other that the matter ever had; `level` counts from 1."""

    id: Code
    about: Key | None = Field(default=None, exclude_if=is_none)
    cycle: int
    level: int = 1
    due_at: Moment
    provisional: bool = Field(default=False, exclude_if=is_unset)
    """It lies beyond the last published day of the calendar (R2.2)."""

    @property
    def clock(self) -> ClockId:
        """Return what it is called among clocks: at most 129 characters."""
        return self.id if self.about is None else f"{self.id}.{self.about}"

    @property
    def rung(self) -> str:
        """Return what its passing is called among rungs."""
        return f"level-{self.level}"


class MatterTie(Frozen):
    """An issue that hangs together with the matter."""

    issue: Key
    tying: Tying
    at: Moment


class Found(Frozen):
    """A problem that came to light in the matter: an issue is opened for it, once, under `issue`.
    What several that were found at once share is their `report_id`."""

    issue: Key
    report_id: Key
    enterprise: Code
    category: Code
    title: Short
    text: str
    origin: Origin
    priority: Priority


class StatedTotal(Frozen):
    """A sum that somebody stated and no acts of ours show. A later one may stand in for it."""

    number: int
    label: Short
    figures: StatedValues
    as_of_on: date | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)
    replaced_by: int | None = Field(default=None, exclude_if=is_none)


class MatterBase(Frozen):
    """The fold of a matter's stream, as far as every aggregate has it.

    `post` is accountable for it. `cycles` counts the instants that were ever set. `stage` is how it
    stands in its procedure's own words, None where that has none. `enterprises` are those that it
    concerns, for lists and for who may see it.
    """

    zone: Code
    key: MatterKey
    version: int
    terms: Hash
    procedure: Code
    title: Short
    details: Values = Field(default={}, exclude_if=is_unset)
    post: Code
    standing: MatterStanding = MatterStanding.OPEN
    ending: Short | None = Field(default=None, exclude_if=is_none)
    opened_at: Moment
    changed_at: Moment
    closed_at: Moment | None = Field(default=None, exclude_if=is_none)
    dues: tuple[Due, ...] = Field(default=(), exclude_if=is_unset)
    cycles: int = 0
    ties: tuple[MatterTie, ...] = Field(default=(), exclude_if=is_unset)
    totals: tuple[StatedTotal, ...] = Field(default=(), exclude_if=is_unset)
    moved: int = Field(default=0, exclude_if=is_unset)
    """How many events back nothing but the terms has changed."""

    @property
    def stream(self) -> str:
        """Return the name of the matter's stream."""
        return matter_stream(self.zone, self.key)

    @property
    def is_open(self) -> bool:
        """Return whether anything more may happen to it."""
        return self.standing is MatterStanding.OPEN

    @property
    def next_due(self) -> Due | None:
        """Return what is due first."""
        dues = self.dues if self.is_open else ()
        return min(dues, key=lambda due: (due.due_at, due.clock, due.cycle), default=None)

    def due(self, id_: str, about: str | None = None) -> Due | None:
        """Return what is to be done about something, if a time was set for it."""
        found = (due for due in self.dues if (due.id, due.about) == (id_, about))
        return next(found, None)

    def is_seen_at(self, version: int) -> bool:
        """Return whether who saw this version saw all that was done: other terms are no act."""
        return self.version - self.moved <= version <= self.version


def matter_stream(zone: str, key: str) -> str:
    """Return the stream of the matter called `key` in `zone`."""
    return f"{STREAM_PREFIX}{zone}/{key}"


def is_matter_stream(stream: str) -> bool:
    """Return whether a stream is a matter's: an issue's has one slash, whatever its zone is."""
    return stream.startswith(STREAM_PREFIX) and stream.count("/") == STREAM_PREFIX.count("/") + 1


def read_matter_stream(stream: str) -> tuple[str, str]:
    """Return the zone and the key in the name of a matter's stream."""
    zone, _, key = stream.removeprefix(STREAM_PREFIX).partition("/")
    return zone, key
