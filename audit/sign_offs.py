"""How sign-offs ended in a period: each outcome's share, and what enterprises said (R8.2).

Silence, a proxy's word and agreement are never added up. Every figure has what it is a share of.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from audit.facts import Facts, terms_reader
from domain import events as ev
from domain.chain import Record
from domain.days import zone_of
from domain.people import Representative
from domain.phases import Outcome, ReopenMode, SignOffOutcome
from domain.streams import is_issue_stream

SIGNED = tuple(each for each in SignOffOutcome if each is not SignOffOutcome.INSPECTED)
"""The ways in which an enterprise has its say, in the order in which they are shown."""

DEFINITIONS = {
    "close_outs": "Every strike-off in the period, by local day of its zone. A withdrawal at "
    "intake, a report turned away and a merged issue are none.",
    "cycles": "The first strike-off of each cycle; a reopening that resumes begins no new cycle.",
    "issues": "The first strike-off of each issue: its first verdict, whatever came later.",
    "share": "Of the strike-offs of its column that an enterprise had its say on. Inspections of "
    "rectifications are counted apart: there it is the enterprise that owes the work.",
    "by_review": "Strike-offs in the period that a closing review decided.",
    "rejections": "Refusals by enterprises since the strike-off before, up to those in the period.",
    "by_link": "Agreements and refusals of enterprises on the way to those strike-offs that "
    "came by a one-time link.",
    "satisfaction": "The mean of the figures, 1 to 5, that enterprises gave with an agreement or a "
    "refusal, themselves or on a recording, on the way to those strike-offs. Silence and "
    "unreachable enterprises give none.",
}


@dataclass(frozen=True, slots=True)
class CloseOut:
    """One strike-off, and what the enterprise said since the one before. `figures` are those it
    gave for its satisfaction, `answers` how many answers of its own there were at all, `by_link`
    how many of them came by a one-time link."""

    at: datetime
    terms: str
    said: SignOffOutcome
    by_review: bool
    first_of_issue: bool
    first_of_cycle: bool
    rejections: int
    answers: int
    by_link: int
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many strike-offs had which outcome. `of` is what the shares are of."""

    counts: dict[SignOffOutcome, int]

    @property
    def of(self) -> int:
        """Return on how many an enterprise had its say."""
        return sum(self.counts[each] for each in SIGNED)

    @property
    def inspected(self) -> int:
        """Return how many an inspection ended."""
        return self.counts[SignOffOutcome.INSPECTED]


@dataclass(frozen=True, slots=True)
class SignOffs:
    """The sign-offs of a period. `streams` is how many issues were looked at."""

    streams: int
    close_outs: Tally
    cycles: Tally
    issues: Tally
    by_review: int
    rejections: int
    answers: int
    by_link: int = 0
    figures: Counter[int] = field(default_factory=Counter)

    @property
    def satisfied_by(self) -> int:
        """Return how many figures the mean is of."""
        return self.figures.total()

    @property
    def satisfaction(self) -> float | None:
        """Return the mean of the figures; None: nobody gave one."""
        n = self.satisfied_by
        return sum(each * count for each, count in self.figures.items()) / n if n else None


async def sign_offs(
    ledger: Facts,
    *,
    zone: str | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> SignOffs:
    """Return the sign-offs of the local days from `from_on` to `to_on`, both included."""
    terms_of, streams, found = terms_reader(ledger), 0, list[CloseOut]()
    async for stream in ledger.streams():
        if not is_issue_stream(stream) or zone not in (None, stream.partition("/")[0]):
            continue
        streams += 1
        for each in close_outs_of(await ledger.records(stream)):
            calendar = (await terms_of(each.terms)).calendar
            day = each.at.astimezone(zone_of(calendar.time_zone)).date()
            if (from_on is None or from_on <= day) and (to_on is None or day <= to_on):
                found.append(each)
        progress(streams)
    return summed(found, streams)


def summed(found: Iterable[CloseOut], streams: int) -> SignOffs:
    """Return the figures of some strike-offs, which `streams` issues were looked at for."""
    every = tuple(found)
    return SignOffs(
        streams=streams,
        close_outs=_tally(every),
        cycles=_tally(each for each in every if each.first_of_cycle),
        issues=_tally(each for each in every if each.first_of_issue),
        by_review=sum(each.by_review for each in every),
        rejections=sum(each.rejections for each in every),
        answers=sum(each.answers for each in every),
        by_link=sum(each.by_link for each in every),
        figures=Counter(figure for each in every for figure in each.figures),
    )


def close_outs_of(records: Iterable[Record]) -> Iterator[CloseOut]:
    """Yield the strike-offs of one issue, in order."""
    first_of_issue = first_of_cycle = True
    rejections = answers = by_link = 0
    figures: list[int] = []
    for record in records:
        match event := record.event:
            case ev.ResolutionRejected() | ev.SignOffAnswered() if is_explicit(event):
                answers += 1
                by_link += isinstance(event.by, Representative) and event.by.link is not None
                rejections += isinstance(event, ev.ResolutionRejected)
                figures += [] if event.satisfaction is None else [event.satisfaction]
            case ev.IssueReopened() if event.mode is not ReopenMode.RESUME:
                first_of_cycle = True
            case ev.IssueClosedOut():
                yield CloseOut(
                    at=event.at,
                    terms=record.terms,
                    said=event.sign_off,
                    by_review=event.outcome is Outcome.CLOSED_BY_REVIEW,
                    first_of_issue=first_of_issue,
                    first_of_cycle=first_of_cycle,
                    rejections=rejections,
                    answers=answers,
                    by_link=by_link,
                    figures=tuple(figures),
                )
                first_of_issue = first_of_cycle = False
                rejections = answers = by_link = 0
                figures = []


def is_explicit(event: ev.SignOffAnswered | ev.ResolutionRejected) -> bool:
    """Return whether an enterprise has said something, itself or on a recording."""
    return getattr(event, "outcome", None) is not SignOffOutcome.UNREACHABLE


def _tally(found: Iterable[CloseOut]) -> Tally:
    counts = Counter(each.said for each in found)
    return Tally({each: counts[each] for each in SignOffOutcome})
