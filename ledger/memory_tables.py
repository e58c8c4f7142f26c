"""What the ledger in memory keeps, table by table."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from domain.chain import Record
from domain.clocks import Standing
from domain.issue import Issue
from domain.matters.state import Matter
from domain.orders import SupervisionOrder
from ledger.attachments import AttachmentRow
from ledger.board_rows import BoardRow
from ledger.draws import DrawRow
from ledger.erasures import ErasureRow
from ledger.figures import FigureRow
from ledger.kin import ErrandRow, LinkRow
from ledger.port import (
    ClockRow,
    CommandRow,
    FiringRow,
    HistoryRow,
    IssueRow,
    NoticeRow,
    Refusal,
)
from ledger.principals import AdmissionRow, CredentialRow, SessionRow
from ledger.projections import IssueColumns
from ledger.publications import (
    CalendarRow,
    HandbookPublicationRow,
    HandbookRow,
    PlanRow,
    PublicationRow,
    TaskRow,
)
from ledger.reads import AuditReadRow
from ledger.receipts import ContentRow, HoldRow, ReceiptRow, TemplateRow
from ledger.reports import AttestationRow, ReportRow, RunRow
from ledger.saved_views import SavedViewRow
from ledger.subscriptions import DeadRow, DeliveryRow, WebhookRow
from ledger.texts import TextRow
from ledger.verifications import VerificationRow

NOTICES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What the table `issue` keeps of one issue."""

    issue: Issue
    columns: IssueColumns
    version: int
    hash: str
    armed_due_at: datetime | None
    answered: bool


@dataclass(frozen=True, slots=True)
class OrderKept:
    """What the table `supervision_order` keeps of one order."""

    order: SupervisionOrder
    hash: str
    news: int
    heard: int


@dataclass(frozen=True, slots=True)
class MatterKept:
    """What the table `matter` keeps of one matter."""

    matter: Matter
    hash: str
    news: int
    heard: int


@dataclass
class Tables:
    """Everything that is kept. Values are immutable, so no copy is made of them."""

    issues: dict[str, Row] = field(default_factory=dict)
    boards: dict[str, BoardRow] = field(default_factory=dict)
    orders: dict[str, OrderKept] = field(default_factory=dict)
    matters: dict[str, MatterKept] = field(default_factory=dict)
    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    positions: list[Record] = field(default_factory=list)
    commands: dict[str, CommandRow] = field(default_factory=dict)
    clocks: dict[tuple[str, str, int], ClockRow] = field(default_factory=dict)
    firings: dict[tuple[str, str, int, str], FiringRow] = field(default_factory=dict)
    notices: dict[str, NoticeRow] = field(default_factory=dict)
    outbox: dict[int, str] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    links: set[LinkRow] = field(default_factory=set)
    errands: dict[str, ErrandRow] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    numbered: dict[tuple[str, str], str] = field(default_factory=dict)
    """Which issue has a zone's number."""
    terms: dict[str, str] = field(default_factory=dict)
    zones_of_terms: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    histories: dict[str, HistoryRow] = field(default_factory=dict)
    calendars: dict[str, CalendarRow] = field(default_factory=dict)
    publications: list[PublicationRow] = field(default_factory=list)
    handbooks: dict[str, HandbookRow] = field(default_factory=dict)
    handbook_publications: list[HandbookPublicationRow] = field(default_factory=list)
    plans: list[PlanRow] = field(default_factory=list)
    plan_ends: dict[int, datetime] = field(default_factory=dict)
    tasks: dict[str, TaskRow] = field(default_factory=dict)
    draws: dict[str, DrawRow] = field(default_factory=dict)
    texts: dict[str, TextRow] = field(default_factory=dict)
    audit_reads: dict[str, AuditReadRow] = field(default_factory=dict)
    verifications: dict[str, VerificationRow] = field(default_factory=dict)
    reports: dict[str, ReportRow] = field(default_factory=dict)
    attestations: dict[str, AttestationRow] = field(default_factory=dict)
    routine_runs: dict[str, RunRow] = field(default_factory=dict)
    admissions: dict[str, AdmissionRow] = field(default_factory=dict)
    credentials: dict[str, CredentialRow] = field(default_factory=dict)
    sessions: dict[str, SessionRow] = field(default_factory=dict)
    webhooks: dict[tuple[str, int], WebhookRow] = field(default_factory=dict)
    deliveries: dict[str, DeliveryRow] = field(default_factory=dict)
    webhook_pending: dict[tuple[str, int], str] = field(default_factory=dict)
    dead_letters: list[DeadRow] = field(default_factory=list)
    receipts: dict[str, ReceiptRow] = field(default_factory=dict)
    notice_contents: dict[str, ContentRow] = field(default_factory=dict)
    notice_templates: list[TemplateRow] = field(default_factory=list)
    saved_views: dict[tuple[str, str, str], SavedViewRow] = field(default_factory=dict)
    holds: dict[tuple[str, str, str], tuple[HoldRow, datetime]] = field(default_factory=dict)
    """What waits for its channel, and until when it is taken."""
    figures: list[FigureRow] = field(default_factory=list)
    erasures: dict[str, ErasureRow] = field(default_factory=dict)
    attachments: dict[tuple[str, str], AttachmentRow] = field(default_factory=dict)
    locks: dict[object, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    poked: int = 0

    def poke(self, stream: str) -> None:
        self.poked += 1
        self.outbox[self.poked] = stream

    def undelivered(self, stream: str) -> list[NoticeRow]:
        return [n for n in self.notices_of(stream) if n.delivered_at is None]

    def notices_of(self, stream: str) -> list[NoticeRow]:
        own = (notice for notice in self.notices.values() if notice.stream == stream)
        return sorted(own, key=lambda notice: (notice.version, notice.id))

    def provisional_count(self) -> int:
        live = (Standing.RUNNING, Standing.PAUSED)
        return sum(row.provisional and row.standing in live for row in self.clocks.values())

    def issue_row(self, row: Row) -> IssueRow:
        shown = self.undelivered(row.issue.stream)[:NOTICES_SHOWN_MAX]
        return IssueRow(
            row.issue, row.hash, row.armed_due_at, row.answered, tuple(n.id for n in shown)
        )
