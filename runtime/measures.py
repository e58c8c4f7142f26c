"""Every figure that Closeout tells Prometheus of, as data: what it is called, counts and says.

Figures are made from here alone, so that none is told that does not stand in this table; the tables
in the documents, the alert rules and the dashboard are held to it by tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WATCHING: Final = Path(__file__).with_name("watching")
"""The folder of alert rules and dashboard; it is installed with the program."""


class MeasureType(StrEnum):
    """How a figure moves: it only grows, it is what it is now, or it is spread over bounds."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `name` as it is scraped, a counter's with `_total`. Every label has a bounded set
    of values. `bounds` are those of a histogram, in its unit."""

    name: str
    type: MeasureType
    unit: str
    says: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


LATENESS_SECONDS: Final = (1.0, 5.0, 30.0, 60.0, 300.0, 3600.0, 86400.0)
REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_C, _G, _H = MeasureType.COUNTER, MeasureType.GAUGE, MeasureType.HISTOGRAM
_RUNG: Final = ("effect", "zone")

OF_DESKS: Final = (
    Measure(
        "closeout_refusals_total",
        _C,
        "refusals",
        "Commands of persons and services that the desk refused, by code.",
        ("code",),
    ),
)
"""Of whatever process has a desk: workers, relays, the HTTP face."""

OF_WORK: Final = (
    Measure(
        "closeout_rung_lateness_seconds",
        _H,
        "seconds",
        "From the instant a rung was due to its firing.",
        _RUNG,
        LATENESS_SECONDS,
    ),
    Measure("closeout_rungs_fired_total", _C, "rungs", "Rungs that this process fired.", _RUNG),
    Measure(
        "closeout_rungs_late_by_us_total",
        _C,
        "rungs",
        "Of these, those so late that the platform is to blame.",
        _RUNG,
    ),
    Measure("closeout_guard_rounds_total", _C, "rounds", "Rounds of the guard."),
    Measure(
        "closeout_guard_found_total",
        _C,
        "repairs",
        "What the guard found amiss and mended.",
        ("what",),
    ),
    Measure(
        "closeout_routine_runs_total",
        _C,
        "runs",
        "Runs of routines that were due, by what became of them.",
        ("routine", "end"),
    ),
    Measure("closeout_issues_open", _G, "issues", "Open issues, at the guard's last round."),
    Measure(
        "closeout_clocks_provisional",
        _G,
        "clocks",
        "Live clocks due beyond the published days, at the guard's last round.",
    ),
    Measure(
        "closeout_notices_held",
        _G,
        "notices",
        "Notices that wait for quiet hours or a storm to end, at the guard's last round.",
    ),
    Measure(
        "closeout_matters_open",
        _G,
        "matters",
        "Open matters, at the guard's last round.",
        ("aggregate",),
    ),
    Measure(
        "closeout_matters_overdue",
        _G,
        "matters",
        "Open matters for which an instant should have passed, at the guard's last round.",
    ),
    Measure(
        "closeout_errands_pending",
        _G,
        "errands",
        "What issues and matters have still to tell others, at the guard's last round.",
    ),
    Measure(
        "closeout_looks_failed_total",
        _C,
        "looks",
        "Looks at what waits that failed: the ledger or Temporal did not answer.",
        ("of",),
    ),
    Measure(
        "closeout_looked_seconds",
        _G,
        "seconds since 1970",
        "When this process last saw what waits in the ledger.",
    ),
    Measure("closeout_outbox_issues", _G, "issues", "Issues whose workflows have still to hear."),
    Measure(
        "closeout_outbox_oldest_seconds",
        _G,
        "seconds",
        "For how long, at least, the oldest entry of the outbox waits.",
    ),
    Measure(
        "closeout_rung_overdue_seconds",
        _G,
        "seconds",
        "For how long the first rung that any open issue waits for has been due; 0 if none is.",
    ),
    Measure(
        "closeout_webhook_events_pending",
        _G,
        "events",
        "Events that are still to be sent to active subscriptions.",
    ),
    Measure(
        "closeout_webhook_lag_seconds",
        _G,
        "seconds",
        "Age of the oldest event that an active subscription has not been sent or looked at.",
    ),
    Measure(
        "closeout_dead_letters", _G, "events", "Events that could not be sent to subscriptions."
    ),
    Measure(
        "closeout_errands_failing", _G, "errands", "Errands that have failed more than three times."
    ),
    Measure(
        "closeout_verification_findings",
        _G,
        "findings",
        "What the newest verification of the ledger found, of chain, log and projections.",
    ),
    Measure(
        "closeout_verification_age_seconds",
        _G,
        "seconds",
        "How long ago it ended; 0 before the first.",
    ),
    Measure("closeout_log_facts_uncovered", _G, "facts", "Facts that are under no checkpoint yet."),
    Measure(
        "closeout_checkpoint_age_seconds",
        _G,
        "seconds",
        "How old the newest checkpoint is; 0 before the first.",
    ),
    Measure(
        "closeout_workflows_with_problems",
        _G,
        "workflows",
        "Running workflows of which Temporal reports problems (`TemporalReportedProblems`).",
    ),
)
"""Of workers and relays."""

OF_REQUESTS: Final = (
    Measure(
        "closeout_http_requests_total",
        _C,
        "requests",
        "Requests answered.",
        ("method", "route", "status"),
    ),
    Measure(
        "closeout_http_request_seconds",
        _H,
        "seconds",
        "From a request's headers to the end of its answer; streams are not in it.",
        ("method", "route"),
        REQUEST_SECONDS,
    ),
    Measure("closeout_http_refused_total", _C, "problems", "Problems told, by code.", ("code",)),
    Measure("closeout_http_rate_limited_total", _C, "requests", "Requests told to wait."),
    Measure("closeout_http_streams_open", _G, "streams", "Streams of events now open."),
    Measure("closeout_http_requests_in_progress", _G, "requests", "Requests now answered."),
)
"""Of the HTTP face."""

MEASURES: Final[Mapping[str, Measure]] = {
    each.name: each for each in (*OF_DESKS, *OF_WORK, *OF_REQUESTS)
}


class Figures:
    """Figures of some measures in one registry, each asked for by its name and kind."""

    def __init__(self, measures: tuple[Measure, ...], registry: CollectorRegistry) -> None:
        self._made = {each.name: _made(each, registry) for each in measures}

    def counter(self, name: str) -> Counter:
        """Return a counter. Raises KeyError for a name that is not in the table."""
        found = self._made[name]
        assert isinstance(found, Counter)  # noqa: S101  # a wrong word of ours, not of a caller
        return found

    def gauge(self, name: str) -> Gauge:
        """Return a gauge, as `counter` does."""
        found = self._made[name]
        assert isinstance(found, Gauge)  # noqa: S101  # as above
        return found

    def histogram(self, name: str) -> Histogram:
        """Return a histogram, as `counter` does."""
        found = self._made[name]
        assert isinstance(found, Histogram)  # noqa: S101  # as above
        return found


def _made(measure: Measure, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    name, says, labels = measure.name, measure.says, measure.labels
    if measure.type is _C:
        return Counter(name.removesuffix("_total"), says, labels, registry=registry)
    if measure.type is _G:
        return Gauge(name, says, labels, registry=registry)
    return Histogram(name, says, labels, buckets=measure.bounds, registry=registry)
