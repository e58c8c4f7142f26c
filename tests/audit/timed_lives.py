"""Lives by chance on clocks with every kind of rung, whose targets change again and again."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import builders as b

from domain import commands as cmd
from domain.canonical import content_hash
from domain.chain import GENESIS, Origin, Record, recorded
from domain.clock_rules import Retarget
from domain.commands import Command
from domain.decisions import RULES, decide
from domain.errors import IssueError
from domain.issue import Issue
from domain.organization import post
from domain.people import Actor, Officer
from domain.phases import PauseReason, Phase, Priority
from domain.terms import Terms

ACTS = 30
RUNGS: list[dict[str, Any]] = [
    {"id": "at-50", "percent": 50},
    {"id": "soon", "before": {"kind": "open_hours", "minutes": 60}},
    {"id": "due", "percent": 100, "effect": "escalate"},
    {"id": "after", "after": {"kind": "open_hours", "minutes": 120}},
    {"id": "again", "every": {"kind": "open_hours", "minutes": 90}, "times": 6},
]


def terms_with(retarget: Retarget, *, hours: int, rungs: list[dict[str, Any]] = RUNGS) -> Terms:
    """Return the zone's terms; its clocks answer to changes by `retarget` and have such rungs."""
    answers = {name: retarget for name in ("priority", "category", "handbook")}
    own = {
        "rungs": rungs,
        "retarget": answers,
        "budgets": [
            {"duration": {"kind": "open_hours", "minutes": 60}, "priority": "emergency"},
            {"duration": {"kind": "open_hours", "minutes": 60 * hours}},
        ],
    }
    recording = [rung | {"effect": "record"} for rung in rungs]
    rules = [
        rule | own | {"rungs": recording if rule["id"] == "resolution" else rungs}
        if rule["id"] in ("handling", "resolution")
        else rule
        for rule in b.CLOCKS
    ]
    extensions = {
        "clocks": ["handling", "resolution"],
        "times_max": 5,
        "at_most": {"kind": "working_days", "days": 3, "due": "same_time"},
    }
    return b.terms_of(clocks=rules, extensions=extensions)


@dataclass
class TimedLife:
    """One issue led by chance; the events that a ledger would hold of it."""

    seed: int
    chance: random.Random
    versions: tuple[Terms, ...]
    at: datetime = b.MON_9
    issue: Issue | None = None
    records: list[Record] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def live(self) -> "TimedLife":
        """Lead the life, and let its time pass once more at the end."""
        self.do(b.report(), b.ENTERPRISE)
        self.do(b.ACCEPT, b.OFFICER)
        for _ in range(ACTS):
            self.at += self._pause_between()
            command, actor = self.chance.choice(self._acts())
            self.do(command, actor)
        self.do(b.ring(), b.ENGINE)
        return self

    def do(self, command: Command, actor: Actor) -> None:
        """Carry out a command, unless it is refused."""
        terms = self._terms()
        sent = b.submission(command, actor)
        target = next((t for t in self.versions if t.hash == getattr(command, "terms", "")), None)
        try:
            decision = decide(self.issue, sent, b.context(self.at, terms, target))
        except IssueError:
            return
        origin = Origin(
            stream=decision.issue.stream,
            command_id=sent.id,
            command_hash=content_hash(sent),
            terms=terms.hash,
            rules=RULES,
        )
        self.records += recorded(
            decision.events,
            origin,
            after_version=len(self.records),
            previous=self.records[-1].hash if self.records else GENESIS,
        )
        self.issue = decision.issue
        self.taken.add(command.kind)

    def _terms(self) -> Terms:
        hash_ = self.versions[0].hash if self.issue is None else self.issue.terms
        return next(terms for terms in self.versions if terms.hash == hash_)

    def _pause_between(self) -> timedelta:
        rung = None if self.issue is None else self.issue.next_rung
        if rung is not None and self.chance.random() < 0.4:
            return max(timedelta(), rung[1].due_at - self.at)
        return timedelta(minutes=self.chance.choice([0, 0, 1, 7, 45, 60, 180, 480, 1440, 5760]))

    def _acts(self) -> list[tuple[Command, Actor]]:
        issue = self.issue
        assert issue is not None
        if issue.phase is Phase.CLOSED:
            return [(b.REOPEN, b.ENTERPRISE)]
        found = post(b.HANDBOOK, issue.owner)
        assert found is not None
        owner = Officer(person=found.people[0], post=found.id)
        other = (
            Priority.EMERGENCY if issue.priority is not Priority.EMERGENCY else Priority.ORDINARY
        )
        asking = [
            b.tm.AskExtension(clock=clock, extra=b.ASK_EXTENSION.extra, reason="More is needed.")
            for clock in ("handling", "resolution")
        ]
        limits: list[tuple[Command, Actor]] = [
            (b.tm.Reclassify(priority=other, reason="It changed."), b.COORDINATOR),
            (b.tm.Reclassify(category="power-supply", reason="It changed."), b.COORDINATOR),
            *((command, owner) for command in asking),
            *((b.GRANT, actor) for actor in (b.HEAD, b.DIRECTOR)),
            *((b.adopt_handbook(terms), b.ENGINE) for terms in self.versions),
        ]
        match issue.phase:
            case Phase.INTAKE:
                return [(b.ACCEPT, owner), (b.NOTE, owner), *limits]
            case Phase.SIGN_OFF:
                return [(b.REJECT, b.ENTERPRISE), (b.CONFIRM, b.ENTERPRISE), (b.SEND_BACK, b.HEAD)]
            case _:
                wait = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="Papers.")
                stop = (b.RESUME, owner) if issue.pause else (wait, owner)
                return [stop, stop, stop, *limits, *limits, (b.NOTE, owner), (b.PROPOSE, owner)]
