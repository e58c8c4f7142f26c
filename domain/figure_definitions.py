"""The registry of figures: what each revision of each definition counts (I13, R8, R11).

A revision is never edited, also not to correct it; another formula is appended as the next one.
An issue falls into the period by when its event was recorded. What happened later, up to the
position that a figure was stated at, is known to it: a reopening, a dispute, a correction.

What a figure is of falls to whoever had the work just before (see `responsibility.working`), a
breach to whoever it is charged to (see `warning_facts`). A strike-off is a close-out with a result;
a withdrawal, a report turned away and a merged issue are none. Parked issues are in no rate (R11).
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain import events as ev
from domain.calendar import CalendarError
from domain.chain import Record
from domain.clocks import Move
from domain.days import to_ms
from domain.errors import InvalidRequestError
from domain.events_of_callbacks import CallbackDrawn, SignOffDisputed
from domain.events_of_time import FactCorrected
from domain.figures import Definition, Period, Share
from domain.known import known_now
from domain.model import Name
from domain.phases import Outcome, Phase, SignOffOutcome
from domain.responsibility import Holder, working
from domain.retold import TermsByHash, Told, retold
from domain.supervision_rules import WarningFact
from domain.warning_facts import Fact, issue_facts

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


def definition(name: str, revision: int | None = None) -> Definition:
    """Return a definition in a revision, or in its newest. Raises InvalidRequestError."""
    named = [each for each in DEFINITIONS if each.name == name]
    if not named:
        raise InvalidRequestError(
            "There is no such definition.",
            field="definition",
            value=name,
            allowed={each.name for each in DEFINITIONS},
        )
    found = [each for each in named if revision in (None, each.revision)]
    if not found:
        raise InvalidRequestError(
            f"This program knows no such revision of {name}.",
            field="revision",
            value=revision,
            allowed=[str(each.revision) for each in named],
        )
    return max(found, key=lambda each: each.revision)


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
                found.append(_StrikeOff(told, event, begun, _worker(told), answers=answers))
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


def _worker(told: Told) -> Holder:
    return working(told.before or told.after, told.terms.handbook)


# On time -----------------------------------------------------------------------------------


def _on_time_1(records: Sequence[Record], terms: TermsByHash, period: Period) -> Iterator[Share]:
    life = tuple(retold(records, terms))
    breaches = [
        fact
        for fact in issue_facts(records, terms)
        if fact.fact is WarningFact.BREACH and fact.annulled is None
    ]
    verdicts = _verdicts(life)
    for strike_off in _in_period(life, period):
        first, last = strike_off.begun.version, strike_off.told.version
        own = [fact for fact in breaches if first < fact.version <= last]
        counts = {"closed": 1, "on_time": not own, "late": bool(own)}
        counts["excused"] = bool(own) and _excused(own, records, terms)
        yield Share(strike_off.holder, {name: int(count) for name, count in counts.items()})
        for fact in own:
            verdict = verdicts.get((fact.clock, fact.cycle), "none")
            yield Share(fact.charged, {"breaches": 1, f"breaches_{verdict}": 1})


def _verdicts(life: Sequence[Told]) -> _Verdicts:
    """Return how each cycle that ended did; a reset ends the cycle before its own."""
    found: _Verdicts = {}
    for told in life:
        for change in told.event.clocks:
            if change.verdict is not None:
                ended = change.cycle - (change.move is Move.RESET)
                found[change.clock, ended] = change.verdict.value
    return found


def _excused(own: Sequence[Fact], records: Sequence[Record], terms: TermsByHash) -> bool:
    """Return whether none of these limits was passed by what is known now of when things took
    place (R3.5). Where the calendar does not reach back to that, nobody is excused."""
    try:
        known = known_now(records, terms)
    except CalendarError:
        return False
    kept = {(each.clock, each.cycle) for each in known if not each.now.breached}
    return all((fact.clock, fact.cycle) in kept for fact in own)


# Standing ----------------------------------------------------------------------------------


def _standing_1(records: Sequence[Record], terms: TermsByHash, period: Period) -> Iterator[Share]:
    last: Told | None = None
    for told in retold((record for record in records if record.at < period.to_at), terms):
        last, before, after = told, told.before, told.after
        if told.record.at not in period:
            continue
        if before is None:
            yield Share(_worker(told), {"reported": 1})
        if after.outcome is not None and (before is None or before.is_open):
            yield Share(_worker(told), {"closed": 1, f"closed_{after.outcome.value}": 1})
    if last is not None and last.after.is_open:
        name = "parked" if last.after.phase is Phase.PARKED else "open"
        yield Share(working(last.after, last.terms.handbook), {name: 1})


# Time to close -----------------------------------------------------------------------------


def _time_to_close_1(
    records: Sequence[Record], terms: TermsByHash, period: Period
) -> Iterator[Share]:
    life = tuple(retold(records, terms))
    moved = _corrected(life)
    for strike_off in _in_period(life, period):
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
        yield Share(strike_off.holder, counts, lengths)


def _corrected(life: Sequence[Told]) -> Mapping[int, datetime]:
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


def _sign_off_1(records: Sequence[Record], terms: TermsByHash, period: Period) -> Iterator[Share]:
    ends = _strike_offs(tuple(retold(records, terms)), (*STRUCK_OFF, Outcome.WITHDRAWN))
    for strike_off in (each for each in ends if each.told.record.at in period):
        said = strike_off.event.sign_off
        counts: Counter[str] = Counter({"closed": 1, said.value: 1})
        counts["asked"] = int(said.value in SAID)
        counts["disputed"] = int(strike_off.disputed)
        accepted = said is SignOffOutcome.ACCEPTED
        counts["accepted_undisputed"] = int(accepted and not strike_off.disputed)
        for answer in strike_off.answers:
            if getattr(answer, "outcome", None) is SignOffOutcome.UNREACHABLE:
                continue
            counts["answers"] += 1
            if answer.satisfaction is not None:
                counts["satisfaction_given"] += 1
                counts["satisfaction_sum"] += answer.satisfaction
        yield Share(strike_off.holder, counts)


# Returned ----------------------------------------------------------------------------------


def _returned_1(records: Sequence[Record], terms: TermsByHash, period: Period) -> Iterator[Share]:
    life = tuple(retold(records, terms))
    for strike_off in _in_period(life, period):
        yield Share(strike_off.holder, {"closed": 1, "reopened": int(strike_off.reopened)})
    proposed: Told | None = None
    for told in life:
        match told.event:
            case ev.ResolutionProposed():
                proposed = told
                if told.record.at in period:
                    yield Share(_worker(told), {"proposed": 1})
            case ev.ResolutionRejected() | ev.ResolutionSentBack() if proposed is not None:
                refused = isinstance(told.event, ev.ResolutionRejected)
                name = "rejected" if refused else "sent_back"
                if proposed.record.at in period:
                    yield Share(_worker(proposed), {"returned": 1, name: 1})
                proposed = None
            case ev.IssueWithdrawn() | ev.IssueClosedOut():
                proposed = None
            case _:
                pass


CLOSES = frozenset({"issue_closed_out"})
_CLOSED = "strike-offs in the period"

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="on_time",
        revision=1,
        title=Name(zh="按时销号率", en="strike-offs on time"),
        counts={
            "closed": _CLOSED,
            "on_time": "of these, without a breach between the report, or the last reopening, and "
            "the strike-off that is charged to a unit or post of the zone and not undone by a "
            "later target",
            "late": "of these, the others",
            "excused": "of the late ones, those none of whose limits was passed by what is known "
            "of when things took place; they stay late",
            "breaches": "those breaches, at whom they are charged to",
        }
        | {f"breaches_{each}": f"of these, of cycles with the verdict {each}" for each in VERDICTS},
        ratios={"on_time": ("on_time", "closed")},
        shares=_on_time_1,
        kinds=CLOSES,
    ),
    Definition(
        name="standing",
        revision=1,
        title=Name(zh="受理与在办", en="reported, closed, open, parked"),
        counts={
            "reported": "issues reported in the period",
            "closed": "closings in the period, however they ended",
        }
        | {f"closed_{each}": f"of these, {each}" for each in OUTCOMES}
        | {
            "open": "issues open at the end of the period, parked ones not among them",
            "parked": "issues parked at the end of the period",
        },
        shares=_standing_1,
    ),
    Definition(
        name="time_to_close",
        revision=1,
        title=Name(zh="办结用时", en="time to close"),
        counts={
            "closed": _CLOSED,
            "corrected": "of these, those whose beginning or end took place at another time than "
            "it was recorded, by a correction",
            "without_working_time": "of these, those that their calendar does not cover",
        },
        lengths={
            "working_ms": "opening hours, by the calendar of the zone that the issue was closed "
            "under, from the report or the last reopening to the strike-off",
            "wall_ms": "all time between the same two instants",
        },
        shares=_time_to_close_1,
        kinds=CLOSES,
    ),
    Definition(
        name="sign_off",
        revision=1,
        title=Name(zh="企业认可率", en="what enterprises said"),
        counts={
            "closed": "strike-offs and confirmed withdrawals in the period",
            "asked": "of these, those on which the enterprise had its say; after an inspection it "
            "is the enterprise that owed the work",
        }
        | {each: f"of `closed`, those whose sign-off is {each}" for each in (*SAID, INSPECTED)}
        | {
            "disputed": "of `closed`, those whose sign-off the enterprise disputed when it "
            "was called back",
            "accepted_undisputed": "of those accepted, the others",
            "answers": "agreements and refusals by enterprises, in person or on a recording, on "
            "the way to those closings; silence and unreachable ones are none",
            "satisfaction_given": "of the answers, those with a figure from 1 to 5",
            "satisfaction_sum": "the sum of these figures",
        },
        ratios={each: (each, "asked") for each in SAID}
        | {
            "acceptance": ("accepted_undisputed", "asked"),
            "satisfaction": ("satisfaction_sum", "satisfaction_given"),
        },
        shares=_sign_off_1,
        kinds=CLOSES,
    ),
    Definition(
        name="returned",
        revision=1,
        title=Name(zh="退回与重开", en="returned and reopened"),
        counts={
            "proposed": "resolutions proposed in the period",
            "returned": "of these, those that did not stand",
            "rejected": "of the returned, by the enterprise",
            "sent_back": "of the returned, by the verifier",
            "closed": _CLOSED,
            "reopened": "of these, those taken up again since",
        },
        ratios={"returned": ("returned", "proposed"), "reopened": ("reopened", "closed")},
        shares=_returned_1,
        kinds=CLOSES | {"resolution_proposed"},
    ),
)
"""Every revision that this program can count."""
