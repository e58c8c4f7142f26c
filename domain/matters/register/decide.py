"""What a command to a register comes to: events, or a refusal that says why."""

from collections.abc import Set
from typing import assert_never

from domain.errors import InvalidRequestError
from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.matter import Due
from domain.matters.procedure import DueRule
from domain.matters.register.chain import link_supplier, open_map_issue, unlink_supplier
from domain.matters.register.commands import (
    AddSubject,
    AppointContact,
    DescribeSubject,
    LinkSupplier,
    OpenMapIssue,
    OpenRegister,
    RecordValues,
    RegisterCommand,
    RemoveSubject,
    ReviseList,
    SetStatus,
    UnlinkSupplier,
)
from domain.matters.register.listing import open_with_list, revise_list
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.standing import record_values, set_status
from domain.matters.register.state import Register
from domain.matters.register.subjects import (
    add_subject,
    appoint_contact,
    describe_subject,
    remove_subject,
)
from domain.matters.register.waiting import pass_checks


def open_register(draft: MatterDraft, command: OpenRegister, rule: RegisterProcedure) -> None:
    """Open a register. `runs` and the asked details have been checked."""
    open_with_list(draft, command, rule)


def act_on_register(
    draft: MatterDraft, state: Register, command: RegisterCommand, rule: RegisterProcedure
) -> None:
    """Carry out any other command."""
    match command:
        case OpenRegister():
            msg = f"{state.stream}: {command.kind} begins a stream only"
            raise TypeError(msg)
        case SetStatus():
            set_status(draft, state, command, rule)
        case RecordValues():
            record_values(draft, state, command, rule)
        case AddSubject():
            add_subject(draft, state, command, rule)
        case DescribeSubject():
            describe_subject(draft, state, command, rule)
        case RemoveSubject():
            remove_subject(draft, state, command)
        case AppointContact():
            appoint_contact(draft, state, command)
        case ReviseList():
            revise_list(draft, state, command, rule)
        case LinkSupplier():
            link_supplier(draft, state, command, rule)
        case UnlinkSupplier():
            unlink_supplier(draft, state, command)
        case OpenMapIssue():
            open_map_issue(draft, state, command, rule)
        case _:
            assert_never(command)


def due_rule_in_register(
    state: Register, due: Due, rule: RegisterProcedure
) -> tuple[DueRule | None, str | None]:
    """Return by which rule an instant was set, None if nobody is told of its passing; and the
    enterprise that it concerns. The event that follows names the subjects and tells of them."""
    return None, None


def passed_in_register(
    draft: MatterDraft, state: Register, passed: DuePassed, rule: RegisterProcedure
) -> None:
    """Do what else the passing of an instant means, after it was recorded and told."""
    pass_checks(draft, rule)


def require_register_closable(state: Register, rule: RegisterProcedure) -> None:
    """Refuse to close what is not finished: a register can be closed as it stands."""


def require_register_fits(state: Register, rule: RegisterProcedure) -> None:
    """Refuse terms whose procedure lacks what the register stands on."""
    if state.of is not rule.subjects:
        raise _lacking("subjects", state.of)
    statuses = {id_ for each in state.subjects for id_ in (each.status, each.was) if id_}
    _require_known("statuses", statuses, {each.id for each in rule.statuses})
    classes = {class_ for each in state.subjects for class_ in each.classes}
    _require_known("classes", classes, {each.id for each in rule.classes})
    recorded = {field for each in state.subjects for field in each.values}
    _require_known("fields", recorded, {each.id for each in rule.fields})
    details = {field for each in state.subjects for field in each.details}
    _require_known("subject_fields", details, {each.id for each in rule.subject_fields})
    if state.links and rule.supply_map is None:
        raise _lacking("supply_map", len(state.links))


def _require_known(what: str, used: Set[str], known: Set[str]) -> None:
    for id_ in sorted(used - known):
        raise _lacking(what, id_)


def _lacking(what: str, value: object) -> InvalidRequestError:
    return InvalidRequestError(
        "The procedure no longer holds what the register stands on.", field=what, value=value
    )
