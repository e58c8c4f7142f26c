"""Every alert fires when what it is about happens, by the ways of the program itself, and none does
where all is well."""

import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders as b
import builders_kin as k
import matters_bureau as mb
import promql
import pytest
from databases import Database
from desks import STREAM, Counter
from faces import face_of
from house_documents import anchors, read
from linked_issues import HOUR, accepted, close
from test_errands_that_fail import taken
from test_log_keeper import OLD
from watched import Rule, Stage, page_of, rules, scraped

from activities.routine import Routines
from audit.verification import Verification
from audit.verified import verification_row
from audit.verify import Everything, verify_all
from desk.errands import ErrandRunner
from desk.log_keeper import LogKeeper
from domain.chain import Record
from domain.errors import IssueError
from domain.issue import Promise
from domain.routines import RoutineAsked, RoutineKind
from ledger.memory import MemoryLedger
from ledger.port import LedgerUnavailableError
from ledger.subscriptions import WebhookRow
from runtime.measures import MEASURES
from runtime.telemetry import served

Provocation = Callable[[Stage], Awaitable[None]]
PROVOKED: dict[str, Provocation] = {}
HEALTHY_MINUTES = 11


def provokes(name: str) -> Callable[[Provocation], Provocation]:
    """Say which alert something provokes."""

    def keep(provocation: Provocation) -> Provocation:
        PROVOKED[name] = provocation
        return provocation

    return keep


class AwayLedger(MemoryLedger):
    """One that does not answer when it is asked how far it goes."""

    async def safe_position(self) -> int:
        raise LedgerUnavailableError("nobody answers")


class SpoiltLedger(MemoryLedger):
    """One in which somebody wrote over the first event of each stream."""

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        first, *others = await super().records(stream)
        return [replace(first, text=first.text.replace("i", "j", 1)), *others][after_version:]


@provokes("CloseoutProcessDown")
async def process_down(stage: Stage) -> None:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
    stage.page = lambda: scraped(address)
    with served(stage.telemetry, address):
        await stage.minutes(2)
        assert not stage.alarms.fired
    await stage.minutes(3)


@provokes("CloseoutServerAway")
async def server_away(stage: Stage) -> None:
    stage.engine.away = True
    for _ in range(3):
        for _ in range(3):
            await stage.watch.look_for_problems()
        await stage.minute(relays=False, guards=False)


@provokes("CloseoutGuardStands")
async def guard_stands(stage: Stage) -> None:
    await stage.minutes(18, guards=False)


@provokes("CloseoutGuardMends")
async def guard_mends(stage: Stage) -> None:
    stage.engine.end(next(iter(stage.engine.running)))
    await stage.minutes(2)


@provokes("CloseoutRelayLag")
async def relay_lag(stage: Stage) -> None:
    await stage.office.reported("i2")
    await stage.minutes(4, relays=False)


@provokes("CloseoutRungOverdue")
async def rung_overdue(stage: Stage) -> None:
    stage.clock.at = (await stage.office.next_rung()).due_at + timedelta(minutes=2)
    await stage.minutes(2)


@provokes("CloseoutRungsLate")
async def rungs_late(stage: Stage) -> None:
    rung = await stage.office.next_rung()
    stage.clock.at = rung.due_at + timedelta(minutes=4)
    await stage.office.ring(rung)
    await stage.minutes(7)


@provokes("CloseoutRungsLateByUs")
async def rungs_late_by_us(stage: Stage) -> None:
    rung = await stage.office.next_rung()
    stage.clock.at = rung.due_at + timedelta(days=2)
    await stage.office.ring(rung)
    await stage.minute()


@provokes("CloseoutMattersOverdue")
async def matters_overdue(stage: Stage) -> None:
    matters = mb.MatterBureau(stage.ledger, stage.clock)
    await matters.do(mb.OPEN_NOTICES)
    await matters.do(mb.DELIVERED)
    rung = (await matters.matters.look(b.ZONE, mb.m.KEY)).next_rung
    assert rung is not None
    stage.clock.at = rung.due_at + timedelta(minutes=1)
    await stage.minutes(12, relays=False)


@provokes("CloseoutTemporalReportsProblems")
async def temporal_reports_problems(stage: Stage) -> None:
    stage.engine.troubled = 1
    await stage.minutes(3)


@provokes("CloseoutErrandsFail")
async def errands_fail(stage: Stage) -> None:
    office = Counter(stage.ledger, stage.clock, terms=k.KIN)
    await accepted(office, "a", "c")
    await taken(office, "a.f1")
    promising = b.SOLVED.model_copy(update={"follow_up": Promise(text="The lamp as well.")})
    await close(office, "a", b.PROPOSE.model_copy(update={"resolution": promising}))
    for _ in range(5):
        await ErrandRunner(office.desk).once()
        stage.clock.at += HOUR
    await stage.minutes(12, relays=False, guards=False)


@provokes("CloseoutRefusals")
async def refusals(stage: Stage) -> None:
    for _ in range(400):
        with pytest.raises(IssueError):
            await stage.office.do(b.VERIFY, b.HEAD)
    await stage.minutes(6)


@provokes("CloseoutStrangersRefused")
async def strangers_refused(stage: Stage) -> None:
    face = face_of(stage.office)
    stage.faces.append(face.app.state.telemetry.registry)
    await stage.minute()
    async with face.asked_as("a stranger") as client:
        for _ in range(140):
            assert (await client.get("/v1/me")).status_code == 401
    await stage.minutes(6)


@provokes("CloseoutRequestsFail")
async def requests_fail(stage: Stage) -> None:
    face = face_of(Counter(AwayLedger(), stage.clock))
    stage.faces.append(face.app.state.telemetry.registry)
    async with face.asked_as("operator") as client:
        for _ in range(4):
            assert (await client.get("/readyz")).status_code == 503
            await stage.minute()


async def subscribed(stage: Stage) -> None:
    """Have an event wait to be sent to a subscription."""
    ledger, at = stage.ledger, stage.clock.at
    await ledger.put_webhook(WebhookRow("w-1", 1, "created", "{}", at, "{}"))
    position = await ledger.safe_position()
    await ledger.take_events("w-1", [(position, STREAM)], after=0, upto=position, at=at)


@provokes("CloseoutExportLag")
async def export_lag(stage: Stage) -> None:
    await subscribed(stage)
    await stage.minutes(21)


@provokes("CloseoutDeadLetters")
async def dead_letters(stage: Stage) -> None:
    await subscribed(stage)
    position = await stage.ledger.safe_position()
    await stage.ledger.bury_events(
        "w-1", STREAM, upto=position, reason="HTTP 500", at=stage.clock.at, by="closeout"
    )
    await stage.minutes(6)


async def verified(stage: Stage, ledger: Everything) -> None:
    """Verify a ledger, and keep what came of it."""
    found = Verification(streams=await verify_all(ledger))
    at = stage.clock.at
    row = verification_row(
        found, id_=f"v-{at}", stream=None, position=1, began_at=at, ended_at=at, by="{}"
    )
    await stage.ledger.put_verification(row)


@provokes("CloseoutVerificationFindings")
async def verification_findings(stage: Stage) -> None:
    assert isinstance(stage.ledger, MemoryLedger)
    await verified(stage, stage.ledger)
    await stage.minute()
    assert not stage.alarms.fired
    spoilt = SpoiltLedger()
    spoilt._tables = stage.ledger._tables
    await verified(stage, spoilt)
    await stage.minute()


@provokes("CloseoutVerificationOld")
async def verification_old(stage: Stage) -> None:
    assert isinstance(stage.ledger, MemoryLedger)
    await verified(stage, stage.ledger)
    await stage.minute()
    assert not stage.alarms.fired
    stage.clock.at += timedelta(hours=48)
    await stage.minute()


@provokes("CloseoutRoutineMissed")
async def routine_missed(stage: Stage) -> None:
    routines = Routines(stage.office.desk, on_run=stage.telemetry.routine_run)
    for _ in range(2):
        await routines.do(RoutineAsked(zone=b.ZONE, routine=RoutineKind.ANCHOR))
        await stage.minute()
        stage.clock.at += timedelta(days=3)


OF_POSTGRES = {"CloseoutLogUnsigned"}


@pytest.mark.parametrize("name", sorted({rule.name for rule in rules()} - OF_POSTGRES))
async def test_an_alert_fires_when_what_it_is_about_happens_and_not_before(name: str) -> None:
    stage = Stage()
    await stage.office.reported()
    await stage.answered(b.KEY)
    await stage.minutes(HEALTHY_MINUTES)
    assert stage.alarms.fired == set()

    await PROVOKED[name](stage)

    assert name in stage.alarms.fired


async def test_a_log_that_nobody_signs_any_more_is_told(database: Database) -> None:
    async with database.ledger() as ledger:
        stage = Stage(ledger)
        keeper = LogKeeper(ledger, OLD)
        await stage.office.reported()
        await stage.answered(b.KEY)
        for _ in range(3):
            await keeper.carry_on(stage.clock.at)
            await stage.minute()
        assert stage.alarms.fired == set()

        await stage.office.do(b.ACCEPT)
        await stage.minutes(17, relays=False, guards=False)

        assert "CloseoutLogUnsigned" in stage.alarms.fired


async def test_where_little_is_done_and_all_is_well_no_alert_fires() -> None:
    stage = Stage()
    await stage.office.reported()
    await stage.answered(b.KEY)
    for _ in range(3):
        rung = await stage.office.next_rung()
        stage.clock.at = max(stage.clock.at, rung.due_at + timedelta(seconds=2))
        await stage.office.ring(rung)
        await stage.minutes(9)

    assert stage.alarms.fired == set()


def test_every_alert_is_provoked_and_nothing_else() -> None:
    names = [rule.name for rule in rules()]

    assert set(names) == PROVOKED.keys() | OF_POSTGRES
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_an_alert_names_known_figures_and_has_its_page(rule: Rule) -> None:
    names = promql.names_in(rule.expression)
    known = {*MEASURES, *(f"{each}_bucket" for each in MEASURES), "up"}
    document, _, anchor = rule.annotations["runbook"].partition("#")

    assert names
    assert names <= known
    assert rule.labels["severity"] in ("critical", "warning")
    assert rule.annotations["summary"].endswith(".")
    assert anchor == rule.name.lower()
    assert anchor in anchors(Path(document))
    page = re.split(r"^## ", read(Path(document)), flags=re.MULTILINE)
    (told,) = [each for each in page if each.startswith(f"{rule.name}\n")]
    for part in ("**Means.**", "**Look.**", "**Do.**"):
        assert part in told
    assert f"`{rule.labels['severity']}`" in told


async def test_a_ledger_that_is_away_is_counted_and_what_was_seen_stays() -> None:
    class Away(MemoryLedger):
        away = False

        async def next_due_at(self) -> None:
            if self.away:
                raise LedgerUnavailableError("nobody answers")

    ledger = Away()
    stage = Stage(ledger)
    await stage.office.reported()
    await stage.minute(relays=False)
    ledger.away = True
    await stage.watch.look()

    page = page_of(stage.telemetry.registry)
    assert 'closeout_looks_failed_total{of="ledger"} 1.0' in page
    assert 'closeout_looks_failed_total{of="temporal"} 0.0' in page
    assert "closeout_outbox_issues 1.0" in page
