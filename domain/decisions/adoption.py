"""Moving an open issue to other terms: one event for it, one for each clock moved (R2.3, R3.4).

Clocks that have ended never move.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain import commands_of_time as cmd
from domain import events_of_time as tm
from domain.capping import capped
from domain.clock_rules import ClockRule, ClockScope, Retarget
from domain.clocks import CALENDAR, Clock, ClockTransition, Target
from domain.decisions.draft import Draft
from domain.durations import Duration, budget_of
from domain.errors import ConflictError, InvalidRequestError
from domain.events_of_ladder import PEOPLE_MAX, PostHandedOver
from domain.evolve import part_of_clock
from domain.issue import Issue
from domain.levels import as_at_level
from domain.organization import holders, post
from domain.phases import Phase
from domain.reading import spent_ms
from domain.retargeting import Change, aimed, dropped_rungs, retargeted
from domain.terms import Terms
from domain.timekeeping import budget_for, length_for


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
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
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
        )
    )
    if by_handbook:
        _hand_over_post(draft, old)
    for clock, change in _changes(draft, old, undo=undo, by_handbook=by_handbook):
        draft.record(_migrated(draft, clock, change, command), (change,))


def _hand_over_post(draft: Draft, old: Terms) -> None:
    """Say whose hands the issue goes from and to, where the owner's post has other people now than
    the issue knows: it stays with the post (Q31). A duty roster's shifts are no handover."""
    level = draft.issue.level
    before, after = (post(terms.handbook, draft.issue.owner) for terms in (old, draft.terms))
    if level is None or before is None or after is None or before.roster or after.roster:
        return
    was, there = level.people, holders(after, draft.local.date())[:PEOPLE_MAX]
    if was != there:
        draft.record(
            PostHandedOver(
                at=draft.at, by=draft.actor, post=after.id, from_people=was, to_people=there
            )
        )


def _changes(
    draft: Draft, old: Terms, *, undo: bool, by_handbook: bool
) -> Iterator[tuple[Clock, ClockTransition]]:
    """Yield each live clock that the new terms move, with its move."""
    for clock_id in _in_order(draft):
        clock = draft.issue.clock(clock_id)
        if clock is None or not clock.is_live:
            continue
        rule = draft.terms.rules_by_id[clock.rule]
        answer = rule.retargeting.handbook if by_handbook and not undo else Retarget.KEEP_ELAPSED
        if by_handbook and not undo and (_is_instructed(draft, clock) or _is_stated(draft, clock)):
            answer = Retarget.KEEP_OLD_TARGET
        restored = _restored(clock, draft.terms)
        to = restored or _aim(draft, clock, rule, old, answer, undo=undo, by_handbook=by_handbook)
        why = Change(
            by="undo" if undo else answer if by_handbook else CALENDAR,
            came_by=old.hash,
            dropped=dropped_rungs(clock, old.rules_by_id[clock.rule], rule),
            restored=restored is not None or undo,
        )
        aimed_at = retargeted(clock, to, rule, draft.terms, draft.at, draft.rules, why)
        cut = capped(draft.issue, (aimed_at,), draft.terms, draft.at, draft.rules)
        change = cut[0]
        if _moves(
            clock, change, _spent(clock, old, draft.at), _spent(clock, draft.terms, draft.at)
        ):
            yield clock, change


def _in_order(draft: Draft) -> list[str]:
    """Return the issue's clocks, a joint team's lead first: the parts' may not end after it."""
    team = draft.handbook.joint_team
    lead = None if team is None else team.lead
    return sorted((clock.id for clock in draft.issue.clocks), key=lambda id_: id_ != lead)


def _is_instructed(draft: Draft, clock: Clock) -> bool:
    """A limit that an instruction in force has set outranks every handbook (R5.8)."""
    return any(
        each.clock == clock.id and draft.at < each.expires_at for each in draft.issue.instructions
    )


def _is_stated(draft: Draft, clock: Clock) -> bool:
    """A deadline that came with the issue from another ledger is no handbook's; the next cycle of
    its clock is."""
    brought = draft.issue.imported
    return brought is not None and clock.cycle == 1 and clock.id in brought.limits


def _aim(
    draft: Draft,
    clock: Clock,
    rule: ClockRule,
    old: Terms,
    answer: Retarget,
    *,
    undo: bool,
    by_handbook: bool,
) -> Target:
    """Return the clock's target by the new terms. On the way back it is that of before, counted by
    the calendar of now, whatever the handbook answers to a change."""
    before = clock.before
    if undo and before is not None:
        clock = clock.model_copy(
            update={"anchor_at": before.anchor_at, "counted_from_at": before.counted_from_at}
        )
        duration = before.duration or _length(clock, rule, draft.issue, draft.terms)
    else:
        known = _duration(clock, rule, draft.issue, old, draft.terms, by_handbook=by_handbook)
        duration = known or rule.budgets[-1].duration
        answer = answer if known is not None else Retarget.KEEP_OLD_TARGET
    return aimed(answer, clock, rule, duration, draft.issue, draft.terms, draft.at)


def _spent(clock: Clock, terms: Terms, at: datetime) -> int:
    """Return what the clock shows as spent if it is counted on by `terms` from its last move."""
    return spent_ms(clock, terms.calendar_of(terms.rules_by_id[clock.rule]), at)


def _restored(clock: Clock, terms: Terms) -> Target | None:
    """Return the target that the clock had under these very terms, if it comes back to them."""
    before = clock.before
    return before if before is not None and before.terms == terms.hash else None


def _length(clock: Clock, rule: ClockRule, issue: Issue, terms: Terms) -> Duration:
    return length_for(rule, clock.id, as_at_level(rule, clock, issue), terms.handbook)


def _duration(
    clock: Clock, rule: ClockRule, issue: Issue, old: Terms, new: Terms, *, by_handbook: bool
) -> Duration | None:
    """Return what the clock's new budget is resolved from: the new handbook's, or for another
    calendar what it was started with. None if that is not known: then the budget stays."""
    if by_handbook:
        return _length(clock, rule, issue, new)
    if clock.duration is not None:
        return clock.duration
    duration = budget_for(rule, as_at_level(rule, clock, issue))
    calendar = old.calendar_of(old.rules_by_id[clock.rule])
    budget = budget_of(duration, calendar, clock.anchor_at)
    has_ms = budget.ms + clock.extended_ms - clock.carried_ms
    same = (budget.basis, has_ms) == (clock.basis, clock.budget_ms)
    return duration if same else None


def _moves(clock: Clock, change: ClockTransition, by_old: int, by_new: int) -> bool:
    """Return whether anything that a person can see of the clock would be another, now or when it
    is next counted: hours banked by the old calendar must be told anew even if the sums agree."""
    aim, run = change.retarget, change.run
    if aim is None:
        return False
    ids = () if run is None else tuple((rung.id, rung.due_at) for rung in run.rungs)
    return (
        (aim.to.basis, aim.to.budget_ms, aim.to_due_at, aim.to.anchor_at, aim.superseded)
        != (clock.basis, clock.budget_ms, clock.due_at, clock.anchor_at, clock.superseded)
        or ids != tuple((rung.id, rung.due_at) for rung in clock.rungs)
        or (run is not None and run.provisional != clock.provisional)
        or not change.elapsed_ms == by_old == by_new
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
    """Return what the issue stands on and the target's handbook does not hold: posts and units, and
    every kind of clock that still runs or stands, so that no deadline is lost on the way."""
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
    found += _modes_lost(issue, target)
    scopes = {rule.id: rule.scope for rule in book.clocks}
    kinds = {(clock.rule, _scope_of(clock)) for clock in issue.clocks if clock.is_live}
    found += [
        Obstacle("clock", rule) for rule, scope in sorted(kinds) if scopes.get(rule) is not scope
    ]
    return tuple(found)


def _modes_lost(issue: Issue, target: Terms) -> Iterator[Obstacle]:
    """Yield what the issue is in the middle of and nobody could end by the target's handbook."""
    book, sent, incident = target.handbook, issue.dispatch, issue.incident
    if sent is not None and sent.arbiter is not None:
        arbiters = () if book.dispatch is None else book.dispatch.arbiters
        if sent.arbiter not in arbiters:
            yield Obstacle("dispatch.arbiter", sent.arbiter)
    if incident is not None and incident.ended_at is None and book.emergency is None:
        yield Obstacle("emergency", incident.id)
    arbiters = () if book.joint_team is None else book.joint_team.arbiters
    for part in () if issue.team is None else issue.team.parts:
        if part.arbiter is not None and part.arbiter not in arbiters:
            yield Obstacle("part.arbiter", part.arbiter)
    if issue.phase is Phase.PARKED and book.parking is None:
        yield Obstacle("parking", str(issue.parked))


def _scope_of(clock: Clock) -> ClockScope:
    """Return the scope that a clock's id tells: its rule's, with a tier, with a team and a part."""
    if part_of_clock(clock.id) is not None:
        return ClockScope.PART
    return ClockScope.ISSUE if clock.id == clock.rule else ClockScope.LEVEL


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
