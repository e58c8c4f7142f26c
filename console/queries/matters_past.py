"""The past of a matter, fact by fact: where a visitor may stop to see how it stood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.queries.matters_facts import Told, fact_title
from domain.model import Name

STOPS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Stop:
    """A fact that the visitor is told, the `number`-th of them, after which the matter can be
    looked at: its version, and its place in the ledger."""

    number: int
    version: int
    position: int
    at: datetime
    title: Name


def stops_of(facts: Sequence[Told], positions: Sequence[int]) -> tuple[Stop, ...]:
    """Return where to stop: at the newest of all facts of a matter that are told. `positions` are
    those of all its events."""
    stops = [
        Stop(number, each.version, positions[each.version - 1], each.at, fact_title(each.kind))
        for number, each in enumerate(facts, start=1)
        if each.version <= len(positions)
    ]
    return tuple(stops[-STOPS_MAX:])


def stop_at(stops: Sequence[Stop], version: int) -> Stop | None:
    """Return the last stop up to a version; if all come later, the first."""
    up_to = [each for each in stops if each.version <= version]
    return up_to[-1] if up_to else next(iter(stops), None)
