"""Moving an open issue to other terms: one event for it, one for each clock moved (R2.3, R3.4).

Clocks that have ended never move.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain import commands_of_time as cmd
from domain import events_of_time as tm
from domain.clock_rules import ClockRule, Retarget
from domain.clocks import Clock, ClockTransition, Move, Target, Verdict
from domain.decisions.draft import Draft
from domain.durations import Duration, budget_of
from domain.errors import ConflictError, InvalidRequestError
from domain.issue import Issue
from domain.phases import Phase
from domain.reading import gross_ms, spent_ms
from domain.retargeting import aimed, dropped_rungs, retargeted
from domain.terms import Terms
from domain.timekeeping import budget_for


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an issue cannot move to a handbook: it names what that handbook does not hold."""

    field: str
    value: str


def adopt(draft: Draft, command: cmd.AdoptCalendar | cmd.AdoptHandbook) -> None:
    """Judge the issue by the target's terms from now on. Nothing happens if it is already."""
    target = draft.target
    if target is None or target.hash != command.terms:
        msg = f"{draft.issue.stream}: the terms {command.terms} were not given to decide by"
        raise LookupError(msg)
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF)
    old = draft.terms
    if old.hash == target.hash:
        return
    if command.from_terms not in (None, old.hash):
        raise ConflictError(
            "The issue is judged by other terms by now.",
            field="from_terms",
            value=command.from_terms,
            allowed=old.hash,
        )
    _require_fit(draft.issue, target)
    by_handbook = isinstance(command, cmd.AdoptHandbook)
    undo = isinstance(command, cmd.AdoptHandbook) and command.undo
    draft.terms = target
    draft.record(
        tm.TermsAdopted(
            at=draft.at,
            by=draft.actor,
            ground="undo" if undo else "handbook" if by_handbook else "calendar",
            reference=command.reference,
            from_terms=old.hash,
            to_terms=target.hash,
            handbook=target.handbook.hash,
            calendar=target.calendar.hash,
            reason=command.reason,
            author=command.author,
            approver=command.approver if isinstance(command, cmd.AdoptHandbook) else None,
        ),
        _orphaned(draft, old),
    )
    for clock, change in _changes(draft, old, "undo" if undo else None, by_handbook=by_handbook):
        draft.record(_migrated(draft, clock, change, command), (change,))


def _changes(
    draft: Draft, old: Terms, by: str | None, *, by_handbook: bool
) -> Iterator[tuple[Clock, ClockTransition]]:
    """Yield each live clock that the new terms move, with its move."""
    for clock in draft.issue.clocks:
        rule = draft.terms.rules_by_id.get(clock.rule)
        if rule is None or not clock.is_live:
            continue
        answer = rule.retargeting.handbook if by_handbook else Retarget.KEEP_ELAPSED
        to = _restored(clock, draft.terms)
        if to is None:
            duration = _duration(clock, rule, draft.issue, old, by_handbook=by_handbook)
            if duration is None:
                to = aimed(
                    Retarget.KEEP_OLD_TARGET,
                    clock,
                    rule,
                    rule.budgets[-1].duration,
                    draft.issue,
                    draft.terms,
                    draft.at,
                )
            else:
                to = aimed(answer, clock, rule, duration, draft.issue, draft.terms, draft.at)
        change = retargeted(
            clock,
            to,
            rule,
            draft.terms,
            draft.at,
            draft.rules,
            by=by or (answer if by_handbook else "calendar"),
            came_by=old.hash,
            dropped=dropped_rungs(clock, old.rules_by_id[clock.rule], rule),
        )
        if _moves(clock, change, _spent(clock, old, draft.at)):
            yield clock, change


def _orphaned(draft: Draft, old: Terms) -> Iterator[ClockTransition]:
    """Yield the end of each live clock of a kind that the new handbook does not have."""
    for clock in draft.issue.clocks:
        if clock.is_live and clock.rule not in draft.terms.rules_by_id:
            calendar = old.calendar_of(old.rules_by_id[clock.rule])
            yield ClockTransition(
                clock=clock.id,
                rule=clock.rule,
                cycle=clock.cycle,
                move=Move.CANCEL,
                elapsed_ms=spent_ms(clock, calendar, draft.at),
                verdict=Verdict.WITHDRAWN,
                gross_ms=gross_ms(clock, calendar, draft.at),
            )


def _spent(clock: Clock, old: Terms, at: datetime) -> int:
    return spent_ms(clock, old.calendar_of(old.rules_by_id[clock.rule]), at)


def _restored(clock: Clock, terms: Terms) -> Target | None:
    """Return the target that the clock had under these very terms, if it comes back to them."""
    before = clock.before
    return before if before is not None and before.terms == terms.hash else None


def _duration(
    clock: Clock, rule: ClockRule, issue: Issue, old: Terms, *, by_handbook: bool
) -> Duration | None:
    """Return what the clock's new budget is resolved from: the new handbook's, or for another
    calendar what it was started with. None if that is not known: then the budget stays."""
    if by_handbook:
        return budget_for(rule, issue)
    if clock.duration is not None:
        return clock.duration
    duration = budget_for(rule, issue)
    calendar = old.calendar_of(old.rules_by_id[clock.rule])
    budget = budget_of(duration, calendar, clock.anchor_at)
    same = (budget.basis, budget.ms + clock.extended_ms) == (clock.basis, clock.budget_ms)
    return duration if same else None


def _moves(clock: Clock, change: ClockTransition, spent: int) -> bool:
    """Return whether anything that a person can see of the clock would be another."""
    aim, run = change.retarget, change.run
    if aim is None:
        return False
    ids = () if run is None else tuple((rung.id, rung.due_at) for rung in run.rungs)
    return (
        (aim.to.basis, aim.to.budget_ms, aim.to_due_at, aim.to.anchor_at, aim.superseded)
        != (clock.basis, clock.budget_ms, clock.due_at, clock.anchor_at, clock.superseded)
        or ids != tuple((rung.id, rung.due_at) for rung in clock.rungs)
        or (run is not None and run.provisional != clock.provisional)
        or change.elapsed_ms != spent
    )


def _migrated(
    draft: Draft,
    clock: Clock,
    change: ClockTransition,
    command: cmd.AdoptCalendar | cmd.AdoptHandbook,
) -> tm.ClockMigrated:
    new_due_at: datetime | None = None if change.run is None else change.run.due_at
    return tm.ClockMigrated(
        at=draft.at,
        by=draft.actor,
        clock=clock.id,
        cycle=clock.cycle,
        old_due_at=clock.due_at,
        new_due_at=new_due_at,
        was_provisional=clock.provisional,
        is_provisional=change.run is not None and change.run.provisional,
        reason=command.reason,
        author=command.author,
    )


def obstacles(issue: Issue, target: Terms) -> tuple[Obstacle, ...]:
    """Return what the issue stands on and the target's handbook does not hold."""
    book = target.handbook
    found = []
    posts = {post.id for post in book.posts}
    needed = (
        ("zone", issue.zone, {book.zone}),
        ("owner", issue.owner, posts),
        ("handler", issue.handler, posts),
        ("category", issue.category, {entry.id for entry in book.categories}),
        ("enterprise", issue.enterprise, {entry.id for entry in book.enterprises}),
        ("tier", str(issue.tier), {str(tier.level) for tier in book.tiers}),
    )
    found += [Obstacle(field, value) for field, value, held in needed if value not in held]
    units = {unit.id for unit in book.units}
    parts = () if issue.team is None else issue.team.parts
    found += [Obstacle("unit", part.unit) for part in parts if part.unit not in units]
    if issue.unit is not None and issue.unit not in units:
        found.append(Obstacle("unit", issue.unit))
    return tuple(found)


def _require_fit(issue: Issue, target: Terms) -> None:
    found = obstacles(issue, target)
    if found:
        named = ", ".join(f"{each.field} {each.value}" for each in found)
        raise InvalidRequestError(
            "The handbook to adopt does not hold what the issue stands on.",
            field="terms",
            value=named,
            allowed="a handbook with these, or hand the issue over first",
        )
