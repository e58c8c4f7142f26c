"""Lives of issues whose targets move: reclassified, extended, put under other calendars and books.

A life is a list of small numbers, so that hypothesis can shorten it; an act that is refused is
passed over.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import builders as b
from builders_zone import CALENDAR, HANDBOOK_DATA, clock_rule
from hypothesis import strategies as st

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.calendar import WorkingCalendar
from domain.chain import Record
from domain.clock_rules import Anchor, Retarget
from domain.decisions import decide
from domain.durations import OpenHours
from domain.errors import IssueError
from domain.handbook import Handbook
from domain.issue import Issue
from domain.organization import post
from domain.people import ENGINE, Actor, Officer
from domain.phases import PauseReason, Phase, Priority
from domain.terms import Terms

MILLISECOND = timedelta(milliseconds=1)
RUNGS: list[dict[str, Any]] = [
    {"id": "at-50", "percent": 50},
    {"id": "near", "before": {"kind": "open_hours", "minutes": 150}},
    {"id": "close", "before": {"kind": "wall", "minutes": 20}},
    {"id": "due", "percent": 100, "effect": "record"},
    {"id": "after", "after": {"kind": "open_hours", "minutes": 240}},
    {"id": "nag", "every": {"kind": "working_days", "days": 1}, "times": 3, "effect": "record"},
]
ANOTHER_DAY = {"kind": "working_days", "days": 2, "due": "same_time"}


def closed(*days: str) -> WorkingCalendar:
    """Return the plain calendar with some days closed: another version of it."""
    overrides = [
        {"kind": "closed", "on": day, "name": {"zh": "节日", "en": "holiday"}} for day in days
    ]
    return WorkingCalendar.model_validate(CALENDAR.model_dump() | {"overrides": overrides})


CALENDARS = (
    CALENDAR,
    closed("2026-03-03", "2026-03-09"),
    closed("2026-03-04", "2026-03-05", "2026-03-12"),
    CALENDAR.model_copy(update={"valid_until": datetime(2026, 3, 6).date()}),  # noqa: DTZ001  # a day
)
NIGHT = WorkingCalendar.model_validate(
    CALENDAR.model_dump()
    | {"id": "night", "weekly": {day: ["18:00-23:00"] for day in ("monday", "wednesday")}}
)


def book(retarget: dict[str, str], revision: int = 1) -> Handbook:
    """Return the zone's handbook whose clocks answer to changes by `retarget`."""
    hours = {1: 16, 2: 20}[revision]
    clocks = clock_rule(
        "handling",
        rungs=RUNGS,
        retarget=retarget,
        budgets=[
            {"duration": {"kind": "wall", "minutes": 120}, "priority": "emergency"},
            {"duration": {"kind": "open_hours", "minutes": 480}, "priority": "expedited"},
            {"duration": {"kind": "open_hours", "minutes": 120}, "categories": ["power-supply"]},
            {"duration": {"kind": "open_hours", "minutes": hours * 60}, "tier": 1},
            {"duration": {"kind": "working_days", "days": 3}},
        ],
    )
    clocks = [
        rule | {"calendar": "night", "retarget": retarget} if rule["id"] == "resolution" else rule
        for rule in clocks
        if rule["id"] != "redo" or revision == 1
    ]
    extensions = {
        "clocks": ["handling", "resolution"],
        "times_max": 4,
        "at_most": {"kind": "working_days", "days": 9},
    }
    data = HANDBOOK_DATA | {"clocks": clocks, "extensions": extensions, "revision": revision}
    return Handbook.model_validate(data)


@dataclass(repr=False)
class MovingLife:
    """One issue's life so far, with all the terms that it may be put under."""

    choices: tuple[Terms, ...]
    terms: Terms
    issue: Issue | None = None
    at: datetime = b.MON_9
    records: list[Record] = field(default_factory=list)

    def __repr__(self) -> str:
        """Tell the life in short: a failing example is read by a person."""
        told = (f"{r.version} {r.at:%m-%d %H:%M:%S.%f} {r.text}" for r in self.records)
        return "\n".join(told)

    @property
    def by_hash(self) -> dict[str, Terms]:
        """Return every terms by name."""
        return {terms.hash: terms for terms in self.choices}

    def try_(self, command: cmd.Command, actor: Actor, target: Terms | None = None) -> bool:
        """Submit a command; return whether it was taken."""
        sent = b.submission(command, actor)
        try:
            decision = decide(self.issue, sent, b.context(self.at, self.terms, target))
        except IssueError:
            return False
        self.records += b.records_of(decision, sent, self.terms, after=self.records)
        self.issue = decision.issue
        if target is not None:
            self.terms = target
        return True

    def adopt(self, place: int, *, undo: bool) -> bool:
        """Put the issue under other terms, as the engine does."""
        target = self.choices[place % len(self.choices)]
        if target.handbook.hash == self.terms.handbook.hash and not undo:
            return self.try_(b.adopt_calendar(target), ENGINE, target)
        return self.try_(b.adopt_handbook(target, undo=undo), ENGINE, target)


def _owner(issue: Issue, life: MovingLife) -> Actor:
    book_ = life.terms.handbook
    return Officer(person=post(book_, issue.owner).people[0], post=issue.owner)


def _act(life: MovingLife, issue: Issue, act: int, more: int) -> None:
    owner = _owner(issue, life)
    waits = PauseReason.WAITING_OUTSIDE if more % 2 else PauseReason.WAITING_ENTERPRISE
    match act:
        case 0 | 1:
            life.adopt(more, undo=more > 12)
        case 2:
            priority = tuple(Priority)[more % 3]
            life.try_(tm.Reclassify(priority=priority, reason="-"), b.COORDINATOR)
        case 3:
            category = ("road-access", "power-supply")[more % 2]
            life.try_(tm.Reclassify(category=category, reason="-"), b.COORDINATOR)
        case 4:
            extra = OpenHours(minutes=60 * (1 + more % 9))
            clock = ("handling", "resolution")[more % 2]
            asked = tm.AskExtension(clock=clock, extra=extra, reason="-")
            life.try_(asked, owner) and life.try_(b.GRANT, b.DIRECTOR)
        case 5:
            party = "customs" if more % 2 else None
            life.try_(cmd.Pause(reason=waits, party=party, note="-"), owner)
        case 6:
            life.try_(b.RESUME, owner)
        case 7:
            life.try_(b.ESCALATE if more % 2 else b.DEESCALATE, b.HEAD if more % 3 else owner)
        case 8:
            life.try_(b.CONVENE, owner) or life.try_(
                cmd.FinishPart(part="cable", summary="-"), b.POWER_SECTION
            )
        case 9:
            life.try_(b.PROPOSE, owner) or life.try_(b.REJECT, b.ENTERPRISE)
        case 10:
            life.try_(b.CONFIRM, b.ENTERPRISE) and life.try_(b.VERIFY, b.DIRECTOR)
        case _:
            life.try_(
                b.REOPEN if issue.phase is Phase.CLOSED else b.ring(),
                b.ENTERPRISE if issue.phase is Phase.CLOSED else ENGINE,
            )


ACTS = 12
WAITS = (0, 0, 1, 7, 30, 60, 60, 150, 195, 480, 480, 1440, 1440, 4320)
LENGTHS = st.tuples(st.integers(0, ACTS - 1), st.integers(0, 15), st.integers(0, len(WAITS) + 3))


def _pass_time(life: MovingLife, issue: Issue, wait: int, more: int) -> None:
    """Wait so long, or to the very instant of the next rung or just beside it."""
    rung = issue.next_rung
    if wait < len(WAITS):
        life.at += timedelta(minutes=WAITS[wait], milliseconds=more % 3 * 333)
    elif rung is not None:
        life.at = max(life.at, rung[1].due_at + (wait - len(WAITS) - 1) * MILLISECOND)


@st.composite
def moving_lives(draw: st.DrawFn) -> MovingLife:
    """Live through a life in which the targets of clocks are moved as often as can be."""
    answers = st.sampled_from([str(mode) for mode in Retarget])
    retarget = {
        "priority": draw(answers),
        "category": draw(answers),
        "handbook": draw(answers),
        "anchor": draw(st.sampled_from([str(anchor) for anchor in Anchor])),
    }
    choices = _terms(tuple(sorted(retarget.items())))
    life = MovingLife(choices, choices[0])
    life.try_(b.report(priority=draw(st.sampled_from(list(Priority)))), b.ENTERPRISE)
    life.at += timedelta(minutes=draw(st.sampled_from([0, 1, 90])))
    life.try_(b.ACCEPT, b.OFFICER)
    for act, more, wait in draw(st.lists(LENGTHS, min_size=1, max_size=14)):
        if life.issue is not None:
            _pass_time(life, life.issue, wait, more)
            _act(life, life.issue, act, more)
    return life


_KNOWN: dict[tuple[tuple[str, str], ...], tuple[Terms, ...]] = {}


def _terms(retarget: tuple[tuple[str, str], ...]) -> tuple[Terms, ...]:
    """Return two handbooks with each calendar; made once: their tables of open time are dear."""
    if retarget not in _KNOWN:
        _KNOWN[retarget] = tuple(
            Terms(handbook=book(dict(retarget), revision), calendar=calendar, calendars=(NIGHT,))
            for revision in (1, 2)
            for calendar in CALENDARS
        )
    return _KNOWN[retarget]
