"""What `closeout doctor` says of metrics, alert rules, log lines and traces."""

import logging
import socket
from contextlib import closing
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry, Counter, generate_latest

from face.metrics import FaceTelemetry
from runtime.logging import HANDLER_NAME
from runtime.measures import OF_DESKS, OF_WORK
from runtime.settings import Settings
from runtime.telemetry import Telemetry, served
from terminal.checks import Grade
from terminal.checks_of_watching import RULES, alert_rules, metrics, missing_in, watching
from terminal.session import Session


@pytest.fixture
def address() -> str:
    """An address of this machine at which nothing listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"127.0.0.1:{port}"


def test_metrics_that_are_served_and_whole_are_well(address: str) -> None:
    with served(Telemetry(), address):
        found = metrics(address)

    assert found.grade is Grade.OK
    assert found.found.startswith(f"all {len(OF_DESKS) + len(OF_WORK)} are served")


def test_metrics_of_any_address_are_asked_for_at_this_machine(address: str) -> None:
    port = address.rpartition(":")[2]
    with served(Telemetry(), f"0.0.0.0:{port}"):
        assert metrics(f"0.0.0.0:{port}").grade is Grade.OK


def test_metrics_that_nobody_serves_fail_and_unset_ones_are_a_warning(address: str) -> None:
    assert metrics("").grade is Grade.WARN
    failed = metrics(address)
    assert (failed.grade, address in failed.found) == (Grade.FAIL, True)


def test_a_page_of_something_else_names_what_is_missing() -> None:
    whole = generate_latest(Telemetry().registry).decode()
    of_the_face = generate_latest(FaceTelemetry().registry).decode()
    other = CollectorRegistry()
    Counter("somebody_elses", "Another's.", registry=other)

    assert missing_in(whole) == []
    assert missing_in(of_the_face) == [each.name for each in OF_WORK]
    assert len(missing_in(generate_latest(other).decode())) == len(OF_DESKS) + len(OF_WORK)


def test_the_alert_rules_are_counted_and_their_place_is_told() -> None:
    found = alert_rules()

    count = RULES.read_text(encoding="utf-8").count("- alert: ")
    assert found.grade is Grade.OK
    assert found.found.startswith(f"{count} rules")
    assert str(RULES) in found.found


@pytest.mark.parametrize(("as_json", "word"), [(True, "JSON object"), (False, "for people")])
async def test_the_doctor_looks_at_all_four(as_json: bool, word: str) -> None:
    found = await watching(Settings.load(log_json=as_json))

    assert [each.name for each in found] == ["metrics", "alerts", "log lines", "traces"]
    assert word in found[2].found
    assert all(each.todo for each in found if each.grade is not Grade.OK)


@pytest.mark.parametrize("as_json", [True, False])
def test_what_serves_logs_as_the_settings_say(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLOSEOUT_LOG_JSON", str(as_json))
    wiring: Any = None  # a log needs no desk
    root, before = logging.getLogger(), logging.getLogger().level
    Session(wiring, as_json=False, debug=False, data_dir=None).prepare_log_of_server()
    try:
        structlog.get_logger("ours").info("served")
    finally:
        for each in [each for each in root.handlers if each.get_name() == HANDLER_NAME]:
            root.removeHandler(each)
        root.setLevel(before)
        structlog.reset_defaults()

    assert capsys.readouterr().err.startswith("{") == as_json
