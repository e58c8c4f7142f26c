"""With the extra `otel`: one trace from the desk through relay and workflow to the activity, and
nobody's words in what is sent."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import builders as b
import pytest
from deep import IN_CHECK
from desks import Counter, StandingClock
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ledger.memory import MemoryLedger
from runtime.settings import Settings
from runtime.temporal import EmbeddedTemporal, connect
from runtime.tracing import at_work, discreet, temporal_interceptors, traced_by, traces, working
from worker import make_relay, make_worker

LOOK = "RunActivity:look"
SAID = "what somebody wrote"


@pytest.fixture
async def temporal(folder: Path) -> AsyncIterator[EmbeddedTemporal]:
    """A server of this test's own."""
    async with EmbeddedTemporal(folder) as server:
        yield server


def test_what_is_sent_bears_no_text_of_an_error() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(discreet(kept)))
    with (
        pytest.raises(ValueError, match=SAID),
        provider.get_tracer("theirs").start_as_current_span("RunActivity:look"),
    ):
        raise ValueError(SAID)

    (span,) = kept.get_finished_spans()
    assert (span.name, span.status.is_ok) == ("RunActivity:look", False)
    assert SAID not in span.to_json()


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to it."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.taken.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_traces_arrive_where_the_settings_say_at_the_latest_when_a_process_ends() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        asked = Settings.load(otlp_endpoint=f"http://127.0.0.1:{server.server_port}/")
        with traces(asked, "relay") as interceptors, working("relay.poke", issue="z/a"):
            assert len(interceptors) == 1
        server.shutdown()

    ((path, sent),) = Collector.taken
    assert path == "/v1/traces"
    for word in (b"closeout-relay", b"relay.poke", b"closeout.issue"):
        assert word in sent or word in gzip.decompress(sent)
    with working("afterwards"):
        assert at_work() == {}


@IN_CHECK
async def test_a_trace_goes_on_through_workflow_and_activity(temporal: EmbeddedTemporal) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(discreet(kept)))
    with traced_by(provider):
        client = await connect(temporal.address, interceptors=temporal_interceptors())
        office = Counter(MemoryLedger(), StandingClock())
        made = make_worker(client, office.desk, task_queue="q", cached_workflows_max=0)
        async with made, asyncio.timeout(60):
            with working("somebody.asks"):
                await office.reported()
            await make_relay(client, office.desk, task_queue="q").once()
            while not [each for each in kept.get_finished_spans() if each.name == LOOK]:  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.05)

    spans = {each.name: each for each in kept.get_finished_spans()}
    trace_id = spans["somebody.asks"].context.trace_id
    path = (
        *("desk.command", "relay.poke", "SignalWithStartWorkflow:IssueWorkflow"),
        *("RunWorkflow:IssueWorkflow", LOOK),
    )
    assert {name: spans[name].context.trace_id for name in path} == dict.fromkeys(path, trace_id)
    assert len([each for each in kept.get_finished_spans() if each.name == path[3]]) == 1
    assert b.KEY in str(spans["relay.poke"].attributes)
