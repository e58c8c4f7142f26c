"""What `closeout doctor` says of how one watches over it: metrics, alert rules, log, traces."""

import asyncio
import re
import socket
import urllib.request
from importlib.util import find_spec
from urllib.error import URLError
from urllib.parse import urlsplit

from runtime.measures import MEASURES, OF_DESKS, OF_WORK, WATCHING
from runtime.settings import Settings, host_and_port
from terminal.checks import Check, Grade

TIME_LIMIT_S = 2.0
PAGE_BYTES_MAX = 4_000_000
NAMED_MAX = 5
RULES = WATCHING / "alerts.yaml"
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # what to ask instead of it
EXPORTER = "opentelemetry.exporter.otlp.proto.http"

_ALERT = re.compile(r"^ +- alert: \w+$", re.MULTILINE)
_TYPE = re.compile(r"^# TYPE (\S+) \w+$", re.MULTILINE)


async def watching(settings: Settings) -> list[Check]:
    """Look whether figures are served and complete, where the alert rules are, how lines are
    logged, and whether traces find a way."""
    return [
        await asyncio.to_thread(metrics, settings.metrics_address),
        alert_rules(),
        log_lines(settings),
        await asyncio.to_thread(traces, settings),
    ]


def metrics(address: str) -> Check:
    """Ask a worker for its figures as Prometheus does."""
    if not address:
        return Check(
            "metrics",
            Grade.WARN,
            "workers and relays serve none",
            "Set CLOSEOUT_METRICS_ADDRESS and have Prometheus scrape it: without it no alert "
            "tells of anything.",
        )
    host, port = host_and_port(address)
    host = ANY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{host}:{port}/metrics"
    try:
        with urllib.request.urlopen(url, timeout=TIME_LIMIT_S) as answer:
            page = answer.read(PAGE_BYTES_MAX).decode(errors="replace")
    except (URLError, OSError, ValueError) as error:
        todo = "Start a worker; if it runs, its log says `metrics_not_served` and why."
        return Check("metrics", Grade.FAIL, f"nobody answers at {url}: {error}", todo)
    missing = missing_in(page)
    if missing:
        more = f" and {len(missing) - NAMED_MAX} more" if len(missing) > NAMED_MAX else ""
        told = f"{url} does not tell of {', '.join(missing[:NAMED_MAX])}{more}"
        todo = "Something else listens there, or a worker of another release: replace it."
        return Check("metrics", Grade.FAIL, told, todo)
    return Check("metrics", Grade.OK, f"all {len(OF_DESKS) + len(OF_WORK)} are served at {url}")


def missing_in(page: str) -> list[str]:
    """Return which figures of a worker are not on a page in Prometheus's text form."""
    told = set(_TYPE.findall(page))
    return [each.name for each in (*OF_DESKS, *OF_WORK) if each.name not in told]


def alert_rules() -> Check:
    """Say where the alert rules of this release are."""
    if not RULES.is_file():
        return Check("alerts", Grade.FAIL, f"{RULES} is missing", "Install closeout again.")
    count = len(_ALERT.findall(RULES.read_text(encoding="utf-8")))
    return Check("alerts", Grade.OK, f"{count} rules over {len(MEASURES)} figures: {RULES}")


def log_lines(settings: Settings) -> Check:
    """Say in which form lines are logged."""
    form = (
        "one JSON object a line"
        if settings.log_json
        else "lines for people; CLOSEOUT_LOG_JSON=true for a collector"
    )
    return Check("log lines", Grade.OK, f"{form}, from {settings.log_level} on")


def traces(settings: Settings) -> Check:
    """Look whether traces find a way to where they are sent."""
    if settings.otlp_endpoint is None:
        return Check("traces", Grade.OK, "none are made: CLOSEOUT_OTLP_ENDPOINT is not set")
    if not exporter_is_there():
        todo = "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        return Check("traces", Grade.FAIL, "the extra `otel` is not installed", todo)
    parts = urlsplit(settings.otlp_endpoint.get_secret_value())
    where = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    try:
        host, port = host_and_port(where)
        socket.create_connection((host, port), timeout=TIME_LIMIT_S).close()
    except (OSError, ValueError) as error:
        todo = "Start the collector, or set CLOSEOUT_OTLP_ENDPOINT: spans are lost meanwhile."
        return Check("traces", Grade.WARN, f"{where} does not answer: {error}", todo)
    return Check("traces", Grade.OK, f"sent to {where}")


def exporter_is_there() -> bool:
    """Return whether what the extra `otel` brings is installed."""
    try:
        return find_spec(EXPORTER) is not None
    except ModuleNotFoundError:
        return False
