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
    """How the enterprise stands to what was proposed last. No condition can ask for it.

    `review`: a closing review is held on what it refused; `declared`: it says itself that it has
    put things right; `merged_*`: the issue goes on in another one.
    """

    NONE = "none"
    SILENCE = "silence"
    GIVEN = "given"
    WITHDRAWAL = "withdrawal"
    REVIEW = "review"
    DECLARED = "declared"
    MERGED_AT_INTAKE = "merged_at_intake"
    MERGED_AT_WORK = "merged_at_work"


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
    """Which values are told apart; of what is left out, all count as one. `absent` are events that
    cannot happen, because the handbook lacks the rule for them."""

    tiers: tuple[int, ...] = ()
    priorities: tuple[Priority, ...] = ()
    categories: tuple[str, ...] = ()
    parts: bool = False
    absent: frozenset[str] = frozenset()

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

BEGUN_ELSEWHERE = frozenset({"issue_imported"})
"""Of these no clock's rule is asked: an import brings the issue and its clocks to where the acts of
an ordinary life would have brought them at that instant."""

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
    "meeting_held",
    "decision_followed",
    "round_opened",
    "vote_cast",
    "round_closed",
    "issue_linked",
    "issue_unlinked",
    "child_added",
    "child_released",
    "kin_recorded",
    "suggestion_judged",
    "item_submitted",
    "callback_drawn",
    "callback_answered",
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
    "team_wanted",
    "item_checked",
    "application_signed",
    "application_approved",
    "application_refused",
    "application_renewed",
)
"""The same, between acceptance and proposal."""
OF_ANOTHER_PRIORITY = ("green_channel_opened", "emergency_declared", "emergency_ended")
EVEN_CLOSED = ("fact_corrected", "exclusion_asked", "exclusion_reviewed", "exclusion_lifted")
ONCE_CLOSED = (
    "decision_followed",
    "round_closed",
    "kin_recorded",
    "vote_cast",
    "successor_asked",
    "callback_drawn",
    "callback_answered",
    "sign_off_disputed",
)
"""What changes nothing of a closed issue."""
AT_SIGN_OFF = ("silence_explained", "answer_link_issued")
OF_OTHER_PARTS = (
    "part_accepted",
    "part_refused",
    "part_finished",
    "part_waived",
    "part_added",
    "part_replaced",
    "part_left",
    "part_ruled",
    "part_ready",
)
RESUMED = "issue_reopened:resume"
"""Stands among the absent events for a reopening that leaves the team as it was."""
BEGUN = (PartStanding.ASKED, PartStanding.WAITING)
"""How a part begins."""
_OWING = (PartStanding.WAITING, PartStanding.ASKED, PartStanding.ACCEPTED, PartStanding.REFUSED)
PART_CHANGES: dict[str, dict[PartStanding, tuple[PartStanding, ...]]] = {
    "part_replaced": dict.fromkeys(_OWING, BEGUN),
    "part_left": dict.fromkeys(_OWING[:3], (PartStanding.LEFT,)),
    "part_ruled": {PartStanding.REFUSED: (*BEGUN, PartStanding.LEFT)},
    "part_ready": {PartStanding.WAITING: (PartStanding.ASKED,)},
    "team_concluded": dict.fromkeys(_OWING, (PartStanding.UNFINISHED,)),
}
"""What a change of the team makes of a part, by where it stood."""
UNMARKED = frozenset(
    {
        *(*WHILE_OPEN, *BEFORE_SIGN_OFF, *AT_WORK, *EVEN_CLOSED, *ONCE_CLOSED, *AT_SIGN_OFF),
        *("pause_asked", "parking_prolonged"),
    }
) - {
    *("note_added", "history_lost"),
    *(RING, "issue_put_to_review", "acknowledgement_expired", "dispatch_bound"),
}
"""Events that change no facts, but for two that stand for all of them, and for what a firing brings
about by itself. A clock that names none of them cannot tell them from a note."""
OF_PARTS = frozenset({*OF_OTHER_PARTS, "team_concluded", "team_convened"})
"""The same for every clock that is no part's."""
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
    PartStanding.WAITING: (PartStanding.REFUSED, PartStanding.WAIVED),
    PartStanding.LEFT: (),
    PartStanding.UNFINISHED: (),
}


def first_moments(space: Space) -> Iterator[Moment]:
    """Yield every way in which an issue can begin."""
    for tier in space.tiers or (None,):
        for facts in space.classes(Facts(phase=Phase.INTAKE, tier=tier)):
            yield Moment("issue_reported", facts)


def following(facts: Facts, space: Space) -> Iterator[Moment]:
    """Yield whatever can happen next, and what is true after it."""
    for moment in _following(facts, space):
        if moment.event not in space.absent:
            yield moment


def _following(facts: Facts, space: Space) -> Iterator[Moment]:
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
            yield from _once_closed(facts, space)
        case Phase.PARKED:
            yield from _ruled(facts)
            yield Moment("enterprise_contacted", facts)
            yield Moment("parking_prolonged", facts)
            yield Moment("issue_unparked", facts._replace(phase=Phase.HANDLING))
            at_sign_off = facts._replace(phase=Phase.SIGN_OFF, answer=Answer.WITHDRAWAL)
            yield Moment("issue_withdrawn", at_sign_off)
        case _:
            assert_never(facts.phase)


def _once_closed(facts: Facts, space: Space) -> Iterator[Moment]:
    for event in ONCE_CLOSED:
        yield Moment(event, facts)
    open_again = facts._replace(phase=Phase.HANDLING, answer=Answer.NONE)
    if facts.answer in (Answer.SILENCE, Answer.GIVEN, Answer.DECLARED):
        yield Moment("issue_reopened", open_again._replace(part=None))
        if RESUMED not in space.absent:
            yield Moment("issue_reopened", open_again)
    if facts.answer is Answer.MERGED_AT_INTAKE:
        yield Moment("issue_unmerged", open_again._replace(phase=Phase.INTAKE))
    if facts.answer is Answer.MERGED_AT_WORK:
        yield Moment("issue_unmerged", open_again)


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
    merged = facts._replace(phase=Phase.CLOSED, answer=Answer.MERGED_AT_INTAKE)
    yield Moment("merged_into", merged)


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
    yield Moment("closing_review_called", at_sign_off._replace(answer=Answer.REVIEW))
    yield Moment("rectification_declared", at_sign_off._replace(answer=Answer.DECLARED))
    merged = facts._replace(phase=Phase.CLOSED, waiting=None, answer=Answer.MERGED_AT_WORK)
    yield Moment("merged_into", merged)


def _of_the_team(facts: Facts, space: Space) -> Iterator[Moment]:
    too_low = facts.tier is not None and facts.tier < TEAM_TIER_MIN
    too_low = too_low and facts.priority not in (None, Priority.EMERGENCY)
    if facts.waiting is None and not too_low:
        for part in _begun(space):
            yield Moment("team_convened", facts._replace(part=part))
    if facts.part is not None or not space.parts:
        for event in (*OF_OTHER_PARTS, "team_concluded"):
            yield Moment(event, facts)
    for part in _begun(space) if facts.part is None else ():
        yield Moment("part_added", facts._replace(part=part))
    if facts.part is not None:
        for standing in PART_STEPS[facts.part]:
            yield Moment(f"part_{standing}", facts._replace(part=standing))
        for event, changes in PART_CHANGES.items():
            for standing in changes.get(facts.part, ()):
                yield Moment(event, facts._replace(part=standing))


def _ruled(facts: Facts) -> Iterator[Moment]:
    """An arbiter's time goes on where the work stands."""
    yield Moment("part_ruled", facts)
    for standing in PART_CHANGES["part_ruled"].get(facts.part or PartStanding.ASKED, ()):
        yield Moment("part_ruled", facts._replace(part=standing))


def _begun(space: Space) -> tuple[PartStanding | None, ...]:
    """A part waits for others only where the handbook lets parts depend on each other."""
    if not space.parts:
        return (None,)
    return BEGUN[:1] if "part_ready" in space.absent else BEGUN


def _in_sign_off(facts: Facts) -> Iterator[Moment]:
    yield from _ruled(facts)
    for event in AT_SIGN_OFF:
        yield Moment(event, facts)
    if facts.answer is Answer.NONE:
        yield Moment("sign_off_lapsed", facts._replace(answer=Answer.SILENCE))
    if facts.answer is Answer.SILENCE:
        yield Moment("sign_off_answered", facts)
    back = facts._replace(phase=Phase.HANDLING, answer=Answer.NONE)
    if facts.answer in (Answer.NONE, Answer.SILENCE):
        yield Moment("sign_off_answered", facts._replace(answer=Answer.GIVEN))
        yield Moment("resolution_rejected", back)
    if facts.answer is not Answer.NONE:
        yield Moment("issue_closed_out", facts._replace(phase=Phase.CLOSED))
    if facts.answer is Answer.DECLARED:
        yield Moment("rectification_failed", back)
        return
    yield Moment("resolution_sent_back", back)
    if facts.answer is not Answer.WITHDRAWAL:
        yield Moment("issue_withdrawn", facts._replace(answer=Answer.WITHDRAWAL))
