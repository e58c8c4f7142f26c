"""What can have happened in a register. Facts: never edited, never removed."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.acts import MatterHappened, MatterOpened
from domain.matters.register.rules import Id
from domain.matters.register.state import Check, ClassIds, Link
from domain.matters.register.words import SubjectKind
from domain.matters.values import Values
from domain.model import Code, Frozen, Key, Moment, Short, Text, is_none, is_unset


class Joined(Frozen):
    """A subject that came on the list, or into other classes of it. `new`: it was not in the
    register before."""

    subject: Code
    classes: ClassIds = Field(default=(), exclude_if=is_unset)
    new: bool = Field(default=False, exclude_if=is_unset)


class RegisterOpened(MatterOpened):
    """A register was opened. Without anybody who `joined` it has no list yet. All new subjects have
    this `status`, and are waited for until `check`."""

    kind: Literal["register_opened"] = "register_opened"
    of: SubjectKind
    joined: tuple[Joined, ...] = Field(default=(), exclude_if=is_unset)
    from_list: Code | None = Field(default=None, exclude_if=is_none)
    list_revision: int | None = Field(default=None, exclude_if=is_none)
    links: tuple[Link, ...] = Field(default=(), exclude_if=is_unset)
    status: Id | None = Field(default=None, exclude_if=is_none)
    on: date
    check: Check | None = Field(default=None, exclude_if=is_none)


class SubjectAdded(MatterHappened):
    """Something was taken in, with the status of whatever is new."""

    kind: Literal["subject_added"] = "subject_added"
    subject: Code
    name: Short | None = Field(default=None, exclude_if=is_none)
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    builder: Code | None = Field(default=None, exclude_if=is_none)
    contact: Code | None = Field(default=None, exclude_if=is_none)
    details: Values = Field(default={}, exclude_if=is_unset)
    status: Id | None = Field(default=None, exclude_if=is_none)
    on: date
    check: Check | None = Field(default=None, exclude_if=is_none)


class SubjectDescribed(MatterHappened):
    """Other facts stand in place of those given when it was added."""

    kind: Literal["subject_described"] = "subject_described"
    subject: Code
    name: Short | None = Field(default=None, exclude_if=is_none)
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    builder: Code | None = Field(default=None, exclude_if=is_none)
    details: Values = Field(default={}, exclude_if=is_unset)
    reason: Text


class SubjectRemoved(MatterHappened):
    """Something was taken out, and with it its links."""

    kind: Literal["subject_removed"] = "subject_removed"
    subject: Code
    reason: Text


class ContactAppointed(MatterHappened):
    """A post follows these subjects from now on; none does without it."""

    kind: Literal["contact_appointed"] = "contact_appointed"
    subjects: tuple[Code, ...]
    post: Code | None = Field(default=None, exclude_if=is_none)


class Looked(MatterHappened):
    """A subject was looked at: what it comes to, on a local day. `check` is until when it is waited
    for next."""

    subject: Code
    on: date
    values: Values = Field(default={}, exclude_if=is_unset)
    corrects: bool = Field(default=False, exclude_if=is_unset)
    note: Text | None = Field(default=None, exclude_if=is_none)
    check: Check | None = Field(default=None, exclude_if=is_none)


class StatusSet(Looked):
    """Somebody said how a subject stands. `before` is how it stood, where that was known."""

    kind: Literal["status_set"] = "status_set"
    status: Id
    before: Id | None = Field(default=None, exclude_if=is_none)


class ValuesRecorded(Looked):
    """Somebody recorded what is asked of each day."""

    kind: Literal["values_recorded"] = "values_recorded"


class ListRevised(MatterHappened):
    """The list has another version. New subjects have this `status`; those that joined and are
    `waited` for are so until `check`, those that are not `waited` for any more are named."""

    kind: Literal["list_revised"] = "list_revised"
    list_version: int
    joined: tuple[Joined, ...] = Field(default=(), exclude_if=is_unset)
    left: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    reason: Text
    status: Id | None = Field(default=None, exclude_if=is_none)
    on: date
    check: Check | None = Field(default=None, exclude_if=is_none)
    waited: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    unwaited: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class SupplierLinked(MatterHappened):
    """One subject waits for another."""

    kind: Literal["supplier_linked"] = "supplier_linked"
    link: Link


class SupplierUnlinked(MatterHappened):
    """It does not."""

    kind: Literal["supplier_unlinked"] = "supplier_unlinked"
    customer: Code
    supplier: Code
    reason: Text


class ChainIssue(Frozen):
    """The issue that was opened for a supplier."""

    subject: Code
    issue: Key


class ChainReported(MatterHappened):
    """Issues are opened for a firm, its `parent`, and for suppliers that it waits for: all are in
    `found`, under one report."""

    kind: Literal["chain_reported"] = "chain_reported"
    subject: Code
    parent: Key
    children: tuple[ChainIssue, ...]
    note: Text | None = Field(default=None, exclude_if=is_none)


class Unseen(Frozen):
    """A subject that was not looked at in time; `next_at` is when the next level is told."""

    subject: Code
    due_at: Moment
    next_at: Moment | None = Field(default=None, exclude_if=is_none)
    provisional: bool = Field(default=False, exclude_if=is_unset)


class SubjectsOverdue(MatterHappened):
    """Subjects were not looked at in time; the people of a level are told."""

    kind: Literal["subjects_overdue"] = "subjects_overdue"
    level: int
    overdue: tuple[Unseen, ...]


RegisterEvent = (
    RegisterOpened
    | SubjectAdded
    | SubjectDescribed
    | SubjectRemoved
    | ContactAppointed
    | StatusSet
    | ValuesRecorded
    | ListRevised
    | SupplierLinked
    | SupplierUnlinked
    | ChainReported
    | SubjectsOverdue
)
