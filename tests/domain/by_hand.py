"""Events put behind a story's by hand: what no command of the story leads to."""

from collections.abc import Iterable

import builders as b

from domain.chain import Origin, Record, recorded
from domain.decisions import RULES
from domain.events import Event
from domain.terms import Terms


def behind(records: Iterable[Record], *events: Event, terms: Terms = b.TERMS) -> list[Record]:
    """Return `records` with `events` behind them, in the same stream."""
    told = list(records)
    origin = Origin(told[-1].stream, "by-hand", "0" * 64, terms.hash, RULES)
    more = recorded(events, origin, after_version=len(told), previous=told[-1].hash)
    return [*told, *more]
