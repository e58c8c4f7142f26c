"""What people do with an issue in a generated year: who acts next, with what, and after how long.

People work in opening hours and take their time; enterprises answer, refuse or keep silent. What
the handbook does not let them do is refused like anybody's, and they try something else.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain import commands as cmd
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.commands import Command
from domain.durations import WorkingDays
from domain.handbook import Handbook
from domain.issue import Issue, Promise, Resolution
from domain.organization import chain_posts, holders, owner_post, posts_of_unit
from domain.people import Actor, Officer, Representative
from domain.permissions import PERMITTED, Capacity, verifying_tier
from domain.phases import PauseReason, Phase, ResultClass, TurnAwayCode

HOUR_MS: Final = 3_600_000
RESULTS: Final = {
    ResultClass.SOLVED: 15,
    ResultClass.PARTLY: 2,
    ResultClass.EXPLAINED_CANNOT: 2,
    ResultClass.POLICY_PENDING: 1,
}
WORK: Final = {
    "note": 14,
    "contact": 10,
    "plan": 7,
    "assign": 4,
    "hand_over": 5,
    "wait_for_enterprise": 5,
    "wait_outside": 3,
    "escalate": 4,
    "lower": 3,
    "more_time": 3,
    "park": 2,
    "propose": 30,
}
MEDIAN_HOURS: Final = {"LAB": 1.5, "LOG": 1.5, "EMG": 0.8, "FIN": 4.0, "PRJ": 5.0, "UPG": 5.0}
CONFIRMED, REJECTED = 58, 12
"""Of a hundred rounds of the sign-off; in the others the enterprise keeps silent."""
USUAL_HOURS: Final = 2.5
"""Between one act and the next, of opening hours."""

OF_HANDLERS: Final = frozenset({Capacity.HANDLER, Capacity.OFFICER})

Pace = Callable[[random.Random, Issue], float | None]
"""How many opening hours what comes next with an issue takes; None where nothing is known."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does after so much of opening hours; None: they let it be."""

    after_ms: int
    actor: Actor
    command: Command


@dataclass(frozen=True, slots=True)
class Scene:
    """An issue as those see it who have to do with it, on a local day. `handlers`: whoever has the
    work does what a handler may; else the owner does all of it."""

    chance: random.Random
    issue: Issue
    handbook: Handbook
    day: date
    pace: Pace | None = None
    handlers: bool = False

    def next_act(self) -> Act | None:
        """Return what is done next, None if nobody moves."""
        match self.issue.phase:
            case Phase.INTAKE:
                return self._at_intake()
            case Phase.HANDLING:
                return self._in_handling()
            case Phase.SIGN_OFF:
                return self._at_sign_off()
            case Phase.PARKED:
                return self._act(self._between(60, 220), self._owner(), _UNPARK)
            case Phase.CLOSED:
                return self._when_closed()

    def _at_intake(self) -> Act | None:
        hours = self._some_hours(0.7)
        if self._often(5):
            code = self.chance.choice(list(TurnAwayCode))
            command = cmd.TurnAway(code=code, reason="Not for this zone.", referral="The hotline.")
            return self._act(hours, self._owner(), command)
        return self._act(hours, self._owner(), cmd.Accept())

    def _in_handling(self) -> Act | None:
        issue = self.issue
        if issue.request is not None:
            granted = self._often(75)
            answer = tm.Grant(note="Agreed.") if granted else tm.Refuse(reason="Not this time.")
            return self._act(self._some_hours(3), self._of_tier(self.handbook.top_tier), answer)
        if issue.pause is not None:
            hours = self._between(3, 45)
            resume = cmd.Resume(note="It goes on.")
            return self._act(hours, self._worker(resume, self._owner()), resume)
        if issue.team is not None and issue.team.open_parts:
            return self._in_team()
        family = issue.category.partition("-")[0]
        hours = self._some_hours(MEDIAN_HOURS.get(family, USUAL_HOURS))
        kind = self.chance.choices(list(WORK), weights=list(WORK.values()))[0]
        owner, command = self._owner(), _MAKERS[kind](self)
        return self._act(hours, self._worker(command, owner), command)

    def _in_team(self) -> Act | None:
        part = self.issue.team.open_parts[0] if self.issue.team is not None else None
        if part is None:
            return None
        desk = next(iter(posts_of_unit(self.handbook, part.unit)), None)
        hours = self._some_hours(8)
        if desk is None or self._often(10):
            waive = cmd.WaivePart(part=part.id, reason="It can be done without.", answer="Agreed.")
            return self._act(hours, self._owner(), waive)
        finish = cmd.FinishPart(part=part.id, summary="Our part is done.")
        return self._act(hours, self._officer(desk.id), finish)

    def _at_sign_off(self) -> Act | None:
        sign_off = self.issue.sign_off
        if sign_off is None:
            return None
        if sign_off.outcome is not None:
            tier = verifying_tier(self.issue, self.handbook)
            word = cmd.SendBack(reason="The evidence is thin.") if self._often(5) else cmd.Verify()
            return self._act(self._some_hours(5), self._of_tier(tier), word)
        manager = Representative(
            person=f"{self.issue.enterprise}-manager", enterprise=self.issue.enterprise
        )
        said = self.chance.randrange(100)
        if said < CONFIRMED:
            return self._act(
                self._some_hours(6), manager, cmd.Confirm(satisfaction=self._grade(said))
            )
        if said < CONFIRMED + REJECTED:
            grade = 1 + said % 2
            no = cmd.Reject(reason="It is not done.", satisfaction=grade)
            return self._act(self._some_hours(6), manager, no)
        return None

    def _when_closed(self) -> Act | None:
        if not self._often(4) or self.issue.reopened:
            return None
        manager = Representative(
            person=f"{self.issue.enterprise}-manager", enterprise=self.issue.enterprise
        )
        again = cmd.Reopen(reason="It has come back.")
        return self._act(self._between(4, 30), manager, again)

    def _act(self, hours: float, actor: Actor | None, command: Command | None) -> Act | None:
        if actor is None or command is None:
            return None
        return Act(int(hours * HOUR_MS), actor, command)

    def _owner(self) -> Actor | None:
        return self._officer(self.issue.owner)

    def _worker(self, command: Command | None, owner: Actor | None) -> Actor | None:
        """Whoever has the work, where they may send such a command, else the owner."""
        if not self.handlers or command is None or not PERMITTED[command.kind] & OF_HANDLERS:
            return owner
        return self._officer(self.issue.handler) or owner

    def _of_tier(self, tier: int) -> Actor | None:
        """Somebody of that tier who had no hand in the result, if there is anybody."""
        sign_off = self.issue.sign_off
        hands = () if sign_off is None else sign_off.hands
        people = [
            Officer(person=person, post=post.id)
            for post in chain_posts(self.handbook, self.issue.enterprise, tier)
            for person in holders(post, self.day)
            if person not in hands
        ]
        return self.chance.choice(people) if people else None

    def _officer(self, post_id: str) -> Actor | None:
        post = self.handbook.posts_by_id.get(post_id)
        people = () if post is None else holders(post, self.day)
        return Officer(person=self.chance.choice(people), post=post_id) if people else None

    def _some_hours(self, median: float) -> float:
        """Most are quick and a few very slow, unless it is known how long such things take."""
        known = self._known_hours()
        if known is not None:
            return known
        return min(median * self.chance.lognormvariate(0, 1.0), median * 14)

    def _between(self, low: float, high: float) -> float:
        known = self._known_hours()
        return self.chance.uniform(low, high) if known is None else known

    def _known_hours(self) -> float | None:
        return None if self.pace is None else self.pace(self.chance, self.issue)

    def _grade(self, said: int) -> int | None:
        """Two in three give one, and most of these a good one."""
        return None if said % 3 == 0 else self.chance.choice((3, 4, 4, 5, 5))

    def _often(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def other_unit(self) -> str | None:
        """Return a unit with a desk that does not have the work already."""
        units = [
            each.id
            for each in self.handbook.units
            if each.id != self.issue.unit and posts_of_unit(self.handbook, each.id)
        ]
        return self.chance.choice(units) if units else None

    def a_handler(self) -> str | None:
        """Return a post that may be given the work: one of the owner's tier, or of its unit."""
        unit = self.issue.unit
        if unit is not None:
            desks = [post.id for post in posts_of_unit(self.handbook, unit)]
            return self.chance.choice(desks) if desks else None
        own = owner_post(self.handbook, self.issue.enterprise, self.issue.tier)
        return None if own is None else own.id


_REST_WITHIN: Final = WorkingDays(days=20)
_UNPARK: Final = md.Unpark(reason="What it lacked has come.")


def _assigned(scene: Scene) -> Command | None:
    handler = scene.a_handler()
    return None if handler is None else cmd.Assign(handler=handler)


def _handed_over(scene: Scene) -> Command | None:
    unit = scene.other_unit()
    return None if unit is None else cmd.HandOver(unit=unit, reason="It is theirs to do.")


def _waiting_outside(scene: Scene) -> Command | None:
    outside = [each.id for each in scene.handbook.units if each.external]
    if not outside:
        return None
    party = scene.chance.choice(outside)
    return cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party=party, note="They are to decide.")


def _escalated(scene: Scene) -> Command:
    if scene.issue.tier >= scene.handbook.top_tier:
        return cmd.Note(text="There is nobody above to ask.")
    return cmd.Escalate(reason="It is beyond this tier.")


def _lowered(scene: Scene) -> Command:
    if scene.issue.tier == 1:
        return cmd.Note(text="It stays where it is.")
    return cmd.Deescalate(to_tier=scene.issue.tier - 1, reason="It can be done below.")


def _more_time(scene: Scene) -> Command:
    for clock in scene.issue.clocks:
        if clock.rule == "handling" and clock.due_at is not None:
            return tm.AskExtension.model_validate(
                {"clock": clock.id, "extra": "2wd", "reason": "A part is on order."}
            )
    return cmd.Note(text="There is time enough.")


def _proposed(scene: Scene) -> Command:
    result = scene.chance.choices(list(RESULTS), weights=list(RESULTS.values()))[0]
    reason = None if result is ResultClass.SOLVED else "More is not in our hands."
    summary = "What could be done is done."
    left = result in (ResultClass.PARTLY, ResultClass.POLICY_PENDING)
    promise = Promise(text="The rest follows.", within=_REST_WITHIN) if left else None
    return cmd.ProposeResolution(
        resolution=Resolution(result=result, summary=summary, reason=reason, follow_up=promise)
    )


_MAKERS: Final[dict[str, Callable[[Scene], Command | None]]] = {
    "note": lambda _: cmd.Note(text="Looked into it."),
    "contact": lambda _: tm.Contact(channel="telephone", note="Spoke with the enterprise."),
    "plan": lambda scene: tm.MakePlan(
        plan="In three steps.", finish_on=scene.day + timedelta(days=scene.chance.randrange(3, 20))
    ),
    "assign": _assigned,
    "hand_over": _handed_over,
    "wait_for_enterprise": lambda _: cmd.Pause(
        reason=PauseReason.WAITING_ENTERPRISE, note="Papers are awaited."
    ),
    "wait_outside": _waiting_outside,
    "escalate": _escalated,
    "lower": _lowered,
    "more_time": _more_time,
    "park": lambda _: md.AskParking(reason="Land is not to be had this year."),
    "propose": _proposed,
}
