"""What Prometheus is told, scraped over HTTP as Prometheus does."""

import re
import socket
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta

import builders as b
import pytest
from structlog.testing import capture_logs

from desk.desk import Desk
from desk.shelf import Shelf
from domain.clock_rules import RungEffect
from domain.events import RungFired
from domain.matters.words import Aggregate
from domain.people import ENGINE
from domain.routines import RoutineKind, RunEnd
from domain.view import Ring, Rounds
from ledger.memory import MemoryLedger
from runtime.errors import SettingsError
from runtime.settings import METRICS_PORT_MAX, Settings
from runtime.telemetry import Telemetry, served

DUE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class StandingClock:
    """Stands where a test puts it."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.at


def _fired(late: timedelta, effect: RungEffect = RungEffect.REMIND, **more: bool) -> RungFired:
    return RungFired(
        at=DUE + late,
        by=ENGINE,
        clock="handling",
        cycle=1,
        rung="due",
        percent=100,
        effect=effect,
        due_at=DUE,
        **more,
    )


def _scraped(address: str) -> dict[str, float]:
    """Return what is served, by the name of the series with its labels in order."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def address() -> str:
    """An address of this machine at which nothing listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"127.0.0.1:{port}"


def test_the_lateness_of_rungs_is_scraped_by_effect_and_zone(address: str) -> None:
    telemetry = Telemetry()
    telemetry.rungs_fired("harbour", [_fired(timedelta(seconds=1)), _fired(timedelta(seconds=31))])
    late = _fired(timedelta(days=2), RungEffect.ESCALATE, late_by_us=True)
    telemetry.rungs_fired("harbour", [late])
    telemetry.rungs_fired("valley", [_fired(timedelta(milliseconds=1500))])

    with served(telemetry, address) as at:
        seen = _scraped(at or "")

    def bucket(effect: str, zone: str) -> list[float]:
        series = "closeout_rung_lateness_seconds_bucket"
        bounds = ("1.0", "5.0", "30.0", "60.0", "300.0", "3600.0", "86400.0", "+Inf")
        return [seen[f'{series}{{effect="{effect}",le="{le}",zone="{zone}"}}'] for le in bounds]

    assert bucket("remind", "harbour") == [1, 1, 1, 2, 2, 2, 2, 2]
    assert bucket("escalate", "harbour") == [0, 0, 0, 0, 0, 0, 0, 1]
    assert bucket("remind", "valley") == [0, 1, 1, 1, 1, 1, 1, 1]
    assert seen['closeout_rung_lateness_seconds_sum{effect="remind",zone="harbour"}'] == 32
    assert seen['closeout_rungs_fired_total{effect="remind",zone="harbour"}'] == 2
    assert seen['closeout_rungs_late_by_us_total{effect="escalate",zone="harbour"}'] == 1
    assert 'closeout_rungs_late_by_us_total{effect="remind",zone="harbour"}' not in seen


async def test_a_desk_tells_of_each_rung_that_it_fires_once(address: str) -> None:
    telemetry, ledger, clock = Telemetry(), MemoryLedger(), StandingClock(b.MON_9)
    shelf = Shelf(ledger, {b.ZONE: b.TERMS})
    desk = Desk(ledger, shelf, clock, on_fired=telemetry.rungs_fired)
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
    clock.at = b.MON_11 + timedelta(seconds=3)
    ring = Ring(zone=b.ZONE, key=b.KEY, clock="acceptance", cycle=1, rung="at-50")
    for _ in range(2):
        await desk.ring(ring)
    clock.at = b.MON_13 + timedelta(minutes=2)
    await desk.carry_out(b.submission(b.NOTE, b.HEAD))

    with served(telemetry, address) as at:
        seen = _scraped(at or "")

    fired = [row for row in await ledger.firings() if row.clock == "acceptance"]
    assert [row.rung for row in fired] == ["at-50", "at-80", "due"]
    assert seen[f'closeout_rungs_fired_total{{effect="remind",zone="{b.ZONE}"}}'] == 2
    assert seen[f'closeout_rungs_fired_total{{effect="escalate",zone="{b.ZONE}"}}'] == 1
    late = sum((row.fired_at - row.due_at).total_seconds() for row in fired[:2])
    assert seen[f'closeout_rung_lateness_seconds_sum{{effect="remind",zone="{b.ZONE}"}}'] == late


def test_what_the_guard_finds_adds_up_over_its_rounds(address: str) -> None:
    telemetry = Telemetry()

    with served(telemetry, address) as at:
        before = _scraped(at or "")
        telemetry.guard_round(Rounds(open_issues=7, without_workflow=1, overdue=2, provisional=3))
        telemetry.guard_round(
            Rounds(
                open_issues=5,
                without_workflow=0,
                overdue=1,
                untold=4,
                dead_letters=6,
                held=2,
                open_matters={"grant": 3},
                overdue_matters=1,
                errands=8,
            )
        )
        after = _scraped(at or "")

    found = 'closeout_guard_found_total{{what="{}"}}'
    names = [found.format(what) for what in ("overdue", "without_workflow", "untold")]
    assert [before[name] for name in names] == [0, 0, 0]
    assert [after[name] for name in names] == [3, 1, 4]
    assert after["closeout_guard_rounds_total"] == 2
    assert after["closeout_issues_open"] == 5
    assert after["closeout_clocks_provisional"] == 0
    assert (before["closeout_dead_letters"], before["closeout_notices_held"]) == (0, 0)
    assert (after["closeout_dead_letters"], after["closeout_notices_held"]) == (6, 2)
    matters = 'closeout_matters_open{{aggregate="{}"}}'
    assert [after[matters.format(each.value)] for each in Aggregate] == [0, 0, 0, 0, 3]
    assert [before[matters.format(each.value)] for each in Aggregate] == [0] * 5
    assert (after["closeout_matters_overdue"], after["closeout_errands_pending"]) == (1, 8)


def test_what_became_of_routines_is_counted_from_nothing_on(address: str) -> None:
    telemetry = Telemetry()

    with served(telemetry, address) as at:
        before = _scraped(at or "")
        for end in (RunEnd.CAUGHT_UP, RunEnd.CAUGHT_UP, RunEnd.ON_TIME):
            telemetry.routine_run(RoutineKind.DAILY, end)
        telemetry.routine_run(RoutineKind.ANCHOR, RunEnd.MISSED)
        after = _scraped(at or "")

    name = 'closeout_routine_runs_total{{end="{}",routine="{}"}}'
    every = [name.format(end.value, kind.value) for end in RunEnd for kind in RoutineKind]
    assert [before[each] for each in every] == [0] * len(every)
    grown = {each: after[each] for each in every if after[each]}
    assert grown == {
        name.format("caught_up", "daily"): 2,
        name.format("on_time", "daily"): 1,
        name.format("missed", "anchor"): 1,
    }


def test_each_process_has_a_registry_of_its_own(address: str) -> None:
    busy, idle = Telemetry(), Telemetry()
    busy.guard_round(Rounds(open_issues=7, without_workflow=0, overdue=0))

    with served(idle, address) as at:
        assert _scraped(at or "")["closeout_issues_open"] == 0


def test_a_port_that_another_worker_has_is_a_warning_and_no_error(address: str) -> None:
    first, second = Telemetry(), Telemetry()
    first.guard_round(Rounds(open_issues=1, without_workflow=0, overdue=0))

    with served(first, address), capture_logs() as logs, served(second, address) as at:
        assert at is None
        assert _scraped(address)["closeout_issues_open"] == 1

    assert [(log["event"], log["log_level"], log["address"]) for log in logs] == [
        ("metrics_not_served", "warning", address)
    ]
    assert "CLOSEOUT_METRICS_ADDRESS" in logs[0]["todo"]


def test_the_port_is_free_again_at_the_end(address: str) -> None:
    for _ in range(2):
        with served(Telemetry(), address) as at:
            assert at == address


def test_a_relay_that_runs_apart_takes_the_next_port(address: str) -> None:
    host, _, port = address.partition(":")

    with served(Telemetry(), address, ports_further=1) as at:
        assert at == f"{host}:{int(port) + 1}"


def test_without_an_address_nothing_is_served() -> None:
    with served(Telemetry(), "") as at:
        assert at is None


def test_an_address_that_is_not_of_this_machine_is_refused_by_the_settings_name() -> None:
    refused = pytest.raises(SettingsError, match=r"CLOSEOUT_METRICS_ADDRESS.*192\.0\.2\.1:9464")
    with refused, served(Telemetry(), "192.0.2.1:9464"):
        pytest.fail("nothing can listen there")


@pytest.mark.parametrize("text", ["", "127.0.0.1:9464", "[::1]:9464", "localhost:1", "h:65534"])
def test_the_address_is_read_from_the_environment(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_METRICS_ADDRESS", text)

    assert Settings.load().metrics_address == text


@pytest.mark.parametrize(
    "text", ["9464", ":9464", "localhost", "localhost:", "localhost:web", "::1:9464", "h:٣", "h:-1"]
)
def test_an_address_without_host_or_port_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_METRICS_ADDRESS", text)

    with pytest.raises(
        SettingsError, match=r"CLOSEOUT_METRICS_ADDRESS.*must be host:port, such as"
    ):
        Settings.load()


@pytest.mark.parametrize("port", [0, METRICS_PORT_MAX + 1, 99999])
def test_a_port_out_of_bounds_is_refused(port: int) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"a port from 1 to {METRICS_PORT_MAX}")):
        Settings.load(metrics_address=f"localhost:{port}")
