"""What the events of one supervision order promise of the rungs of its limits, and what became of
each. A limit is a clock with the name of its instrument: one at a time, each in a cycle of its own.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import assert_never

from audit.promises import PromiseBook
from domain import order_events as ev
from domain.chain import Record
from domain.clocks import ClockTransition, Move, Run


class OrderBook(PromiseBook):
    """Keeps account of every rung of one order while its events are read in order."""

    def __init__(self) -> None:
        super().__init__()
        self._limit_of: str | None = None
        self._cycle = 0
        self._fired: tuple[str, ev.OrderRungFired] | None = None

    def read(self, record: Record) -> None:
        """Take in the next event."""
        try:
            event = record.order_event
        except (ValueError, KeyError, TypeError) as error:
            self._unreadable(record, error)
            return
        match event:
            case ev.OrderRungFired():
                self._fired = record.command_id, event
                self._fire(record, event)
            case ev.OrderIssued():
                if event.limit_of is not None and event.run is not None:
                    self._begin(record, event.limit_of, event.run)
            case ev.OrderRaised():
                self._stop(record, self._cause(record) if event.reason is None else None)
                self._begin(record, event.limit_of, event.run)
            case ev.ReplyRefused():
                self._begin(record, event.limit_of, event.run)
            case ev.OrderReplied() | ev.OrderLifted():
                self._stop(record, None)
            case ev.OrderTermsAdopted():
                self._adopt(record, event)
            case ev.OrderUnanswered() | ev.ReplyAccepted() | ev.OrderAppealed() | ev.AppealRuled():
                pass
            case _:
                assert_never(event)

    def _cause(self, record: Record) -> ev.OrderRungFired | None:
        """Return the firing that took the order a step up: one of the same command."""
        fired = self._fired
        return fired[1] if fired is not None and fired[0] == record.command_id else None

    def _begin(self, record: Record, limit_of: str, run: Run) -> None:
        self._limit_of = limit_of
        self._cycle += 1
        self._move(record, None, self._moved(Move.START, limit_of, run))

    def _stop(self, record: Record, cause: ev.OrderRungFired | None) -> None:
        if self._limit_of is not None:
            self._move(record, cause, self._moved(Move.STOP, self._limit_of))
            self._limit_of = None

    def _adopt(self, record: Record, event: ev.OrderTermsAdopted) -> None:
        if self._limit_of is not None:
            cycle = self._present[self._limit_of]
            self._run_on(cycle, record, None, event.run, event.superseded)

    def _moved(self, move: Move, clock: str, run: Run | None = None) -> ClockTransition:
        """Return what an issue's clock would record of this."""
        return ClockTransition.model_construct(
            clock=clock, rule=clock, cycle=self._cycle, move=move, run=run
        )


def read_order_promises(
    records: Iterable[Record], *, now: datetime, grace: timedelta
) -> PromiseBook:
    """Return the account of one order's rungs as of `now`. `records` are in order of version."""
    book = OrderBook()
    for record in records:
        book.read(record)
    book.close(now, grace)
    return book
