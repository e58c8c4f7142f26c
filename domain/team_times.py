"""Time and blame by part: whose each stretch of a part's life was, and what was late (R7.3, R7.4).

A part's life begins when it is asked for and ends when it is settled, or when another team takes
its place or the issue closes. Its stretches follow on one another without a gap. Each is counted in
the basis and by the calendar of the part's own clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import WorkingCalendar
from domain.clock_rules import ClockRule, ClockScope
from domain.clocks import Clock
from domain.durations import Basis, budget_of, elapsed_ms
from domain.events import Event
from domain.issue import Issue
from domain.organization import post
from domain.own_lengths import part_with_clock
from domain.phases import Duty, PartStanding, Phase
from domain.team import Part, Team
from domain.terms import Terms
from domain.timekeeping import length_for


class Share(StrEnum):
    """What a stretch of a part's life was spent on."""

    WAITING = "waiting"
    DISPUTE = "dispute"
    STOOD = "stood"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a part's life and who answers for it: the unit that had the part, the arbiter
    (a unit, or a post that has none), the lead where nobody rules on a refusal; nobody (None) while
    the part waits for others or the issue's clocks stand."""

    share: Share
    charged: str | None
    from_at: datetime
    to_at: datetime
    counted_ms: int


@dataclass(frozen=True, slots=True)
class Stint:
    """A unit's time with a part. `late_ms` is by how much its clock was over when the unit was done
    with it, 0 if it was in time."""

    unit: str
    from_at: datetime
    to_at: datetime
    own_ms: int
    late: bool
    late_ms: int


@dataclass(frozen=True, slots=True)
class PartTimes:
    """One part of one team. `settled_at` is None while it is open, and of one that ended unsettled;
    lengths are in milliseconds of `basis`."""

    team: int
    part: str
    duty: Duty
    required: bool
    standing: PartStanding
    basis: Basis
    asked_at: datetime
    ready_at: datetime | None
    accepted_at: datetime | None
    settled_at: datetime | None
    ended_at: datetime
    stints: tuple[Stint, ...]
    stretches: tuple[Stretch, ...]

    def spent_ms(self, share: Share) -> int:
        """Return what was spent on one thing."""
        return sum(each.counted_ms for each in self.stretches if each.share is share)

    def charged_ms(self, name: str) -> int:
        """Return what one unit, or an arbiter's post, answers for."""
        return sum(each.counted_ms for each in self.stretches if each.charged == name)

    @property
    def late(self) -> bool:
        """Return whether any unit was late with it."""
        return any(stint.late for stint in self.stints)


def part_times(
    life: Iterable[tuple[Event, Issue]], terms: Terms, until_at: datetime
) -> tuple[PartTimes, ...]:
    """Return every part of every team in the order in which they were asked for. `life` is a
    stream's events, each with the issue after it; open parts are counted to `until_at`."""
    rule = _rule(terms)
    if rule is None:
        return ()
    reader = _Reader(terms, rule)
    at = until_at
    for event, issue in life:
        reader.read(event, issue)
        at = max(at, event.at)
    return tuple(reader.times(each, at) for each in reader.every)


def _rule(terms: Terms) -> ClockRule | None:
    """Return the kind of clock that counts a part's own time."""
    team = terms.handbook.joint_team
    if team is not None:
        return terms.rules_by_id[team.part]
    return next((rule for rule in terms.handbook.clocks if rule.scope is ClockScope.PART), None)


@dataclass(slots=True)
class _Turn:
    """A unit's stint as it grows. `late_cycle` is the cycle of its clock that ran out."""

    unit: str
    from_at: datetime
    to_at: datetime | None = None
    late_from_at: datetime | None = None
    late_cycle: int = 0


@dataclass(slots=True)
class _Span:
    """A stretch as it grows."""

    share: Share
    charged: str | None
    from_at: datetime
    to_at: datetime | None = None


@dataclass(slots=True)
class _Life:
    """A part's life as it grows: the last of `turns` and of `spans` goes on until it ends."""

    team: int
    part: Part
    asked_at: datetime
    basis: Basis
    turns: list[_Turn]
    spans: list[_Span]
    ready_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None

    def end(self, at: datetime) -> None:
        """End it, if it has not ended before."""
        if self.ended_at is None:
            self.ended_at = self.turns[-1].to_at = self.spans[-1].to_at = at


class _Reader:
    """Reads a stream once. `present` are the lives of the present team's parts."""

    def __init__(self, terms: Terms, rule: ClockRule) -> None:
        self.terms = terms
        self.rule = rule
        self.every: list[_Life] = []
        self.present: dict[str, _Life] = {}
        self.number = 0

    def read(self, event: Event, issue: Issue) -> None:
        """Take in an event, given the issue after it."""
        team = issue.team
        closed = issue.phase is Phase.CLOSED
        if team is None or team.number != self.number or closed:
            for life in self.present.values():
                life.end(event.at)
            self.present = {}
        self.number = 0 if team is None else team.number
        if team is None or closed:
            return
        for part in team.parts:
            self._look(part, team, event, issue)
        for clock in issue.clocks:
            self._clock(clock, issue)

    def _look(self, part: Part, team: Team, event: Event, issue: Issue) -> None:
        share, charged = self._share(part, team, issue)
        life = self.present.get(part.id)
        if life is None:
            if part.is_settled:
                return  # in a team that a reopening has kept
            life = self._begun(part, issue, event.at, _Span(share, charged, event.at))
        if life.ended_at is not None:
            return
        if part.unit != life.turns[-1].unit:
            life.turns[-1].to_at = event.at
            life.turns.append(_Turn(part.unit, event.at))
        last = life.spans[-1]
        if (share, charged) != (last.share, last.charged):
            last.to_at = event.at
            life.spans.append(_Span(share, charged, event.at))
        if life.ready_at is None and part.standing is not PartStanding.WAITING:
            life.ready_at = event.at
        if part.standing is PartStanding.ACCEPTED is not life.part.standing:
            life.accepted_at = event.at
        life.part = part
        if part.is_settled:
            life.end(event.at)

    def _begun(self, part: Part, issue: Issue, at: datetime, span: _Span) -> _Life:
        clock_id = f"{self.rule.id}.{self.number}.{part.id}"
        length = length_for(self.rule, clock_id, issue, self.terms.handbook)
        basis = budget_of(length, self.terms.calendar_of(self.rule), at).basis
        life = _Life(self.number, part, at, basis, [_Turn(part.unit, at)], [span])
        self.present[part.id] = life
        self.every.append(life)
        return life

    def _share(self, part: Part, team: Team, issue: Issue) -> tuple[Share, str | None]:
        if issue.pause is not None or issue.phase is not Phase.HANDLING:
            return Share.STOOD, None
        if part.standing is PartStanding.REFUSED:
            held = None if part.arbiter is None else post(self.terms.handbook, part.arbiter)
            unit = None if held is None else held.unit
            return Share.DISPUTE, unit or part.arbiter or team.lead
        if part.standing is PartStanding.WAITING:
            return Share.WAITING, None
        return Share.OWN, part.unit

    def _clock(self, clock: Clock, issue: Issue) -> None:
        part = part_with_clock(clock.id, self.rule, issue)
        life = None if part is None else self.present.get(part.id)
        if life is None or life.ended_at is not None or not clock.is_live:
            return
        life.basis, turn = clock.basis, life.turns[-1]
        if clock.breached_at is not None:
            turn.late_from_at = turn.late_from_at or max(clock.breached_at, turn.from_at)
            turn.late_cycle = clock.cycle
        elif turn.late_cycle == clock.cycle:
            turn.late_from_at = None

    def times(self, life: _Life, at: datetime) -> PartTimes:
        """Return a life as it was read; an open one as of `at`."""
        part, open_ = life.part, life.ended_at is None
        life.end(at)
        ended_at = life.ended_at or at
        calendar = self.terms.calendar_of(self.rule)
        return PartTimes(
            team=life.team,
            part=part.id,
            duty=part.duty,
            required=part.required,
            standing=part.standing,
            basis=life.basis,
            asked_at=life.asked_at,
            ready_at=life.ready_at,
            accepted_at=life.accepted_at,
            settled_at=ended_at if part.is_settled and not open_ else None,
            ended_at=ended_at,
            stints=tuple(_stint(turn, life, calendar, ended_at) for turn in life.turns),
            stretches=tuple(
                Stretch(
                    span.share,
                    span.charged,
                    span.from_at,
                    span.to_at or ended_at,
                    _ms(life.basis, calendar, span.from_at, span.to_at or ended_at),
                )
                for span in life.spans
                if span.from_at != span.to_at
            ),
        )


def _ms(basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime) -> int:
    return elapsed_ms(basis, calendar, from_at, max(from_at, to_at))


def _stint(turn: _Turn, life: _Life, calendar: WorkingCalendar, ended_at: datetime) -> Stint:
    """A unit's own time, all of it and what lies after the end of its limit."""
    to_at, late_from_at = turn.to_at or ended_at, turn.late_from_at
    own = [
        (max(span.from_at, turn.from_at), min(span.to_at or ended_at, to_at))
        for span in life.spans
        if span.share is Share.OWN
    ]
    late_ms = 0
    if late_from_at is not None:
        late_ms = sum(_ms(life.basis, calendar, max(a, late_from_at), b) for a, b in own)
    return Stint(
        unit=turn.unit,
        from_at=turn.from_at,
        to_at=to_at,
        own_ms=sum(_ms(life.basis, calendar, a, b) for a, b in own),
        late=late_from_at is not None,
        late_ms=late_ms,
    )
