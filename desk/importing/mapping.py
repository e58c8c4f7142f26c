"""What a log's attributes mean: the mapping that an operator writes (`MAP.toml`)."""

import re
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from desk.importing.problems import UnusableMappingError
from domain.days import zone_of
from domain.handbook import TIER_MAX
from domain.model import Code, Frozen, Short
from handbooks.operator_files import FileReadError, read_bytes, toml_of

OF_THE_CASE = "case:"
"""Before an attribute's key: the trace has it, not the event."""


PLAIN = {"extra_forbidden": "there is no such field", "missing": "this field is missing"}
"""What pydantic says otherwise in its own words, by the kind of its error."""


class Meaning(StrEnum):
    """What a status of the log says about the issue."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Signature(StrEnum):
    """What an event of a log of sign-offs is: whose turn it was, and what they said."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    FINAL_APPROVED = "final_approved"
    REJECTED = "rejected"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        msg = f"{text!r} is no regular expression: {error}"
        raise ValueError(msg) from error
    return text


def _zone(name: str) -> str:
    zone_of(name)
    return name


Attribute = Short
"""The key of an attribute of the event; of the trace, with `case:` before it."""
Level = Annotated[int, Field(ge=1, le=TIER_MAX)]
Pattern = Annotated[Short, AfterValidator(_pattern)]


class TimeSource(Frozen):
    """When an event took place. `zone` is for times that carry none (IANA name)."""

    attribute: Attribute = "time:timestamp"
    zone: Annotated[Short, AfterValidator(_zone)] | None = None


class Source(Frozen):
    """An attribute, and what stands for it where an event has none."""

    attribute: Attribute
    missing: Short | None = None


class TierPattern(Frozen):
    """The tier of values in which the pattern is found."""

    tier: Level
    pattern: Pattern


class TierSource(Frozen):
    """How an event's tier is read: the first pattern that is found, else `default`.

    Without an attribute the group is searched.
    """

    attribute: Attribute | None = None
    default: Level = 1
    levels: Annotated[tuple[TierPattern, ...], Field(max_length=100)] = ()

    def tier_of(self, value: str) -> int:
        """Return the tier that a value means."""
        found = (each.tier for each in self.levels if re.search(each.pattern, value))
        return next(found, self.default)


class StatusSource(Source):
    """An attribute with an event's status, and what its values mean.

    A value that no list names is kept, and moves nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    accepted: tuple[Short, ...] = ()
    waiting: tuple[Short, ...] = ()
    resolved: tuple[Short, ...] = ()
    closed: tuple[Short, ...] = ()

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        named = [value for meaning in Meaning for value in getattr(self, meaning)]
        twice = sorted({value for value in named if named.count(value) > 1})
        if twice:
            msg = f"named twice: {', '.join(twice)}"
            raise ValueError(msg)
        return self

    @cached_property
    def meanings(self) -> dict[str, Meaning]:
        """Return what each named value means."""
        return {value: meaning for meaning in Meaning for value in getattr(self, meaning)}


class SignatureSource(Frozen):
    """How a log of sign-offs is read: which pattern is found in the status of a submission, of an
    approval on the way, of the one that is final, of a rejection. `final_approved` is searched
    first: its name may well hold the other's."""

    submitted: Pattern
    rejected: Pattern
    final_approved: Pattern
    approved: Pattern | None = None

    def held_by(self, status: str) -> tuple[Signature, ...]:
        """Return every signature whose pattern is found in a status."""
        asked = (
            (Signature.FINAL_APPROVED, self.final_approved),
            (Signature.REJECTED, self.rejected),
            (Signature.SUBMITTED, self.submitted),
            (Signature.APPROVED, self.approved),
        )
        return tuple(
            each for each, pattern in asked if pattern is not None and re.search(pattern, status)
        )


class LogMapping(Frozen):
    """Which attribute of a log holds what. `zone` is what the imported issues' zone is called."""

    zone: Code = "log"
    case: Source = Source(attribute="case:concept:name")
    time: TimeSource = TimeSource()
    group: Source
    tier: TierSource = TierSource()
    resource: Source | None = None
    status: StatusSource
    signatures: SignatureSource | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        """A log of sign-offs moves its issues by signatures; only what closes is listed."""
        if self.signatures is None:
            return self
        listed = [
            field
            for field in Meaning
            if field is not Meaning.CLOSED and getattr(self.status, field)
        ]
        if listed:
            msg = f"beside [signatures] only `closed` is listed in [status], not {listed[0]}"
            raise ValueError(msg)
        both = [value for value in self.status.closed if self.signatures.held_by(value)]
        if both:
            msg = f"{both[0]!r} closes, and a pattern of [signatures] is found in it"
            raise ValueError(msg)
        return self

    @property
    def top_tier(self) -> int:
        """Return the highest tier that a row can have."""
        return max(self.tier.default, *(each.tier for each in self.tier.levels), 1)


def read_mapping(path: Path) -> LogMapping:
    """Return the mapping in a TOML file; raises UnusableMappingError with all that is wrong."""
    try:
        return LogMapping.model_validate(toml_of(read_bytes(path)))
    except FileReadError as error:
        place = str(path) if error.line is None else f"{path}, line {error.line}"
        raise UnusableMappingError(f"{error}.", where=place) from error
    except ValidationError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: ValidationError) -> UnusableMappingError:
    """Return everything that is wrong, each with its place."""
    told = []
    for each in error.errors(include_url=False):
        place, kind = each["loc"], each["type"]
        said = PLAIN.get(kind, each["msg"].removeprefix("Value error, ").rstrip("."))
        choice = f", allowed are {_fields(place[:-1])}" if kind == "extra_forbidden" else ""
        told.append(f"{'.'.join(map(str, place))}: {said}{choice}")
    return UnusableMappingError(f"{'; '.join(told)}.", where=str(path))


def _fields(place: tuple[int | str, ...]) -> str:
    """Return the fields of the table at `place`."""
    tables: dict[str, type[Frozen]] = {
        "": LogMapping,
        "case": Source,
        "time": TimeSource,
        "group": Source,
        "tier": TierSource,
        "tier.levels": TierPattern,
        "resource": Source,
        "status": StatusSource,
        "signatures": SignatureSource,
    }
    named = ".".join(str(part) for part in place if isinstance(part, str))
    return ", ".join(sorted(tables[named].model_fields))
