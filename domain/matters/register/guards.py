"""What every act in a register is held to before anything is recorded."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.permissions import is_post
from domain.matters.register.rules import SUBJECTS_MAX, RegisterProcedure
from domain.matters.register.state import Register, Subject
from domain.matters.register.waiting import concerned
from domain.people import Representative


def require_subject(state: Register, id_: str, where: str = "subject") -> Subject:
    """Return what the register knows of a subject, or refuse one that it does not have."""
    subject = state.subject(id_)
    if subject is None:
        raise InvalidRequestError("The register has no such subject.", field=where, value=id_)
    return subject


def require_by(draft: MatterDraft, rule: RegisterProcedure, subject: Subject) -> None:
    """Refuse whoever may not tell of a subject: its contact may, who is meant by the procedure's
    rows read for its enterprise or its builder, and without rows who runs the register."""
    if subject.contact is not None and draft.held is not None and draft.held.id == subject.contact:
        return
    if not rule.by:
        draft.require_runs()
    elif subject.builder is None or not draft.may(rule.by, subject.builder):
        draft.require(rule.by, concerned(subject))


def whose_problem(draft: MatterDraft, subject: Subject) -> str | None:
    """Return whose a problem of a subject is: of who tells of it, if that is one of the two."""
    actor = draft.actor
    if isinstance(actor, Representative) and actor.enterprise == subject.builder:
        return subject.builder
    return concerned(subject)


def require_day(draft: MatterDraft, on: date | None) -> date:
    """Return the local day that is told of, today if none is said, or refuse one to come."""
    today = draft.local_day()
    if on is not None and on > today:
        raise InvalidRequestError(
            "Nothing is recorded for a day to come.",
            field="on",
            value=on,
            allowed=f"up to {today}",
        )
    return on or today


def require_once(ids: Iterable[str], where: str) -> None:
    """Refuse a subject that is named twice."""
    twice = [id_ for id_, number in Counter(ids).items() if number > 1]
    if twice:
        raise InvalidRequestError(
            "A subject is named twice.", field=where, value=twice[0], allowed="once each"
        )


def require_room(number: int, where: str) -> None:
    """Refuse more subjects than a register has."""
    if number > SUBJECTS_MAX:
        raise InvalidRequestError(
            "The register has too many subjects.",
            field=where,
            value=number,
            allowed=f"at most {SUBJECTS_MAX}",
        )


def require_post(draft: MatterDraft, id_: str | None, where: str) -> None:
    """Refuse a contact that is no post of the zone."""
    if id_ is not None and not is_post(draft.handbook, id_):
        raise InvalidRequestError("The contact is a post of the zone.", field=where, value=id_)
