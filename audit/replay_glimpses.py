"""What a history was shown of an issue or order, held against the fold of its events."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue, ValidationError

from audit.facts import stream_names
from domain.chain import Record
from domain.evolve import evolve
from domain.issue import Issue
from domain.model import written
from domain.order_evolve import evolve_order
from domain.order_view import OrderGlimpse
from domain.orders import SupervisionOrder, is_order_stream
from domain.view import Glimpse

Seen = dict[str, JsonValue]

OF_AN_ISSUE = (
    *("zone", "key", "version", "phase", "category", "tier", "owner", "unit", "number"),
    *("outcome", "deadline_at", "provisional", "next_rung"),
)
"""What the events alone decide; not the clock's reading, nor what is still to be told."""
OF_AN_ORDER = ("zone", "key", "version", "standing", "instrument", "unit", "due_at", "next_rung")


def read_glimpse(stream: str, plain: JsonValue) -> Seen | None:
    """Return what can be compared of a glimpse or view in an answer; None if it is none."""
    model: type[Glimpse] | type[OrderGlimpse] = Glimpse
    names: tuple[str, ...] = OF_AN_ISSUE
    if is_order_stream(stream):
        model, names = OrderGlimpse, OF_AN_ORDER
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
    last = max(versions, default=0)
    for record in records:
        if record.version > last:
            return
        if is_order_stream(stream):
            order = evolve_order(order, record.order_event, zone=zone, key=key, terms=record.terms)
            if record.version in versions:
                yield record.version, _order_seen(order)
        else:
            issue = evolve(issue, record.event, zone=zone, key=key, terms=record.terms)
            if record.version in versions:
                yield record.version, _issue_seen(issue)


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
