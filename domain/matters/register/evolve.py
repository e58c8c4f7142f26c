"""How an event changes a register."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import assert_never

from domain.evolve import StreamError
from domain.matters.matter import Found
from domain.matters.register.events import (
    ChainReported,
    ContactAppointed,
    Joined,
    ListRevised,
    Looked,
    RegisterEvent,
    RegisterOpened,
    StatusSet,
    SubjectAdded,
    SubjectDescribed,
    SubjectRemoved,
    SubjectsOverdue,
    SupplierLinked,
    SupplierUnlinked,
    Unseen,
    ValuesRecorded,
)
from domain.matters.register.state import DAYS_KEPT, ISSUES_KEPT, Check, Register, Subject


def opened_register(event: RegisterOpened, zone: str, key: str, terms: str) -> Register:
    """Return the register that an event begins."""
    return Register(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        procedure=event.procedure,
        title=event.title,
        details=event.details,
        post=event.post,
        opened_at=event.at,
        changed_at=event.at,
        of=event.of,
        subjects=tuple(_joined_anew(each, event, event.check) for each in event.joined),
        list_version=1 if event.joined else 0,
        from_list=event.from_list,
        list_revision=event.list_revision,
        links=event.links,
    )


def evolve_register(state: Register, event: RegisterEvent) -> dict[str, object]:
    """Return the fields of the register that `event` changes, beside those every event may."""
    changes: dict[str, object] = {}
    match event:
        case StatusSet() | ValuesRecorded():
            changes["subjects"] = _for(state, (event.subject,), lambda each: _looked(each, event))
        case SubjectAdded():
            changes["subjects"] = (*state.subjects, _added(event))
        case SubjectDescribed():
            changes["subjects"] = _for(state, (event.subject,), lambda s: _described(s, event))
        case SubjectRemoved():
            changes = _removed(state, event)
        case ContactAppointed():
            changes["subjects"] = _for(
                state, event.subjects, lambda each: _changed(each, contact=event.post)
            )
        case ListRevised():
            changes = _revised(state, event)
        case SupplierLinked():
            changes["links"] = (*state.links, event.link)
        case SupplierUnlinked():
            gone = (event.customer, event.supplier)
            changes["links"] = tuple(e for e in state.links if (e.customer, e.supplier) != gone)
        case ChainReported():
            changes["subjects"] = _chained(state, event)
        case SubjectsOverdue():
            changes["subjects"] = _overdue(state, event)
        case RegisterOpened():
            pass
        case _:
            assert_never(event)
    return changes


def _for(
    state: Register, ids: Iterable[str], change: Callable[[Subject], Subject]
) -> tuple[Subject, ...]:
    meant = frozenset(ids)
    missing = meant - {each.id for each in state.subjects}
    if missing:
        msg = f"stream {state.stream}: no subject {min(missing)!r}"
        raise StreamError(msg)
    return tuple(change(each) if each.id in meant else each for each in state.subjects)


def _changed(subject: Subject, **update: object) -> Subject:
    return subject.model_copy(update=update)


def _joined_anew(
    joined: Joined, event: RegisterOpened | ListRevised, check: Check | None
) -> Subject:
    """Return an enterprise that came into the register by coming on its list."""
    return Subject(
        id=joined.subject,
        enterprise=joined.subject,
        listed=True,
        classes=joined.classes,
        status=event.status,
        since=None if event.status is None else event.on,
        check=check,
    )


def _added(event: SubjectAdded) -> Subject:
    return Subject(
        id=event.subject,
        name=event.name,
        enterprise=event.enterprise,
        builder=event.builder,
        contact=event.contact,
        details=event.details,
        status=event.status,
        since=None if event.status is None else event.on,
        check=event.check,
    )


def _described(subject: Subject, event: SubjectDescribed) -> Subject:
    return _changed(
        subject,
        name=event.name,
        enterprise=event.enterprise,
        builder=event.builder,
        details=event.details,
    )


def _removed(state: Register, event: SubjectRemoved) -> dict[str, object]:
    return {
        "subjects": tuple(each for each in state.subjects if each.id != event.subject),
        "links": tuple(
            each for each in state.links if event.subject not in (each.customer, each.supplier)
        ),
    }


def _looked(subject: Subject, event: StatusSet | ValuesRecorded) -> Subject:
    changes: dict[str, object] = {
        "check": event.check,
        "overdue": False,
        "issues": _issues(subject, event.found),
    }
    if event.values:
        if subject.last_on is None or event.on >= subject.last_on:
            changes["values"] = event.values
        changes["recorded_on"] = _days(subject, event)
    if isinstance(event, StatusSet):
        changes |= _stands(subject, event)
    return _changed(subject, **changes)


def _days(subject: Subject, event: Looked) -> tuple[date, ...]:
    return tuple(sorted({*subject.recorded_on, event.on})[-DAYS_KEPT:])


def _stands(subject: Subject, event: StatusSet) -> dict[str, object]:
    changes: dict[str, object] = {"status": event.status, "stated_on": event.on}
    since = subject.since or event.on
    if not event.corrects:
        if event.status == subject.status:
            changes["since"] = min(since, event.on)
        else:
            changes |= {"since": event.on, "was": subject.status, "was_since": subject.since}
    elif event.status == subject.status:
        is_first = subject.since == subject.stated_on
        changes["since"] = event.on if is_first else min(since, event.on)
    elif event.status == subject.was and subject.was_since is not None:
        changes["since"] = min(subject.was_since, event.on)
    else:
        changes["since"] = event.on
    return changes


def _issues(subject: Subject, found: Iterable[Found]) -> tuple[str, ...]:
    return (*subject.issues, *(each.issue for each in found))[-ISSUES_KEPT:]


def _revised(state: Register, event: ListRevised) -> dict[str, object]:
    joined = {each.subject: each for each in event.joined if not each.new}
    left, waited = frozenset(event.left), frozenset(event.waited)
    unwaited = frozenset(event.unwaited)

    def revised(subject: Subject) -> Subject:
        changes: dict[str, object] = {}
        if subject.id in joined:
            changes = {"listed": True, "classes": joined[subject.id].classes}
        if subject.id in left:
            changes = {"listed": False, "classes": ()}
        if subject.id in waited:
            changes["check"] = event.check
        if subject.id in unwaited:
            changes |= {"check": None, "overdue": False}
        return _changed(subject, **changes) if changes else subject

    there = _for(state, (*joined, *left, *unwaited), lambda each: each)
    new = (
        _joined_anew(each, event, event.check if each.subject in waited else None)
        for each in event.joined
        if each.new
    )
    return {
        "subjects": (*(revised(each) for each in there), *new),
        "list_version": event.list_version,
        "list_reason": event.reason,
    }


def _chained(state: Register, event: ChainReported) -> tuple[Subject, ...]:
    issues = {event.subject: event.parent}
    issues |= {each.subject: each.issue for each in event.children}
    return _for(
        state,
        issues,
        lambda each: _changed(each, issues=(*each.issues, issues[each.id])[-ISSUES_KEPT:]),
    )


def _overdue(state: Register, event: SubjectsOverdue) -> tuple[Subject, ...]:
    unseen = {each.subject: each for each in event.overdue}
    return _for(
        state,
        unseen,
        lambda each: _changed(each, overdue=True, check=_next(unseen[each.id], event.level)),
    )


def _next(unseen: Unseen, level: int) -> Check | None:
    if unseen.next_at is None:
        return None
    return Check(due_at=unseen.next_at, level=level + 1, provisional=unseen.provisional)
