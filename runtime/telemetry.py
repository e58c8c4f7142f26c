"""What Prometheus is told of one process: late rungs, the guard's finds, ends of routines."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.process_collector import ProcessCollector

from domain.events import RungFired
from domain.matters.words import Aggregate
from domain.routines import RoutineKind, RunEnd
from domain.view import Rounds
from runtime.errors import SettingsError
from runtime.settings import host_and_port

log = structlog.get_logger()

LATENESS_BUCKETS_SECONDS = (1.0, 5.0, 30.0, 60.0, 300.0, 3600.0, 86400.0)


class Telemetry:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._lateness = Histogram(
            "closeout_rung_lateness_seconds",
            "From the instant a rung was due to its firing.",
            ("effect", "zone"),
            buckets=LATENESS_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._fired = Counter(
            "closeout_rungs_fired", "Rungs fired.", ("effect", "zone"), registry=self.registry
        )
        self._late_by_us = Counter(
            "closeout_rungs_late_by_us",
            "Rungs fired so late that the platform is to blame.",
            ("effect", "zone"),
            registry=self.registry,
        )
        self._guard_rounds = Counter(
            "closeout_guard_rounds", "Rounds of the guard.", registry=self.registry
        )
        self._guard_found = Counter(
            "closeout_guard_found",
            "What the guard found and mended.",
            ("what",),
            registry=self.registry,
        )
        for what in ("overdue", "without_workflow", "untold"):
            self._guard_found.labels(
                what
            )  # a series that is there before it counts can be alerted on
        self._routine_runs = Counter(
            "closeout_routine_runs",
            "Runs of routines that were due, by what became of them.",
            ("routine", "end"),
            registry=self.registry,
        )
        for routine, end in product(RoutineKind, RunEnd):
            self._routine_runs.labels(routine.value, end.value)
        self._open = self._gauge("issues_open", "Open issues")
        self._provisional = self._gauge(
            "clocks_provisional", "Live clocks due beyond the published days"
        )
        self._dead_letters = self._gauge(
            "dead_letters", "Events that could not be sent to subscriptions"
        )
        self._held = self._gauge(
            "notices_held", "Notices that wait for quiet hours or a storm to end"
        )
        self._matters = self._gauge("matters_open", "Open matters", "aggregate")
        for aggregate in Aggregate:
            self._matters.labels(aggregate.value)
        self._matters_overdue = self._gauge(
            "matters_overdue", "Open matters for which an instant should have passed"
        )
        self._errands = self._gauge(
            "errands_pending", "What issues and matters have still to tell others"
        )

    def rungs_fired(self, zone: str, firings: Sequence[RungFired]) -> None:
        """Count rungs that a command of `zone` has just fired."""
        for fired in firings:
            effect = fired.effect.value
            late = (fired.at - fired.due_at).total_seconds()
            self._fired.labels(effect, zone).inc()
            self._lateness.labels(effect, zone).observe(max(0.0, late))
            if fired.late_by_us:
                self._late_by_us.labels(effect, zone).inc()

    def routine_run(self, routine: RoutineKind, end: RunEnd) -> None:
        """Count a run of a routine that was due."""
        self._routine_runs.labels(routine.value, end.value).inc()

    def guard_round(self, found: Rounds) -> None:
        """Count what a round of the guard found."""
        self._guard_rounds.inc()
        self._guard_found.labels("overdue").inc(found.overdue)
        self._guard_found.labels("without_workflow").inc(found.without_workflow)
        self._guard_found.labels("untold").inc(found.untold)
        self._open.set(found.open_issues)
        self._provisional.set(found.provisional)
        self._dead_letters.set(found.dead_letters)
        self._held.set(found.held)
        for aggregate in Aggregate:
            self._matters.labels(aggregate.value).set(found.open_matters.get(aggregate.value, 0))
        self._matters_overdue.set(found.overdue_matters)
        self._errands.set(found.errands)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(
            f"closeout_{name}", f"{says}, at the last round.", labels, registry=self.registry
        )


@contextmanager
def served(telemetry: Telemetry, address: str, *, ports_further: int = 0) -> Iterator[str | None]:
    """Serve the metrics at `http://ADDRESS/metrics` for as long as the block lasts.

    `address` is "host:port", "" for nowhere; `ports_further` is added to the port. Gives where they
    are served. A port that is taken is a warning, for metrics must not keep work from being done;
    any other address that cannot be listened on raises SettingsError.
    """
    if not address:
        yield None
        return
    host, port = host_and_port(address)
    server = _listening(telemetry, host, port + ports_further)
    if server is None:
        yield None
        return
    at = f"{host}:{server.server_port}"
    log.info("metrics_served", address=at)
    try:
        yield at
    finally:
        server.shutdown()
        server.server_close()


def _listening(telemetry: Telemetry, host: str, port: int) -> WSGIServer | None:
    try:
        server, _ = start_http_server(port, addr=host, registry=telemetry.registry)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            log.warning(
                "metrics_not_served",
                address=f"{host}:{port}",
                why="another process listens there",
                todo="give each process on this machine a CLOSEOUT_METRICS_ADDRESS of its own",
            )
            return None
        raise SettingsError(
            f"metrics_address (or CLOSEOUT_METRICS_ADDRESS): nothing can listen at {host}:{port}: "
            f"{error.strerror or error}."
        ) from error
    return server
