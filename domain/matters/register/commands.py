"""What may be asked of a register."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.matters.acts import ActCommand, OpeningCommand, Problem
from domain.matters.matter import FOUND_MAX
from domain.matters.register.rules import SUBJECTS_MAX, Id
from domain.matters.register.state import ClassIds
from domain.matters.values import Values
from domain.model import Code, Frozen, Short, Text


class Member(Frozen):
    """A subject on the list, and the classes in which it is there."""

    subject: Code
    classes: ClassIds = ()


Members = Annotated[tuple[Member, ...], Field(max_length=SUBJECTS_MAX)]
Codes = Annotated[tuple[Code, ...], Field(max_length=SUBJECTS_MAX)]


class OpenRegister(OpeningCommand):
    """Open a register. The first version of its list are the `members` named here, or those of the
    handbook's list `from_list`, or of the procedure's; with neither, every enterprise of the zone.
    With no members (an empty list) there is no list yet: no rate is counted of it."""

    kind: Literal["open_register"] = "open_register"
    members: Members | None = None
    from_list: Code | None = None


class AddSubject(Frozen):
    """Take something in: an enterprise by its id in the handbook, a project or a place by a name.
    `contact` is the post that follows it."""

    kind: Literal["add_subject"] = "add_subject"
    subject: Code
    name: Short | None = None
    enterprise: Code | None = None
    builder: Code | None = None
    contact: Code | None = None
    details: Values = Field(default={})


class DescribeSubject(Frozen):
    """Put other facts in place of those given when it was added. All of them are given again."""

    kind: Literal["describe_subject"] = "describe_subject"
    subject: Code
    name: Short | None = None
    enterprise: Code | None = None
    builder: Code | None = None
    details: Values = Field(default={})
    reason: Text


class RemoveSubject(Frozen):
    """Take something out that is not on the list. What was recorded of it stays a fact."""

    kind: Literal["remove_subject"] = "remove_subject"
    subject: Code
    reason: Text


class AppointContact(Frozen):
    """Make a post the contact of subjects, such as a coach of small firms on the ledger (000:43);
    without a post they have none."""

    kind: Literal["appoint_contact"] = "appoint_contact"
    subjects: Annotated[Codes, Field(min_length=1)]
    post: Code | None = None


class SetStatus(ActCommand):
    """Say how a subject stands on a local day, today if none is said; with `values`, what is
    recorded of that day too. `corrects`: in place of what was said before."""

    kind: Literal["set_status"] = "set_status"
    subject: Code
    status: Id
    on: date | None = None
    values: Values = Field(default={})
    corrects: bool = False


class RecordValues(ActCommand):
    """Record what is asked of each day, for a local day, today if none is said. `corrects`: in
    place of what was recorded of the same day."""

    kind: Literal["record_values"] = "record_values"
    subject: Code
    on: date | None = None
    values: Values = Field(default={})
    corrects: bool = False


class ReviseList(Frozen):
    """Make the next version of the list. Either all its `members`, or those that join it or come to
    be in other classes, and those that leave it. Enterprises need not be in the register before."""

    kind: Literal["revise_list"] = "revise_list"
    members: Members | None = None
    joins: Members = ()
    leaves: Codes = ()
    reason: Text


class LinkSupplier(Frozen):
    """Say that one subject waits for another, and for what part, if that is stated."""

    kind: Literal["link_supplier"] = "link_supplier"
    customer: Code
    supplier: Code
    part: Short | None = None


class UnlinkSupplier(Frozen):
    """Say that it does not any more, or never did."""

    kind: Literal["unlink_supplier"] = "unlink_supplier"
    customer: Code
    supplier: Code
    reason: Text


class OpenMapIssue(Frozen):
    """Have an issue opened for a firm, and under the same report one for each supplier that it
    waits for and that is not up: for `suppliers`, if any are named, else for all of them, also
    those of its suppliers. `of_supplier` is what each of theirs says."""

    kind: Literal["open_map_issue"] = "open_map_issue"
    subject: Code
    problem: Problem
    of_supplier: Problem
    suppliers: Annotated[tuple[Code, ...], Field(max_length=FOUND_MAX)] = ()
    note: Text | None = None


RegisterCommand = (
    OpenRegister
    | AddSubject
    | DescribeSubject
    | RemoveSubject
    | AppointContact
    | SetStatus
    | RecordValues
    | ReviseList
    | LinkSupplier
    | UnlinkSupplier
    | OpenMapIssue
)
