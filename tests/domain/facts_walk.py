"""Every moment that the engine itself can come to, found by trying all acts in all places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import builders as b
import builders_ladder as bl

from domain import commands as cmd
from domain import commands_of_kin as kn
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_team as ct
from domain import commands_of_time as tm
from domain.decisions import decide
from domain.durations import Wall
from domain.errors import IssueError, NotPermittedError
from domain.events import Event, PartAsked
from domain.evolve import evolve
from domain.facts_possible import Answer, Facts, Moment
from domain.issue import Issue
from domain.kin import Kin, KinNews
from domain.people import Actor
from domain.phases import (
    Duty,
    LinkType,
    MeetingForm,
    Outcome,
    PauseReason,
    Phase,
    Priority,
    SignOffOutcome,
)
from domain.team import MeetingDecision
from domain.terms import Terms

OURS = "survey"
"""The part that is followed; to the other things happen as well."""
OTHERS = ("bore",)
RINGS_MAX = 14
WAITS = (timedelta(minutes=13), timedelta(minutes=28))
"""Before a proposal, so that the vigil's rungs fall into the enterprise's window."""
PRIORITIES = (Priority.ORDINARY, Priority.EMERGENCY)
"""The two that the table tells apart: only an emergency convenes a team at the first tier."""
ACTORS: list[Actor] = [
    *(b.OFFICER, b.HEAD, b.DIRECTOR, b.VICE_DIRECTOR, b.ENTERPRISE, b.COORDINATOR, b.SECTION),
    *(bl.CHANCERY, b.ENGINE),
]
ANSWERS = {
    None: Answer.NONE,
    SignOffOutcome.DEEMED_ACCEPTED: Answer.SILENCE,
    SignOffOutcome.UNREACHABLE: Answer.SILENCE,
    SignOffOutcome.ACCEPTED: Answer.GIVEN,
    SignOffOutcome.ACCEPTED_BY_PROXY: Answer.GIVEN,
    SignOffOutcome.WITHDRAWN: Answer.WITHDRAWAL,
}


def facts_of(issue: Issue, part: str | None = None) -> Facts:
    """Return an issue as far as conditions can ask about it; `part` is the part to follow."""
    answer = _answer(issue)
    followed = None if issue.team is None or part is None else issue.team.part(part)
    return Facts(
        phase=issue.phase,
        answer=answer,
        waiting=None if issue.pause is None else issue.pause.reason,
        part=None if followed is None else followed.standing,
        tier=issue.tier,
        priority=issue.priority,
        category=issue.category,
    )


def _answer(issue: Issue) -> Answer:
    if issue.outcome is Outcome.MERGED:
        at_intake = issue.merged_from is Phase.INTAKE
        return Answer.MERGED_AT_INTAKE if at_intake else Answer.MERGED_AT_WORK
    if issue.sign_off is None or issue.phase not in (Phase.SIGN_OFF, Phase.CLOSED):
        return Answer.NONE
    if issue.rectification is not None:
        return Answer.DECLARED
    if issue.sign_off.reviewed:
        return Answer.REVIEW
    return ANSWERS[issue.sign_off.outcome]


def plain(facts: Facts) -> Facts:
    """Return the facts as far as the engine itself asks about them: without the category, and a
    priority that is no emergency's as the ordinary one."""
    urgent = facts.priority is Priority.EMERGENCY
    return facts._replace(category=None, priority=PRIORITIES[urgent])


def folded(
    issue: Issue | None, events: Sequence[Event], terms: str
) -> Iterator[tuple[Event, Issue]]:
    """Yield each event with the issue after it."""
    for event in events:
        issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=terms)
        yield event, issue


def _limit(id_: str, minutes: int, rungs: list[dict[str, Any]], **rules: Any) -> dict[str, Any]:
    budgets = [{"duration": {"kind": "wall", "minutes": minutes}}]
    named = {"id": id_, "name": {"zh": "测试", "en": id_}}
    return named | {"budgets": budgets, "rungs": rungs} | rules


def _clocks(minutes: int) -> list[dict[str, Any]]:
    """Beside the zone's clocks one that runs in every phase, through pauses as well; it escalates
    and puts to review from each. Silence lapses before that. What is signed for is soon forgotten,
    an arbiter soon silent, and a parked issue soon looked at."""
    short = {"budgets": [{"duration": {"kind": "wall", "minutes": 5}}]}
    soon = ("sign_off", "verdict", "shelf")
    vigil = _limit(
        "vigil",
        minutes,
        [
            {"id": "agenda", "percent": 50, "effect": "review"},
            {"id": "due", "percent": 100, "effect": "escalate"},
        ],
        start=[{"events": ["issue_reported", "issue_reopened"]}],
        stop=[{"phases": ["closed"]}],
        reset=[{"events": ["issue_escalated", "issue_deescalated", "issue_reclassified"]}],
    )
    pledge = _limit(
        "pledge",
        7,
        [{"id": "due", "percent": 100, "effect": "reopen_ladder"}],
        start=[{"events": ["issue_acknowledged"]}],
        stop=[{"phases": ["closed", "sign_off"]}],
    )
    ours = [r | short if r["id"] in soon else r for r in bl.LADDER_DATA["clocks"]]
    return [*ours, vigil, pledge]


TERMS = bl.ladder_terms(
    clocks=_clocks(30),
    pauses={"times_max": 1},
    sign_off={"rejections_before_escalation": 5},
    extensions={"clocks": ["vigil"], "times_max": 20},
    routing=[{"id": "all", "to": "owner"}],
)
OTHER_TERMS = bl.ladder_terms(clocks=_clocks(40), pauses={"times_max": 1})


def _part(id_: str) -> PartAsked:
    return PartAsked(id=id_, unit="roads", duty=Duty.CO, deliverable="Work.", required=False)


CONVENE = cmd.ConveneTeam(lead="roads", parts=tuple(_part(id_) for id_ in (OURS, *OTHERS)))
MEET = ct.HoldMeeting(
    form=MeetingForm.ONE_MATTER,
    topic="It",
    attended=("director",),
    decisions=(MeetingDecision(id="a", text="Note it."),),
)
RELATED: dict[str, Any] = {"type": LinkType.RELATES, "target": "other", "reason": "So."}
NEWS = KinNews(what="linked", type=LinkType.RELATES, version=1)
TOLD = kn.RecordKin(other="teller", news=NEWS)
ASK_MORE = tm.AskExtension(clock="vigil", extra=Wall(minutes=5), reason="A little more.")
ACTS: list[tuple[cmd.Command, ...]] = [
    *((act,) for act in (b.ACCEPT, b.TURN_AWAY, b.ASSIGN, b.HAND_OVER, b.NOTE, CONVENE)),
    *((cmd.Escalate(to_tier=tier, reason="Up."),) for tier in (2, 3)),
    *((cmd.Deescalate(to_tier=tier, reason="Down."),) for tier in (1, 2)),
    *((cmd.Pause(reason=reason, party="customs", note="Wait."),) for reason in PauseReason),
    *((act,) for act in (b.RESUME, b.PROPOSE, b.CONFIRM, b.CONFIRM_BY_PROXY, b.REJECT)),
    *((act,) for act in (b.UNREACHABLE, b.VERIFY, b.SEND_BACK, b.WITHDRAW, b.REOPEN)),
    *((act,) for act in (b.CONTACT, b.MAKE_PLAN, b.CORRECT, b.HISTORY_LOST)),
    *((tm.Reclassify(priority=priority, reason="Another."),) for priority in PRIORITIES),
    (b.DEMAND_REPLY, b.GIVE_REPLY),
    (ASK_MORE, b.GRANT),
    (ASK_MORE, b.REFUSE),
    *(
        (b.PAUSE, b.RESUME, tm.AskPause(reason=reason, party="customs", note="Once more."), b.GRANT)
        for reason in PauseReason
    ),
    (b.adopt_handbook(OTHER_TERMS),),
    (ld.Acknowledge(),),
    (ld.TakeOver(reason="Mine."),),
    (ld.Instruct(text="At once.", expires_at=b.TUE_9), ld.LiftInstruction(number=1, reason="So.")),
    (ld.Urge(text="How far is it?"),),
    (b.HAND_OVER, bl.REFUSE_PLAINLY, bl.RULE_ROADS),
    (b.HAND_OVER, bl.REFUSE_PLAINLY, b.PROPOSE, bl.RULE_ROADS),
    (bl.OPEN_CHANNEL,),
    (bl.DECLARE, bl.RECOVER, bl.END_EMERGENCY),
    (bl.DECLARE, md.EndEmergency(priority=Priority.EXPEDITED, reason="Nearly.")),
    (bl.ASK_PARKING, b.GRANT, bl.PROLONG, bl.UNPARK),
    (bl.ASK_PARKING, b.REFUSE),
    (MEET, b.NOTE),
    (kn.Link(type=LinkType.RELATES, target="other"), kn.Unlink(**RELATED)),
    (kn.AddChild(child="other"), kn.ReleaseChild(child="other", reason="So.")),
    (kn.JudgeSuggestion(suggested="other", same=False, score=9, method="by-hand"),),
    (TOLD,),
    *(
        chain
        for part in (OURS, *OTHERS)
        for chain in (
            (cmd.AcceptPart(part=part), cmd.FinishPart(part=part, summary="Done.")),
            (cmd.RefusePart(part=part, reason="No."), cmd.WaivePart(part=part, reason="So be it.")),
            (cmd.FinishPart(part=part, summary="Done."),),
            (cmd.WaivePart(part=part, reason="Not needed."),),
        )
    ),
]
"""What is tried everywhere. Of a chain, an act that is refused is left out."""


LEFT: list[tuple[cmd.Command, ...]] = [
    (ld.Acknowledge(),),
    (b.HAND_OVER, bl.REFUSE_PLAINLY),
    (bl.DECLARE,),
]
"""After these nobody does anything, and time does what it does."""


@dataclass
class Place:
    """An issue at an instant, and the terms it is judged by."""

    issue: Issue
    at: datetime
    terms: Terms = field(default_factory=lambda: TERMS)


@dataclass
class Walk:
    """All moments seen; `places` has the first issue found with each set of facts."""

    seen: set[Moment] = field(default_factory=set)
    places: dict[Facts, Place] = field(default_factory=dict)
    ahead: list[Place] = field(default_factory=list)

    def submit(self, place: Place | None, command: cmd.Command, actor: Actor) -> Place | None:
        """Return where an act leads, None if it is refused; what it shows is kept."""
        at = b.MON_9 if place is None else place.at
        terms = TERMS if place is None else place.terms
        issue = None if place is None else place.issue
        owing = () if issue is None else issue.decisions_open
        under = owing[0] if owing and isinstance(command, cmd.Note) else None
        sent = b.submission(command, actor, id_="walk").model_copy(update={"under": under})
        named = Kin(key="other", enterprise="mill", open=True)
        try:
            decision = decide(issue, sent, replace(b.context(at, terms, OTHER_TERMS), kin=named))
        except NotPermittedError:
            return None
        for event, after in folded(issue, decision.events, terms.hash):
            facts = plain(facts_of(after, OURS))
            self.seen.add(Moment(event.kind, facts))
            if event.kind == "terms_adopted":
                terms = OTHER_TERMS
            if facts not in self.places:
                self.places[facts] = Place(after, at, terms)
                self.ahead.append(self.places[facts])
        return Place(decision.issue, at, terms)

    def act(self, place: Place, command: cmd.Command) -> Place:
        """Let somebody do it who may."""
        for actor in ACTORS:
            try:
                after = self.submit(place, command, actor)
            except IssueError:
                return place
            if after is not None:
                return after
        return place

    def ring(self, place: Place) -> None:
        """Let time pass over the next rungs."""
        for _ in range(RINGS_MAX):
            if place.issue.next_rung is None:
                return
            clock, rung = place.issue.next_rung
            place = Place(place.issue, max(place.at, rung.due_at), place.terms)
            after = self.submit(place, b.ring(clock.id, clock.cycle, rung.id), b.ENGINE)
            place = place if after is None else after


def walked() -> Walk:
    """Return every moment that the acts lead to, from everywhere that they lead to."""
    walk = Walk()
    openers = (b.OFFICER, b.HEAD, b.DIRECTOR)
    for tier, opener in enumerate(openers, start=1):
        for priority in PRIORITIES:
            walk.submit(None, b.report(tier=tier, priority=priority), opener)
    while walk.ahead:
        start = walk.ahead.pop(0)
        for chain in ACTS:
            place = start
            for command in chain:
                place = walk.act(place, command)
        for chain in LEFT if start.issue.team is None else ():
            place = start
            for command in chain:
                place = walk.act(place, command)
            walk.ring(place)
        walk.ring(start)
        for wait in WAITS:
            later = Place(start.issue, start.at + wait, start.terms)
            walk.ring(walk.act(later, b.PROPOSE))
    return walk
