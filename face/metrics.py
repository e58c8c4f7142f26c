"""What Prometheus is told of the HTTP face: requests, how long they took, what was refused."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

BUCKETS_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class FaceTelemetry:
    """The figures of one process's face, in a registry of their own. Every label has a bounded set
    of values: templates of routes, methods we know, codes of the one table."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "closeout_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._took = Histogram(
            "closeout_http_request_seconds",
            "From a request's headers to the end of its answer; streams are not in it.",
            ("method", "route"),
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._refused = Counter(
            "closeout_http_refused", "Problems told, by code.", ("code",), registry=self.registry
        )
        self._rate_limited = Counter(
            "closeout_http_rate_limited", "Requests told to wait.", registry=self.registry
        )
        self._streams = Gauge(
            "closeout_http_streams_open", "Streams of events now open.", registry=self.registry
        )
        self._in_progress = Gauge(
            "closeout_http_requests_in_progress", "Requests now answered.", registry=self.registry
        )

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
        if code == "too_many_requests":
            self._rate_limited.inc()

    def stream_opened(self) -> None:
        """Count a stream of events in."""
        self._streams.inc()

    def stream_closed(self) -> None:
        """Count a stream of events out."""
        self._streams.dec()

    def page(self) -> bytes:
        """Return all figures in Prometheus's text form."""
        return generate_latest(self.registry)
