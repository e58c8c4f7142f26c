"""One trace from a request to the workflow that hears of it; nothing of it in the ledger; nobody's
words in a span."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock
from engine_fake import Engine
from faces import face_of
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from spans import KeepingProvider
from test_relay import relay

from domain.errors import NotPermittedError
from ledger.memory import MemoryLedger
from ledger.port import LedgerUnavailableError
from runtime.errors import SettingsError
from runtime.settings import Settings
from runtime.tracing import HANDED, Handed, at_work, parent_in, traced_by, traces, working
from terminal.checks import Grade
from terminal.checks_of_watching import traces as traces_checked

CALLERS_TRACE = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
REPORT = {
    "enterprise": "mill",
    "category": "road-access",
    "title": "The gate is blocked",
    "text": "Lorries cannot reach the gate.",
    "origin": "enterprise",
}


@pytest.fixture
def provider() -> Iterator[KeepingProvider]:
    """Spans of this test are kept."""
    kept = KeepingProvider()
    with traced_by(kept):
        yield kept
    HANDED.told()


@pytest.fixture
def office() -> Counter:
    """A counter over a ledger in memory."""
    return Counter(MemoryLedger(), StandingClock())


async def test_a_trace_goes_from_the_caller_through_api_and_desk_to_the_relay(
    office: Counter, provider: KeepingProvider
) -> None:
    face = face_of(office)
    async with face.asked_as("enterprise") as client:
        answer = await client.post(
            "/v1/issues",
            json={"zone": b.ZONE, "key": b.KEY, "report": REPORT},
            headers={"Idempotency-Key": "r-1", "traceparent": CALLERS_TRACE},
        )
    assert answer.status_code == 201
    await relay(office, Engine()).once()

    asked, done = provider.named("POST /v1/issues"), provider.named("desk.command")
    poked = provider.named("relay.poke")
    assert asked.parent is not None
    assert trace.format_trace_id(asked.context.trace_id) == "ab" * 16
    assert (done.parent, poked.parent is not None) == (asked.context, True)
    assert poked.parent is not None
    assert poked.parent.span_id == done.context.span_id
    assert len({each.context.trace_id for each in provider.spans}) == 1
    assert [each.kind for each in (asked, done, poked)] == [
        SpanKind.SERVER,
        SpanKind.INTERNAL,
        SpanKind.PRODUCER,
    ]
    assert asked.attributes["http.response.status_code"] == 201
    assert done.attributes == {
        "closeout.issue": STREAM,
        "closeout.command": "r-1",
        "closeout.act": "report",
    }
    assert poked.attributes == {"closeout.issue": STREAM, "closeout.version": 1}
    assert all(each.is_over for each in provider.spans)


async def test_a_trace_goes_with_the_bell_to_a_relay_of_another_process(
    office: Counter, provider: KeepingProvider
) -> None:
    await office.reported()
    await office.reported("i2")
    rung = HANDED.told()
    elsewhere = Handed()
    elsewhere.hear(rung)

    assert HANDED.told() == ""
    assert len(rung) < 8000
    assert set(json.loads(rung)) == {STREAM, f"{b.ZONE}/i2"}
    left = elsewhere.take(STREAM)
    assert left is not None
    done = provider.spans[0].context
    assert trace.get_current_span(left).get_span_context().span_id == done.span_id
    assert elsewhere.take(STREAM) is None


@pytest.mark.parametrize("said", ["", "no JSON", "[1]", '{"z/a": 1}', '{"z/a": "no trace"}'])
def test_a_bell_that_says_something_else_is_heard_all_the_same(
    said: str, provider: KeepingProvider
) -> None:
    heard = Handed()
    heard.hear(said)
    left = heard.take("z/a")

    assert left is None or not trace.get_current_span(left).get_span_context().is_valid


def test_a_bell_bears_no_more_than_postgresql_takes(provider: KeepingProvider) -> None:
    handed = Handed()
    with working("test"):
        for number in range(5000):
            handed.leave(f"{b.ZONE}/{'k' * 60}{number}")

    assert 5000 < len(handed.told().encode()) < 8000
    assert handed.told() == ""


async def lived(traced: bool) -> MemoryLedger:
    """Return the ledger of one life, led in a trace or not."""
    ledger = MemoryLedger()
    office = Counter(ledger, StandingClock())
    with working("somebody.else") if traced else nullcontext():
        await office.do(b.report(), b.ENTERPRISE, id_="r")
        for number, command in enumerate((b.ACCEPT, b.NOTE, b.PROPOSE)):
            await office.do(command, id_=f"c-{number}")
    return ledger


async def test_nothing_of_a_trace_is_in_the_ledger(provider: KeepingProvider) -> None:
    traced, plain = await lived(traced=True), await lived(traced=False)

    assert provider.spans
    kept = await traced.records(STREAM)
    assert [each.hash for each in kept] == [each.hash for each in await plain.records(STREAM)]
    said = [(each.body, each.hash) for each in await traced.commands(STREAM)]
    assert said == [(each.body, each.hash) for each in await plain.commands(STREAM)]
    ids = {trace.format_trace_id(each.context.trace_id) for each in provider.spans}
    assert not any(id_ in str(traced._tables) for id_ in ids)


async def test_a_refusal_is_told_by_its_code_and_a_failure_by_its_kind(
    office: Counter, provider: KeepingProvider
) -> None:
    await office.reported()
    with pytest.raises(NotPermittedError):
        await office.do(b.ACCEPT, b.ENTERPRISE)
    refused = provider.spans[-1]

    words = "what somebody wrote"
    with pytest.raises(LedgerUnavailableError), working("test"):
        raise LedgerUnavailableError(words)

    assert refused.attributes["closeout.refused"] == "not_permitted"
    assert (refused.status, refused.said) == (StatusCode.UNSET, [])
    failed = provider.spans[-1]
    assert (failed.status, failed.said) == (StatusCode.ERROR, ["LedgerUnavailableError"])


async def test_a_request_s_span_is_called_by_its_route_and_never_by_its_path(
    office: Counter, provider: KeepingProvider
) -> None:
    async with face_of(office).asked_as("officer") as client:
        await client.get(f"/v1/issues/{b.ZONE}/Meyer-of-the-mill?q=Meyer")
        await client.request("MEYER", "/v1/issues")

    assert [each.name for each in provider.spans] == [
        "GET /v1/issues/{zone}/{key}",
        "other /v1/issues",
    ]
    assert "eyer" not in str(provider.spans)


async def test_work_says_what_it_is_about_and_says_so_no_more_when_it_is_done(
    office: Counter,
) -> None:
    seen = []
    with working("outer", issue="z/a"):
        with working("inner", command="c", position=7):
            seen.append(dict(at_work()))
        seen.append(dict(at_work()))

    assert seen == [{"issue": "z/a", "command": "c", "position": 7}, {"issue": "z/a"}]
    assert at_work() == {}


def test_a_span_of_the_work_is_named_in_its_lines(provider: KeepingProvider) -> None:
    with working("test", parent=parent_in({"traceparent": CALLERS_TRACE})):
        about = at_work()

    assert about["trace_id"] == "ab" * 16
    assert about["span_id"] == trace.format_span_id(provider.spans[0].context.span_id)


def test_without_the_extra_an_endpoint_is_refused_by_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http"):
        monkeypatch.setitem(sys.modules, name, None)  # as where the extra is not installed
    asked = Settings.load(otlp_endpoint="http://127.0.0.1:4318")

    with (
        pytest.raises(SettingsError, match=r"CLOSEOUT_OTLP_ENDPOINT.*extra `otel`.*opentelemetry"),
        traces(asked, "worker"),
    ):
        pytest.fail("nothing can be sent")
    assert traces_checked(asked).grade is Grade.FAIL


def test_without_an_endpoint_nothing_is_traced_and_temporal_gets_no_interceptor() -> None:
    with traces(Settings.load(), "worker") as interceptors:
        assert interceptors == ()
        with working("test", issue="z/a"):
            assert at_work() == {"issue": "z/a"}
    assert traces_checked(Settings.load()).grade is Grade.OK


def test_an_endpoint_is_an_address_of_the_web() -> None:
    with pytest.raises(SettingsError, match=r"CLOSEOUT_OTLP_ENDPOINT.*must begin with https://"):
        Settings.load(otlp_endpoint="127.0.0.1:4318")


def test_the_doctor_asks_whether_anybody_takes_the_traces() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        asked = Settings.load(otlp_endpoint=f"http://127.0.0.1:{port}")
        assert traces_checked(asked).grade is Grade.OK
    assert traces_checked(asked).grade is Grade.WARN
