"""What strike-offs give to figures: on time, how long, signed off how, with what result, come back.

What a figure is of falls to whoever had the work just before (see `responsibility.working`), a
breach to whoever it is charged to (see `warning_facts`). Revisions of one figure may share one
function: what a published revision counts is never edited.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from domain import events as ev
from domain.calendar import CalendarError
from domain.clocks import Move
from domain.days import to_ms
from domain.events_of_callbacks import CallbackDrawn, SignOffDisputed
from domain.events_of_time import FactCorrected
from domain.figure_dimensions import found_by, left_by
from domain.figure_story import Story
from domain.figures import Period, Share
from domain.known import known_now
from domain.phases import Outcome, Phase, SignOffOutcome
from domain.responsibility import Holder, working
from domain.retold import Told
from domain.supervision_rules import WarningFact
from domain.warning_facts import Fact

STRUCK_OFF = (Outcome.CLOSED_OUT, Outcome.CLOSED_BY_REVIEW)
# Words of the first revisions, written out: a word that is added later is none of theirs.
VERDICTS = ("met", "breached_then_met", "handed_over", "withdrawn", "superseded", "none")
OUTCOMES = ("closed_out", "turned_away", "withdrawn", "merged", "closed_by_review")
SAID = (
    "accepted",
    "rejected",
    "deemed_accepted",
    "accepted_by_proxy",
    "unreachable",
    "withdrawn",
)
INSPECTED = "inspected"
SATISFIED_MIN = 4

_Verdicts = dict[tuple[str | None, int | None], str]


@dataclass(slots=True)
class _StrikeOff:
    """A strike-off, and the report or reopening that its course began with."""

    told: Told
    event: ev.IssueClosedOut
    begun: Told
    holder: Holder
    reopened: bool = False
    answers: list[ev.SignOffAnswered | ev.ResolutionRejected] = field(default_factory=list)
    disputed: bool = False


def _strike_offs(
    life: Sequence[Told], outcomes: Container[Outcome] = STRUCK_OFF
) -> list[_StrikeOff]:
    found: list[_StrikeOff] = []
    answers: list[ev.SignOffAnswered | ev.ResolutionRejected] = []
    draws: dict[str, _StrikeOff] = {}
    begun = life[0]
    for told in life:
        match event := told.event:
            case ev.IssueReopened():
                begun = told
                if found:
                    found[-1].reopened = True
            case ev.SignOffAnswered() | ev.ResolutionRejected():
                answers.append(event)
            case ev.IssueClosedOut() if event.outcome in outcomes:
                found.append(_StrikeOff(told, event, begun, worker(told), answers=answers))
                answers = []
            case CallbackDrawn() if found:
                draws[event.draw] = found[-1]
            case SignOffDisputed() if event.draw in draws:
                draws[event.draw].disputed = True
            case _:
                pass
    return found


def _in_period(life: Sequence[Told], period: Period) -> Iterator[_StrikeOff]:
    return (each for each in _strike_offs(life) if each.told.record.at in period)


def worker(told: Told) -> Holder:
    """Return who had the work as an event found the issue."""
    return working(told.before or told.after, told.terms.handbook)


# On time -----------------------------------------------------------------------------------


def on_time(story: Story, period: Period) -> Iterator[Share]:
    """Yield strike-offs, and breaches on the way to them at whom they are charged to."""
    breaches = breaches_of(story)
    verdicts = _verdicts(story.life)
    for strike_off in _in_period(story.life, period):
        first, last = strike_off.begun.version, strike_off.told.version
        own = [fact for fact in breaches if first < fact.version <= last]
        counts = {"closed": 1, "on_time": not own, "late": bool(own)}
        counts["excused"] = bool(own) and _excused(own, story)
        setting = found_by(strike_off.told)
        closing = {name: int(count) for name, count in counts.items()}
        yield Share(strike_off.holder, closing, setting=setting)
        for fact in own:
            verdict = verdicts.get((fact.clock, fact.cycle), "none")
            breached = {"breaches": 1, f"breaches_{verdict}": 1}
            yield Share(fact.charged, breached, setting=setting)


def breaches_of(story: Story) -> list[Fact]:
    """Return the breaches of an issue that count: charged to somebody of the zone, not undone."""
    return [
        fact for fact in story.facts if fact.fact is WarningFact.BREACH and fact.annulled is None
    ]


def _verdicts(life: Sequence[Told]) -> _Verdicts:
    """Return how each cycle that ended did; a reset ends the cycle before its own."""
    found: _Verdicts = {}
    for told in life:
        for change in told.event.clocks:
            if change.verdict is not None:
                ended = change.cycle - (change.move is Move.RESET)
                found[change.clock, ended] = change.verdict.value
    return found


def _excused(own: Sequence[Fact], story: Story) -> bool:
    """Return whether none of these limits was passed by what is known now of when things took
    place (R3.5). Where the calendar does not reach back to that, nobody is excused."""
    try:
        known = known_now(story.records, story.terms)
    except CalendarError:
        return False
    kept = {(each.clock, each.cycle) for each in known if not each.now.breached}
    return all((fact.clock, fact.cycle) in kept for fact in own)


# Standing ----------------------------------------------------------------------------------


def standing(story: Story, period: Period) -> Iterator[Share]:
    """Yield the report, each closing, and how the issue stands at the period's end."""
    last: Told | None = None
    for told in takewhile(lambda each: each.record.at < period.to_at, story.life):
        last, before, after = told, told.before, told.after
        if told.record.at not in period:
            continue
        setting = found_by(told)
        if before is None:
            yield Share(worker(told), {"reported": 1}, setting=setting)
        if after.outcome is not None and (before is None or before.is_open):
            closed = {"closed": 1, f"closed_{after.outcome.value}": 1}
            yield Share(worker(told), closed, setting=setting)
    if last is not None and last.after.is_open:
        name = "parked" if last.after.phase is Phase.PARKED else "open"
        holder = working(last.after, last.terms.handbook)
        yield Share(holder, {name: 1}, setting=left_by(last))


# Time to close -----------------------------------------------------------------------------


def time_to_close(story: Story, period: Period) -> Iterator[Share]:
    """Yield how long each strike-off took from the report, or the last reopening."""
    moved = corrected(story.life)
    for strike_off in _in_period(story.life, period):
        begun, ended = strike_off.begun, strike_off.told
        from_at = moved.get(begun.version, begun.record.at)
        to_at = max(from_at, moved.get(ended.version, ended.record.at))
        counts = {
            "closed": 1,
            "corrected": int({begun.version, ended.version} & moved.keys() != set()),
        }
        lengths = {"wall_ms": to_ms(to_at) - to_ms(from_at)}
        try:
            lengths["working_ms"] = ended.terms.calendar.working_ms(from_at, to_at)
        except CalendarError:
            counts["without_working_time"] = 1
        yield Share(strike_off.holder, counts, lengths, found_by(ended))


def corrected(life: Sequence[Told]) -> Mapping[int, datetime]:
    """Return when events took place by the last word on each; to correct a correction is to
    correct what it spoke of."""
    meant: dict[int, int] = {}
    found: dict[int, datetime] = {}
    for told in life:
        if isinstance(event := told.event, FactCorrected):
            meant[told.version] = meant.get(event.version, event.version)
            found[meant[told.version]] = event.took_place_at
    return found


# Sign-off ----------------------------------------------------------------------------------


def sign_off(story: Story, period: Period) -> Iterator[Share]:
    """Yield how the enterprise had its say on each end, and each answer on the way to it."""
    for strike_off in _ends(story, period):
        said = strike_off.event.sign_off
        counts: Counter[str] = Counter({"closed": 1, said.value: 1})
        counts["asked"] = int(said.value in SAID)
        counts["disputed"] = int(strike_off.disputed)
        accepted = said is SignOffOutcome.ACCEPTED
        counts["accepted_undisputed"] = int(accepted and not strike_off.disputed)
        for answer in _answers(strike_off):
            counts["answers"] += 1
            if answer.satisfaction is not None:
                counts["satisfaction_given"] += 1
                counts["satisfaction_sum"] += answer.satisfaction
        yield Share(strike_off.holder, counts, setting=found_by(strike_off.told))


def sign_off_satisfied(story: Story, period: Period) -> Iterator[Share]:
    """Yield the same with how many of the figures given are 4 or 5."""
    ends = _ends(story, period)
    for strike_off, share in zip(ends, sign_off(story, period), strict=True):
        given = (getattr(each, "satisfaction", None) for each in _answers(strike_off))
        satisfied = sum(figure is not None and figure >= SATISFIED_MIN for figure in given)
        yield replace(share, counts={**share.counts, "satisfied": satisfied})


def resolution(story: Story, period: Period) -> Iterator[Share]:
    """Yield what each end amounts to by the class of its result (R8.1)."""
    for strike_off in _ends(story, period):
        before = strike_off.told.before
        signed = None if before is None else before.sign_off
        named = "without_result" if signed is None else signed.resolution.result.value
        yield Share(strike_off.holder, {"closed": 1, named: 1}, setting=found_by(strike_off.told))


def _ends(story: Story, period: Period) -> list[_StrikeOff]:
    """Return strike-offs and confirmed withdrawals."""
    ends = _strike_offs(story.life, (*STRUCK_OFF, Outcome.WITHDRAWN))
    return [each for each in ends if each.told.record.at in period]


def _answers(strike_off: _StrikeOff) -> list[ev.SignOffAnswered | ev.ResolutionRejected]:
    """Return what the enterprise said; that it could not be reached is no answer."""
    return [
        each
        for each in strike_off.answers
        if getattr(each, "outcome", None) is not SignOffOutcome.UNREACHABLE
    ]


# Returned ----------------------------------------------------------------------------------


def returned(story: Story, period: Period) -> Iterator[Share]:
    """Yield proposals that came back, and strike-offs that were taken up again."""
    for strike_off in _in_period(story.life, period):
        closed = {"closed": 1, "reopened": int(strike_off.reopened)}
        yield Share(strike_off.holder, closed, setting=found_by(strike_off.told))
    proposed: Told | None = None
    for told in story.life:
        match told.event:
            case ev.ResolutionProposed():
                proposed = told
                if told.record.at in period:
                    yield Share(worker(told), {"proposed": 1}, setting=found_by(told))
            case ev.ResolutionRejected() | ev.ResolutionSentBack() if proposed is not None:
                refused = isinstance(told.event, ev.ResolutionRejected)
                name = "rejected" if refused else "sent_back"
                if proposed.record.at in period:
                    back = {"returned": 1, name: 1}
                    yield Share(worker(proposed), back, setting=found_by(proposed))
                proposed = None
            case ev.IssueWithdrawn() | ev.IssueClosedOut():
                proposed = None
            case _:
                pass
