"""The rows that lists, boards and couriers go by, held against what the events come to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

from audit.checks import Finding
from audit.facts import Life
from domain.chain import Record
from domain.events import Event
from domain.issue import Issue
from domain.matters.events import MatterEvent
from domain.matters.notices import matter_notices_of
from domain.matters.state import Matter
from domain.notices import Notice, notices_of
from domain.order_events import OrderEvent
from domain.order_notices import order_notices_of
from domain.orders import SupervisionOrder
from domain.streams import StreamKind, kind_of_stream
from domain.terms import Terms
from ledger.codec import snapshot_text
from ledger.lists import hands_of
from ledger.pages import Columns, PartyRow, Stored
from ledger.port import FiringRow, NoticeRow
from ledger.projections import IssueColumns, columns_of

SHOWN_CHARACTERS_MAX = 80
_LISTED = tuple(each.name for each in fields(IssueColumns))


def issue_column_findings(life: Life, issue: Issue, row: Columns) -> Iterator[Finding]:
    """Yield each column of an issue's row that is not what its events come to. The snapshot and the
    hash are told of by others."""
    listed = columns_of(issue)
    expected: dict[str, object] = {name: getattr(listed, name) for name in _LISTED}
    expected |= {
        "stream": life.stream,
        "zone": life.zone,
        "key": life.key,
        "version": issue.version,
        "terms": issue.terms,
        "incident": None if issue.incident is None else issue.incident.id,
        "report_id": issue.report_id,
        "hands": hands_of(issue),
    }
    yield from differing(life, "issue", issue.version, expected, row)


def order_column_findings(life: Life, order: SupervisionOrder, row: Columns) -> Iterator[Finding]:
    """Yield each column of an order's row that no list goes by and that its events settle."""
    expected: dict[str, object] = {"stream": life.stream, "news": order.version}
    yield from differing(life, "order", order.version, expected, row)


def matter_column_findings(life: Life, matter: Matter, row: Columns) -> Iterator[Finding]:
    """Yield each column of a matter's row that no list goes by and that its events settle."""
    expected: dict[str, object] = {"stream": life.stream, "news": matter.version}
    yield from differing(life, "matter", matter.version, expected, row)


def party_findings(
    life: Life, matter: Matter | None, rows: Sequence[PartyRow]
) -> Iterator[Finding]:
    """Yield where the rows by which enterprises find a matter are not whom it concerns."""
    concerned = () if matter is None else dict.fromkeys(matter.enterprises)
    expected = Counter(PartyRow(life.zone, enterprise, life.stream) for enterprise in concerned)
    listed = Counter(rows)
    version = None if matter is None else matter.version
    for row in sorted(expected.keys() | listed.keys(), key=lambda r: (r.zone, r.enterprise)):
        if listed[row] != expected[row]:
            said = f"matter_party has {listed[row]} rows of {row.enterprise} in {row.zone}, and "
            said += f"the events call for {expected[row]}"
            yield Finding("column", life.stream, version, said, "matter_party")


def out_of_place_findings(life: Life, stored: Stored) -> Iterator[Finding]:
    """Yield the tables that have a row of the stream and are for streams of another kind."""
    own = kind_of_stream(life.stream)
    rows = {
        "issue": (StreamKind.ISSUE, stored.issue),
        "clock": (StreamKind.ISSUE, stored.clocks),
        "supervision_order": (StreamKind.ORDER, stored.order),
        "matter": (StreamKind.MATTER, stored.matter),
        "matter_party": (StreamKind.MATTER, stored.parties),
    }
    for table, (kind, held) in rows.items():
        if held and kind is not own:
            said = f"{table} has a row of it, and it is no {kind}'s stream"
            yield Finding("column", life.stream, None, said, table)


def is_as_folded(issue: Issue, row: Columns) -> bool:
    """Return whether the stored snapshot is, to the character, what would be stored now."""
    return row["snapshot"] == snapshot_text(issue)


def differing(
    life: Life, what: str, version: int, expected: Mapping[str, object], row: Columns
) -> Iterator[Finding]:
    """Yield each column of a row that is not as expected."""
    for name, value in expected.items():
        if row[name] != value:
            said = f"the stored {what}'s {name} is {_short(row[name])}; "
            said += f"its events come to {_short(value)}"
            yield Finding("column", life.stream, version, said, name)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}…"


class NoticeTally:
    """Who had to be told of what: of each command's events, by those in place after all of it."""

    def __init__(self) -> None:
        self._due: dict[str, NoticeRow] = {}

    def of_issue(self, events: Sequence[tuple[Record, Event]], after: Issue, terms: Terms) -> None:
        """Take in the events of one command, and the issue after them."""
        for record, event in events:
            at_event = after.model_copy(update={"version": record.version})
            self._add(record, notices_of(event, at_event, terms.handbook))

    def of_order(
        self, events: Sequence[tuple[Record, OrderEvent]], after: SupervisionOrder, terms: Terms
    ) -> None:
        """Take in the events of one command, and the order after them."""
        for record, event in events:
            at_event = after.model_copy(update={"version": record.version})
            self._add(record, order_notices_of(event, at_event, terms.handbook))

    def of_matter(self, record: Record, event: MatterEvent, after: Matter) -> None:
        """Take in an event, and the matter right after it: the event itself names who is told."""
        self._add(record, matter_notices_of(event, after))

    def _add(self, record: Record, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._due[notice.id] = NoticeRow(
                id=notice.id,
                stream=notice.stream,
                version=notice.version,
                kind=notice.kind,
                addressee=notice.addressee,
                created_at=record.at,
            )

    def findings(
        self, life: Life, rows: Sequence[NoticeRow], firings: Sequence[FiringRow]
    ) -> Iterator[Finding]:
        """Yield notices that are missing, too many or other than due, and firings whose effect is
        not said to be done when the last notice of it was delivered."""
        listed = {row.id: row for row in rows}
        for id_ in sorted(self._due.keys() | listed.keys()):
            yield from _notice_findings(life, id_, self._due.get(id_), listed.get(id_))
        told_of = {row.version for row in self._due.values()}
        for firing in firings:
            expected = (
                _delivered_at(firing.version, rows)
                if firing.version in told_of
                else firing.fired_at
            )
            if firing.effect_done_at != expected:
                said = f"rung {firing.rung} of {firing.clock}, cycle {firing.cycle}: "
                said += f"effect_done_at is {firing.effect_done_at}; its notices say {expected}"
                yield Finding("rung", life.stream, firing.version, said, "effect_done_at")


def _notice_findings(
    life: Life, id_: str, due: NoticeRow | None, row: NoticeRow | None
) -> Iterator[Finding]:
    if due is None:
        version = None if row is None else row.version
        yield Finding("notice", life.stream, version, f"notice {id_} is of no event", "id")
    elif row is None:
        yield Finding("notice", life.stream, due.version, f"notice {id_} is not kept", "id")
    else:
        for column in ("stream", "version", "kind", "addressee", "created_at"):
            if getattr(row, column) != getattr(due, column):
                said = f"notice {id_}: {column} is not as its event says"
                yield Finding("notice", life.stream, due.version, said, column)


def _delivered_at(version: int, rows: Sequence[NoticeRow]) -> object:
    """Return when the last notice of an event was delivered, None while one waits."""
    delivered = [row.delivered_at for row in rows if row.version == version]
    known = [at for at in delivered if at is not None]
    return max(known) if known and len(known) == len(delivered) else None
