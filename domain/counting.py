"""What a cycle counted towards one of its targets, stretch by stretch, up to the deadline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.calendar import Span, WorkingCalendar
from domain.clocks import Standing
from domain.cycles import Aim, Lap
from domain.durations import Basis, due_at, elapsed_ms, spans_of
from domain.phases import PauseReason


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a clock's life in one standing. `to_at` is None while it lasts.

    A running stretch has the deadline in force in it, and the spans that were counted up to its end
    or, if that came first or the clock still runs, up to the deadline. `over_ms` was counted after
    the deadline. A paused one says what the issue waited for. `before_start`: the target counts
    from before the cycle began. `calendar` is the hash of the version that was counted by.
    """

    standing: Standing
    from_at: datetime
    to_at: datetime | None
    version: int
    cause: str
    reason: PauseReason | None = None
    party: str | None = None
    due_at: datetime | None = None
    spans: tuple[Span, ...] = ()
    over_ms: int = 0
    before_start: bool = False
    calendar: str | None = None

    @property
    def counted_ms(self) -> int:
        """Return what was counted towards the budget."""
        return sum(span.counted_ms for span in self.spans)


@dataclass(frozen=True, slots=True)
class Count:
    """The stretches of one target and the way from the last to the deadline that was left over.

    `calendar` is that by which the present deadline was set. `agrees`: what the events recorded as
    spent is what the stretches come to.
    """

    stretches: tuple[Stretch, ...]
    unspent: tuple[Span, ...]
    calendar: WorkingCalendar
    agrees: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch not yet counted, and the calendar that its deadline was set by. `promised_at` is
    that deadline, where an event gave it one. `tallied_by` is what the event that ended it counted
    by."""

    stretch: Stretch
    calendar: WorkingCalendar
    tallied_by: WorkingCalendar
    promised_at: datetime | None = None


def counted(aim: Aim, laps: Sequence[Lap]) -> Count:
    """Return what the cycle counted towards `aim`, all of it by that target's calendar (R3)."""
    pieces = list(_joined(_pieces(aim, laps[: aim.laps_until])))
    basis, left = aim.target.basis, aim.target.budget_ms
    stretches: list[Stretch] = []
    end: _Piece | None = None
    for piece in pieces:
        if piece.stretch.standing is Standing.PAUSED:
            stretches.append(piece.stretch)
            continue
        stretch, reached = _run(piece, basis, left)
        stretches.append(replace(stretch, calendar=piece.calendar.hash))
        left = 0 if reached else left - stretch.counted_ms
        end = None if reached or left <= 0 else piece
    unspent = _unspent(end, aim, left) if left > 0 else ()
    ran = [piece for piece in pieces if piece.stretch.standing is Standing.RUNNING]
    calendar = ran[-1].calendar if ran else aim.calendars[-1][1]
    return Count(tuple(stretches), unspent, calendar, _agrees(aim, ran))


def _pieces(aim: Aim, laps: Sequence[Lap]) -> Iterator[_Piece]:
    """Yield what the target counts: from its own beginning on, which may lie before the cycle's."""
    from_at = aim.target.counted_from_at
    if from_at is not None and from_at < laps[0].from_at:
        stretch = Stretch(
            Standing.RUNNING,
            from_at,
            laps[0].from_at,
            aim.told.version,
            aim.told.record.kind,
            before_start=True,
        )
        yield _Piece(stretch, aim.promised_by(laps[0]), aim.promised_by(laps[0]))
    for lap in laps:
        begins_at = lap.from_at if from_at is None else max(lap.from_at, from_at)
        if from_at is not None and lap.to_at is not None and lap.to_at <= from_at:
            continue
        own = lap.begun.version >= aim.told.version
        spent_out = lap.spent_ms >= aim.target.budget_ms
        promised_at = lap.run.due_at if lap.run is not None and own and not spent_out else None
        stretch = Stretch(
            lap.standing,
            begins_at,
            lap.to_at,
            lap.begun.version,
            lap.begun.record.kind,
            reason=None if lap.wait is None else lap.wait.reason,
            party=None if lap.wait is None else lap.wait.party,
            due_at=lap.run.due_at if lap.run is not None and own else None,
        )
        yield _Piece(stretch, aim.promised_by(lap), aim.tallied_by(lap), promised_at)


def _joined(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces, those that only a change of target had parted as one."""
    last: _Piece | None = None
    for piece in pieces:
        if last is None:
            last = piece
        elif _parted(last, piece):
            yield last
            last = piece
        else:
            whole = replace(last.stretch, to_at=piece.stretch.to_at, due_at=piece.stretch.due_at)
            last = replace(piece, stretch=whole)
    if last is not None:
        yield last


def _parted(one: _Piece, other: _Piece) -> bool:
    return (
        one.stretch.standing is not other.stretch.standing
        or one.stretch.before_start
        or one.stretch.to_at != other.stretch.from_at
        or one.calendar.hash != other.calendar.hash
        or one.tallied_by.hash != other.tallied_by.hash
    )


def _run(piece: _Piece, basis: Basis, left: int) -> tuple[Stretch, bool]:
    """Return a running stretch with its spans, and whether the deadline was reached in it."""
    stretch, calendar = piece.stretch, piece.calendar
    from_at, to_at = stretch.from_at, stretch.to_at
    if left <= 0:
        return replace(stretch, over_ms=_elapsed(basis, piece.tallied_by, from_at, to_at)), True
    ends_at = piece.promised_at
    if ends_at is None:
        ends_at = _used_up_at(piece, basis, left)
    reached = ends_at is not None and (to_at is None or ends_at <= to_at)
    until_at = ends_at if reached else to_at
    if until_at is None:
        msg = f"the stretch from {from_at} neither ends nor has a deadline"
        raise ValueError(msg)
    counted_stretch = replace(
        stretch,
        spans=spans_of(basis, calendar, from_at, until_at),
        over_ms=_elapsed(basis, piece.tallied_by, until_at, to_at),
    )
    return counted_stretch, reached


def _used_up_at(piece: _Piece, basis: Basis, left: int) -> datetime | None:
    """Return when the rest of the budget is used up, if that is in the stretch."""
    from_at, to_at = piece.stretch.from_at, piece.stretch.to_at
    if to_at is not None and elapsed_ms(basis, piece.calendar, from_at, to_at) < left:
        return None
    return due_at(basis, piece.calendar, from_at, left)


def _elapsed(
    basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime | None
) -> int:
    return 0 if to_at is None else elapsed_ms(basis, calendar, from_at, to_at)


def _unspent(end: _Piece | None, aim: Aim, left: int) -> tuple[Span, ...]:
    """Return the way from where the clock last ran to the deadline it then had: that promised, or,
    for a target that a standing clock was given, the one it would have had."""
    calendar = aim.calendars[-1][1] if end is None else end.calendar
    from_at = aim.told.event.at if end is None else end.stretch.to_at
    if from_at is None:
        return ()
    promised_at = None if end is None else end.promised_at
    to_at = promised_at or due_at(aim.target.basis, calendar, from_at, left)
    return spans_of(aim.target.basis, calendar, from_at, to_at)


def _agrees(aim: Aim, ran: Sequence[_Piece]) -> bool:
    return all(spent == _spent_by(at, aim.target.basis, ran) for at, spent in aim.recorded)


def _spent_by(at: datetime, basis: Basis, ran: Sequence[_Piece]) -> int:
    return sum(
        _elapsed(basis, piece.tallied_by, piece.stretch.from_at, min(piece.stretch.to_at or at, at))
        for piece in ran
        if piece.stretch.from_at < at
    )
