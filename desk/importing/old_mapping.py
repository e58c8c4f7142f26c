"""What an office's old ledger means: the mapping that an operator writes (`MAP.toml`)."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from desk.importing.problems import UnusableMappingError
from domain.commands_of_import import STATED_MAX
from domain.days import zone_of
from domain.errors import from_validation
from domain.model import Code, Frozen, Short
from domain.phases import Outcome, Phase
from handbooks.operator_files import FileReadError, toml_of

MAPPING_BYTES_MAX: Final = 256 * 1024
ENTRIES_MAX: Final = 5_000
FORMATS_MAX: Final = 20


class OldField(StrEnum):
    """What a row of an old ledger says of an issue."""

    NUMBER = "number"
    ENTERPRISE = "enterprise"
    CATEGORY = "category"
    TITLE = "title"
    TEXT = "text"
    ORIGIN = "origin"
    PRIORITY = "priority"
    TIER = "tier"
    OWNER = "owner"
    HANDLER = "handler"
    STATE = "state"
    REPORTED_AT = "reported_at"
    ACCEPTED_AT = "accepted_at"
    PROPOSED_AT = "proposed_at"
    CLOSED_AT = "closed_at"
    RESOLUTION = "resolution"


WITH_CODES: Final = (
    OldField.ENTERPRISE,
    OldField.CATEGORY,
    OldField.ORIGIN,
    OldField.PRIORITY,
    OldField.TIER,
    OldField.OWNER,
    OldField.HANDLER,
)
"""The fields whose words can be told to mean something."""
NEEDED: Final = (
    OldField.NUMBER,
    OldField.ENTERPRISE,
    OldField.CATEGORY,
    OldField.TITLE,
    OldField.STATE,
    OldField.REPORTED_AT,
)


class State(StrEnum):
    """What a word of the old ledger says of how far an issue has come."""

    INTAKE = "intake"
    HANDLING = "handling"
    SIGN_OFF = "sign_off"
    CLOSED = "closed"
    TURNED_AWAY = "turned_away"
    WITHDRAWN = "withdrawn"

    @property
    def phase(self) -> Phase:
        """Return the phase that it is here."""
        return Phase(self.value) if self in OPEN else Phase.CLOSED

    @property
    def outcome(self) -> Outcome | None:
        """Return how it ended, if it did."""
        return None if self in OPEN else ENDED[self]


OPEN: Final = (State.INTAKE, State.HANDLING, State.SIGN_OFF)
ENDED: Final = {
    State.CLOSED: Outcome.CLOSED_OUT,
    State.TURNED_AWAY: Outcome.TURNED_AWAY,
    State.WITHDRAWN: Outcome.WITHDRAWN,
}


def _zone(name: str) -> str:
    zone_of(name)
    return name


class Dates(Frozen):
    """How the old ledger writes dates, as `strptime` has it; without any, as offices mostly do.
    `time_zone`: of times that carry none, if not the calendar's (IANA name)."""

    formats: Annotated[tuple[Short, ...], Field(max_length=FORMATS_MAX)] = ()
    time_zone: Annotated[Short, AfterValidator(_zone)] | None = None


class ClockColumns(Frozen):
    """In which columns a clock of the handbook stands, for issues of one state: when it began, when
    it ends, or both."""

    during: State
    since: Short | None = None
    due: Short | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.since is None and self.due is None:
            msg = "a clock has a column `since`, a column `due`, or both"
            raise ValueError(msg)
        if self.during not in OPEN:
            msg = f"a clock runs during one of {', '.join(OPEN)}"
            raise ValueError(msg)
        return self


Words = Annotated[dict[Short, Short], Field(max_length=ENTRIES_MAX)]


class OldMapping(Frozen):
    """The columns by their heads, what stands where a row says nothing, the words for states, other
    words by field, dates, and open clocks by the handbook's ids."""

    columns: dict[OldField, Short]
    constants: dict[OldField, Short] = Field(default={})
    states: Annotated[dict[Short, State], Field(min_length=1, max_length=ENTRIES_MAX)]
    values: dict[OldField, Words] = Field(default={})
    dates: Dates = Dates()
    clocks: Annotated[dict[Code, ClockColumns], Field(max_length=STATED_MAX)] = Field(default={})

    @model_validator(mode="after")
    def _is_enough(self) -> Self:
        there = self.columns.keys() | self.constants.keys()
        missing = [field for field in NEEDED if field not in there]
        if missing:
            msg = f"no column holds: {', '.join(missing)}"
            raise ValueError(msg)
        if OldField.NUMBER in self.constants:
            msg = "every issue has a number of its own: it is no constant"
            raise ValueError(msg)
        odd = [field for field in self.values if field not in WITH_CODES]
        if odd:
            msg = f"words have meanings for {', '.join(WITH_CODES)}, not for {odd[0]}"
            raise ValueError(msg)
        return self


def read_old_mapping(content: bytes, where: str) -> OldMapping:
    """Return a mapping that is written as TOML. `where` names the file. Raises
    UnusableMappingError."""
    if len(content) > MAPPING_BYTES_MAX:
        raise UnusableMappingError(
            "The mapping is too large.", where=where, allowed=f"{MAPPING_BYTES_MAX} bytes"
        )
    try:
        return OldMapping.model_validate(toml_of(content))
    except FileReadError as error:
        place = where if error.line is None else f"{where}, line {error.line}"
        raise UnusableMappingError(f"{error}.", where=place) from error
    except ValidationError as error:
        told = from_validation(error)
        place = where if told.field is None else f"{where}, {told.field}"
        tables = ", ".join(OldMapping.model_fields)
        raise UnusableMappingError(
            told.message, where=place, allowed=told.allowed or f"tables {tables}"
        ) from None
