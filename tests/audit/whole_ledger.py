"""A small ledger in which every table of facts has rows, written by the desks, logged and signed;
and the same ledger as one connection sees it, so that whatever is done to it is rolled back."""

import gzip
import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import builders as b
import builders_grants as g
import builders_kin as k
import builders_matters as m
import builders_orders as o
from builders_ladder import ladder_terms
from builders_sound import SOUND

from activities.reporting import correct_report, make_report
from desk.callbacks import Asked as Draw
from desk.callbacks import CallbackDesk
from desk.desk import Desk
from desk.erasing import Asked, erase
from desk.errands import ErrandRunner
from desk.handbooks import HandbookPublishing
from desk.log_keeper import Anchored, LogKeeper
from desk.matters import MatterDesk
from desk.publishing import Publishing
from desk.sealing import Sealer
from desk.shelf import Shelf
from desk.supervising import SupervisionDesk
from domain import commands_of_modes as modes
from domain.calendar import WorkingCalendar
from domain.commands import Command
from domain.commands_of_callbacks import RecordDraw
from domain.errors import IssueError
from domain.matters.view import MatterRing
from domain.notifying import ReceiptKind
from domain.people import ENGINE, Actor
from domain.personal import ContactPerson, Personal
from domain.routines import RoutineKind, Run
from domain.terms import Terms
from domain.view import Ring
from ledger.figures import FigureRow
from ledger.port import HistoryRow, Refusal
from ledger.postgres import PostgresLedger
from ledger.principals import AdmissionRow
from ledger.publications import PlanRow
from ledger.reads import AuditReadRow
from ledger.receipts import ContentRow, ReceiptRow, Telling, TemplateRow
from ledger.reports import AttestationRow, RunRow
from ledger.signing import Signer
from ledger.subscriptions import WebhookRow
from ledger.verifications import VerificationRow
from runtime.seals import FileKeys

if TYPE_CHECKING:
    import asyncpg

NAME = "example.org/ledger"
SIGNER = Signer.from_bytes(NAME, bytes(32))
HEIR = Signer.from_bytes(NAME, bytes(range(32)))
HOUR = timedelta(hours=1)
DECEMBER = datetime(2026, 12, 28, 1, tzinfo=UTC)
"""Ten working days from here reach into the next year."""
REFUSALS = 200
"""So many that the log has a whole node of 256 leaves."""


class Clock:
    """Stands where it is put."""

    offset = timedelta(0)

    def __init__(self, at: datetime = b.MON_9) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Office:
    """A desk on a ledger, and the verbs to stand before it with."""

    def __init__(
        self, ledger: PostgresLedger, clock: Clock, terms: Terms = b.TERMS, keys: Path | None = None
    ) -> None:
        sealer = None if keys is None else Sealer(FileKeys(keys))
        shelf = Shelf(ledger, {b.ZONE: terms})
        self.ledger, self.clock = ledger, clock
        self.desk = Desk(ledger, shelf, clock, sealer=sealer)

    async def do(self, command: Command, actor: Actor = b.OFFICER, *, key: str = b.KEY) -> None:
        await self.desk.carry_out(b.submission(command, actor, key=key))

    async def accepted(self, key: str, **report: Any) -> None:
        await self.do(b.report(**report), b.ENTERPRISE, key=key)
        await self.do(b.ACCEPT, key=key)

    async def closed_out(self, key: str, **report: Any) -> None:
        await self.accepted(key, **report)
        await self.do(b.PROPOSE, key=key)
        await self.do(b.CONFIRM, b.ENTERPRISE, key=key)
        await self.do(b.VERIFY, b.HEAD, key=key)

    async def rung(self, key: str) -> None:
        """Let the next rung of an issue fall due, and ring it."""
        rung = (await self.desk.look(b.ZONE, key)).next_rung
        assert rung is not None
        self.clock.at = max(self.clock.at, rung.due_at)
        await self.desk.ring(
            Ring(zone=b.ZONE, key=key, clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
        )


@dataclass(slots=True)
class Kept:
    """An anchor outside the database: the notes that it was given."""

    notes: list[str]
    kind: str = "file"
    target: str = "/safe"

    async def give(self, note: str) -> str:
        self.notes.append(note)
        return f"note {len(self.notes)}"


async def write_ledger(ledger: PostgresLedger, folder: Path) -> list[str]:
    """Fill every table and sign checkpoints, the last by another key; return the anchored notes."""
    clock, kept = Clock(), Kept([])
    keeper = LogKeeper(ledger, SIGNER, [kept])
    await _issues(ledger, clock, folder)
    await keeper.carry_on(clock.at, anchor_now=True)
    await _orders(ledger, clock)
    await _matters(ledger, clock)
    await _administration(ledger, clock)
    await keeper.carry_on(clock.at, anchor_now=True)
    await keeper.hand_over(HEIR, clock.at)
    office = Office(ledger, clock)
    await office.accepted("later")
    done = await LogKeeper(ledger, HEIR, [kept]).carry_on(clock.at + HOUR, anchor_now=True)
    assert done.anchored == (Anchored("file", "/safe"),)
    # That it was given is a fact too. The auditor fetches the checkpoint over it by other ways.
    last = (await LogKeeper(ledger, HEIR).carry_on(clock.at + HOUR)).checkpoint
    assert last is not None
    return [*kept.notes, last.note]


async def _issues(ledger: PostgresLedger, clock: Clock, folder: Path) -> None:
    office = Office(ledger, clock, k.KIN, folder / "keys")
    contact = ContactPerson(name=Personal(subject="p-1", text="Ms Example"))
    await office.closed_out("closed", contact=contact, report_id="message-1")
    await office.accepted("cause", report_id="message-1")
    await office.accepted("effect")
    await office.do(k.link("cause"), key="effect")
    urgent = Office(ledger, clock, ladder_terms())
    await urgent.accepted("flooded")
    declared = modes.DeclareEmergency(reason="The dyke gave way.", incident="flood")
    await urgent.do(declared, b.COORDINATOR, key="flooded")
    await office.accepted("waiting")
    await office.rung("waiting")
    firings = await ledger.firings(f"{b.ZONE}/waiting")
    for notice in await ledger.notices(f"{b.ZONE}/waiting"):
        if notice.version == firings[0].version:
            await ledger.mark_delivered(notice.id, clock.at)
    while await ErrandRunner(office.desk).once():
        pass
    await office.do(k.link("waiting"), key="effect")  # its errands wait
    for number in range(3):
        try:
            await office.do(b.VERIFY, key="cause")
        except IssueError:
            assert number < 3
    await erase(office.desk, Asked(subject="p-1", reason="Asked for it.", actor=b.COORDINATOR))


async def _orders(ledger: PostgresLedger, clock: Clock) -> None:
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: o.TERMS}), clock)
    bureau = SupervisionDesk(desk)
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key="asked-about"))
    await bureau.carry_out(o.submission(o.issue(issues=("asked-about",)), o.SUPERVISOR))


async def _matters(ledger: PostgresLedger, clock: Clock) -> None:
    """Matters that concern two enterprises, one that waits, one that found something, one over."""
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: g.TERMS}), clock)
    matters = MatterDesk(desk)
    found = {"category": g.TERMS.handbook.categories[0].id, "title": "Damp", "text": "Damp."}
    opened = m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask")
    received = g.received(300, problems=[found | {"enterprise": "mill"}])
    for key, acts in (
        ("masks", (received, g.issued(150), g.issued(80, "bakery"))),
        ("gloves", (m.asked(kind="tie_issue", issue="asked-about"),)),
        ("over", (m.asked(kind="close_matter", ending="It came to nothing."),)),
    ):
        for act in (opened, *acts):
            await matters.carry_out(m.sent(act, key=key))
    rung = (await matters.look(b.ZONE, "masks")).next_rung
    assert rung is not None
    clock.at = max(clock.at, rung.due_at)
    await matters.ring(
        MatterRing(zone=b.ZONE, key="masks", clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
    )


def _calendar(until: int) -> WorkingCalendar:
    data = b.CALENDAR.model_dump() | {"valid_until": date(until, 12, 31), "overrides": []}
    return WorkingCalendar.model_validate(data)


async def _administration(ledger: PostgresLedger, clock: Clock) -> None:
    """Publications, a task, a draw, a plan, and one of whatever else is a fact."""
    callbacks = Office(ledger, clock, b.terms_of(callbacks={"percent": 50}))
    drawn_from = clock.at
    await callbacks.closed_out("drawn")
    clock.at += 24 * HOUR
    await CallbackDesk(callbacks.desk).draw(
        Draw(id="d-1", zone=b.ZONE, from_at=drawn_from, to_at=clock.at, seed="s"), b.SUPERVISOR
    )
    once_more = RecordDraw(draw="d-1", lot="0" * 64)  # a command that causes no event
    await callbacks.desk.record_draw(b.submission(once_more, ENGINE, key="drawn"))
    clock.at = DECEMBER
    office = Office(ledger, clock, Terms(handbook=b.HANDBOOK, calendar=_calendar(2026)))
    await office.accepted("into-2027")
    revised = b.handbook(**SOUND | {"revision": 2})
    await HandbookPublishing(office.desk).publish(
        Terms(handbook=revised, calendar=_calendar(2026)),
        author=b.COORDINATOR,
        approver=b.DIRECTOR,
        reason="Posts rotate.",
    )
    await Publishing(office.desk).publish(
        _calendar(2027), reason="A notice was published.", author=b.COORDINATOR
    )
    plan = await ledger.put_plan(
        PlanRow(0, b.ZONE, ("x", "y"), "z", None, "a", "b", "Because.", clock.at)
    )
    await ledger.end_plan(plan.sequence, clock.at)
    await _plain_facts(ledger, clock.at)


async def _plain_facts(ledger: PostgresLedger, at: datetime) -> None:
    for run in ("run-1", "run-2"):
        history = f'{{"run":"{run}"}}'.encode()
        digest = hashlib.sha256(history).hexdigest()
        archive = gzip.compress(history, mtime=0)
        await ledger.put_history(HistoryRow(run, "issue", "completed", 1, digest, archive, at))
    for scope in (b.ZONE, f"{b.ZONE}/roads"):
        figure = FigureRow(
            *(0, "on-time", 1, scope, at - HOUR, at, 9, '{"n":1}', None, at, "a", "Monthly.")
        )
        assert await ledger.put_figure(figure) is not None
    for id_ in ("r-1", "r-2"):
        await ledger.put_audit_read(AuditReadRow(id_, "verify", "{}", 9, "{}", at))
        times = (at - HOUR, at)
        await ledger.put_verification(
            VerificationRow(id_, "ledger", 0, 9, 5, *times, True, 0, '{"findings":[]}', "{}")
        )
    for revision, kind in ((1, "created"), (2, "revoked")):
        row = AdmissionRow("key:0123456789ab", revision, kind, "{}", at, "terminal")
        assert await ledger.put_admission(row, credential="hash" if revision == 1 else None)
    for revision, kind in ((1, "created"), (2, "removed")):
        await ledger.put_webhook(WebhookRow("w-1", revision, kind, "{}", at, "{}"))
    await ledger.take_events("w-1", [(1, "a"), (2, "a")], after=0, upto=2, at=at)
    await ledger.bury_events("w-1", "a", upto=1, reason="gone", at=at, by="closeout")
    await _tellings(ledger, at)
    await _routines(ledger, at)
    for number in range(REFUSALS):
        stream = "face//export" if number % 2 else f"{b.ZONE}/none"
        await ledger.put_refusal(Refusal(f"c-{number}", stream, "note", at, "{}", "invalid", "No."))


async def _routines(ledger: PostgresLedger, at: datetime) -> None:
    reporter = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), Clock(at))
    terms = await reporter.shelf.current(b.ZONE, at)
    opened_on = date(2026, 3, 2)
    between, ended_at = at - HOUR / 2, at - HOUR
    run = Run(RoutineKind.DAILY, opened_on, opened_on, b.MON_9 - HOUR, ended_at, ended_at)
    for version in (1, 2):
        day = opened_on.isoformat()
        if version == 1:
            told = await make_report(reporter, terms, run)
        else:
            told = await correct_report(reporter, told.number, b.SUPERVISOR, "Late.")
        assert told.version == version
        id_ = f"{b.ZONE}/{day}/coordination/{version}"
        assert await ledger.put_attestation(
            AttestationRow(id_, b.ZONE, day, "coordination", version, True, "", at, between, "{}")
        )
        routine = ("daily", "weekly")[version - 1]
        assert await ledger.put_run(
            RunRow(f"{b.ZONE}/{routine}/{day}", b.ZONE, routine, day, at, at, "{}")
        )


async def _tellings(ledger: PostgresLedger, at: datetime) -> None:
    for number in (1, 2):
        text = f"Issue {number} was reported."
        content = ContentRow(hashlib.sha256(text.encode()).hexdigest(), text, at)
        notice = f"{b.ZONE}/{b.KEY}/{number}/mill"
        receipt = ReceiptRow(
            id=f"{notice}#inbox#delivered",
            stream=f"{b.ZONE}/{b.KEY}",
            notice=notice,
            zone=b.ZONE,
            addressee="mill",
            channel="inbox",
            address="0" * 16,
            what=ReceiptKind.DELIVERED,
            at=at,
            content=content.hash,
            template="shipped",
            code="",
            bundle="",
            until_at=at,
            final=True,
            by="",
        )
        await ledger.put_telling(Telling(receipts=(receipt,), contents=(content,)))
        await ledger.put_template(
            TemplateRow(0, "*", "mail", "en", "{{ what }}", f"No. {number}", "", "operator", at)
        )


class _Rows:
    """One connection in the place of a pool. What would begin or end a transaction does nothing:
    the one that is open is its only user's, and is rolled back."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    def acquire(self, **_: object) -> "_Rows":
        return self

    def __await__(self) -> Generator[None, None, "_Rows"]:
        yield from ()
        return self

    async def __aenter__(self) -> "_Rows":
        return self

    async def __aexit__(self, *_: object) -> None:
        """The connection stays with its user."""

    async def release(self, _connection: object) -> None:
        """The connection stays with its user."""

    async def execute(self, query: str, *arguments: object) -> str:
        if query == "COMMIT" or query.startswith("BEGIN"):
            return query
        return await self._connection.execute(query, *arguments)

    async def fetch(self, query: str, *arguments: object) -> list["asyncpg.Record"]:
        async with self._connection.transaction():  # a query that fails spoils no other
            return await self._connection.fetch(query, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def ledger_within(connection: "asyncpg.Connection[asyncpg.Record]") -> PostgresLedger:
    """Return the ledger as a connection sees it in the middle of a transaction."""
    return PostgresLedger(cast(Any, _Rows(connection)))
