"""A register: everything its stream of events has made of it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.matters.matter import MatterBase
from domain.matters.register.rules import CODES_MAX, SUBJECTS_MAX, Id
from domain.matters.register.words import SubjectKind
from domain.matters.values import Values
from domain.matters.words import Aggregate
from domain.model import Code, Frozen, Key, Moment, Short, Text, is_none, is_unset

LINKS_MAX = 5_000
DAYS_KEPT = 14
ISSUES_KEPT = 20
CHECK = "check"

ClassIds = Annotated[tuple[Id, ...], Field(max_length=CODES_MAX)]


class Check(Frozen):
    """By when a subject has to be looked at again; `level` counts from 1."""

    due_at: Moment
    level: int = 1
    provisional: bool = Field(default=False, exclude_if=is_unset)


class Subject(Frozen):
    """Something whose status is kept. An enterprise's id is the handbook's, and its `enterprise`
    the same; a project or a place says whose it is and who builds it, if that is stated.

    `listed`: it is on the present version of the list, in these `classes`. `contact` is the post
    that follows it. `status` holds since the day `since`, and was last stated for `stated_on`;
    `was` is what stood before it, since `was_since`: what a correction may bring back. `values` are
    those of `last_on`, the latest day; `recorded_on` are the last days that there are values of.
    `issues` are the last that were opened for it. `check` is until when it is waited for;
    `overdue`: it was not looked at in time.
    """

    id: Code
    name: Short | None = Field(default=None, exclude_if=is_none)
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    builder: Code | None = Field(default=None, exclude_if=is_none)
    contact: Code | None = Field(default=None, exclude_if=is_none)
    details: Values = Field(default={}, exclude_if=is_unset)
    listed: bool = Field(default=False, exclude_if=is_unset)
    classes: ClassIds = Field(default=(), exclude_if=is_unset)
    status: Id | None = Field(default=None, exclude_if=is_none)
    since: date | None = Field(default=None, exclude_if=is_none)
    stated_on: date | None = Field(default=None, exclude_if=is_none)
    was: Id | None = Field(default=None, exclude_if=is_none)
    was_since: date | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    recorded_on: tuple[date, ...] = Field(default=(), exclude_if=is_unset)
    issues: tuple[Key, ...] = Field(default=(), exclude_if=is_unset)
    check: Check | None = Field(default=None, exclude_if=is_none)
    overdue: bool = Field(default=False, exclude_if=is_unset)

    @property
    def last_on(self) -> date | None:
        """Return the day of its values."""
        return self.recorded_on[-1] if self.recorded_on else None


class Link(Frozen):
    """That a firm waits for a supplier, and for what."""

    customer: Code
    supplier: Code
    part: Short | None = Field(default=None, exclude_if=is_none)


class Register(MatterBase):
    """How each of its subjects stands, from facts: `of` is what they are. `list_version` is 0 while
    there is no list."""

    aggregate: Literal[Aggregate.REGISTER] = Aggregate.REGISTER
    of: SubjectKind
    subjects: Annotated[tuple[Subject, ...], Field(max_length=SUBJECTS_MAX)] = ()
    list_version: int = 0
    list_reason: Text | None = Field(default=None, exclude_if=is_none)
    from_list: Code | None = Field(default=None, exclude_if=is_none)
    list_revision: int | None = Field(default=None, exclude_if=is_none)
    links: Annotated[tuple[Link, ...], Field(max_length=LINKS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )

    @property
    def enterprises(self) -> tuple[str, ...]:
        """Return the enterprises that it concerns, for lists and for who may see it."""
        named = (whose for each in self.subjects for whose in (each.enterprise, each.builder))
        return tuple(dict.fromkeys(whose for whose in named if whose is not None))

    @property
    def stage(self) -> str | None:
        """Return how it stands in its procedure's own words: its subjects do, it does not."""
        return None

    @property
    def listed(self) -> tuple[Subject, ...]:
        """Return the subjects on the present version of the list."""
        return tuple(each for each in self.subjects if each.listed)

    def subject(self, id_: str) -> Subject | None:
        """Return what is known of a subject."""
        return next((each for each in self.subjects if each.id == id_), None)

    def link(self, customer: str, supplier: str) -> Link | None:
        """Return the link between two subjects."""
        return next(
            (e for e in self.links if (e.customer, e.supplier) == (customer, supplier)), None
        )
