"""What each event did to a clock, and why: which conditions held, and what failed others (I7)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from domain.chain import Record
from domain.clock_rules import ClockRule, ClockScope, Condition
from domain.clocks import Clock, ClockTransition, Move, Standing
from domain.conditions import Asked, failing, held, is_of_another_part
from domain.events import Event
from domain.issue import Issue, Part
from domain.levels import level_clock_id, moves_left
from domain.retold import TermsByHash, Told, retold
from domain.starting import may_start
from domain.terms import Terms

ORDER = (Move.STOP, Move.CANCEL, Move.RESET, Move.PAUSE, Move.RESUME, Move.START)
"""The moves of the handbook's rules, in the order in which they are tried (R1.3)."""
NOTHING = "none"
"""What a fact is called that the issue does not have."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of a condition: what would have done, and what was found."""

    asked: Asked
    wanted: tuple[str, ...]
    found: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One condition against one event: every question that it asks, in the order in which they are
    tried. `failure` is the first that was answered with no; None if the condition held."""

    answers: tuple[Answer, ...]
    failure: Answer | None

    @property
    def holds(self) -> bool:
        """Return whether the condition held."""
        return self.failure is None


class Obstacle(StrEnum):
    """Why a clock cannot make a move whatever its conditions say."""

    NEVER_STARTED = "never_started"
    ENDED = "ended"
    LIVE = "live"
    RUNNING = "running"
    PAUSED = "paused"
    ANOTHER_PART = "another_part"
    """The event begins the time of the part that it names, and of no other."""


@dataclass(frozen=True, slots=True)
class MoveJudged:
    """One of the six moves: what was tried, whether its rule held, and what stood in its way.

    A resume has no conditions of its own: it tries those of the pause, and holds when none of them
    does. `barred_by` are the ends that held at the same event as a start (R1.5).
    """

    move: Move
    tried: tuple[Tried, ...]
    holds: bool
    obstacle: Obstacle | None = None
    barred_by: tuple[Move, ...] = ()

    @property
    def can_be_made(self) -> bool:
        """Return whether the rule held and the clock could follow it."""
        return self.holds and self.obstacle is None and not self.barred_by


class Bearing(StrEnum):
    """Whether the rules were asked at all, and if not, why the clock had no say."""

    JUDGED = "judged"
    NO_SUCH_PART = "no_such_part"
    NO_SUCH_RULE = "no_such_rule"
    LEFT_BEHIND = "left_behind"
    ANOTHER_LEVEL = "another_level"
    ORPHANED = "orphaned"
    NOT_OF_THIS_ISSUE = "not_of_this_issue"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say that an event does to one clock (R1.3).

    `won` is the move that is made, `lost` those that held as well. A clock whose part has made way
    for another team (`left_behind`), or whose kind an adopted handbook does not have (`orphaned`),
    is cancelled without a condition.
    """

    bearing: Bearing
    standing: Standing | None
    moves: tuple[MoveJudged, ...]
    won: Move | None
    lost: tuple[Move, ...] = ()

    @property
    def winner(self) -> MoveJudged | None:
        """Return the move that was made, with the conditions that held for it."""
        return next((each for each in self.moves if each.move is self.won), None)


@dataclass(frozen=True, slots=True)
class EventJudged:
    """One event and one clock: the judgement, and the transition that the event recorded."""

    version: int
    at: datetime
    kind: str
    judgement: Judgement
    recorded: ClockTransition | None

    @property
    def agrees(self) -> bool:
        """Return whether what was recorded is what the rules say.

        A change of target is no rule's move: it comes to a clock that none of the six moved; a
        restart is recorded as the reset that it is, and one that is resumed may get it as well.
        """
        found = self.recorded
        if found is None or (found.retarget is not None and found.move is not Move.RESUME):
            return self.judgement.won is None
        return (found.move, found.won_over) == (self.judgement.won, self.judgement.lost)


def judge(
    rule: ClockRule, issue: Issue, event: Event, part: Part | None, clock: Clock | None
) -> Judgement:
    """Return what `rule` says of `event`, move by move in the fixed order.

    `issue` is the issue after the event, before any clock has moved; `clock` is as it was.
    """
    moves = held(rule, issue, event, part, clock)
    return Judgement(
        bearing=Bearing.JUDGED,
        standing=None if clock is None else clock.standing,
        moves=tuple(_judged(move, rule, issue, event, part, clock) for move in ORDER),
        won=moves[0] if moves else None,
        lost=tuple(moves[1:]),
    )


def judgements(
    records: Iterable[Record], terms: TermsByHash, clock: str
) -> tuple[EventJudged, ...]:
    """Return for every event of an issue what it did to the clock called `clock`, and why.

    `terms` holds all that the records name (`terms_named`).
    """
    return tuple(judged(told, clock) for told in retold(records, terms))


def judged(told: Told, clock_id: str) -> EventJudged:
    """Return what one event did to one clock, and why."""
    recorded = next((move for move in told.event.clocks if move.clock == clock_id), None)
    return EventJudged(
        version=told.version,
        at=told.event.at,
        kind=told.event.kind,
        judgement=_judgement(told, clock_id),
        recorded=recorded,
    )


def _judgement(told: Told, clock_id: str) -> Judgement:
    clock = told.clock_before(clock_id)
    rule = rule_of(clock_id, told.terms) if clock is None else told.rule(clock.rule)
    adopts = told.event.kind == "terms_adopted"
    if rule is None:
        orphan = clock is not None and clock.is_live and adopts
        return _unasked(Bearing.ORPHANED if orphan else Bearing.NO_SUCH_RULE, clock)
    if rule.scope is ClockScope.LEVEL and clock_id != level_clock_id(rule, told.facts.tier):
        live = clock is not None and clock.is_live
        moves = moves_left(rule, told.facts, told.event, clock) if clock and live else []
        standing = None if clock is None else clock.standing
        return Judgement(Bearing.ANOTHER_LEVEL, standing, (), next(iter(moves), None))
    part = part_of(clock_id, rule, told.facts)
    if rule.scope is ClockScope.PART and part is None:
        left = clock is not None and clock.is_live
        return _unasked(Bearing.LEFT_BEHIND if left else Bearing.NO_SUCH_PART, clock)
    if (clock is None or not clock.is_live) and not may_start(
        rule, told.facts, told.event, told.terms.handbook
    ):
        return _unasked(Bearing.NOT_OF_THIS_ISSUE, clock)
    return judge(rule, told.facts, told.event, part, clock)


def _unasked(bearing: Bearing, clock: Clock | None) -> Judgement:
    ends = bearing in (Bearing.LEFT_BEHIND, Bearing.ORPHANED)
    standing = None if clock is None else clock.standing
    return Judgement(bearing, standing, (), Move.CANCEL if ends else None)


def rule_of(clock_id: str, terms: Terms) -> ClockRule | None:
    """Return the kind of a clock that has this id: that of the rule, `<rule>.<tier>`, or
    `<rule>.<team>.<part>`."""
    exact = terms.rules_by_id.get(clock_id)
    if exact is not None and exact.scope is ClockScope.ISSUE:
        return exact
    of_several = (rule for rule in terms.handbook.clocks if rule.scope is not ClockScope.ISSUE)
    fitting = (rule for rule in of_several if clock_id.startswith(f"{rule.id}."))
    return max(fitting, key=lambda rule: len(rule.id), default=None)


def part_of(clock_id: str, rule: ClockRule, issue: Issue) -> Part | None:
    """Return the part of the present team that a clock belongs to, by its id."""
    if rule.scope is not ClockScope.PART or issue.team is None:
        return None
    ids = {f"{rule.id}.{issue.team.number}.{part.id}": part for part in issue.team.parts}
    return ids.get(clock_id)


def _judged(
    move: Move, rule: ClockRule, issue: Issue, event: Event, part: Part | None, clock: Clock | None
) -> MoveJudged:
    found = _tried(_conditions(move, rule), issue, event, part)
    some = any(each.holds for each in found)
    barred: tuple[Move, ...] = ()
    if move is Move.START:
        ends = ((Move.STOP, rule.stop), (Move.CANCEL, rule.cancel))
        barred = tuple(
            end
            for end, conditions in ends
            if any(each.holds for each in _tried(conditions, issue, event, part))
        )
    return MoveJudged(
        move=move,
        tried=found,
        holds=not some if move is Move.RESUME else some,
        obstacle=_obstacle(move, clock) or _of_another(move, rule, found, event, part),
        barred_by=barred,
    )


def _conditions(move: Move, rule: ClockRule) -> tuple[Condition, ...]:
    match move:
        case Move.STOP:
            return rule.stop
        case Move.CANCEL:
            return rule.cancel
        case Move.RESET:
            return rule.reset
        case Move.PAUSE | Move.RESUME:
            return rule.pause
        case Move.START:
            return rule.start
        case Move.RETARGET:
            return ()
        case _:
            assert_never(move)


def _obstacle(move: Move, clock: Clock | None) -> Obstacle | None:
    live = clock is not None and clock.is_live
    if move is Move.START:
        return Obstacle.LIVE if live else None
    if clock is None:
        return Obstacle.NEVER_STARTED
    if not live:
        return Obstacle.ENDED
    paused = clock.standing is Standing.PAUSED
    if move is Move.PAUSE and paused:
        return Obstacle.PAUSED
    return Obstacle.RUNNING if move is Move.RESUME and not paused else None


def _of_another(
    move: Move, rule: ClockRule, found: tuple[Tried, ...], event: Event, part: Part | None
) -> Obstacle | None:
    if part is None or not is_of_another_part(event, part):
        return None
    barred = move in (Move.START, Move.RESET)
    if move is Move.CANCEL:
        holding = [each for each, one in zip(rule.cancel, found, strict=True) if one.holds]
        barred = bool(holding) and all(each.events for each in holding)
    return Obstacle.ANOTHER_PART if barred else None


def _tried(
    conditions: tuple[Condition, ...], issue: Issue, event: Event, part: Part | None
) -> tuple[Tried, ...]:
    return tuple(tried(each, issue, event, part) for each in conditions)


def tried(condition: Condition, issue: Issue, event: Event, part: Part | None) -> Tried:
    """Return what a condition asks, and what the facts answer."""
    answers = tuple(_answers(condition, issue, event, part))
    failed = failing(condition, issue, event, part)
    return Tried(answers, next((each for each in answers if each.asked is failed), None))


def _answers(
    condition: Condition, issue: Issue, event: Event, part: Part | None
) -> Iterator[Answer]:
    for asked in Asked:
        wanted = getattr(condition, asked)
        if wanted is None or wanted == ():
            continue
        values = (_yes(wanted),) if isinstance(wanted, bool) else tuple(map(str, wanted))
        yield Answer(asked, values, _found(asked, issue, event, part))


def _found(asked: Asked, issue: Issue, event: Event, part: Part | None) -> str:
    match asked:
        case Asked.EVENTS:
            return event.kind
        case Asked.PHASES:
            return issue.phase
        case Asked.PARTS:
            return NOTHING if part is None else part.standing
        case Asked.PAUSED:
            return _yes(issue.pause is not None)
        case Asked.WAITING:
            return NOTHING if issue.pause is None else issue.pause.reason
        case Asked.TIERS:
            return str(issue.tier)
        case Asked.PRIORITIES:
            return issue.priority
        case Asked.CATEGORIES:
            return issue.category
        case _:
            assert_never(asked)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
