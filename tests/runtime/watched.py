"""An office in memory that somebody watches over: desk, relay, guard and watch, scraped once a
minute of its own time, and the alert rules as Prometheus judges them."""

import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.error import URLError

import builders as b
import promql
import yaml
from desks import Counter, StandingClock
from engine_fake import Engine
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from test_relay import relay

from desk.guard import Guard
from desk.watching import Watch
from domain.terms import Terms
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from runtime.measures import WATCHING
from runtime.telemetry import Telemetry

MINUTE_S = 60.0
MINUTE = timedelta(minutes=1)
STARTS_S = 1_000_000.0


@dataclass(frozen=True)
class Rule:
    """One alert rule. `for_s`: so long it must hold before it fires."""

    name: str
    expression: str
    for_s: float
    labels: dict[str, str]
    annotations: dict[str, str]


def rules() -> list[Rule]:
    """Return the rules that we ship."""
    (group,) = yaml.safe_load((WATCHING / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [_rule(each) for each in group["rules"]]


def _rule(said: dict[str, Any]) -> Rule:
    length = said["for"]
    for_s = int(length[:-1]) * promql.SPANS[length[-1]]
    return Rule(said["alert"], said["expr"], for_s, said["labels"], said["annotations"])


class Alarms:
    """Which alerts fire: their expression held at every look for as long as the rule says."""

    def __init__(self, history: promql.History) -> None:
        self._history = history
        self._rules = rules()
        self._since: dict[tuple[str, promql.Labels], float] = {}
        self.firing: set[str] = set()
        self.fired: set[str] = set()

    def judge(self, at_s: float) -> None:
        """Look at every rule once."""
        holding: dict[tuple[str, promql.Labels], float] = {}
        self.firing = set()
        for rule in self._rules:
            for labels in promql.evaluate(rule.expression, self._history, at_s):
                since_s = self._since.get((rule.name, labels), at_s)
                holding[rule.name, labels] = since_s
                if at_s - since_s >= rule.for_s:
                    self.firing.add(rule.name)
        self._since = holding
        self.fired |= self.firing


class Stage:
    """An office, and the minutes that pass there."""

    def __init__(self, ledger: Ledger | None = None, *, terms: Terms = b.TERMS) -> None:
        self.clock = StandingClock()
        self.office = Counter(ledger or MemoryLedger(), self.clock, terms=terms)
        self.ledger = self.office.ledger
        self.engine = Engine()
        self.telemetry = Telemetry()
        self.telemetry.zones_known([b.ZONE])
        desk = self.office.desk
        desk.on_fired = self.telemetry.rungs_fired
        desk.on_refused = self.telemetry.command_refused
        self.relay = relay(self.office, self.engine)
        self.guard = Guard(desk, self.engine.client, on_round=self.telemetry.guard_round)
        self.at_s = STARTS_S
        self.watch = Watch(desk, self.engine.client, self.telemetry, now_s=lambda: self.at_s)
        self.history = promql.History()
        self.alarms = Alarms(self.history)
        self.page: Callable[[], Iterable[Metric] | None] = self.telemetry.registry.collect
        self.faces: list[CollectorRegistry] = []

    async def minute(self, *, relays: bool = True, guards: bool = True) -> None:
        """Let a minute pass, with a relay and a guard at work or not; look, scrape, judge."""
        self.clock.at += MINUTE
        self.at_s += MINUTE_S
        while relays and await self.relay.once():
            pass
        if guards:
            await self.guard.round()
        await self.watch.look()
        await self.watch.look_for_problems()
        self.history.scrape(self.at_s, self.page(), "worker")
        for registry in self.faces:
            self.history.scrape(self.at_s, registry.collect(), "api")
        self.alarms.judge(self.at_s)

    async def minutes(self, count: int, *, relays: bool = True, guards: bool = True) -> None:
        """Let some minutes pass."""
        for _ in range(count):
            await self.minute(relays=relays, guards=guards)

    async def answered(self, *keys: str) -> None:
        """Have the workflows of issues start and answer."""
        await self.relay.once()
        for key in keys:
            await self.office.desk.look(b.ZONE, key, heard=True)


def page_of(registry: CollectorRegistry) -> str:
    """Return what is scraped of a registry."""
    return generate_latest(registry).decode()


def scraped(address: str) -> list[Metric] | None:
    """Return what is served at an address; None if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            return list(text_string_to_metric_families(answer.read().decode()))
    except (URLError, OSError):
        return None
