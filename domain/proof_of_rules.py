"""Whether the clocks that the zone's rules name do what the rules expect of them: refusing a
dispatch (R5.7), parking (R11), signing for an issue (R5.4), a ladder that ends (R5.5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from domain.clock_life import Life, Step, live_through, told
from domain.clock_rules import ClockRule, ClockScope, RungEffect
from domain.clocks import Move, Standing
from domain.facts_possible import Space
from domain.handbook import DispatchRule, Handbook
from domain.phases import Phase
from domain.problem import Problem
from domain.soundness import space_of

REFUSED = "dispatch_refused"
EXPIRED = "acknowledgement_expired"
SENT = ("issue_assigned", "issue_handed_over", "issue_routed", "dispatch_ruled")
"""What may be refused, while the issue is in hand."""
SETTLED = (
    *("dispatch_ruled", "dispatch_bound", "issue_escalated", "issue_deescalated"),
    *("issue_assigned", "issue_handed_over", "issue_routed", "instruction_given"),
)
"""What ends a dispute, beside the issue's leaving the phase."""
HELD_UP = (Move.STOP, Move.CANCEL, Move.PAUSE, Move.RESET)


def rule_problems(handbook: Handbook) -> Iterator[Problem]:
    """Name what the zone's rules expect of clocks and do not get."""
    rules = {rule.id: rule for rule in handbook.clocks}
    if handbook.dispatch is not None:
        yield from _of_dispatch(handbook, handbook.dispatch, rules)
    if handbook.parking is not None:
        yield from _of_parking(handbook, rules[handbook.parking.review])
    yield from _of_acknowledging(handbook)
    yield from _of_bounds(handbook)


@lru_cache(maxsize=256)
def _lived(rule: ClockRule, space: Space) -> Life:
    return live_through(rule, space)


def _life(rule: ClockRule, handbook: Handbook) -> tuple[Life, Space]:
    space = space_of(rule, handbook)
    return _lived(rule, space), space


@dataclass(frozen=True, slots=True)
class Demand:
    """What no step in the life of a clock may be, and what it breaks."""

    key: str
    rule: str
    message: str
    broken: Callable[[Step], bool]


def _starts_with(*events: str) -> Callable[[Step], bool]:
    """Return what is broken where a clock does not run after one of these, in handling."""

    def broken(step: Step) -> bool:
        at_work = step.after.facts.phase is Phase.HANDLING and step.after.facts.waiting is None
        running = step.after.standing is Standing.RUNNING
        return step.moment.event in events and at_work and not running

    return broken


TO_REFUSE = Demand(
    "dispatch.refusal",
    "R5.7",
    "what may be refused is sent and the time to refuse does not run: nobody can refuse it",
    _starts_with(*SENT),
)
TO_RULE = Demand(
    "dispatch.ruling",
    "R5.7",
    "a dispatch is refused and the arbiter's time does not run",
    _starts_with(REFUSED),
)
RULED_ON = Demand(
    "dispatch.ruling",
    "R5.7",
    "the arbiter's time ends or stands while nobody has ruled",
    lambda step: (
        step.move in (Move.STOP, Move.CANCEL, Move.PAUSE)
        and step.after.facts.phase is Phase.HANDLING
        and step.moment.event not in SETTLED
    ),
)
PARKED = Demand(
    "parking.review",
    "R11",
    "an issue is parked and the time to its review does not run",
    lambda step: (
        step.moment.event == "issue_parked" and step.after.standing is not Standing.RUNNING
    ),
)
PROLONGED = Demand(
    "parking.review",
    "R11",
    "a prolonging does not begin the time to the review anew",
    lambda step: (
        step.moment.event == "parking_prolonged"
        and step.was is not None
        and step.move is not Move.RESET
    ),
)
PROMISED = Demand(
    "clocks",
    "R5.4",
    "an issue is signed for and the time to the next step does not run",
    _starts_with("issue_acknowledged"),
)


def _undisturbed(rule: ClockRule) -> Demand:
    return Demand(
        f"clocks.{rule.id}",
        "R5.7",
        "a dispute between units moves this clock: the reporter's time never stops for it",
        lambda step: step.moment.event == REFUSED and step.move in HELD_UP,
    )


def _breaks(handbook: Handbook, rule: ClockRule, *demands: Demand) -> Iterator[Problem]:
    """Name the first step in the life of a clock that breaks each demand."""
    life, space = _life(rule, handbook)
    for demand in demands:
        if rule.scope is ClockScope.PART:
            shown = f"{rule.id} is the clock of a part: an issue without a team has none"
        else:
            step = next((step for step in life.steps if demand.broken(step)), None)
            if step is None:
                continue
            does = f"makes the move {step.move}" if step.move else "does not move"
            shown = f"{told(life.path(step), space)}: {rule.id} {does}"
        yield Problem(
            key=demand.key, rule=demand.rule, message=demand.message, counter_example=shown
        )


def _of_dispatch(
    handbook: Handbook, dispatch: DispatchRule, rules: dict[str, ClockRule]
) -> Iterator[Problem]:
    refusal, ruling = rules[dispatch.refusal], rules[dispatch.ruling]
    yield from _breaks(handbook, refusal, TO_REFUSE)
    yield from _breaks(handbook, ruling, TO_RULE, RULED_ON)
    if not _ends_by(ruling, RungEffect.BIND):
        yield Problem(
            key=f"clocks.{ruling.id}.rungs",
            rule="R5.7",
            message="an arbiter's silence binds nobody: no rung at the end has the effect bind",
            counter_example=f"a unit refuses → the arbiter says nothing → {ruling.id} runs out "
            "→ the dispute stays open",
        )
    for rule in handbook.clocks:
        if rule.id not in (refusal.id, ruling.id) and rule.scope is not ClockScope.PART:
            yield from _breaks(handbook, rule, _undisturbed(rule))


def _ends_by(rule: ClockRule, effect: RungEffect) -> bool:
    return any(rung.is_due_itself and rung.effect is effect for rung in rule.rungs)


def _of_parking(handbook: Handbook, review: ClockRule) -> Iterator[Problem]:
    if not _ends_by(review, RungEffect.UNPARK):
        yield Problem(
            key=f"clocks.{review.id}.rungs",
            rule="R11",
            message="the review of a parked issue brings it back by no rung: none has the effect "
            "unpark at the deadline",
            counter_example=f"issue_parked → {review.id} runs out → parked for ever",
        )
    yield from _breaks(handbook, review, PARKED, PROLONGED)


def _of_acknowledging(handbook: Handbook) -> Iterator[Problem]:
    promises = [rule for rule in handbook.clocks if _ends_by(rule, RungEffect.REOPEN_LADDER)]
    broken = [list(_breaks(handbook, rule, PROMISED)) for rule in promises]
    if all(broken):
        shown = [problem.counter_example for found in broken for problem in found]
        yield Problem(
            key="clocks",
            rule="R5.4",
            message="an acknowledgement is a promise without a deadline: no clock starts with it "
            "whose end reopens the ladder (effect reopen_ladder)",
            counter_example=next(iter(shown), "issue_acknowledged → nothing more is due for it"),
        )
    if promises and not _starts_at(handbook, EXPIRED):
        yield Problem(
            key="clocks",
            rule="R5.4",
            message="the ladder is open again and no clock starts: nobody has to sign anew",
            counter_example=f"issue_acknowledged → nothing comes of it → {EXPIRED} → no clock has "
            "it as a start or a reset",
        )


def _starts_at(handbook: Handbook, event: str) -> list[ClockRule]:
    """Return the clocks that begin, or begin anew, with an event."""
    return [
        rule
        for rule in handbook.clocks
        if rule.scope is not ClockScope.PART
        and any(
            step.moment.event == event and step.move in (Move.START, Move.RESET)
            for step in _life(rule, handbook)[0].steps
        )
    ]


def _of_bounds(handbook: Handbook) -> Iterator[Problem]:
    """A level's time that begins anew with each step up and down lasts for ever, unless both are
    bounded."""
    if handbook.top_tier == 1:
        return
    ladder = handbook.ladder
    for field, event in (("raised", "issue_escalated"), ("lowered", "issue_deescalated")):
        name = f"{field}_times_max"
        if ladder is not None and getattr(ladder, name) is not None:
            continue
        renewed = _starts_at(handbook, event)
        if renewed:
            yield Problem(
                key=f"ladder.{name}",
                rule="R5.5",
                message="limits can be renewed for ever: nothing bounds how often an issue is "
                f"{field} by act",
                counter_example="issue_escalated → issue_deescalated → issue_escalated → …: "
                f"{renewed[0].id} begins anew each time",
            )
