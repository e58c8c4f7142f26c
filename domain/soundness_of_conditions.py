"""What is wrong with a clock's conditions, tried on every life that such a clock can have (R1.5).

Each check asks for something that no life does. The table of facts leaves nothing possible out, so
that no sound clock is refused.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from domain.clock_life import Life, Node, Step, holding, holds, live_through, told, told_facts
from domain.clock_rules import ClockRule, ClockScope, Condition, RungEffect
from domain.clocks import Move, Standing
from domain.facts_possible import RING, Answer, Moment, Space
from domain.phases import Phase
from domain.problem import Problem

LISTS = (Move.START, Move.STOP, Move.CANCEL, Move.RESET, Move.PAUSE)
"""The moves that a rule has conditions for; a clock resumes when no pause condition holds."""
ENDS = (Move.STOP, Move.CANCEL, Move.RESET)
SHOWN_MAX = 6
UNCHANGED = "note_added"
"""An event that can come at any time and changes nothing that a condition can ask for."""

Check = Callable[[ClockRule, Life, Space], Iterator[Problem]]


@lru_cache(maxsize=256)
def condition_problems(rule: ClockRule, space: Space) -> tuple[Problem, ...]:
    """Return what is wrong with the conditions of `rule`, told apart as `space` says."""
    life = live_through(rule, space)
    found = [*_never_holds(rule, life, space), *_never_starts(rule, life, space)]
    if life.moves(Move.START):
        checks: tuple[Check, ...] = (
            _stands_from_the_start,
            _never_resumes,
            _stands_for_one_event,
            _never_stops,
            _ended_by_a_ring,
            _lapses_nothing,
        )
        for check in checks:
            found += check(rule, life, space)
    return tuple(found)


def conditions_of(rule: ClockRule) -> Iterator[tuple[Move, int, Condition]]:
    """Yield every condition of a rule, with the move that it is for and its place there."""
    for move in LISTS:
        for place, condition in enumerate(_list(rule, move)):
            yield move, place, condition


def _list(rule: ClockRule, move: Move) -> tuple[Condition, ...]:
    conditions: tuple[Condition, ...] = getattr(rule, move)
    return conditions


def _key(rule: ClockRule, move: Move, place: int | None = None) -> str:
    return f"clocks.{rule.id}.{move}" + ("" if place is None else f".{place}")


def _concerns(rule: ClockRule, step: Step) -> bool:
    """Return whether there is a clock of this kind: a part's needs the part."""
    return rule.scope is ClockScope.ISSUE or step.moment.facts.part is not None


def _never_holds(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    moments = list(dict.fromkeys(step.moment for step in life.steps if _concerns(rule, step)))
    for move, place, condition in conditions_of(rule):
        if any(holds(condition, moment) for moment in moments):
            continue
        asks_for_a_part = condition.parts and rule.scope is ClockScope.ISSUE
        yield Problem(
            key=_key(rule, move, place),
            rule="R1.4" if asks_for_a_part else "R1.5",
            message="only a clock of scope `part` can ask where a part stands"
            if asks_for_a_part
            else "this condition can never hold: no event leaves an issue so",
            counter_example=_nearest(condition, moments, space),
        )


def _nearest(condition: Condition, moments: list[Moment], space: Space) -> str:
    """Return what can be true where the condition asks for something else."""
    named = [m for m in moments if not condition.events or m.event in condition.events]
    after = " or ".join(condition.events) or "any event"
    ways = list(dict.fromkeys(told_facts(moment.facts, space) for moment in named))
    shown = "; ".join(ways[:SHOWN_MAX]) + ("; …" if len(ways) > SHOWN_MAX else "")
    return f"after {after} an issue is: {shown or 'never so, it cannot happen to such a clock'}"


def _never_starts(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    for place, condition in enumerate(rule.start):
        tried = [
            step
            for step in life.steps
            if step.was is None and _concerns(rule, step) and holds(condition, step.moment)
        ]
        if not tried or any(step.move is Move.START for step in tried):
            continue
        blocking = _blocking(rule, tried[0].moment)
        yield Problem(
            key=_key(rule, Move.START, place),
            rule="R1.5",
            message="whenever this holds, stop or cancel holds as well: it never starts the clock",
            counter_example=f"{told(life.path(tried[0]), space)}: {blocking} holds there too",
        )


def _blocking(rule: ClockRule, moment: Moment) -> str:
    for move in (Move.STOP, Move.CANCEL):
        for place in holding(_list(rule, move), moment):
            return f"{move}.{place}"
    return "none"


def _stands_from_the_start(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    starts = life.moves(Move.START)
    if any(not list(holding(rule.pause, step.moment)) for step in starts):
        return
    place = next(holding(rule.pause, starts[0].moment))
    yield Problem(
        key=_key(rule, Move.PAUSE, place),
        rule="R1.5",
        message="wherever the clock starts it should stand already: pause is implied by start",
        counter_example=f"{told(life.path(starts[0]), space)}: pause.{place} holds as it starts",
    )


def _paused_by(rule: ClockRule, life: Life, place: int) -> list[Step]:
    """Return every step at which one of the pause conditions lets the clock stand."""
    condition = rule.pause[place]
    return [step for step in life.moves(Move.PAUSE) if holds(condition, step.moment)]


def _never_resumes(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    for place in range(len(rule.pause)):
        paused = _paused_by(rule, life, place)
        if not paused or life.resumes({step.after for step in paused}):
            continue
        yield Problem(
            key=_key(rule, Move.PAUSE, place),
            rule="R1.5",
            message="a pause with no possible resume: once it holds, some pause condition holds "
            "until the clock ends",
            counter_example=f"{told(life.path(paused[0]), space)}: whatever follows, the clock "
            "stands until it ends",
        )


def _stands_for_one_event(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    resumed = {
        step.before: step
        for step in life.moves(Move.RESUME)
        if step.moment.event == UNCHANGED and step.before is not None
    }
    for place in range(len(rule.pause)):
        paused = _paused_by(rule, life, place)
        ended = [resumed[step.after] for step in paused if step.after in resumed]
        if ended:
            yield Problem(
                key=_key(rule, Move.PAUSE, place),
                rule="R1.3",
                message="a pause that asks for an event lasts until the next event, whatever that "
                "is; ask for what is true while it lasts (phases, paused, waiting)",
                counter_example=f"{told(life.path(ended[0]), space)}: the note lets it go on",
            )


def _never_stops(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    left = [step for step in life.steps if _lives_on(step)]
    if not life.moves(Move.STOP):
        only = "it can only be cancelled" if life.moves(Move.CANCEL) else "nothing ends it"
        shown = left[0] if left else life.moves(Move.START)[0]
        yield Problem(
            key=_key(rule, Move.STOP),
            rule="R1.5",
            message=f"a clock with no stop: once it has started, no stop condition holds; {only}",
            counter_example=f"{told(life.path(shown), space)}: it "
            + ("still lives" if left else "starts, and no event can stop it"),
        )
    elif left:
        yield Problem(
            key=_key(rule, Move.STOP),
            rule="R1.5",
            message="an issue can close while the clock lives: nothing stops or cancels it then, "
            "and nothing rings on a closed issue",
            counter_example=f"{told(life.path(left[0]), space)}: it still lives",
        )


def _lives_on(step: Step) -> bool:
    return step.after.facts.phase is Phase.CLOSED and step.after.standing is not None


def _ended_by_a_ring(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    """Any clock's ring is meant, for a condition cannot tell whose it is."""
    for move in ENDS:
        rung = [
            step
            for step in life.moves(move)
            if step.moment.event == RING and step.was is Standing.RUNNING
        ]
        if not rung:
            continue
        place = next(holding(_list(rule, move), rung[0].moment))
        yield Problem(
            key=_key(rule, move, place),
            rule="R4.2",
            message=f"a ring makes it {move}, its own first warning included: no later rung of "
            "the cycle is ever due",
            counter_example=f"{told(life.path(rung[0]), space)}: {move}.{place} holds",
        )


def _lapses_nothing(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    if any(_awaits_answer(node) for node in life.came_by):
        return
    start = life.moves(Move.START)[0]
    for place, rung in enumerate(rule.rungs):
        if rung.effect is RungEffect.LAPSE:
            yield Problem(
                key=f"clocks.{rule.id}.rungs.{place}.effect",
                rule="R8.2",
                message="the clock never runs while the enterprise's answer is awaited: there is "
                "nothing to lapse",
                counter_example=told(life.path(start), space),
            )


def _awaits_answer(node: Node) -> bool:
    at_sign_off = node.facts.phase is Phase.SIGN_OFF and node.facts.answer is Answer.NONE
    return at_sign_off and node.standing is Standing.RUNNING
