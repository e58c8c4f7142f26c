"""What Prometheus is told of the HTTP face: requests, how long they took, what was refused."""

from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

from domain.errors import ERRORS
from runtime.measures import OF_DESKS, OF_REQUESTS, Figures

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

TOO_MANY: Final = "too_many_requests"


class FaceTelemetry:
    """The figures of one process's face, in a registry of their own. Every label has a bounded set
    of values: templates of routes, methods we know, codes of the one table."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        figures = Figures((*OF_DESKS, *OF_REQUESTS), self.registry)
        self._requests = figures.counter("closeout_http_requests_total")
        self._took = figures.histogram("closeout_http_request_seconds")
        self._refused = figures.counter("closeout_http_refused_total")
        self._commands_refused = figures.counter("closeout_refusals_total")
        for code in ERRORS:
            self._commands_refused.labels(code)
        for code in ("unauthenticated", TOO_MANY):
            self._refused.labels(code)
        self._rate_limited = figures.counter("closeout_http_rate_limited_total")
        self._streams = figures.gauge("closeout_http_streams_open")
        self._in_progress = figures.gauge("closeout_http_requests_in_progress")

    def begun(self) -> None:
        """Count a request in."""
        self._in_progress.inc()

    def ended(self, method: str, route: str, status: int, seconds: float, *, stream: bool) -> None:
        """Count a request out, and how long it took."""
        known = method if method in METHODS else "other"
        self._in_progress.dec()
        self._requests.labels(known, route, str(status)).inc()
        if not stream:
            self._took.labels(known, route).observe(seconds)

    def refused(self, code: str) -> None:
        """Count a problem that was told."""
        self._refused.labels(code).inc()
        if code == TOO_MANY:
            self._rate_limited.inc()

    def command_refused(self, code: str) -> None:
        """Count a command that the desk refused."""
        self._commands_refused.labels(code).inc()

    def stream_opened(self) -> None:
        """Count a stream of events in."""
        self._streams.inc()

    def stream_closed(self) -> None:
        """Count a stream of events out."""
        self._streams.dec()

    def page(self) -> bytes:
        """Return all figures in Prometheus's text form."""
        return generate_latest(self.registry)
