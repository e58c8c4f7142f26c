"""What Prometheus is told of one process: late rungs, the guard's finds, ends of routines, what
waits. Which figures there are stands in `runtime/measures.py`."""

import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.process_collector import ProcessCollector

from domain.clock_rules import RungEffect
from domain.errors import ERRORS
from domain.events import RungFired
from domain.matters.words import Aggregate
from domain.routines import RoutineKind, RunEnd
from domain.view import Rounds
from runtime.errors import SettingsError
from runtime.measures import OF_DESKS, OF_WORK, Figures
from runtime.settings import host_and_port

log = structlog.get_logger()

LEDGER, TEMPORAL = "ledger", "temporal"
"""What is looked at, and may be away."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a ledger, as one look found it at `at`. Lengths are seconds; a thing of which
    there is none yet is 0."""

    at: datetime
    outbox_issues: int = 0
    outbox_oldest_s: float = 0.0
    rung_overdue_s: float = 0.0
    webhook_events: int = 0
    webhook_lag_s: float = 0.0
    dead_letters: int = 0
    errands_failing: int = 0
    verification_findings: int = 0
    verification_age_s: float = 0.0
    log_facts_uncovered: int = 0
    checkpoint_age_s: float = 0.0


class Telemetry:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        figures = Figures((*OF_DESKS, *OF_WORK), self.registry)
        self._gauge = figures.gauge
        self._lateness = figures.histogram("closeout_rung_lateness_seconds")
        self._fired = figures.counter("closeout_rungs_fired_total")
        self._late_by_us = figures.counter("closeout_rungs_late_by_us_total")
        self._guard_rounds = figures.counter("closeout_guard_rounds_total")
        self._guard_found = figures.counter("closeout_guard_found_total")
        self._routine_runs = figures.counter("closeout_routine_runs_total")
        self._refused = figures.counter("closeout_refusals_total")
        self._looks_failed = figures.counter("closeout_looks_failed_total")
        self._matters = figures.gauge("closeout_matters_open")
        # A series that is there before it counts can be alerted on.
        for what in ("overdue", "without_workflow", "untold", "orders", "matters"):
            self._guard_found.labels(what)
        for routine, end in product(RoutineKind, RunEnd):
            self._routine_runs.labels(routine.value, end.value)
        for aggregate in Aggregate:
            self._matters.labels(aggregate.value)
        for code in ERRORS:
            self._refused.labels(code)
        for of in (LEDGER, TEMPORAL):
            self._looks_failed.labels(of)

    def zones_known(self, zones: Iterable[str]) -> None:
        """Have the series of every zone there before its first rung fires."""
        for effect, zone in product(RungEffect, zones):
            for each in (self._fired, self._late_by_us, self._lateness):
                each.labels(effect.value, zone)

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

    def command_refused(self, code: str) -> None:
        """Count a command that the desk refused."""
        self._refused.labels(code).inc()

    def guard_round(self, found: Rounds) -> None:
        """Count what a round of the guard found."""
        self._guard_rounds.inc()
        for what in ("overdue", "without_workflow", "untold", "orders", "matters"):
            self._guard_found.labels(what).inc(getattr(found, what))
        self._gauge("closeout_issues_open").set(found.open_issues)
        self._gauge("closeout_clocks_provisional").set(found.provisional)
        self._gauge("closeout_notices_held").set(found.held)
        self._gauge("closeout_dead_letters").set(found.dead_letters)
        for aggregate in Aggregate:
            self._matters.labels(aggregate.value).set(found.open_matters.get(aggregate.value, 0))
        self._gauge("closeout_matters_overdue").set(found.overdue_matters)
        self._gauge("closeout_errands_pending").set(found.errands)

    def looked(self, found: Waiting) -> None:
        """Tell what a look at the ledger found."""
        for name, value in (
            ("closeout_looked_seconds", found.at.timestamp()),
            ("closeout_outbox_issues", found.outbox_issues),
            ("closeout_outbox_oldest_seconds", found.outbox_oldest_s),
            ("closeout_rung_overdue_seconds", found.rung_overdue_s),
            ("closeout_webhook_events_pending", found.webhook_events),
            ("closeout_webhook_lag_seconds", found.webhook_lag_s),
            ("closeout_dead_letters", found.dead_letters),
            ("closeout_errands_failing", found.errands_failing),
            ("closeout_verification_findings", found.verification_findings),
            ("closeout_verification_age_seconds", found.verification_age_s),
            ("closeout_log_facts_uncovered", found.log_facts_uncovered),
            ("closeout_checkpoint_age_seconds", found.checkpoint_age_s),
        ):
            self._gauge(name).set(value)

    def workflows_with_problems(self, count: int) -> None:
        """Tell of how many running workflows Temporal reports problems."""
        self._gauge("closeout_workflows_with_problems").set(count)

    def look_failed(self, of: str) -> None:
        """Count a look at the ledger or at Temporal that was not answered."""
        self._looks_failed.labels(of).inc()


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
