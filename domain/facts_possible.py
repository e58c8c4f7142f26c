"""What can be true of an issue right after each kind of event: a finite table for static checks.

Whatever can happen is in it (tests play lives against it); of what it holds, some cannot happen
under every handbook: none of its limits on how often, and no permissions, are told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, assert_never, get_args

from domain.events import Event, RungFired
from domain.phases import PartStanding, PauseReason, Phase, Priority

ANY_OTHER = "*"
"""Stands for all categories that nobody asks about. No category is called so."""
TEAM_TIER_MIN = 2


class Answer(StrEnum):
    """How the enterprise stands to what was proposed last. No condition can ask for it."""

    NONE = "none"
    SILENCE = "silence"
    GIVEN = "given"
    WITHDRAWAL = "withdrawal"


class Facts(NamedTuple):
    """An issue as far as conditions can ask about it. None: nobody asks, or there is none.

    `part` is where one part of its joint team stands.
    """

    phase: Phase
    answer: Answer = Answer.NONE
    waiting: PauseReason | None = None
    part: PartStanding | None = None
    tier: int | None = None
    priority: Priority | None = None
    category: str | None = None


class Moment(NamedTuple):
    """An event, and the issue right after it."""

    event: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Space:
    """Which values are told apart; of what is left out, all count as one."""

    tiers: tuple[int, ...] = ()
    priorities: tuple[Priority, ...] = ()
    categories: tuple[str, ...] = ()
    parts: bool = False

    def classes(self, facts: Facts) -> Iterator[Facts]:
        """Yield the same facts under every priority and category."""
        for priority in self.priorities or (None,):
            for category in self.categories or (None,):
                yield facts._replace(priority=priority, category=category)

    def above(self, facts: Facts) -> Iterator[Facts]:
        """Yield the same facts at every higher tier."""
        for tier in self.tiers or (None,):
            if tier is None or facts.tier is None or tier > facts.tier:
                yield facts._replace(tier=tier)

    def below(self, facts: Facts) -> Iterator[Facts]:
        """Yield the same facts at every lower tier."""
        for tier in self.tiers or (None,):
            if tier is None or facts.tier is None or tier < facts.tier:
                yield facts._replace(tier=tier)


EVENT_CLASSES = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(Event)[0])}
"""Every event by its kind."""

RING: str = RungFired.model_fields["kind"].default
WHILE_OPEN = (
    "note_added",
    "history_lost",
    RING,
    "issue_put_to_review",
    "reply_demanded",
    "reply_given",
    "terms_adopted",
    "clock_migrated",
    "level_skipped",
    "level_held",
    "post_handed_over",
    "instruction_given",
    "instruction_lifted",
    "issue_urged",
    "emergency_stage_entered",
    "dispatch_ruled",
    "dispatch_bound",
)
"""Events that leave the facts of an open issue as they are."""
BEFORE_SIGN_OFF = (
    "issue_assigned",
    "enterprise_contacted",
    "extension_asked",
    "extension_granted",
    "request_refused",
    "dispatch_refused",
)
"""The same, until a resolution is proposed."""
AT_WORK = (
    "issue_handed_over",
    "issue_routed",
    "plan_made",
    "pause_granted",
    "parking_asked",
    "issue_acknowledged",
    "acknowledgement_expired",
)
"""The same, between acceptance and proposal."""
OF_ANOTHER_PRIORITY = ("green_channel_opened", "emergency_declared", "emergency_ended")
EVEN_CLOSED = ("fact_corrected",)
OF_OTHER_PARTS = ("part_accepted", "part_refused", "part_finished", "part_waived")
PART_STEPS = {
    PartStanding.ASKED: (
        PartStanding.ACCEPTED,
        PartStanding.REFUSED,
        PartStanding.FINISHED,
        PartStanding.WAIVED,
    ),
    PartStanding.ACCEPTED: (PartStanding.FINISHED, PartStanding.WAIVED),
    PartStanding.REFUSED: (PartStanding.WAIVED,),
    PartStanding.FINISHED: (),
    PartStanding.WAIVED: (),
}


def first_moments(space: Space) -> Iterator[Moment]:
    """Yield every way in which an issue can begin."""
    for tier in space.tiers or (None,):
        for facts in space.classes(Facts(phase=Phase.INTAKE, tier=tier)):
            yield Moment("issue_reported", facts)


def following(facts: Facts, space: Space) -> Iterator[Moment]:
    """Yield whatever can happen next, and what is true after it."""
    if facts.phase is not Phase.CLOSED:
        yield from _while_open(facts, space)
    for event in EVEN_CLOSED:
        yield Moment(event, facts)
    match facts.phase:
        case Phase.INTAKE:
            yield from _in_intake(facts, space)
        case Phase.HANDLING:
            yield from _in_handling(facts, space)
        case Phase.SIGN_OFF:
            yield from _in_sign_off(facts)
        case Phase.CLOSED:
            if facts.answer in (Answer.SILENCE, Answer.GIVEN):
                reopened = facts._replace(phase=Phase.HANDLING, answer=Answer.NONE, part=None)
                yield Moment("issue_reopened", reopened)
        case Phase.PARKED:
            yield Moment("enterprise_contacted", facts)
            yield Moment("parking_prolonged", facts)
            yield Moment("issue_unparked", facts._replace(phase=Phase.HANDLING))
            at_sign_off = facts._replace(phase=Phase.SIGN_OFF, answer=Answer.WITHDRAWAL)
            yield Moment("issue_withdrawn", at_sign_off)
        case _:
            assert_never(facts.phase)


def all_moments(space: Space) -> frozenset[Moment]:
    """Return every moment that any issue can come to."""
    found: set[Moment] = set()
    ahead = list(first_moments(space))
    seen: set[Facts] = set()
    while ahead:
        moment = ahead.pop()
        found.add(moment)
        if moment.facts not in seen:
            seen.add(moment.facts)
            ahead.extend(following(moment.facts, space))
    return frozenset(found)


def _while_open(facts: Facts, space: Space) -> Iterator[Moment]:
    """Time escalates in any phase, if a clock that runs there says so. A new tier ends a pause."""
    for event in WHILE_OPEN:
        yield Moment(event, facts)
    if facts.phase in (Phase.INTAKE, Phase.HANDLING):
        for event in BEFORE_SIGN_OFF:
            yield Moment(event, facts)
        for other in space.classes(facts):
            yield Moment("issue_reclassified", other)
    for event in OF_ANOTHER_PRIORITY:
        for priority in space.priorities or (None,):
            yield Moment(event, facts._replace(priority=priority))
    for higher in space.above(facts):
        yield Moment("issue_escalated", higher._replace(waiting=None))


def _in_intake(facts: Facts, space: Space) -> Iterator[Moment]:
    for category in space.categories or (None,):
        taken_on = facts._replace(phase=Phase.HANDLING, category=category)
        yield Moment("issue_accepted", taken_on)
    for event in ("issue_turned_away", "issue_withdrawn"):
        yield Moment(event, facts._replace(phase=Phase.CLOSED))


def _in_handling(facts: Facts, space: Space) -> Iterator[Moment]:
    for event in AT_WORK:
        yield Moment(event, facts)
    for lower in space.below(facts):
        yield Moment("issue_deescalated", lower._replace(waiting=None))
    if facts.waiting is None:
        yield Moment("pause_asked", facts)
        for reason in PauseReason:
            yield Moment("issue_paused", facts._replace(waiting=reason))
    else:
        yield Moment("issue_resumed", facts._replace(waiting=None))
    yield Moment("issue_parked", facts._replace(phase=Phase.PARKED, waiting=None))
    yield from _of_the_team(facts, space)
    at_sign_off = facts._replace(phase=Phase.SIGN_OFF, waiting=None)
    yield Moment("resolution_proposed", at_sign_off)
    yield Moment("issue_withdrawn", at_sign_off._replace(answer=Answer.WITHDRAWAL))


def _of_the_team(facts: Facts, space: Space) -> Iterator[Moment]:
    too_low = facts.tier is not None and facts.tier < TEAM_TIER_MIN
    too_low = too_low and facts.priority not in (None, Priority.EMERGENCY)
    if facts.waiting is None and not too_low:
        part = PartStanding.ASKED if space.parts else None
        yield Moment("team_convened", facts._replace(part=part))
    if facts.part is not None or not space.parts:
        for event in OF_OTHER_PARTS:
            yield Moment(event, facts)
    if facts.part is not None:
        for standing in PART_STEPS[facts.part]:
            yield Moment(f"part_{standing}", facts._replace(part=standing))


def _in_sign_off(facts: Facts) -> Iterator[Moment]:
    if facts.answer is Answer.NONE:
        yield Moment("sign_off_lapsed", facts._replace(answer=Answer.SILENCE))
    if facts.answer is Answer.SILENCE:
        yield Moment("sign_off_answered", facts)
    back = facts._replace(phase=Phase.HANDLING, answer=Answer.NONE)
    if facts.answer in (Answer.NONE, Answer.SILENCE):
        yield Moment("sign_off_answered", facts._replace(answer=Answer.GIVEN))
        yield Moment("resolution_rejected", back)
    yield Moment("resolution_sent_back", back)
    if facts.answer is not Answer.NONE:
        yield Moment("issue_closed_out", facts._replace(phase=Phase.CLOSED))
    if facts.answer is not Answer.WITHDRAWAL:
        yield Moment("issue_withdrawn", facts._replace(answer=Answer.WITHDRAWAL))
