"""The accounting: what the ledger promised, what it did, and whether that is all and once.

Reads the text of the events alone, as an auditor would who does not trust the code that wrote them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from faults_time import SKEW_MAX

from domain.chain import Record
from domain.view import Ring, RingAnswer, RingOutcome

MS = timedelta(milliseconds=1)
CLOCKS_DIFFER_MAX = 2 * SKEW_MAX + timedelta(seconds=2)
"""Between any two machines, drift included."""
MENDED_IN = timedelta(seconds=60 + 30 + 3 + 35)
"""From the end of a fault to the last rung that it held up: the guard's period, the slack it gives,
the spread, and the longest pauses between attempts (10 s), time-outs (5 s and 2 s) and deliveries
that a ring may have to wait for behind them."""
ON_TIME = timedelta(seconds=3 + 1)
"""The spread, and what the work itself takes where nothing goes wrong."""
BEGINS = {"start", "resume"}
TIME_DID_IT = {"issue_escalated", "issue_put_to_review", "sign_off_lapsed"}
ANSWERS = {
    "escalate": {"issue_escalated", "issue_put_to_review"},
    "review": {"issue_put_to_review"},
    "lapse": {"sign_off_lapsed"},
}


@dataclass(frozen=True)
class Fault:
    """Something that went wrong, how long it went on, and for which issue if for one alone."""

    kind: str
    from_at: datetime
    until_at: datetime
    stream: str | None


@dataclass(frozen=True)
class Rung:
    """A ring as the workflow had it: both instants by the clock of the workflow's server."""

    run_id: str
    ring: Ring
    asked_at: datetime
    answered_at: datetime
    answer: RingAnswer


@dataclass
class Sums:
    """What an accounting found. `findings` is empty where every promise was kept, once."""

    promised: int = 0
    fired: int = 0
    moved: int = 0
    in_future: int = 0
    effects: int = 0
    held_up: int = 0
    latest: timedelta = timedelta(0)
    findings: list[str] = field(default_factory=list)

    def add(self, other: "Sums") -> None:
        """Take another accounting in."""
        for name in ("promised", "fired", "moved", "in_future", "effects", "held_up"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.latest = max(self.latest, other.latest)
        self.findings += other.findings


class Account:
    """One issue's rungs: promised when a clock runs, ended by a firing or by a move, never by
    silence."""

    def __init__(
        self, stream: str, faults: Iterable[Fault], mended_in: timedelta = MENDED_IN
    ) -> None:
        self._stream = stream
        self._mended_in = mended_in
        self._faults = sorted(
            (f for f in faults if f.stream in (None, stream)), key=lambda f: f.from_at
        )
        self._standing: dict[tuple[str, int], dict[str, datetime]] = {}
        self._withheld: dict[tuple[str, int], set[str]] = {}
        self._done: set[tuple[str, int, str]] = set()
        self._owed: dict[str, Any] | None = None
        self.sums = Sums()

    def settle(self, records: Sequence[Record], ends_at: datetime) -> Sums:
        """Go through the stream, and say of `ends_at` what is still owed then."""
        for record in records:
            text = json.loads(record.text)
            event = text["body"] | {"kind": text["kind"], "by": text["actor"]["kind"]}
            self._read(event, _moment(text["at"]))
        self._require_effect(None)
        for key, rungs in self._standing.items():
            for rung, due_at in rungs.items():
                self.sums.in_future += 1
                if self._latest_for(due_at) < ends_at:
                    self._find(f"{key} {rung} was due at {due_at} and never fired")
        return self.sums

    def _read(self, event: dict[str, Any], at: datetime) -> None:
        cause_at = self._require_effect(event)
        if event["kind"] == "rung_fired":
            self._fire(event, at)
            cause_at = _moment(event["due_at"])
        for change in event.get("clocks", ()):
            self._move(change, at, cause_at)

    def _fire(self, event: dict[str, Any], at: datetime) -> None:
        key, rung, due_at = (
            (event["clock"], event["cycle"]),
            event["rung"],
            _moment(event["due_at"]),
        )
        promised_at = self._standing.get(key, {}).pop(rung, None)
        if (*key, rung) in self._done:
            self._find(f"{key} {rung} fired twice")
        elif promised_at != due_at:
            self._find(f"{key} {rung} fired for {due_at}, was promised for {promised_at}")
        if at < due_at:
            self._find(f"{key} {rung} fired at {at}, before it was due at {due_at}")
        if at > self._latest_for(due_at):
            self._find(f"{key} {rung} was due at {due_at} and fired only at {at}")
        self._done.add((*key, rung))
        self.sums.fired += 1
        self.sums.held_up += at - due_at > CLOCKS_DIFFER_MAX + ON_TIME
        self.sums.latest = max(self.sums.latest, at - due_at)
        self._owed = event if event["effect"] in ANSWERS else None

    def _require_effect(self, event: dict[str, Any] | None) -> datetime | None:
        """Hold the firing before to its effect, and what time did to a firing before it. Return
        the instant for which it was done."""
        owed, self._owed = self._owed, None
        by_time = event is not None and event["kind"] in TIME_DID_IT and event["by"] == "engine"
        if owed is None:
            if by_time:
                self._find(f"{event} is the effect of no rung")
            return None
        named = None if event is None else event.get("passed", event.get("clock"))
        fits = event is not None and by_time and event["kind"] in ANSWERS[owed["effect"]]
        if not fits or named not in (None, owed["clock"]):
            self._find(f"{owed['clock']} {owed['rung']} fired without its effect")
            return None
        self.sums.effects += 1
        return _moment(owed["due_at"])

    def _move(self, change: dict[str, Any], at: datetime, cause_at: datetime | None) -> None:
        clock, cycle, move = change["clock"], change["cycle"], change["move"]
        key = (clock, cycle)
        ended = (clock, cycle - 1) if move == "reset" else key
        before = self._standing.pop(ended, {})
        for rung, due_at in before.items():
            self.sums.moved += 1
            # An act finds fired whatever was due; what a rung did counts from when it was due.
            lost = due_at <= at if cause_at is None else due_at < cause_at
            if lost:
                self._find(f"{ended} {rung} was due at {due_at}; {move} at {at} took it away")
        if move == "pause":
            self._withheld[key] = set(before)
        if move in BEGINS or move == "reset":
            self._promise(key, move, change["run"]["rungs"])

    def _promise(self, key: tuple[str, int], move: str, rungs: list[dict[str, str]]) -> None:
        named = {rung["id"] for rung in rungs}
        if move == "resume" and named != self._withheld.pop(key, set()):
            self._find(f"{key}: the pause lost or found a rung")
        for rung in rungs:
            if (*key, rung["id"]) in self._done:
                self._find(f"{key} {rung['id']} is promised again after it fired")
        self._standing[key] = {rung["id"]: _moment(rung["due_at"]) for rung in rungs}
        self.sums.promised += len(rungs)

    def _latest_for(self, due_at: datetime) -> datetime:
        """Return when a rung must have fired: as soon as a fault before it was mended, and those
        that struck meanwhile, one upon the other."""
        earliest, latest = due_at - CLOCKS_DIFFER_MAX, due_at + self._mended_in
        for fault in self._faults:
            if fault.from_at > latest:
                break
            if fault.until_at >= earliest:
                latest = max(latest, fault.until_at + self._mended_in)
        return latest + CLOCKS_DIFFER_MAX

    def _find(self, finding: str) -> None:
        self.sums.findings.append(f"{self._stream}: {finding}")


def impatient(asked: Sequence[Rung]) -> tuple[int, list[str]]:
    """Return how many early rings waited what the desk said was left, and those that did not.

    By the clock of their own server: whatever the clocks do, so much of its time has passed.
    """
    waited, findings = 0, []
    last: dict[tuple[str, str], Rung] = {}
    for rung in asked:
        before = last.get((rung.run_id, rung.ring.command_id))
        last[rung.run_id, rung.ring.command_id] = rung
        if before is None or before.answer.outcome is not RingOutcome.EARLY:
            continue
        left = before.answer.glimpse.next_rung
        if left is None or left.wake_at > before.answered_at:
            continue
        waited += 1
        owed = max(left.due_at - before.answer.glimpse.at, 100 * MS)
        if rung.asked_at - before.answered_at < owed - 2 * MS:
            findings.append(f"{rung.ring.command_id} rang again {owed} too early")
    return waited, findings


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
