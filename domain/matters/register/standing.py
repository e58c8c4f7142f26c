"""How subjects stand, and what is recorded of each day."""

from collections.abc import Mapping
from datetime import date

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.register.commands import RecordValues, SetStatus
from domain.matters.register.events import StatusSet, ValuesRecorded
from domain.matters.register.guards import (
    require_by,
    require_day,
    require_subject,
    whose_problem,
)
from domain.matters.register.rules import RegisterProcedure, StatusRule
from domain.matters.register.state import DAYS_KEPT, Register, Subject
from domain.matters.register.waiting import check_from_now, concerned, record_checking, told
from domain.matters.values import Amount, Count, Quantity, Ratio, Value, require_fields

TOTAL_MAX = 10**14
"""Of one field over all subjects of one register: sums of ten registers still are numbers that the
ledger carries."""


def set_status(
    draft: MatterDraft, state: Register, command: SetStatus, rule: RegisterProcedure
) -> None:
    """Say how a subject stands."""
    subject = require_subject(state, command.subject)
    require_by(draft, rule, subject)
    on = require_day(draft, command.on)
    status = _require_status(command, rule)
    _require_in_turn(subject, command, on)
    if command.values:
        _require_values(state, subject, command, rule, on)
    is_new = subject.status != status.id
    if is_new and status.id in rule.opens and not command.problems:
        raise InvalidRequestError(
            "This status brings the problem behind it.",
            field="problems",
            value=status.id,
            allowed="at least one",
        )
    record_checking(
        draft,
        StatusSet(
            at=draft.at,
            by=draft.actor,
            subject=subject.id,
            status=status.id,
            before=subject.status,
            on=on,
            values=command.values,
            corrects=command.corrects,
            note=command.note,
            check=check_from_now(draft, rule, status.id, listed=subject.listed),
            found=draft.found(command.problems, rule.origin, whose_problem(draft, subject)),
            tells=told(draft, status.tells, (concerned(subject),)) if is_new else (),
        ),
    )


def record_values(
    draft: MatterDraft, state: Register, command: RecordValues, rule: RegisterProcedure
) -> None:
    """Record what is asked of each day."""
    subject = require_subject(state, command.subject)
    require_by(draft, rule, subject)
    on = require_day(draft, command.on)
    if not command.values:
        raise InvalidRequestError(
            "Something has to be recorded of the day.",
            field="values",
            allowed=[each.id for each in rule.fields] or "no field",
        )
    if command.corrects and on not in subject.recorded_on:
        raise _nothing_to_correct(on)
    _require_values(state, subject, command, rule, on)
    record_checking(
        draft,
        ValuesRecorded(
            at=draft.at,
            by=draft.actor,
            subject=subject.id,
            on=on,
            values=command.values,
            corrects=command.corrects,
            note=command.note,
            check=check_from_now(draft, rule, subject.status, listed=subject.listed),
            found=draft.found(command.problems, rule.origin, whose_problem(draft, subject)),
        ),
    )


def _require_status(command: SetStatus, rule: RegisterProcedure) -> StatusRule:
    status = rule.status(command.status)
    if status is None:
        raise InvalidRequestError(
            "The procedure has no such status.",
            field="status",
            value=command.status,
            allowed=[each.id for each in rule.statuses],
        )
    return status


def _require_in_turn(subject: Subject, command: SetStatus, on: date) -> None:
    """Refuse a second status of a day, or one of a day before the last, that corrects nothing; and
    a correction of nothing."""
    last = subject.stated_on
    if command.corrects:
        if last is None:
            raise _nothing_to_correct(on)
    elif last is not None and on == last:
        raise ConflictError(
            "The status was set for this day: another one corrects it.",
            field="corrects",
            value=on,
            allowed="true",
        )
    elif last is not None and on < last:
        raise ConflictError(
            "The status of a later day is known: only a correction goes before it.",
            field="on",
            value=on,
            allowed=f"after {last}",
        )


def _require_values(
    state: Register,
    subject: Subject,
    command: SetStatus | RecordValues,
    rule: RegisterProcedure,
    on: date,
) -> None:
    require_fields(rule.fields, command.values, "values")
    days = subject.recorded_on
    if on in days and not command.corrects:
        raise ConflictError(
            "Values were recorded for this day: others correct them.",
            field="corrects",
            value=on,
            allowed="true",
        )
    if len(days) >= DAYS_KEPT and on < days[0]:
        raise InvalidRequestError(
            "The day lies too far back behind those that were recorded.",
            field="on",
            value=on,
            allowed=f"from {days[0]} on",
        )
    _require_countable(state, subject, command.values)


def _require_countable(state: Register, subject: Subject, values: Mapping[str, Value]) -> None:
    """Refuse numbers with which the sums of the register would be more than is counted."""
    others = [each.values for each in state.subjects if each.id != subject.id]
    for id_, value in values.items():
        number = _number(value)
        if not number:
            continue
        before = sum(_number(each[id_]) for each in others if id_ in each)
        if before + number > TOTAL_MAX:
            raise InvalidRequestError(
                "The sum would be more than is counted in one register.",
                field=f"values.{id_}",
                value=number,
                allowed=f"up to {TOTAL_MAX - before}",
            )


def _number(value: Value) -> int:
    match value:
        case Count(n=number) | Amount(hundredths=number) | Quantity(thousandths=number):
            return number
        case Ratio(part=part, whole=whole):
            return max(part, whole or 0)
        case _:
            return 0


def _nothing_to_correct(on: date) -> InvalidRequestError:
    return InvalidRequestError(
        "Nothing was recorded that could be corrected.", field="corrects", value=on, allowed="false"
    )
