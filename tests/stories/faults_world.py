"""The world of the simulation: hosts, people, faults, all in virtual time and from one seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from unittest.mock import patch

from builders_zone import ZONE
from faults_account import Fault, Rung
from faults_engine import Engine
from faults_handbook import KEYS, LIVE_SECONDS, STARTS_AT, TERMS
from faults_hosts import Host
from faults_people import Person
from faults_run import Run
from faults_time import DRIFT_MAX, SKEW_MAX, SkewedClock, VirtualLoop
from temporalio.service import RPCError

from domain.chain import Record
from ledger.memory import MemoryLedger
from ledger.port import FiringRow, LedgerError
from workflows.issue import IssueWorkflow

T = TypeVar("T")
HOSTS = 3
SERVERS = 2
GUARD_SECONDS = 60.0
POLL_SECONDS = 20.0
"""How often a relay looks that no bell wakes; the product's half second would take too long."""
CALM_SECONDS = 20 * 60.0
"""Then the last outage ends, and what was promised by then must come about."""

STATES = (
    "host crash",
    "ledger away",
    "ledger slow",
    "engine away",
    "guard skipped",
    "desk clock jump",
    "server clock jump",
)
"""Faults that begin at an instant."""
TRAPS = (
    "ring: crash before commit",
    "ring: crash after commit",
    "ring: connection lost before commit",
    "ring: connection lost after commit",
    "ring: answer lost",
    "command: crash before commit",
    "command: crash after commit",
    "command: connection lost before commit",
    "command: connection lost after commit",
    "worker: crash in a workflow task",
    "relay: crash before signal",
    "relay: crash after signal",
    "poke lost",
    "poke late",
    "poke twice",
    "pokes out of order",
    "poke delivered and reported lost",
    "bell lost",
    "delivery: fails",
    "delivery: hangs",
)
"""Faults that wait, from an instant on, for the next occasion."""


@dataclass
class World:
    """One simulated life of everything. The same seed gives the same life.

    `guarded` and `is_forgetful` are there to be broken: no guard goes round; the server does not
    try an activity again whose answer was lost.
    """

    seed: int
    faults_wanted: int
    guarded: bool = True
    is_forgetful: bool = False
    loop: VirtualLoop = field(default_factory=VirtualLoop)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Rung] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    started: int = 0
    replayed: int = 0
    delivered: int = 0
    failed_attempts: int = 0
    is_slow: bool = False
    is_ledger_away: bool = False
    is_engine_away: bool = False
    guard_skips: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  # a seed, not a secret
        self.terms = TERMS
        self.ledger = MemoryLedger()
        self._traps: Counter[str] = Counter()
        self._background: dict[asyncio.Task[Any], None] = {}
        self.servers = [self._clock(0) for _ in range(SERVERS)]
        self.engine = Engine(self, IssueWorkflow)
        self.hosts = [
            Host(self, f"host-{number}", self._clock(self.dice.uniform(-DRIFT_MAX, DRIFT_MAX)))
            for number in range(HOSTS)
        ]

    @property
    def now(self) -> datetime:
        """Return the true time."""
        return STARTS_AT + timedelta(seconds=self.loop.time())

    def live(self) -> None:
        """Live from the first report until long after the last fault."""
        with patch("desk.relay.POLL_SECONDS", POLL_SECONDS):
            try:
                self.loop.run_until_complete(self._live())
            finally:
                self.loop.run_until_complete(self._stop())
                self.loop.close()

    def streams(self) -> dict[str, list[Record]]:
        """Return the events of every issue, in order."""
        return {f"{ZONE}/{key}": self._asked(self.ledger.records(f"{ZONE}/{key}")) for key in KEYS}

    def firings(self) -> list[FiringRow]:
        """Return the ledger's table of firings."""
        return self._asked(self.ledger.firings())

    def server_clock(self, workflow_id: str) -> SkewedClock:
        """Return the clock of the server that keeps a workflow."""
        return self.servers[sum(workflow_id.encode()) % SERVERS]

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Let the server, or a person, do something that no host's death ends."""
        task = self.loop.create_task(work)
        self._background[task] = None
        task.add_done_callback(self._background_ended)

    def springs(self, trap: str, stream: str | None) -> bool:
        """Return whether a fault waited for this occasion; it has struck then."""
        if not self._traps[trap]:
            return False
        self._traps[trap] -= 1
        self.faults.append(Fault(trap, self.now, self.now, stream))
        return True

    def impaired(self, stream: str | None, seconds: float) -> None:
        """Say how long the fault that has just struck goes on."""
        last = self.faults[-1]
        until = self.now + timedelta(seconds=seconds)
        self.faults[-1] = Fault(last.kind, last.from_at, until, stream)

    def restarts(self, run: Run) -> bool:
        """Return whether the server now suggests to a run that its history is long."""
        return run.steps_since_start > 15 and self.dice.random() < 0.05

    def _asked(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the ledger answers when all is over: in memory it never waits."""
        try:
            work.send(None)
        except StopIteration as answer:
            return cast(T, answer.value)
        raise AssertionError("the ledger in memory has waited")

    def _clock(self, drift: float) -> SkewedClock:
        return SkewedClock(self.loop, STARTS_AT, self._skew(), drift)

    def _skew(self) -> timedelta:
        return self.dice.uniform(-1, 1) * SKEW_MAX

    def _background_ended(self, task: asyncio.Task[Any]) -> None:
        self._background.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self._broken.set_exception(task.exception() or AssertionError)

    async def _live(self) -> None:
        self._broken: asyncio.Future[None] = self.loop.create_future()
        for host in self.hosts:
            host.boot()
        for key in KEYS:
            self.background(Person(self, key).live())
        if self.guarded:
            self.background(self._guard())
        self.background(self._strike())
        await asyncio.wait({self._broken}, timeout=LIVE_SECONDS + CALM_SECONDS)
        if self._broken.done():
            self._broken.result()

    async def _stop(self) -> None:
        for run_id in list(self.engine.kept):
            self.engine.kept.pop(run_id)[1].forget()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self) -> None:
        """Make the schedule's rounds, each tried a few times on some worker."""
        while True:
            await asyncio.sleep(GUARD_SECONDS)
            if self.guard_skips:
                self.guard_skips -= 1
                continue
            for pause in (1, 2, 4, 8, 0):
                host = await self.engine.worker()
                task = host.start(host.guard.round())
                await asyncio.wait({task})
                error = None if task.cancelled() else task.exception()
                if not task.cancelled() and error is None:
                    found = task.result()
                    self.counts["guard: overdue"] += found.overdue
                    self.counts["guard: without workflow"] += found.without_workflow
                    break
                if error is not None and not isinstance(error, LedgerError | RPCError):
                    raise error
                await asyncio.sleep(pause)

    async def _strike(self) -> None:
        """Let faults strike at random, half of them about when some rung falls due."""
        for _ in range(self.faults_wanted):
            await asyncio.sleep(self.dice.expovariate(2 * self.faults_wanted / LIVE_SECONDS))
            due_at = await self.ledger.next_due_at()
            if due_at is not None and self.dice.random() < 0.5:
                left = (due_at - self.now).total_seconds() + self.dice.uniform(-6, 6)
                await asyncio.sleep(min(max(0.0, left), 600.0))
            else:
                await asyncio.sleep(self.dice.expovariate(2 * self.faults_wanted / LIVE_SECONDS))
            if self.loop.time() > LIVE_SECONDS:
                return
            kind = self.dice.choice(STATES if self.dice.random() < 0.3 else TRAPS)
            if kind in TRAPS:
                self._traps[kind] += 1
            else:
                self._begin(kind)
        self._traps.clear()

    def _begin(self, kind: str) -> None:
        seconds = 0.0
        match kind:
            case "host crash":
                seconds = self.dice.uniform(1, 120)
                alive = [host for host in self.hosts if host.alive]
                if not alive:
                    return
                self.dice.choice(alive).kill(seconds)
            case "ledger away" | "ledger slow" | "engine away":
                seconds = self.dice.uniform(1, 90)
                self._for_a_while(kind, seconds)
            case "guard skipped":
                seconds = GUARD_SECONDS
                self.guard_skips += 1
            case "desk clock jump":
                self.dice.choice(self.hosts).clock.set_anew(self._skew())
            case "server clock jump":
                self.dice.choice(self.servers).set_anew(self._skew())
        self.faults.append(Fault(kind, self.now, self.now + timedelta(seconds=seconds), None))

    def _for_a_while(self, kind: str, seconds: float) -> None:
        name = {
            "ledger away": "is_ledger_away",
            "ledger slow": "is_slow",
            "engine away": "is_engine_away",
        }[kind]
        setattr(self, name, True)
        self.loop.call_later(seconds, setattr, self, name, False)
