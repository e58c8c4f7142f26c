"""Why a clock's rung did not fire, or that it did: exactly one reason for each cycle (I7, R4)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.calendar import CalendarError
from domain.chain import Record
from domain.clock_rules import RungRule, rung_name
from domain.clocks import Move, Standing
from domain.cycles import Cycle, cycles_of
from domain.days import to_ms
from domain.durations import elapsed_ms
from domain.events import RungFired
from domain.issue import Pause
from domain.reasons import EventJudged, judged, rule_of
from domain.retold import TermsByHash, Told, retold
from domain.runs import run_of
from domain.timekeeping import pace_of


class Why(StrEnum):
    """The one reason. `unfired`: it is due and nothing says that it fired, so that its ring is on
    its way or was lost; `stood_for`: another repeat, fired late, stands for it."""

    FIRED = "fired"
    NOT_YET_DUE = "not_yet_due"
    UNFIRED = "unfired"
    PAUSED = "paused"
    ENDED = "ended"
    SUPERSEDED = "superseded"
    STOOD_FOR = "stood_for"
    NEVER_STARTED = "never_started"
    NO_SUCH_RUNG = "no_such_rung"


@dataclass(frozen=True, slots=True)
class Cited:
    """An event that is the reason, as evidence."""

    version: int
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Absence:
    """What became of one rung in one cycle of a clock, as known at `now`.

    `cycle` is None if the clock never started; then `events` say of each event why not. `due_at` is
    when the rung was due or is; of a clock that stands, when it would be if resumed at `now`; of
    one that ended, when it would have been. `left_ms` is what the clock would still have to count
    until then. `rungs` are those that the handbook has, `earlier` the repeats that have fired.
    """

    stream: str
    clock: str
    rule: str
    cycle: int | None
    rung: str
    why: Why
    now: datetime
    says: RungRule | None = None
    event: Cited | None = None
    due_at: datetime | None = None
    late_ms: int | None = None
    late_by_us: bool = False
    left_ms: int | None = None
    move: Move | None = None
    by: str | None = None
    wait: Pause | None = None
    rungs: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    events: tuple[EventJudged, ...] = ()


def why_not(
    records: Iterable[Record], terms: TermsByHash, clock: str, rung: str, now: datetime
) -> tuple[Absence, ...]:
    """Return why `rung` has fired or not by `now`, for each cycle of `clock` in order.

    Of a rung that repeats, `rung` names either one repeat (`<id>.<n>`) or the rung: then the next
    repeat is meant, or the last. What was recorded after `now` is not looked at.
    """
    life = list(retold([record for record in records if record.at <= now], terms))
    cycles = [cycle for cycle in cycles_of(life) if cycle.change.clock == clock]
    if cycles:
        rules = life[-1].record.rules
        return tuple(_of_cycle(cycle, rung, now, rules) for cycle in cycles)
    return (_never_started(life, clock, rung, now),) if life else ()


def _never_started(life: list[Told], clock: str, rung: str, now: datetime) -> Absence:
    rule = rule_of(clock, life[-1].terms)
    says = None if rule is None else rule.rung(rung)
    known = () if rule is None else tuple(each.id for each in rule.rungs)
    return Absence(
        stream=life[0].record.stream,
        clock=clock,
        rule=clock if rule is None else rule.id,
        cycle=None,
        rung=rung,
        why=Why.NEVER_STARTED if says is not None else Why.NO_SUCH_RUNG,
        now=now,
        says=says,
        rungs=known,
        events=tuple(judged(told, clock) for told in life) if says is not None else (),
    )


def _of_cycle(cycle: Cycle, asked: str, now: datetime, rules: int) -> Absence:
    id_ = _meant(cycle, asked)
    says = cycle.rule.rung(id_)
    blank = Absence(
        stream=cycle.begun.record.stream,
        clock=cycle.change.clock,
        rule=cycle.rule.id,
        cycle=cycle.change.cycle,
        rung=id_,
        why=Why.NO_SUCH_RUNG,
        now=now,
        says=says,
        rungs=tuple(each.id for each in cycle.rule.rungs),
        earlier=_earlier(cycle, says, id_),
    )
    told, passed = cycle.fired.get(id_), cycle.passed_over.get(id_)
    if told is not None:
        return _fired(blank, told)
    if says is None or not _within(says, id_):
        return blank
    if passed is not None:
        return _passed_over(blank, passed, cycle)
    if cycle.ended is not None:
        return _ended(blank, cycle, rules)
    if cycle.standing is Standing.PAUSED:
        return _paused(blank, cycle, rules)
    due_at = next((due.due_at for due in cycle.clock.rungs if due.id == id_), None)
    waits = due_at is None or due_at > now
    return replace(blank, why=Why.NOT_YET_DUE if waits else Why.UNFIRED, due_at=due_at)


def _meant(cycle: Cycle, asked: str) -> str:
    """Return the id that is asked about: of a rung that repeats the next repeat, or the last; of
    one that a later deadline promised anew, that of the present turn."""
    says, turn = cycle.rule.rung(asked), cycle.clock.turn
    if says is None or asked != says.id:
        return asked
    if says.every is None:
        return rung_name(says, turn)
    planned = [due.id for due in cycle.clock.rungs if cycle.rule.rung(due.id) is says]
    numbered = [rung_name(says, turn, number) for number in range(1, (says.times or 1) + 1)]
    gone = {*cycle.fired, *cycle.passed_over}
    to_come = [id_ for id_ in numbered if id_ not in gone]
    return (planned or to_come or numbered[-1:])[0]


def _within(says: RungRule, id_: str) -> bool:
    """Return whether an id that ends in a number is one of the repeats there can be."""
    if says.every is None:
        return True
    return id_ == says.id or int(id_.rpartition(".")[2]) <= (says.times or 1)


def _earlier(cycle: Cycle, says: RungRule | None, id_: str) -> tuple[str, ...]:
    if says is None or says.every is None:
        return ()
    return tuple(each for each in cycle.fired if cycle.rule.rung(each) is says and each != id_)


def _fired(blank: Absence, told: Told) -> Absence:
    event = told.event
    if not isinstance(event, RungFired):
        msg = f"event {told.version} is no firing"
        raise TypeError(msg)
    return replace(
        blank,
        why=Why.FIRED,
        event=_cited(told),
        due_at=event.due_at,
        late_ms=to_ms(event.at) - to_ms(event.due_at),
        late_by_us=event.late_by_us,
    )


def _passed_over(blank: Absence, told: Told, cycle: Cycle) -> Absence:
    if isinstance(told.event, RungFired):
        return replace(blank, why=Why.STOOD_FOR, event=_cited(told), by=told.event.rung)
    aim = next(aim for aim in reversed(cycle.aims) if aim.told is told)
    return replace(blank, why=Why.SUPERSEDED, event=_cited(told), by=aim.by)


def _ended(blank: Absence, cycle: Cycle, rules: int) -> Absence:
    if cycle.ended is None:
        return blank
    told, change = cycle.ended
    stood = cycle.clock.standing is Standing.PAUSED
    due_at = next((due.due_at for due in cycle.clock.rungs if due.id == blank.rung), None)
    if stood:
        due_at = _if_resumed(cycle, blank.rung, told.event.at, rules)
    return replace(
        blank,
        why=Why.ENDED,
        event=_cited(told),
        due_at=due_at,
        left_ms=_left_ms(cycle, told.event.at, due_at),
        move=change.move,
        by=None if change.retarget is None else change.retarget.rule,
    )


def _paused(blank: Absence, cycle: Cycle, rules: int) -> Absence:
    lap = began = cycle.laps[-1]
    for earlier in reversed(cycle.laps):
        if earlier.standing is not Standing.PAUSED:
            break
        began = earlier
    due_at = _if_resumed(cycle, blank.rung, blank.now, rules)
    return replace(
        blank,
        why=Why.PAUSED,
        event=_cited(began.begun),
        due_at=due_at,
        left_ms=_left_ms(cycle, blank.now, due_at),
        wait=lap.wait,
    )


def _if_resumed(cycle: Cycle, id_: str, at: datetime, rules: int) -> datetime | None:
    """Return when a rung would be due if the clock, which stands, ran on from `at`."""
    clock, calendar = cycle.clock, cycle.aims[-1].calendars[-1][1]
    try:
        run = run_of(cycle.rule, pace_of(clock, calendar, at, clock.elapsed_ms, rules))
    except CalendarError:
        return None
    return next((due.due_at for due in run.rungs if due.id == id_), None)


def _left_ms(cycle: Cycle, at: datetime, due_at: datetime | None) -> int | None:
    if due_at is None:
        return None
    aim = cycle.aims[-1]
    return elapsed_ms(aim.target.basis, aim.calendars[-1][1], min(at, due_at), due_at)


def _cited(told: Told) -> Cited:
    return Cited(told.version, told.event.at, told.event.kind)
