"""What the events of one matter promise of the instants that it waits for, and what became of
each. An instant is a rung of the clock that it is called by, one at a time: set anew, it ends.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from audit.promises import PromiseBook
from domain.chain import Record
from domain.clocks import ClockTransition, Move, RungDue
from domain.matters.acts import DuePassed, MatterClosed
from domain.matters.events import MatterEvent
from domain.people import ENGINE


class MatterBook(PromiseBook):
    """Keeps account of every instant of one matter while its events are read in order."""

    def __init__(self) -> None:
        super().__init__()
        self._fired: tuple[str, DuePassed] | None = None

    def read(self, record: Record) -> None:
        """Take in the next event."""
        try:
            event = record.matter_event
        except (ValueError, KeyError, TypeError) as error:
            self._unreadable(record, error)
            return
        if isinstance(event, DuePassed):
            self._fired = record.command_id, event
            self._fire(record, event)
        cause = self._cause(record, event)
        gone = dict.fromkeys((*event.meets, *(due.clock for due in event.sets)))
        for clock in self._present if isinstance(event, MatterClosed) else gone:
            self._move(record, cause, _stopped(clock))
        for due in event.sets:
            # The next level of an instant goes on in its cycle.
            rung = RungDue(id=due.rung, due_at=due.due_at)
            self._promise(self._in_cycle(due.clock, due.cycle), rung, record)

    def _cause(self, record: Record, event: MatterEvent) -> DuePassed | None:
        """Return the passing that an event follows from: the engine's own, of the same command."""
        fired = self._fired
        follows = fired is not None and fired[0] == record.command_id and event.by == ENGINE
        return fired[1] if fired is not None and follows else None


def _stopped(clock: str) -> ClockTransition:
    """Return what an issue's clock would record of an instant that is waited for no longer."""
    return ClockTransition.model_construct(
        clock=clock, rule=clock, cycle=0, move=Move.STOP, run=None, retarget=None
    )


def read_matter_promises(
    records: Iterable[Record], *, now: datetime, grace: timedelta
) -> PromiseBook:
    """Return the account of a matter's instants as of `now`. `records` are in order of version."""
    book = MatterBook()
    for record in records:
        book.read(record)
    book.close(now, grace)
    return book
