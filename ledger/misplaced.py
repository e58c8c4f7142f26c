"""Rows that no reader of a ledger comes to, or that lack what every row has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ledger.log_rows import FACT_TABLES
from ledger.pages import EventTime

NULLABLE: Final[dict[str, frozenset[str]]] = {
    "event": frozenset({"occurred_at"}),
    "calendar_publication": frozenset({"previous"}),
    "handbook_publication": frozenset({"previous"}),
    "adoption_plan": frozenset({"to_terms", "undoes"}),
    "administrative_task": frozenset({"settled_at", "settled_by"}),
    "log_key": frozenset({"note"}),
    "figure": frozenset({"restates"}),
    "log_entry": frozenset({"key", "position"}),
    "issue": frozenset(
        {"outcome", "number", "closed_at", "next_due_at", "deadline_at", "armed_due_at"}
        | {"incident", "report_id"}
    ),
    "issue_board": frozenset({"number", "grid", "yellow_at", "red_at"}),
    "supervision_order": frozenset({"ended_at", "next_due_at", "due_at"}),
    "matter": frozenset({"stage", "closed_at", "next_due_at"}),
    "clock": frozenset({"due_at", "breached_at", "verdict"}),
    "rung_firing": frozenset({"effect_done_at"}),
    "notice": frozenset({"delivered_at"}),
    "errand": frozenset({"last_error"}),
}
"""Columns that may be NULL, by table; the migrations forbid it in all others."""

UNIQUE: Final[frozenset[tuple[str, str]]] = frozenset(
    {(table.name, table.key) for table in FACT_TABLES.values()}
    | {("event", "stream, version"), ("event", "position"), ("checkpoint", "size")}
    | {("log_key", "sequence"), ("figure", "restates"), ("log_node", "level, index")}
    | {("figure", "definition, scope, from_at, to_at WHERE (restates IS NULL)")}
    | {("log_entry", "index"), ("log_entry", "position")}
    | {("log_entry", "kind, key WHERE (key IS NOT NULL)")}
    | {("issue", "stream"), ("issue", "number, zone"), ("issue_text", "stream")}
    | {("issue_board", "stream"), ("issue_title", "stream")}
    | {("supervision_order", "stream"), ("clock", "stream, clock, cycle"), ("notice", "id")}
    | {("matter", "stream"), ("matter_party", "zone, enterprise, stream")}
    | {("rung_firing", "stream, clock, cycle, rung"), ("number_sequence", "zone, year")}
    | {("issue_link", "zone, from_key, type, to_key"), ("errand", "id"), ("outbox", "id")}
    | {("credential", "principal"), ("session", "hash")}
    | {("notice_hold", "notice, channel, address")}
    | {("report", "number, version"), ("report", "zone, kind, to_on, version")}
    | {("attestation", "zone, day, post, version"), ("routine_run", "zone, routine, period")}
    | {("saved_view", "principal, zone, name"), ("saved_view", "principal, zone, place")}
    | {("attachment", "stream, sha256")}
    | {("webhook_delivery", "webhook"), ("webhook_pending", "webhook, position")}
)
"""What no two rows have in common, as the migrations made it: tables, and the columns with which
rows they bind."""
MOMENTS: Final = frozenset({"at", "swept_at", "raised_at", "drawn_at", "applied_at", "ended_at"})
WRITTEN_AT: Final[dict[str, str]] = {
    table.name: next(column for column in table.columns if column in MOMENTS)
    for table in FACT_TABLES.values()
}
"""The column of each table of facts that says when a row was written."""
BY_COMMAND: Final[dict[str, str]] = {"command": "id", "refusal": "command_id"}
"""The column that names the command by which a fact beside events came about."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A row that is wrong where it is: in which table, what it is called, which column says so."""

    table: str
    key: str
    column: str
    problem: str


@dataclass(frozen=True, slots=True)
class LateFact:
    """A fact that waits for its leaf, and when it was written. `by`: the command, if it has one."""

    kind: str
    key: str
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where an event stands. `index`: of its leaf, None while it has none."""

    version: int
    position: int | None
    at: datetime
    command_id: str
    index: int | None


class Places(Protocol):
    """Which facts should have had their leaves long ago, and which leaves have lost their facts."""

    async def late_events(self, after: int, before_at: datetime, limit: int) -> list[EventTime]:
        """Return events above the position `after` that were recorded before a moment."""
        ...

    async def late_facts(self, before_at: datetime, limit: int) -> list[LateFact]:
        """Return facts beside events that wait for their leaf and were written before a moment."""
        ...

    async def event_places(self, stream: str) -> list[EventPlace]:
        """Return where the events of a stream stand, in order of version."""
        ...

    async def lost_events(self, limit: int) -> list[tuple[int, int]]:
        """Return index and position of leaves whose position no event has."""
        ...


class Misplacements(Protocol):
    """What a superuser can write and no reader would look for."""

    async def misplaced(self, limit: int) -> list[Misplaced]:
        """Return rows before the first that any reader begins at, and second rows of one name."""
        ...

    async def valueless(self, limit: int) -> list[Misplaced]:
        """Return rows without a value where one must be."""
        ...
