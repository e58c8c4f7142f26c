"""Traces and names of work: what one request caused, in desk, relay, workflow and activity.

Work has a name, and says which issue, command or event it is about: its log lines bear that, and so
does a span of OpenTelemetry. Where nobody has named a place for traces to go a span records nothing
and costs next to nothing. Nothing of a trace is in the ledger or in what a workflow decides: from
process to process it goes with the bell that wakes relays, and in the headers of Temporal.
"""

import importlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from domain.errors import IssueError
from runtime.errors import SettingsError
from runtime.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanContext, Tracer, TracerProvider
    from temporalio.client import Interceptor

NAME: Final = "closeout"
HANDED_MAX: Final = 4096
BELL_BYTES_MAX: Final = 7000
"""PostgreSQL rings with less than 8,000 bytes."""

Kind = Literal["internal", "server", "client", "producer"]

_AT: ContextVar[Mapping[str, str | int]] = ContextVar("at", default={})  # noqa: B039  # never changed in place
_tracer: "Tracer | None" = None
"""None while nobody wants traces: then OpenTelemetry is not even imported, which takes a while."""


def at_work() -> Mapping[str, str | int]:
    """Return what the work in hand is about: `issue`, `command`, `position` and the like, and the
    trace that it is part of, if there is one."""
    about, context = _AT.get(), _context()
    if context is None:
        return about
    ids = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    return {**about, **ids}


def _context() -> "SpanContext | None":
    """Return the span of the work in hand, if it has one."""
    if _tracer is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return context if context.is_valid else None


class working:  # noqa: N801  # read as a word, as `suppress` is
    """Name the work of a block, and what it is about: codes and numbers only, no text of a person.

    A refusal is told by its code, anything else that ends the block by its kind alone: a message
    may hold what somebody wrote.
    """

    __slots__ = ("_about", "_kind", "_name", "_parent", "_span", "_started", "_token")

    def __init__(
        self,
        name: str,
        *,
        kind: Kind = "internal",
        parent: "Context | None" = None,
        **about: str | int,
    ) -> None:
        self._name, self._kind, self._parent, self._about = name, kind, parent, about
        self._span: Span | None = None
        self._started: AbstractContextManager[Span] | None = None

    def tell(self, key: str, value: str | int) -> None:
        """Say something more in the span, if there is one."""
        if self._span is not None:
            self._span.set_attribute(key, value)

    def __enter__(self) -> Self:
        self._token = _AT.set({**_AT.get(), **self._about})
        if _tracer is not None:
            from opentelemetry.trace import SpanKind

            self._started = _tracer.start_as_current_span(
                self._name,
                context=self._parent,
                kind=SpanKind[self._kind.upper()],
                attributes={f"{NAME}.{key}": value for key, value in self._about.items()},
                record_exception=False,
                set_status_on_exception=False,
            )
            self._span = self._started.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        if self._span is not None and self._started is not None:
            if isinstance(error, IssueError):
                self._span.set_attribute(f"{NAME}.refused", error.code)
            elif kind is not None and issubclass(kind, Exception):
                from opentelemetry.trace import StatusCode

                self._span.set_status(StatusCode.ERROR, kind.__name__)
            self._started.__exit__(None, None, None)
        _AT.reset(self._token)


def parent_in(headers: Mapping[str, str]) -> "Context | None":
    """Return the trace that a caller says it is in (W3C Trace Context), or an empty one."""
    if _tracer is None:
        return None
    from opentelemetry.context import Context

    found: Context = _propagator().extract(headers, Context())
    return found


def _propagator() -> Any:
    from opentelemetry.trace.propagation import tracecontext

    return tracecontext.TraceContextTextMapPropagator()


class Handed:
    """By which trace the news of an issue came about, from the desk to the relay. Kept for the
    newest few thousand issues, and lost without harm: the relay then begins a trace of its own."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._untold: set[str] = set()

    def leave(self, stream: str) -> None:
        """Leave the trace of the work in hand for whoever relays the issue's news."""
        context = _context()
        if context is not None and context.trace_flags.sampled:
            carrier: dict[str, str] = {}
            _propagator().inject(carrier)
            self._keep(stream, carrier["traceparent"])
            self._untold.add(stream)

    def take(self, stream: str) -> "Context | None":
        """Return the trace that was left for an issue's news, once."""
        self._untold.discard(stream)
        left = self._known.pop(stream, None)
        return None if left is None else parent_in({"traceparent": left})

    def told(self) -> str:
        """Return what was left since the last time, for the bell that wakes other processes."""
        told: dict[str, str] = {}
        size = 2
        for stream in self._untold:
            left = self._known.get(stream)
            size += len(json.dumps(stream)) + 64
            if left is not None and size < BELL_BYTES_MAX:
                told[stream] = left
        self._untold.clear()
        return json.dumps(told) if told else ""

    def hear(self, text: str) -> None:
        """Take what another process left; what is no such text is passed over."""
        try:
            said = json.loads(text) if text else {}
        except ValueError:
            return
        for stream, left in said.items() if isinstance(said, dict) else ():
            if isinstance(left, str):
                self._keep(stream, left)

    def _keep(self, stream: str, left: str) -> None:
        self._known[stream] = left
        self._known.move_to_end(stream)
        if len(self._known) > HANDED_MAX:
            gone, _ = self._known.popitem(last=False)
            self._untold.discard(gone)


HANDED: Final = Handed()
"""Of this process."""


@contextmanager
def traced_by(provider: "TracerProvider") -> Iterator[None]:
    """Have the spans of this process made by a provider, for as long as the block lasts."""
    global _tracer  # noqa: PLW0603  # one place for a process, as OpenTelemetry's own
    before, _tracer = _tracer, provider.get_tracer(NAME)
    try:
        yield
    finally:
        _tracer = before


@contextmanager
def traces(settings: Settings, part: str) -> Iterator[Sequence["Interceptor"]]:
    """Send traces where the settings say, for as long as the block lasts, and give what Temporal's
    client needs so that they go through workflows and activities. Nothing if they say nowhere.

    `part` is what this process is called in them. Raises SettingsError without the extra `otel`.
    """
    if settings.otlp_endpoint is None:
        yield ()
        return
    sdk = _needed("opentelemetry.sdk.trace")
    export = _needed("opentelemetry.sdk.trace.export")
    resources = _needed("opentelemetry.sdk.resources")
    otlp = _needed("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    endpoint = settings.otlp_endpoint.get_secret_value().rstrip("/") + "/v1/traces"
    resource = resources.Resource.create({"service.name": f"{NAME}-{part}"})
    provider = sdk.TracerProvider(resource=resource)
    exporter = discreet(otlp.OTLPSpanExporter(endpoint=endpoint))
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    try:
        with traced_by(provider):
            yield temporal_interceptors()
    finally:
        provider.shutdown()


def temporal_interceptors() -> "Sequence[Interceptor]":
    """Return what carries traces through Temporal: replay writes no span twice."""
    found = _needed("temporalio.contrib.opentelemetry")
    return (found.TracingInterceptor(_tracer),)


def discreet(exporter: Any) -> Any:
    """Return an exporter of the SDK's that sends spans without the texts of errors, which may hold
    what somebody wrote: Temporal's interceptor records them."""
    trace = _needed("opentelemetry.trace")
    sdk = _needed("opentelemetry.sdk.trace")
    export = _needed("opentelemetry.sdk.trace.export")

    class Discreet(export.SpanExporter):  # type: ignore[name-defined, misc]  # of an extra that may be missing
        def export(self, spans: Sequence[Any]) -> Any:
            return exporter.export([_without_texts(trace, sdk, span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return bool(exporter.force_flush(timeout_millis))

    return Discreet()


def _without_texts(trace: Any, sdk: Any, span: Any) -> Any:
    return sdk.ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        links=span.links,
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _needed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SettingsError(
            "otlp_endpoint (or CLOSEOUT_OTLP_ENDPOINT): traces need the extra `otel` "
            "(opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http), and "
            f"{error.name or module} is not installed."
        ) from error
