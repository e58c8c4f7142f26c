"""What is taken into a register, described, followed by a post, and taken out again."""

from dataclasses import dataclass

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.register.commands import (
    AddSubject,
    AppointContact,
    DescribeSubject,
    RemoveSubject,
)
from domain.matters.register.events import (
    ContactAppointed,
    SubjectAdded,
    SubjectDescribed,
    SubjectRemoved,
)
from domain.matters.register.guards import (
    require_once,
    require_post,
    require_room,
    require_subject,
)
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.register.waiting import check_from_now, record_checking
from domain.matters.register.words import SubjectKind
from domain.matters.values import require_fields


@dataclass(frozen=True, slots=True)
class _Described:
    name: str | None
    enterprise: str | None
    builder: str | None


def add_subject(
    draft: MatterDraft, state: Register, command: AddSubject, rule: RegisterProcedure
) -> None:
    """Take something in."""
    draft.require_runs()
    if state.subject(command.subject) is not None:
        raise ConflictError(
            "The register has this subject already.", field="subject", value=command.subject
        )
    require_room(len(state.subjects) + 1, "subject")
    said = _described(draft, command, rule)
    require_post(draft, command.contact, "contact")
    record_checking(
        draft,
        SubjectAdded(
            at=draft.at,
            by=draft.actor,
            subject=command.subject,
            name=said.name,
            enterprise=said.enterprise,
            builder=said.builder,
            contact=command.contact,
            details=command.details,
            status=rule.first,
            on=draft.local_day(),
            check=check_from_now(draft, rule, rule.first, listed=False),
            tells=() if command.contact is None else (command.contact,),
        ),
    )


def describe_subject(
    draft: MatterDraft, state: Register, command: DescribeSubject, rule: RegisterProcedure
) -> None:
    """Put other facts in place of those given when something was added."""
    draft.require_runs()
    require_subject(state, command.subject)
    said = _described(draft, command, rule)
    draft.record(
        SubjectDescribed(
            at=draft.at,
            by=draft.actor,
            subject=command.subject,
            name=said.name,
            enterprise=said.enterprise,
            builder=said.builder,
            details=command.details,
            reason=command.reason,
        )
    )


def remove_subject(draft: MatterDraft, state: Register, command: RemoveSubject) -> None:
    """Take something out."""
    draft.require_runs()
    subject = require_subject(state, command.subject)
    if subject.listed:
        raise ConflictError(
            "The subject is on the list: it is revised first.",
            field="subject",
            value=subject.id,
            allowed="revise_list",
        )
    record_checking(
        draft,
        SubjectRemoved(at=draft.at, by=draft.actor, subject=subject.id, reason=command.reason),
    )


def appoint_contact(draft: MatterDraft, state: Register, command: AppointContact) -> None:
    """Make a post the contact of subjects, or leave them without one."""
    draft.require_runs()
    require_once(command.subjects, "subjects")
    require_post(draft, command.post, "post")
    known = [
        require_subject(state, id_, f"subjects.{number}")
        for number, id_ in enumerate(command.subjects)
    ]
    if all(each.contact == command.post for each in known):
        raise ConflictError(
            "The post is their contact already.", field="post", value=command.post or "none"
        )
    before = (each.contact for each in known)
    draft.record(
        ContactAppointed(
            at=draft.at,
            by=draft.actor,
            subjects=command.subjects,
            post=command.post,
            tells=tuple(dict.fromkeys(e for e in (command.post, *before) if e is not None)),
        )
    )


def _described(
    draft: MatterDraft, command: AddSubject | DescribeSubject, rule: RegisterProcedure
) -> _Described:
    """Return what a subject is called and whose it is, or refuse it."""
    require_fields(rule.subject_fields, command.details, "details")
    if rule.subjects is SubjectKind.ENTERPRISE:
        draft.require_enterprise(command.subject, "subject")
        if command.name is not None or command.builder is not None:
            raise InvalidRequestError(
                "The handbook says what an enterprise is called, and nobody builds it.",
                field="builder" if command.name is None else "name",
                value=command.builder if command.name is None else command.name,
                allowed="none",
            )
        if command.enterprise not in (None, command.subject):
            raise InvalidRequestError(
                "An enterprise stands for itself.",
                field="enterprise",
                value=command.enterprise,
                allowed=command.subject,
            )
        return _Described(None, command.subject, None)
    if command.name is None:
        raise InvalidRequestError("A project or a place has a name.", field="name")
    for where, whose in (("enterprise", command.enterprise), ("builder", command.builder)):
        if whose is not None:
            draft.require_enterprise(whose, where)
    return _Described(command.name, command.enterprise, command.builder)
