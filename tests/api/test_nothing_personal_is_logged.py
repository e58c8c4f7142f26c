"""A life with contacts and personal texts, through API, desk, relay and guard: every line of the
log names its work, and none what was said of a person."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import builders as b
import pytest
import structlog
from desks import STREAM, Counter, StandingClock
from engine_fake import Engine
from faces import Face, face_of
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from test_relay import relay

from desk.guard import Guard
from desk.relay import LedgerOrEngineAwayError
from desk.sealing import Sealer
from ledger.memory import MemoryLedger
from ledger.memory_writing import MemoryTransaction
from runtime.logging import HANDLER_NAME, configure_logging
from runtime.seals import FileKeys

NAME, PHONE, MAIL, SAID = "Zhou Meihua", "+86-139-5550-0137", "meihua@example.org", "lives at 88b"
SECRETS = (NAME, PHONE, MAIL, SAID, "Meihua", "5550-0137")
ONE = f"/v1/issues/{STREAM}"
REPORT: dict[str, Any] = {
    "enterprise": "mill",
    "category": "road-access",
    "title": "The gate is blocked",
    "text": "Lorries cannot reach the gate.",
    "origin": "enterprise",
    "contact": {
        "name": {"subject": "p-1", "text": NAME},
        "phone": {"subject": "p-1", "text": PHONE},
    },
}


@pytest.fixture(autouse=True)
def log_of_others() -> Iterator[None]:
    """What a test sets up of the log is taken down."""
    yield
    root = logging.getLogger()
    for each in [each for each in root.handlers if each.get_name() == HANDLER_NAME]:
        root.removeHandler(each)
    root.setLevel(logging.WARNING)
    structlog.reset_defaults()


def log_in_full() -> None:
    """Have every line written that there is, as a collector has it, to where `capsys` reads."""
    configure_logging("debug", as_json=True)


@pytest.fixture
def hall(face: Face, tmp_path: Path) -> Face:
    """A face whose desk has keys to seal personal texts with."""
    face.counter.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    return face


def lines(said: str) -> list[dict[str, Any]]:
    """Return the lines of a log."""
    return [json.loads(line) for line in said.splitlines()]


async def test_a_life_with_personal_texts_leaves_none_of_them_in_the_log(
    hall: Face, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in_full()
    wrong = REPORT | {"contact": {"name": {"subject": "p-1", "text": f"{NAME}\u0000{PHONE}"}}}
    worse = REPORT | {"contact": SAID, "category": MAIL}
    note = {"kind": "note", "text": "Called.", "personal": {"subject": "p-2", "text": SAID}}
    async with hall.asked_as("enterprise") as client:
        for number, report in enumerate((wrong, worse, REPORT, REPORT)):
            body = {"zone": b.ZONE, "key": b.KEY, "report": report}
            await client.post("/v1/issues", json=body, headers={"Idempotency-Key": f"r-{number}"})
        await client.get(f"/v1/issues?title={NAME}&phone={PHONE}")
    async with hall.asked_as("officer") as client:
        for number, command in enumerate((note, {"kind": "accept"}, note, {"kind": NAME})):
            await client.post(
                f"{ONE}/commands",
                json={"command": command},
                headers={"Idempotency-Key": f"c-{number}"},
            )
        opened = await client.get(f"{ONE}/personal")
    engine = Engine(poisoned={f"issue/{STREAM}"})
    with pytest.raises(LedgerOrEngineAwayError):
        await relay(hall.counter, engine).once()
    await relay(hall.counter, Engine()).once()  # whose workflow is gone before it has answered
    hall.counter.clock.at += timedelta(hours=5)
    await Guard(hall.counter.desk, Engine().client).round()

    told = capsys.readouterr().err
    assert NAME in opened.text
    assert SAID in opened.text
    for secret in SECRETS:
        assert secret not in told
        assert json.dumps(secret)[1:-1] not in told
    events = [line["event"] for line in lines(told)]
    assert events.count("request") >= 9
    assert {"poke_failed", "guard_mended"} <= set(events)


class NoisyLedger(MemoryLedger):
    """One that logs a line of its own whenever it is written to."""

    def transaction(self) -> MemoryTransaction:
        structlog.get_logger("ledger").warning("written_to")
        return super().transaction()


async def test_lines_name_the_issue_the_command_the_position_and_the_request(
    clock: StandingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in_full()
    office = Counter(NoisyLedger(), clock)
    plain = {key: value for key, value in REPORT.items() if key != "contact"}
    async with face_of(office).asked_as("enterprise") as client:
        body = {"zone": b.ZONE, "key": b.KEY, "report": plain}
        headers = {"Idempotency-Key": "r-1", "X-Request-Id": "asked-1"}
        made = await client.post("/v1/issues", json=body, headers=headers)
    with pytest.raises(LedgerOrEngineAwayError):
        await relay(office, Engine(poisoned={f"issue/{STREAM}"})).once()

    seen = {line["event"]: line for line in lines(capsys.readouterr().err)}
    written, asked, failed = (seen[each] for each in ("written_to", "request", "poke_failed"))
    assert {written["issue"], failed["issue"]} == {STREAM}
    assert (written["command"], written["act"]) == ("r-1", "report")
    assert {written["request_id"], asked["request_id"]} == {"asked-1"}
    assert asked["position"] == made.headers["Closeout-Position"]
    assert failed["version"] == 1
    assert not {"command", "request_id"} & failed.keys()


class Strict(BaseModel):
    """Takes nothing that it does not know."""

    model_config = ConfigDict(extra="forbid")

    id: int
    zone: Annotated[str, Field(max_length=2)]
    key: Annotated[str, Field(max_length=2)]


def test_what_a_library_quotes_of_what_it_refused_is_taken_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_in_full()
    log = structlog.get_logger("test")
    sent = {"id": "x", "zone": NAME, "key": f"{PHONE}, input_type=str] {MAIL}", "note": SAID}
    with pytest.raises(ValidationError) as refused:
        Strict.model_validate(sent)
    log.warning("request_failed", error=repr(refused.value))
    log.warning("request_failed", error=repr(refused.value)[:120])
    row = f"new row violates a constraint\nDETAIL:  Failing row contains (1, {NAME}, (x))."
    logging.getLogger("theirs").error(row)
    try:
        Strict.model_validate(sent)
    except ValidationError:
        log.exception("request_failed")

    told = capsys.readouterr().err
    for secret in SECRETS:
        assert secret not in told
    assert told.count("input_value=…") >= 3
    assert "Failing row contains (…)" in told
