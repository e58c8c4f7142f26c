"""Until when a register waits for each of its subjects to be looked at, and their one clock.

The clock stands at the earliest instant of any of them: two thousand subjects are one instant to
wait for, and those that are overdue at once are told of at once.
"""

from collections.abc import Iterable

from domain.matters.draft import MatterDraft
from domain.matters.permissions import told_by
from domain.matters.register.events import (
    RegisterEvent,
    RegisterOpened,
    SubjectsOverdue,
    Unseen,
)
from domain.matters.register.evolve import evolve_register, opened_register
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import CHECK, Check, Register, Subject
from domain.matters.who import Rows
from domain.people import ENGINE


def register_of(draft: MatterDraft) -> Register:
    """Return the register as the events recorded so far leave it."""
    matter = draft.matter
    if not isinstance(matter, Register):
        msg = f"{matter.stream} is a {matter.aggregate}, not a register"
        raise TypeError(msg)
    return matter


def check_from_now(
    draft: MatterDraft, rule: RegisterProcedure, status: str | None, *, listed: bool
) -> Check | None:
    """Return until when a subject that was looked at now is waited for; None if it is not."""
    known = rule.status(status)
    is_silent = known is not None and not known.checked
    if rule.check is None or is_silent or (rule.monitoring and not listed):
        return None
    at, provisional = draft.after(rule.check.within)
    return Check(due_at=at, provisional=provisional)


def record_checking(draft: MatterDraft, event: RegisterEvent) -> None:
    """Record an event together with the clock as it stands after it."""
    if isinstance(event, RegisterOpened):
        due = None
        subjects = opened_register(event, draft.zone, draft.key, draft.terms.hash).subjects
    else:
        state = register_of(draft)
        due = state.due(CHECK)
        subjects = state.model_copy(update=evolve_register(state, event)).subjects
    checks = (each.check for each in subjects if each.check is not None)
    first = min(checks, key=lambda check: check.due_at, default=None)
    if first is None:
        draft.record(event if due is None else event.model_copy(update={"meets": (due.clock,)}))
    elif due is None or due.due_at != first.due_at:
        sets = (draft.due_at(CHECK, first.due_at, provisional=first.provisional),)
        draft.record(event.model_copy(update={"sets": sets}))
    else:
        draft.record(event)


def pass_checks(draft: MatterDraft, rule: RegisterProcedure) -> None:
    """Say which subjects were not looked at in time by now, level after level, and tell the people
    of that level."""
    by_level: dict[int, list[Unseen]] = {}
    state = register_of(draft)
    for subject in state.subjects:
        if subject.check is not None and subject.check.due_at <= draft.at:
            unseen = _unseen(draft, rule, subject, subject.check)
            by_level.setdefault(subject.check.level, []).append(unseen)
    for level, overdue in sorted(by_level.items()):
        rows = rule.check.levels[level - 1 : level] if rule.check is not None else ()
        named = {each.subject for each in overdue}
        whose = (each for each in state.subjects if each.id in named)
        record_checking(
            draft,
            SubjectsOverdue(
                at=draft.at,
                by=ENGINE,
                level=level,
                overdue=tuple(overdue),
                tells=told(draft, rows, (concerned(each) for each in whose)),
            ),
        )


def concerned(subject: Subject) -> str | None:
    """Return whose a subject is: without an owner that is known, who builds it."""
    return subject.enterprise or subject.builder


def told(draft: MatterDraft, rows: Rows, enterprises: Iterable[str | None]) -> tuple[str, ...]:
    """Return everybody whom rows mean, over any of the enterprises: each once."""
    named = dict.fromkeys(enterprises)
    whom = (name for whose in named for row in rows for name in told_by(row, whose, draft.handbook))
    return tuple(dict.fromkeys(whom))


def _unseen(draft: MatterDraft, rule: RegisterProcedure, subject: Subject, check: Check) -> Unseen:
    due = rule.check
    if due is None or due.then is None or check.level >= len(due.levels):
        return Unseen(subject=subject.id, due_at=check.due_at)
    at, provisional = draft.after(due.then, check.due_at)
    return Unseen(subject=subject.id, due_at=check.due_at, next_at=at, provisional=provisional)
