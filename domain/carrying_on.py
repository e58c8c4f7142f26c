"""What a clock has left when an issue is taken up again, where it does not start anew (R10.1)."""

from domain.calendar import WorkingCalendar
from domain.clock_rules import ClockRule, OnReopening
from domain.clocks import Clock, Run
from domain.events import Event, IssueReopened
from domain.events_of_kin import IssueUnmerged
from domain.phases import ReopenMode
from domain.runs import Pace, run_of


def carried(rule: ClockRule, clock: Clock | None, event: Event) -> int | None:
    """Return the milliseconds that the clock's last cycle left, at least none, if its next one has
    no more; None: it has all of them anew. A merge that is undone gives no time."""
    if clock is None or clock.is_live:
        return None
    match event:
        case IssueReopened(mode=mode):
            usual = OnReopening.CARRY_ON if mode is ReopenMode.RESUME else OnReopening.RESTART
        case IssueUnmerged():
            usual = OnReopening.CARRY_ON
        case _:
            return None
    if (rule.on_reopening or usual) is OnReopening.RESTART:
        return None
    return max(0, clock.budget_ms - clock.elapsed_ms)


def carried_on(
    rule: ClockRule, clock: Clock | None, event: Event, calendar: WorkingCalendar, rules: int
) -> Run | None:
    """Return the run of a cycle that begins with `event` and has what the last one left."""
    left_ms = carried(rule, clock, event)
    if clock is None or left_ms is None:
        return None
    pace = Pace(
        basis=clock.basis,
        budget_ms=left_ms,
        anchor_at=event.at,
        at=event.at,
        spent_ms=0,
        calendar=calendar,
        rules=rules,
    )
    spent_ms = clock.carried_ms + clock.elapsed_ms - clock.extended_ms
    return run_of(rule, pace).model_copy(update={"carried_ms": spent_ms})
