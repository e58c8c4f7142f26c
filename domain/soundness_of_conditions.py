"""What is wrong with a clock's conditions, tried on every life that such a clock can have (R1.5).

Each check asks for something that no life does. The table of facts leaves nothing possible out, so
that no sound clock is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from domain.clock_life import (
    Life,
    Node,
    Step,
    budget_at,
    holding,
    holds,
    live_through,
    told,
    told_facts,
)
from domain.clock_rules import ClockRule, ClockScope, Condition, Retarget, RungEffect
from domain.clocks import Move, Standing
from domain.facts_possible import RING, Answer, Moment, Space, all_moments
from domain.phases import Phase
from domain.problem import Problem

LISTS = (Move.START, Move.STOP, Move.CANCEL, Move.RESET, Move.PAUSE)
"""The moves that a rule has conditions for; a clock resumes when no pause condition holds."""
ENDS = (Move.STOP, Move.CANCEL, Move.RESET)
SHOWN_MAX = 6
UNCHANGED = "note_added"
"""An event that can come at any time and changes nothing that a condition can ask for."""
RECLASSIFIED = "issue_reclassified"
"""The event that changes a clock's target, unless it moves the clock otherwise."""

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
            _begins_while_it_should_stand,
            _loses_a_target,
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
    return rule.scope is not ClockScope.PART or step.moment.facts.part is not None


def _never_holds(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    moments = list(dict.fromkeys(step.moment for step in life.steps if _concerns(rule, step)))
    for move, place, condition in conditions_of(rule):
        if any(holds(condition, moment) for moment in moments):
            continue
        if not space.absent.isdisjoint(condition.events) and _holds_elsewhere(condition, space):
            continue  # a clock that zones share may ask for what this one has no rule for
        asks_for_a_part = condition.parts and rule.scope is not ClockScope.PART
        yield Problem(
            key=_key(rule, move, place),
            rule="R1.4" if asks_for_a_part else "R1.5",
            message="only a clock of scope `part` can ask where a part stands"
            if asks_for_a_part
            else "this condition can never hold: no event leaves an issue so",
            counter_example=_nearest(condition, moments, space),
        )


def _holds_elsewhere(condition: Condition, space: Space) -> bool:
    """Return whether a condition could hold under a handbook that lacks no rule."""
    whole = all_moments(replace(space, absent=frozenset()))
    return any(holds(condition, moment) for moment in whole)


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
        if not _is_endless(rule, life, place):
            continue
        paused = _paused_by(rule, life, place)
        yield Problem(
            key=_key(rule, Move.PAUSE, place),
            rule="R1.5",
            message="a pause with no possible resume: once it holds, some pause condition holds "
            "until the clock ends",
            counter_example=f"{told(life.path(paused[0]), space)}: whatever follows, the clock "
            "stands until it ends",
        )


def _is_endless(rule: ClockRule, life: Life, place: int) -> bool:
    paused = _paused_by(rule, life, place)
    return bool(paused) and not life.resumes({step.after for step in paused})


def _stands_for_one_event(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    resumed: dict[Node, Step] = {}
    for step in life.moves(Move.RESUME):
        if step.before is not None and step.before.facts == step.moment.facts:
            resumed.setdefault(step.before, step)
    for place in range(len(rule.pause)):
        paused = _paused_by(rule, life, place)
        ended = [resumed[step.after] for step in paused if step.after in resumed]
        if ended:
            event = ended[0].moment.event
            yield Problem(
                key=_key(rule, Move.PAUSE, place),
                rule="R1.3",
                message="a pause that asks for an event lasts until the next event, whatever that "
                "is; ask for what is true while it lasts (phases, paused, waiting)",
                counter_example=f"{told(life.path(ended[0]), space)}: "
                f"{'the note' if event == UNCHANGED else event} lets it go on",
            )


def _begins_while_it_should_stand(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    """An event moves a clock once: what begins runs, though a pause condition holds, and the next
    event of any kind lets it stand. A pause that always holds, or for ever, has been named."""
    lasting = [i for i, pause in enumerate(rule.pause) if not pause.events]
    lasting = [place for place in lasting if not _is_endless(rule, life, place)]
    for move in (Move.START, Move.RESET):
        begun = life.moves(move)
        if move is Move.START and all(list(holding(rule.pause, step.moment)) for step in begun):
            continue
        begun = [step for step in begun if step.after.facts.phase is not Phase.CLOSED]
        for place, condition in enumerate(_list(rule, move)):
            steps = (step for step in begun if holds(condition, step.moment))
            pauses = ((s, p) for s in steps for p in lasting if holds(rule.pause[p], s.moment))
            for step, pause in islice(pauses, 1):
                note = Moment(UNCHANGED, step.after.facts)
                yield Problem(
                    key=_key(rule, move, place),
                    rule="R1.3",
                    message=f"it makes the clock {move} while a pause condition holds: one event "
                    "is one move, so the clock counts until the next event, whatever that is",
                    counter_example=f"{told((*life.path(step), note), space)}: it counts until "
                    f"the note, then pause.{pause} lets it stand",
                )


def _loses_a_target(rule: ClockRule, life: Life, space: Space) -> Iterator[Problem]:
    """A reclassification that lets a clock stand or go on changes no target: that is its one move.
    One that ends or resets it does no harm: what begins then begins by the new budget."""
    for place, condition in enumerate(rule.pause):
        step = next((s for s in life.steps if _turned_by_class(rule, condition, s)), None)
        if step is not None:
            yield Problem(
                key=_key(rule, Move.PAUSE, place),
                rule="R3.1",
                message="a pause by priority or category, of a clock whose budget depends on them: "
                "a reclassification is one move, the pause or its end, and the new budget is lost",
                counter_example=f"{told(life.path(step), space)}: {step.move} is its move, and it "
                "keeps the budget of before",
            )


def _turned_by_class(rule: ClockRule, condition: Condition, step: Step) -> bool:
    """Return whether a reclassification pauses or resumes by this condition, and by another budget.

    The table tells apart what budgets ask for where a pause asks for the class (`space_of`).
    """
    if step.before is None or step.moment.event != RECLASSIFIED:
        return False
    if step.move not in (Move.PAUSE, Move.RESUME):
        return False
    before = step.moment._replace(facts=step.before.facts)
    by_priority = step.before.facts.priority is not step.moment.facts.priority
    answer = rule.retargeting.priority if by_priority else rule.retargeting.category
    if answer is Retarget.KEEP_OLD_TARGET:
        return False
    turned = holds(condition, before) != holds(condition, step.moment)
    return turned and budget_at(rule, before) != budget_at(rule, step.moment)


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
