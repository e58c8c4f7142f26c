"""Ten thousand random faults lose no rung and double none.

Everything is the real thing but Temporal's server, the network, the clocks and the ledger's disk:
the desk, the relay, the guard, the activities and the workflow run unchanged, the workflow in the
SDK's own instance (`faults_engine` says what the server promises). All of it lives in virtual time
(`faults_time`) on hosts whose clocks are up to five seconds wrong each (`faults_hosts`), among
people who act at random (`faults_people`) and faults (`faults_world`). Afterwards somebody who
trusts none of it goes through the ledger (`faults_account`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import structlog
from deep import IN_CHECK, deep
from faults_account import CLOCKS_DIFFER_MAX, MENDED_IN, ON_TIME, Account, Sums, impatient
from faults_time import spans
from faults_world import STATES, TRAPS, World

from domain.chain import Record
from domain.view import RingOutcome
from workflows.issue import IssueWorkflow

FAULTS = deep("faults in virtual time", 10_000)
SHOWN_BY = 1000
"""So many faults show all of this; the one life of make test is too short for it."""
SHOWN = (
    "early ring that waited the remainder",
    "ring: repeat, done before",
    "command: repeat, done before",
    "guard: overdue",
    "workflow replayed after a crash",
    "run: continued as new",
)
FAULTS_A_LIFE = 160
FIRST_SEED = 20_261_122
EARLY_MAX = 12
"""How often one promise may be rung early in a row: each host may say so once, and again after each
of the few jumps that the clocks make meanwhile."""


@dataclass
class Toll:
    """What many lives came to."""

    sums: Sums = field(default_factory=Sums)
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    early_max: int = 0

    def add(self, world: World) -> list[str]:
        """Take a life in; return what the accounting found in it."""
        sums = accounted(world)
        waited, findings = impatient(world.asked)
        early = Counter(
            (rung.ring.command_id, str(rung.answer.glimpse.next_rung))
            for rung in world.asked
            if rung.answer.outcome is RingOutcome.EARLY
        )
        self.lives += 1
        self.early_max = max(self.early_max, *early.values(), 0)
        self.sums.add(sums)
        self.faults.update(fault.kind for fault in world.faults)
        self.counts.update(world.counts)
        self.counts["early ring that waited the remainder"] += waited
        self.counts["workflow replayed after a crash"] += world.replayed
        self.counts["activity attempt failed"] += world.failed_attempts
        self.counts["notice delivered"] += world.delivered
        return sums.findings + findings

    def told(self) -> str:
        """Return the counts, for people."""
        sums = self.sums
        return (
            f"\n{self.faults.total()} faults in {self.lives} lives: {spans(self.faults)}\n"
            f"rungs: {sums.promised} promised, {sums.fired} fired, {sums.moved} moved before they "
            f"were due, {sums.in_future} still to come; {sums.effects} effects; {sums.held_up} "
            f"fired more than {CLOCKS_DIFFER_MAX + ON_TIME} late, the latest {sums.latest}; at "
            f"most {self.early_max} early rings of one promise\nthe rest: {spans(self.counts)}\n"
        )


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep thousands of warnings, each of a fault that was asked for, out of the report."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def lived(
    seed: int, faults: int = FAULTS_A_LIFE, *, guarded: bool = True, is_forgetful: bool = False
) -> World:
    """Return a world after its life."""
    world = World(seed, faults, guarded=guarded, is_forgetful=is_forgetful)
    world.live()
    return world


def accounted(world: World, mended_in: timedelta = MENDED_IN) -> Sums:
    """Go through the ledger of a world, stream by stream; its table of firings must agree."""
    sums = Sums()
    for stream, records in world.streams().items():
        sums.add(Account(stream, world.faults, mended_in).settle(records, world.now))
    rows = world.firings()
    if len(rows) != sums.fired:
        sums.findings.append(f"{len(rows)} rows of firings, {sums.fired} events")
    return sums


def events_of(world: World) -> str:
    """Return all that happened in a life, fault by fault and event by event."""
    faults = [(f.from_at, f"{f.stream or 'all'}: FAULT {f.kind}") for f in world.faults]
    records = [
        (record.at, f"{record.stream} {record.version}: {record.kind} by {record.command_id}")
        for stream in world.streams().values()
        for record in stream
    ]
    return "\n".join(f"{at:%H:%M:%S.%f} {what}" for at, what in sorted(faults + records))


@pytest.mark.deep
def test_ten_thousand_faults_lose_no_rung_and_double_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    toll, seed = Toll(), FIRST_SEED
    while toll.faults.total() < FAULTS:
        world = lived(seed)
        findings = toll.add(world)
        assert not findings, f"seed {seed}: {findings}\n{events_of(world)}"
        seed += 1
    with capsys.disabled():
        print(toll.told())
    assert toll.early_max <= EARLY_MAX
    if FAULTS >= SHOWN_BY:
        assert set(toll.faults) == {*STATES, *TRAPS}
        for what in SHOWN:
            assert toll.counts[what], f"{what} never happened: the simulation shows nothing of it"


def test_without_faults_no_rung_is_later_than_the_clocks_are_wrong() -> None:
    world = lived(FIRST_SEED, faults=0)
    sums = accounted(world, ON_TIME)
    assert sums.findings == []
    assert (sums.fired > 100, sums.held_up) == (True, 0)


@IN_CHECK
def test_the_same_seed_lives_the_same_life() -> None:
    first, again = (
        hashlib.sha256(events_of(lived(FIRST_SEED)).encode()).hexdigest() for _ in range(2)
    )
    other = hashlib.sha256(events_of(lived(FIRST_SEED + 1)).encode()).hexdigest()
    assert first == again
    assert first != other


# --- what would be found if a rule were broken ---


@IN_CHECK
def test_a_loop_that_does_not_wait_the_remainder_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = lived(FIRST_SEED, faults=20)
    monkeypatch.setattr(IssueWorkflow, "_not_earlier", lambda _, wake_at: wake_at)
    hasty = lived(FIRST_SEED, faults=20)
    assert impatient(patient.asked)[1] == []
    assert impatient(hasty.asked)[1] != []
    assert len(hasty.asked) > 5 * len(patient.asked)


def test_a_lost_answer_that_nobody_asks_for_again_is_found() -> None:
    found = accounted(lived(FIRST_SEED, is_forgetful=True)).findings
    assert any("never fired" in finding for finding in found)


@IN_CHECK
def test_that_nobody_guards_is_found() -> None:
    """Not in every life: most pokes that are lost are made good by a later one."""
    lives = (lived(seed, guarded=False) for seed in range(FIRST_SEED, FIRST_SEED + 20))
    found = next(filter(None, (accounted(life).findings for life in lives)))
    assert all("never fired" in finding or "fired only at" in finding for finding in found)


def test_the_accounting_finds_a_ledger_that_was_tampered_with() -> None:
    world = lived(FIRST_SEED, faults=0)
    firing, effect = next(
        (stream, index)
        for stream, records in world.streams().items()
        for index, record in enumerate(records)
        if record.kind == "rung_fired" and '"effect":"escalate"' in record.text
    )
    records = world.streams()[firing]
    early = replace(records[effect], text=at_another_time(records[effect], -timedelta(hours=1)))
    late = replace(records[effect], text=at_another_time(records[effect], timedelta(hours=1)))

    def found(tampered: list[Record], what: str) -> bool:
        findings = Account(firing, ()).settle(tampered, world.now).findings
        return any(what in finding for finding in findings)

    before, fired, after = records[:effect], records[effect], records[effect + 1 :]
    assert found([*before, fired, fired, *after], "fired twice")
    assert found([*before, *after], "is the effect of no rung")
    assert found([*before, fired, *after[1:]], "without its effect")
    assert found([*before, early, *after], "before it was due")
    assert found([*before, late, *after], "fired only at")
    assert found(before, "never fired")
    assert not Account(firing, ()).settle(records, world.now).findings


def at_another_time(record: Record, by: timedelta) -> str:
    """Return the text of a record with another instant."""
    text = json.loads(record.text)
    return json.dumps(text | {"at": (record.at + by).isoformat()})
