"""A scenario: a year of a zone that is to be made up, as a TOML file says."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from audit.handling_times import HandlingTime
from demo.year_arrivals import MONTHS, SEASONS
from domain.canonical import content_hash
from domain.errors import SHOWN_VALUE_CHARACTERS_MAX
from domain.model import Code, Frozen, Short
from handbooks.faults import Fault, HandbookError, shown_value
from handbooks.operator_files import FileReadError, read_bytes, toml_of

ISSUES_MAX: Final = 10_000_000
ZONES_MAX: Final = 999
ENTERPRISES_MAX: Final = 5_000
FACTOR_MAX: Final = 100
ACTS_A_DAY_MAX: Final = 100_000
SEED_MAX: Final = 2**53 - 1

Factor = Annotated[float, Field(ge=0, le=FACTOR_MAX, allow_inf_nan=False)]
Weight = Annotated[int, Field(ge=0, le=1_000)]
Weights = Annotated[tuple[Weight, ...], Field(min_length=12, max_length=12)]
"""One number a month, in proportion."""
ActsADay = Annotated[float, Field(ge=0, le=ACTS_A_DAY_MAX, allow_inf_nan=False)]


class ScenarioError(HandbookError):
    """A scenario cannot be played; `faults` has all that was found, at least one."""


class _Days(Frozen):
    """Local days, both included."""

    from_on: date
    to_on: date

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.to_on < self.from_on:
            msg = f"it ends on {self.to_on}, before it begins on {self.from_on}"
            raise ValueError(msg)
        return self


class Surge(_Days):
    """On these days so many times as much is reported, of one category or of all that begin with
    `category` before the hyphen; None: of everything. It comes on top of `issues`."""

    factor: Factor
    category: Code | None = None


class RosterSize(Frozen):
    """How many acts a post does on a working day; a fraction: one in so many days. For one post,
    each post of a unit, or each post of a tier that has no unit."""

    acts_a_day: ActsADay
    post: Code | None = None
    unit: Code | None = None
    tier: Annotated[int, Field(ge=1, le=5)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(each is not None for each in (self.post, self.unit, self.tier)) != 1:
            msg = "a roster is of one post, one unit or one tier: name one of the three"
            raise ValueError(msg)
        return self


class Absence(_Days):
    """On these days a post does no more than `acts_a_day`; without a post: every post."""

    post: Code | None = None
    acts_a_day: ActsADay = 0


class Scenario(Frozen):
    """A year to be made up: the same scenario gives the same year, to the byte.

    `issues` are reported in all, and what surges add. `zones`: so many alike share them, each with
    its own people. `enterprises`: so many are made up beside the handbook's own. `shelf`: a folder
    of handbooks; None: the shipped ones. `acts_a_day`: of posts that no roster names; None: they do
    whatever comes on the day on which it is ready. `roster_factor`: all of it times so many.
    """

    zone: Code
    year: Annotated[int, Field(ge=1971, le=2198)]
    issues: Annotated[int, Field(ge=1, le=ISSUES_MAX)]
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = 8
    zones: Annotated[int, Field(ge=1, le=ZONES_MAX)] = 1
    enterprises: Annotated[int, Field(ge=0, le=ENTERPRISES_MAX)] = 0
    shelf: Short | None = None
    months: Weights = MONTHS
    seasons: Annotated[dict[Code, Weights], Field(max_length=256)] = SEASONS
    surges: Annotated[tuple[Surge, ...], Field(max_length=64)] = ()
    handling: Annotated[tuple[HandlingTime, ...], Field(max_length=512)] = ()
    acts_a_day: ActsADay | None = None
    roster_factor: Annotated[float, Field(gt=0, le=FACTOR_MAX, allow_inf_nan=False)] = 1
    rosters: Annotated[tuple[RosterSize, ...], Field(max_length=2_000)] = ()
    absences: Annotated[tuple[Absence, ...], Field(max_length=2_000)] = ()

    @field_validator("months")
    @classmethod
    def _has_a_month(cls, months: tuple[int, ...]) -> tuple[int, ...]:
        if not any(months):
            msg = "in no month of the year is anything reported"
            raise ValueError(msg)
        return months

    @property
    def hash(self) -> str:
        """Return the hash that names the scenario by its content."""
        return content_hash(self)

    def share(self, place: int) -> int:
        """Return how many issues are reported in one of the zones."""
        return self.issues // self.zones + (place < self.issues % self.zones)

    def with_handling(self, known: tuple[HandlingTime, ...]) -> "Scenario":
        """Return the scenario with handling times for what it says nothing of."""
        own = {(each.step, each.category) for each in self.handling}
        # What it says of a step as a whole is not overruled by what was measured of a part of it.
        whole = {each.step for each in self.handling if each.category is None}
        added = (
            each
            for each in known
            if (each.step, each.category) not in own and each.step not in whole
        )
        return self.model_copy(update={"handling": (*self.handling, *added)})


def read_scenario(path: Path, changes: dict[str, object] | None = None) -> Scenario:
    """Return the scenario of a file, with other values for some fields. A shelf that it names is
    looked for beside it. Raises ScenarioError."""
    try:
        plain = toml_of(read_bytes(path))
    except FileReadError as error:
        where = None if error.line is None else f"line {error.line}"
        raise ScenarioError(Fault(file=path.name, field=where, problem=str(error))) from error
    shelf = plain.get("shelf")
    if isinstance(shelf, str):
        plain["shelf"] = str(path.parent / shelf)
    try:
        return Scenario.model_validate({**plain, **(changes or {})})
    except ValidationError as error:
        raise ScenarioError(*_faults(path.name, error)) from None


def _faults(file: str, error: ValidationError) -> list[Fault]:
    """Return what is wrong, each with its place, what stands there and what is allowed."""
    return [
        Fault(
            file=file,
            field=".".join(map(str, each["loc"])) or None,
            value=(shown_value(each["input"]) or "")[:SHOWN_VALUE_CHARACTERS_MAX] or None,
            problem=each["msg"].removeprefix("Value error, "),
            allowed=_allowed(each["type"], each["loc"]),
        )
        for each in error.errors(include_url=False)
    ]


TABLES: Final[dict[str, type[Frozen]]] = {
    "surges": Surge,
    "handling": HandlingTime,
    "rosters": RosterSize,
    "absences": Absence,
}


def _allowed(kind: str, place: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return which fields there are where one stands that is none."""
    if kind != "extra_forbidden":
        return ()
    table = TABLES.get(str(place[0])) if len(place) > 1 else Scenario
    return () if table is None else tuple(table.model_fields)
