"""A provider of spans that keeps them: the port of OpenTelemetry, without its SDK."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
)
from opentelemetry.util.types import Attributes, AttributeValue


@dataclass
class KeptSpan(Span):
    """One span, and all that was said of it."""

    name: str
    context: SpanContext
    parent: SpanContext | None
    kind: SpanKind
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    said: list[object] = field(default_factory=list)
    status: StatusCode = StatusCode.UNSET
    is_over: bool = False

    def end(self, end_time: int | None = None) -> None:
        self.is_over = True

    def get_span_context(self) -> SpanContext:
        return self.context

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        self.attributes.update(attributes)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self.attributes[key] = value

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        self.said.append((name, attributes))

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        self.said.append(context)

    def update_name(self, name: str) -> None:
        self.name = name

    def is_recording(self) -> bool:
        return not self.is_over

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self.status = status if isinstance(status, StatusCode) else status.status_code
        self.said.append(description if isinstance(status, StatusCode) else status.description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        self.said.append(repr(exception))


class KeepingTracer(Tracer):
    """Keeps every span that it starts."""

    def __init__(self) -> None:
        self.spans: list[KeptSpan] = []
        self._ids = count(1)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        above = trace.get_current_span(context).get_span_context()
        parent = above if above.is_valid else None
        made = SpanContext(
            trace_id=parent.trace_id if parent else next(self._ids) + (1 << 100),
            span_id=next(self._ids) + (1 << 40),
            is_remote=False,
            trace_flags=TraceFlags(TraceFlags.SAMPLED),
        )
        span = KeptSpan(name, made, parent, kind, dict(attributes or {}))
        self.spans.append(span)
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the API's own kind of context manager
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[Span]:
        span = self.start_span(name, context, kind, attributes)
        with trace.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span


class KeepingProvider(TracerProvider):
    """Gives the one tracer that keeps spans."""

    def __init__(self) -> None:
        self.tracer = KeepingTracer()

    @property
    def spans(self) -> list[KeptSpan]:
        """Return the spans in the order in which they began."""
        return self.tracer.spans

    def named(self, name: str) -> KeptSpan:
        """Return the one span of a name."""
        (found,) = [each for each in self.spans if each.name == name]
        return found

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        return self.tracer
