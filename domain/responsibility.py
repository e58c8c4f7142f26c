"""Whose time it was: every millisecond of an issue's open life belongs to one holder (I16).

The first row that fits decides. "Holds" means: has the next move; the deadline is another matter.

=====================================================  =============================  ===========
when                                                   holder                         source
=====================================================  =============================  ===========
closed, until it is reopened                           nobody: no part of the life    R10.1
the office is closed, and no clock that counts         calendar                       I16, R2
minutes day and night runs
a rung was due and fired late by our own fault         platform                       I16, I18
parked: kept in sight, and nobody works on it          parked: the zone               R11
a unit refused the dispatch, and nobody has ruled yet  arbiter: the post asked        R5.7
paused, waiting for the enterprise                     reporter: the enterprise       Q7
paused, waiting for somebody outside                   external: the party            Q7
put to review, and nobody has ruled yet                arbiter: the top tier's post   Q5, R5.7
intake                                                 the owner                      R4.5
sign-off, a rectification is declared done             the post that ordered it       M33
sign-off, the enterprise has had no say yet            reporter: the enterprise       R8.2
sign-off, after its say or its silence                 the verifier above             Q11, Q16
handling, a joint team owes required parts             the team's lead unit           R7.1
handling, a rectification                              reporter: the enterprise       M33
handling                                               the unit that has the work,    R4.5
                                                       else the handler
=====================================================  =============================  ===========

A post that belongs to a unit holds for its unit. Time goes to whoever held it then: neither a
hand-over nor other terms adopted later take it away again (R4.5). A limit in natural days names a
day; nobody has to work at night for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import WorkingCalendar
from domain.chain import Record
from domain.clocks import Standing
from domain.days import from_ms, to_ms
from domain.durations import Basis, NaturalDays
from domain.events import (
    Event,
    IssuePutToReview,
    IssueWithdrawn,
    ResolutionRejected,
    ResolutionSentBack,
    RungFired,
)
from domain.handbook import Handbook
from domain.issue import Issue, Pause
from domain.model import Code, Frozen, Moment, Name
from domain.organization import owner_post, post
from domain.permissions import verifying_tier
from domain.phases import PauseReason, Phase
from domain.retold import TermsByHash, Told, retold
from domain.runs import FIRST_RULES

LATE_UNDER_FIRST_RULES_MS = 60_000
"""The first rules did not say whose fault a late firing was: more than a minute was ours."""

PLATFORM_ID = "closeout"
OUTSIDE_ID = "outside"
"""Whom an issue waits for where nobody was named."""


class HolderKind(StrEnum):
    """In what quality somebody or something holds an issue."""

    UNIT = "unit"
    POST = "post"
    ARBITER = "arbiter"
    REPORTER = "reporter"
    EXTERNAL = "external"
    CALENDAR = "calendar"
    PLATFORM = "platform"
    PARKED = "parked"


class Holder(Frozen):
    """Who has the time: `id` is a unit's, a post's, an enterprise's, a calendar's or, of what is
    parked, the zone's."""

    kind: HolderKind
    id: Code


class Held(Frozen):
    """A stretch of one holder's. `counted_ms` is all of it, or nothing while the office is closed.

    `cause_version` is the event by which it came to the holder: for the platform the firing that
    was late, for a calendar the event that the office was closed upon.
    """

    from_at: Moment
    to_at: Moment
    holder: Holder
    counted_ms: int
    cause_version: int
    why: Name

    @property
    def passed_ms(self) -> int:
        """Return how long the stretch lasted on any clock."""
        return to_ms(self.to_at) - to_ms(self.from_at)


class Total(Frozen):
    """All that one holder held."""

    holder: Holder
    counted_ms: int
    passed_ms: int


INTAKE = Name(zh="待受理", en="to be accepted")
WITH_HANDLER = Name(zh="办理中", en="being handled")
WITH_TEAM = Name(zh="联办中", en="a joint team owes its parts")
FOR_ENTERPRISE = Name(zh="待企业", en="waits for the enterprise")
FOR_OUTSIDE = Name(zh="待外部", en="waits for somebody outside")
FOR_ANSWER = Name(zh="待企业确认", en="waits for the enterprise's answer")
FOR_INSPECTOR = Name(zh="待检查", en="to be inspected")
RECTIFYING = Name(zh="整改中", en="the enterprise rectifies")
FOR_VERIFIER = Name(zh="待核销", en="to be verified")
FOR_RULING = Name(zh="专题研究", en="put to review")
IN_DISPUTE = Name(zh="派单争议待裁决", en="a refused dispatch waits for its ruling")
SET_ASIDE = Name(zh="挂账", en="parked")
RANG_LATE = Name(zh="系统延迟提醒", en="a rung fired late by our fault")

RULINGS = (IssueWithdrawn, ResolutionRejected, ResolutionSentBack)
"""What ends a review beside an acceptance, another tier, a proposal and the closing, which the
issue itself remembers."""

Claim = tuple[Holder, Name]


@dataclass(frozen=True, slots=True)
class _Tenure:
    """From one event to the next: who has the issue, office hours and late rungs aside."""

    from_ms: int
    to_ms: int
    claim: Claim
    version: int
    calendar: WorkingCalendar
    all_time: bool


@dataclass(frozen=True, slots=True)
class _Fault:
    """From when a rung was due until it fired late."""

    from_ms: int
    to_ms: int
    version: int


def partition(
    records: Sequence[Record], terms: TermsByHash, until_at: datetime
) -> tuple[Held, ...]:
    """Return who held the issue, from its report to its closing or to `until_at`.

    Stretches are in order and disjoint; within each open life, of which a reopening begins another,
    they leave no hole. `records` are all of one stream; `terms` holds all that they name. What is
    cut earlier is the beginning of what is cut later. Raises CalendarError where the calendar
    cannot say whether the office was open.
    """
    life = tuple(retold(records, terms))
    faults = tuple(_faults(life))
    tenures = _tenures(life, to_ms(until_at))
    return tuple(_joined(held for tenure in tenures for held in _carved(tenure, faults)))


def totals(held: Iterable[Held]) -> tuple[Total, ...]:
    """Return what each holder held in all, the largest share first."""
    sums: dict[Holder, tuple[int, int]] = {}
    for each in held:
        counted_ms, passed_ms = sums.get(each.holder, (0, 0))
        sums[each.holder] = counted_ms + each.counted_ms, passed_ms + each.passed_ms
    every = [
        Total(holder=holder, counted_ms=counted_ms, passed_ms=passed_ms)
        for holder, (counted_ms, passed_ms) in sums.items()
    ]
    return tuple(
        sorted(every, key=lambda t: (-t.counted_ms, -t.passed_ms, t.holder.kind, t.holder.id))
    )


def _tenures(life: Sequence[Told], until_ms: int) -> Iterator[_Tenure]:
    ends = [*(to_ms(told.record.at) for told in life[1:]), until_ms]
    claim: Claim | None = None
    version, ruled = 0, False
    for told, end_ms in zip(life, ends, strict=True):
        issue, event = told.after, told.event
        ruled = ruled_after(event, ruled=ruled)
        if not issue.is_open:
            claim = None
            continue
        before, claim = claim, claim_on(issue, told.terms.handbook, ruled=ruled)
        version = version if claim == before else told.version
        from_ms, to_end_ms = to_ms(told.record.at), min(end_ms, until_ms)
        if from_ms < to_end_ms:
            all_time = _counts_all_time(issue)
            yield _Tenure(from_ms, to_end_ms, claim, version, told.terms.calendar, all_time)


def ruled_after(event: Event, *, ruled: bool) -> bool:
    """Return whether somebody has ruled on the last review, after one more event."""
    return not isinstance(event, IssuePutToReview) and (ruled or isinstance(event, RULINGS))


def claim_on(issue: Issue, handbook: Handbook, *, ruled: bool) -> Claim:
    """Return who has an open issue and why, by the table; office hours and late rungs aside."""
    reporter = Holder(kind=HolderKind.REPORTER, id=issue.enterprise)
    if issue.phase is Phase.PARKED:
        return Holder(kind=HolderKind.PARKED, id=issue.zone), SET_ASIDE
    if (arbiter := _asked_arbiter(issue)) is not None:
        return Holder(kind=HolderKind.ARBITER, id=arbiter), IN_DISPUTE
    if issue.pause is not None:
        return _waited_for(issue.pause, reporter)
    if issue.under_review and not ruled:
        arbiter = _accountable(issue, handbook, handbook.top_tier)
        return Holder(kind=HolderKind.ARBITER, id=arbiter), FOR_RULING
    if issue.phase is Phase.INTAKE:
        return place_of_post(handbook, issue.owner), INTAKE
    if issue.phase is Phase.SIGN_OFF:
        return _at_sign_off(issue, handbook, reporter)
    with_team = issue.team is not None and issue.team.open_parts
    if issue.rectification is not None and not with_team:
        return reporter, RECTIFYING
    return working(issue, handbook), WITH_TEAM if with_team else WITH_HANDLER


def _at_sign_off(issue: Issue, handbook: Handbook, reporter: Holder) -> Claim:
    if issue.rectification is not None:
        inspector = issue.rectification.post or issue.owner
        return place_of_post(handbook, inspector), FOR_INSPECTOR
    if issue.sign_off is None or issue.sign_off.outcome is None:
        return reporter, FOR_ANSWER
    verifier = _accountable(issue, handbook, verifying_tier(issue, handbook))
    return place_of_post(handbook, verifier), FOR_VERIFIER


def working(issue: Issue, handbook: Handbook) -> Holder:
    """Return whose work an issue in handling is: a joint team's lead unit while the team owes
    required parts, else the unit that has the work, else the handler's place."""
    if issue.team is not None and issue.team.open_parts:
        return Holder(kind=HolderKind.UNIT, id=issue.team.lead)
    if issue.unit is not None:
        return Holder(kind=HolderKind.UNIT, id=issue.unit)
    return place_of_post(handbook, issue.handler)


def _asked_arbiter(issue: Issue) -> str | None:
    if issue.phase is not Phase.HANDLING or issue.dispatch is None:
        return None
    return issue.dispatch.arbiter


def _waited_for(pause: Pause, reporter: Holder) -> Claim:
    if pause.reason is PauseReason.WAITING_ENTERPRISE:
        return reporter, FOR_ENTERPRISE
    return Holder(kind=HolderKind.EXTERNAL, id=pause.party or OUTSIDE_ID), FOR_OUTSIDE


def _accountable(issue: Issue, handbook: Handbook, tier: int) -> str:
    found = owner_post(handbook, issue.enterprise, tier)
    return issue.owner if found is None else found.id


def place_of_post(handbook: Handbook, post_id: str) -> Holder:
    """Return for whom a post holds: for its unit, or for itself."""
    found = post(handbook, post_id)
    if found is None or found.unit is None:
        return Holder(kind=HolderKind.POST, id=post_id)
    return Holder(kind=HolderKind.UNIT, id=found.unit)


def _counts_all_time(issue: Issue) -> bool:
    return any(
        clock.standing is Standing.RUNNING
        and clock.basis is Basis.WALL
        and not isinstance(clock.duration, NaturalDays)
        for clock in issue.clocks
    )


def _faults(life: Iterable[Told]) -> Iterator[_Fault]:
    """Yield when the platform was late, in order and disjoint: of two firings the first counts."""
    late = sorted(
        (to_ms(told.event.due_at), to_ms(told.record.at), told.version)
        for told in life
        if isinstance(told.event, RungFired) and _is_ours(told.record, told.event)
    )
    reached_ms = 0
    for due_ms, fired_ms, version in late:
        if max(due_ms, reached_ms) < fired_ms:
            yield _Fault(max(due_ms, reached_ms), fired_ms, version)
            reached_ms = fired_ms


def _is_ours(record: Record, event: RungFired) -> bool:
    late_ms = to_ms(record.at) - to_ms(event.due_at)
    return event.late_by_us or (record.rules == FIRST_RULES and late_ms > LATE_UNDER_FIRST_RULES_MS)


def _carved(tenure: _Tenure, faults: Sequence[_Fault]) -> Iterator[Held]:
    """Yield a tenure with what belongs to the calendar and to the platform taken out."""
    if tenure.all_time:
        yield from _open(tenure, tenure.from_ms, tenure.to_ms, faults)
        return
    closed = Holder(kind=HolderKind.CALENDAR, id=tenure.calendar.id)
    for span in tenure.calendar.derivation(from_ms(tenure.from_ms), from_ms(tenure.to_ms)):
        start_ms, end_ms = to_ms(span.from_at), to_ms(span.to_at)
        if span.counted_ms:
            yield from _open(tenure, start_ms, end_ms, faults)
        else:
            yield _held(start_ms, end_ms, (closed, span.rule), tenure.version)


def _open(tenure: _Tenure, start_ms: int, end_ms: int, faults: Sequence[_Fault]) -> Iterator[Held]:
    platform = Holder(kind=HolderKind.PLATFORM, id=PLATFORM_ID)
    for fault in faults:
        late_ms, rang_ms = max(fault.from_ms, start_ms), min(fault.to_ms, end_ms)
        if late_ms >= rang_ms:
            continue
        if start_ms < late_ms:
            yield _held(start_ms, late_ms, tenure.claim, tenure.version)
        yield _held(late_ms, rang_ms, (platform, RANG_LATE), fault.version)
        start_ms = rang_ms
    if start_ms < end_ms:
        yield _held(start_ms, end_ms, tenure.claim, tenure.version)


def _held(start_ms: int, end_ms: int, claim: Claim, version: int) -> Held:
    holder, why = claim
    return Held(
        from_at=from_ms(start_ms),
        to_at=from_ms(end_ms),
        holder=holder,
        counted_ms=0 if holder.kind is HolderKind.CALENDAR else end_ms - start_ms,
        cause_version=version,
        why=why,
    )


def _joined(every: Iterable[Held]) -> Iterator[Held]:
    """Yield stretches that follow on one another, of one holder and for one reason, as one."""
    last: Held | None = None
    for held in every:
        if last is not None and _goes_on(last, held):
            last = last.model_copy(
                update={"to_at": held.to_at, "counted_ms": last.counted_ms + held.counted_ms}
            )
            continue
        if last is not None:
            yield last
        last = held
    if last is not None:
        yield last


def _goes_on(last: Held, held: Held) -> bool:
    return (last.to_at, last.holder, last.why) == (held.from_at, held.holder, held.why)
