"""The clocks of an issue as they are drawn: what each did with its time, up to its deadline."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.clock_rules import RungEffect
from domain.clocks import Clock, Standing
from domain.counting import Stretch
from domain.derivation import Derivation, RungDerivation
from domain.issue import Issue
from domain.lights import Light, light, light_rule
from domain.model import Name
from domain.reading import Reading, read
from domain.terms import Terms

CYCLES_MAX: Final = 20
"""How many cycles that are over are told of, the newest first."""

STRETCHES_MAX: Final = 40


class Did(StrEnum):
    """What a clock did in a piece of its life."""

    COUNTED = "counted"
    """It ran, and the time counted."""
    OFF = "off"
    """It ran, and the office was closed."""
    PAUSED = "paused"
    OVER = "over"
    """It ran on beyond its deadline."""
    TO_COME = "to_come"
    """It will run and count, as it stands."""
    OFF_TO_COME = "off_to_come"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a clock's life in which it did one thing."""

    did: Did
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch as the table beneath the picture tells it. `to_at` is None while it lasts."""

    standing: Standing
    from_at: datetime
    to_at: datetime | None
    counted_ms: int
    over_ms: int
    cause: str
    version: int
    party: str | None


@dataclass(frozen=True, slots=True)
class Rung:
    """A threshold. `passed_over` is the event by which it will not fire."""

    id: str
    effect: RungEffect
    is_due_itself: bool
    due_at: datetime | None
    fired_at: datetime | None
    late_by_us: bool
    passed_over: int | None


@dataclass(frozen=True, slots=True)
class ClockPicture:
    """One cycle of a clock, drawn from `from_at` to `to_at`; `reading` what it shows at `at`."""

    id: str
    name: Name
    part: str | None
    cycle: int
    light: Light
    reading: Reading
    derivation: Derivation
    at: datetime
    from_at: datetime
    to_at: datetime
    pieces: tuple[Piece, ...]
    rungs: tuple[Rung, ...]
    rows: tuple[Row, ...]
    rows_left_out: int

    @property
    def is_live(self) -> bool:
        """Return whether it runs or is paused."""
        return self.reading.standing in (Standing.RUNNING, Standing.PAUSED)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Every clock that an issue has, those that run first; and its cycles that are over."""

    present: tuple[ClockPicture, ...]
    past: tuple[Derivation, ...]
    past_left_out: int


def clocks_of(issue: Issue, terms: Terms, derived: Sequence[Derivation], at: datetime) -> Clocks:
    """Return the clocks of an issue as they stand at `at`, which is not before its last event."""
    cycles = {(each.clock, each.cycle): each for each in derived}
    here = {(clock.id, clock.cycle) for clock in issue.clocks}
    pictures = [
        _picture(clock, cycles[clock.id, clock.cycle], terms, at)
        for clock in issue.clocks
        if (clock.id, clock.cycle) in cycles
    ]
    past = [each for name, each in cycles.items() if name not in here]
    return Clocks(
        present=tuple(sorted(pictures, key=_order)),
        past=tuple(reversed(past[-CYCLES_MAX:])),
        past_left_out=max(0, len(past) - CYCLES_MAX),
    )


def _order(picture: ClockPicture) -> tuple[bool, bool, datetime, str]:
    due_at = picture.reading.due_at
    return not picture.is_live, due_at is None, due_at or picture.at, picture.id


def _picture(clock: Clock, derived: Derivation, terms: Terms, at: datetime) -> ClockPicture:
    rule = terms.rules_by_id.get(clock.rule)
    calendar = terms.calendar if rule is None else terms.calendar_of(rule)
    stretches = derived.present.stretches
    pieces = tuple(_joined(piece for each in stretches for piece in _pieces(each, at)))
    rungs = tuple(map(_rung, derived.rungs))
    moments = [at] if clock.is_live else [clock.since_at]
    moments += [each.to_at for each in pieces]
    moments += [] if clock.due_at is None else [clock.due_at]
    begins = [each.from_at for each in pieces] or [clock.since_at]
    from_at = min(begins)
    return ClockPicture(
        id=clock.id,
        name=derived.name,
        part=derived.part,
        cycle=clock.cycle,
        light=light(clock, at, calendar, light_rule(terms)),
        reading=read(clock, calendar, at),
        derivation=derived,
        at=at,
        from_at=from_at,
        to_at=max(*moments, from_at + timedelta(minutes=1)),
        pieces=pieces,
        rungs=rungs,
        rows=tuple(_row(each) for each in stretches[-STRETCHES_MAX:]),
        rows_left_out=max(0, len(stretches) - STRETCHES_MAX),
    )


def _pieces(stretch: Stretch, at: datetime) -> Iterator[Piece]:
    """Yield what a clock did in a stretch: what is beyond `at` is to come."""
    ends_at = stretch.to_at or at
    if stretch.standing is Standing.PAUSED:
        yield Piece(Did.PAUSED, stretch.from_at, ends_at)
        return
    reached_at = stretch.from_at
    for span in stretch.spans:
        counts = span.counted_ms > 0
        if span.from_at < at:
            did = Did.COUNTED if counts else Did.OFF
            yield Piece(did, span.from_at, min(span.to_at, at))
        if span.to_at > at:
            did = Did.TO_COME if counts else Did.OFF_TO_COME
            yield Piece(did, max(span.from_at, at), span.to_at)
        reached_at = span.to_at
    if reached_at < ends_at:
        yield Piece(Did.OVER, reached_at, ends_at)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if piece.from_at >= piece.to_at:
            continue
        if last is not None and (last.did, last.to_at) == (piece.did, piece.from_at):
            last = Piece(last.did, last.from_at, piece.to_at)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _rung(derived: RungDerivation) -> Rung:
    return Rung(
        id=derived.id,
        effect=derived.effect,
        is_due_itself=derived.says.is_due_itself,
        due_at=derived.due_at,
        fired_at=derived.fired_at,
        late_by_us=derived.late_by_us,
        passed_over=derived.passed_over,
    )


def _row(stretch: Stretch) -> Row:
    return Row(
        standing=stretch.standing,
        from_at=stretch.from_at,
        to_at=stretch.to_at,
        counted_ms=stretch.counted_ms,
        over_ms=stretch.over_ms,
        cause=stretch.cause,
        version=stretch.version,
        party=stretch.party,
    )
