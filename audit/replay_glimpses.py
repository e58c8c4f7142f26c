"""What a history was shown of an issue, order or matter, held against the fold of its events."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, assert_never

from pydantic import JsonValue, ValidationError

from domain.chain import Record
from domain.evolve import evolve
from domain.issue import Issue
from domain.matters.evolve import evolve_matter
from domain.matters.state import Matter
from domain.matters.view import MatterGlimpse
from domain.model import written
from domain.order_evolve import evolve_order
from domain.order_view import OrderGlimpse
from domain.orders import SupervisionOrder
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.view import Glimpse

Seen = dict[str, JsonValue]
AnyGlimpse = Glimpse | OrderGlimpse | MatterGlimpse

OF_AN_ISSUE = (
    *("zone", "key", "version", "phase", "category", "tier", "owner", "unit", "number"),
    *("outcome", "deadline_at", "provisional", "next_rung"),
)
"""What the events alone decide; not the clock's reading, nor what is still to be told."""
OF_AN_ORDER = ("zone", "key", "version", "standing", "instrument", "unit", "due_at", "next_rung")
OF_A_MATTER = ("zone", "key", "version", "aggregate", "procedure", "standing", "next_rung")
_SHOWN: Final[dict[StreamKind, tuple[type[AnyGlimpse], tuple[str, ...]]]] = {
    StreamKind.ISSUE: (Glimpse, OF_AN_ISSUE),
    StreamKind.ORDER: (OrderGlimpse, OF_AN_ORDER),
    StreamKind.MATTER: (MatterGlimpse, OF_A_MATTER),
}


def read_glimpse(stream: str, plain: JsonValue) -> Seen | None:
    """Return what can be compared of a glimpse or view in an answer; None if it is none."""
    model, names = _SHOWN[kind_of_stream(stream)]
    if not isinstance(plain, dict):
        return None
    try:
        glimpse = model.model_validate({n: v for n, v in plain.items() if n in model.model_fields})
    except ValidationError:
        return None
    seen: Seen = glimpse.model_dump(mode="json", include=set(names))
    rung = seen["next_rung"]
    if isinstance(rung, dict):
        seen["next_rung"] = {name: rung[name] for name in rung if name != "wake_at"}
    return seen


def seen_at(stream: str, records: Iterable[Record], versions: set[int]) -> Mapping[int, Seen]:
    """Return what was to be seen at each of these versions. Raises ValueError, KeyError or
    TypeError for events that cannot be folded."""
    return {version: seen for version, seen in _folds(stream, records, versions)}


def _folds(
    stream: str, records: Iterable[Record], versions: set[int]
) -> Iterator[tuple[int, Seen]]:
    zone, key = stream_names(stream)
    issue: Issue | None = None
    order: SupervisionOrder | None = None
    matter: Matter | None = None
    kind = kind_of_stream(stream)
    last = max(versions, default=0)
    for record in records:
        if record.version > last:
            return
        wanted, terms = record.version in versions, record.terms
        match kind:
            case StreamKind.ISSUE:
                issue = evolve(issue, record.event, zone=zone, key=key, terms=terms)
                if wanted:
                    yield record.version, _issue_seen(issue)
            case StreamKind.ORDER:
                order = evolve_order(order, record.order_event, zone=zone, key=key, terms=terms)
                if wanted:
                    yield record.version, _order_seen(order)
            case StreamKind.MATTER:
                matter = evolve_matter(matter, record.matter_event, zone=zone, key=key, terms=terms)
                if wanted:
                    yield record.version, _matter_seen(matter)
            case _:
                assert_never(kind)


def _issue_seen(issue: Issue) -> Seen:
    deadline, due = issue.deadline, issue.next_rung
    plain: Seen = {
        "zone": issue.zone,
        "key": issue.key,
        "version": issue.version,
        "phase": issue.phase.value,
        "category": issue.category,
        "tier": issue.tier,
        "owner": issue.owner,
        "unit": issue.unit,
        "number": issue.number,
        "outcome": None if issue.outcome is None else issue.outcome.value,
        "deadline_at": None,
        "provisional": deadline is not None and deadline.provisional,
        "next_rung": None,
    }
    if deadline is not None and deadline.due_at is not None:
        plain["deadline_at"] = written(deadline.due_at)
    if due is not None:
        clock, rung = due
        plain["next_rung"] = {
            "clock": clock.id,
            "cycle": clock.cycle,
            "rung": rung.id,
            "due_at": written(rung.due_at),
        }
    return plain


def _order_seen(order: SupervisionOrder) -> Seen:
    rung = order.next_rung
    due_at = None if order.run is None else order.run.due_at
    plain: Seen = {
        "zone": order.zone,
        "key": order.key,
        "version": order.version,
        "standing": order.standing.value,
        "instrument": order.instrument,
        "unit": order.unit,
        "due_at": None if due_at is None else written(due_at),
        "next_rung": None,
    }
    if rung is not None and order.limit_of is not None:
        plain["next_rung"] = {
            "clock": order.limit_of,
            "cycle": order.cycle,
            "rung": rung.id,
            "due_at": written(rung.due_at),
        }
    return plain


def _matter_seen(matter: Matter) -> Seen:
    due = matter.next_due
    plain: Seen = {
        "zone": matter.zone,
        "key": matter.key,
        "version": matter.version,
        "aggregate": matter.aggregate.value,
        "procedure": matter.procedure,
        "standing": matter.standing.value,
        "next_rung": None,
    }
    if due is not None:
        plain["next_rung"] = {
            "clock": due.clock,
            "cycle": due.cycle,
            "rung": due.rung,
            "due_at": written(due.due_at),
        }
    return plain
