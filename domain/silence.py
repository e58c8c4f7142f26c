"""What the enterprise's silence will mean, and by when (R8.4)."""

from dataclasses import dataclass
from datetime import datetime

from domain.clock_rules import RungEffect
from domain.issue import Issue
from domain.phases import Phase, SignOffOutcome
from domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Window:
    """The rung at which the enterprise's time to answer is over, and its clock."""

    clock: str
    rung: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """What will be recorded at `at` unless the enterprise answers; None: its time stands still."""

    outcome: SignOffOutcome
    at: datetime | None


def window_of(issue: Issue, terms: Terms) -> Window | None:
    """Return the first rung ahead that lets the sign-off lapse, by the handbook's own rules."""
    ahead = [
        Window(clock.id, rung.id, rung.due_at)
        for clock in issue.clocks
        for rung in clock.rungs
        if (rule := terms.rules_by_id[clock.rule].rung(rung.id)) is not None
        and rule.effect is RungEffect.LAPSE
    ]
    return min(ahead, key=lambda window: (window.ends_at, window.clock), default=None)


def silence_of(issue: Issue) -> Silence | None:
    """Return what the enterprise's silence means now, if it was told so and is still asked.

    The deadline is that of its clock at present: a calendar published since may have moved it.
    """
    sign_off = issue.sign_off
    if issue.phase is not Phase.SIGN_OFF or sign_off is None or sign_off.outcome is not None:
        return None
    if sign_off.on_silence is None or sign_off.silence_by is None:
        return None
    clock = issue.clock(sign_off.silence_by)
    ahead = () if clock is None else clock.rungs
    at = next((rung.due_at for rung in ahead if rung.id == sign_off.silence_rung), None)
    return Silence(sign_off.on_silence, at)
