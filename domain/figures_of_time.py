"""What an issue's time gives to figures: its first answer, and how long each holder held it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from domain import events as ev
from domain.calendar import CalendarError
from domain.clocks import Move
from domain.days import to_ms
from domain.events_of_time import EnterpriseContacted
from domain.figure_dimensions import Setting, found_by, left_by
from domain.figure_story import Story
from domain.figures import Definition, Period, Share
from domain.figures_of_closings import breaches_of, worker
from domain.model import Name
from domain.responsibility import (
    Held,
    Holder,
    HolderKind,
    claim_on,
    partition,
    ruled_after,
    working,
)
from domain.retold import Told

RESPONSES = (ev.IssueAccepted, ev.IssueTurnedAway, EnterpriseContacted)

_Tenure = tuple[Holder, Setting, int, int]
"""Who has the next move, the issue meanwhile, from when and until when in milliseconds."""


def response(story: Story, period: Period) -> Iterator[Share]:
    """Yield whether the first answer to a report came within the limits that it ended."""
    report = story.life[0]
    if report.record.at not in period:
        return
    begun = {change.clock for change in report.event.clocks if change.move is Move.START}
    answer = next((told for told in story.life if _stopped(told) & begun), None)
    counts = {"reported": 1}
    if answer is None:
        last = story.life[-1]
        counts |= {_without_answer(story, begun): 1}
        holder = working(last.after, last.terms.handbook)
        yield Share(holder, _with_due(counts), setting=left_by(last))
        return
    limits = _stopped(answer) & begun
    late = any(
        fact.clock in limits and fact.version <= answer.version for fact in breaches_of(story)
    )
    counts |= {"answered": 1, "late" if late else "in_time": 1}
    lengths = {"wall_ms": to_ms(answer.record.at) - to_ms(report.record.at)}
    try:
        calendar = answer.terms.calendar
        lengths["working_ms"] = calendar.working_ms(report.record.at, answer.record.at)
    except CalendarError:
        counts["without_working_time"] = 1
    yield Share(worker(answer), _with_due(counts), lengths, found_by(answer))


def _stopped(told: Told) -> set[str]:
    """Return the clocks that an answer ended as kept or passed; none of any other event."""
    if not isinstance(told.event, RESPONSES):
        return set()
    return {change.clock for change in told.event.clocks if change.move is Move.STOP}


def _without_answer(story: Story, begun: set[str]) -> str:
    if any(isinstance(told.event, RESPONSES[:2]) for told in story.life):
        return "without_limit"
    if not story.life[-1].after.is_open:
        return "ended"
    if any(fact.clock in begun for fact in breaches_of(story)):
        return "overdue"
    return "waiting"


def _with_due(counts: dict[str, int]) -> dict[str, int]:
    return counts | {"due": int(bool({"answered", "overdue"} & counts.keys()))}


def time_held(story: Story, period: Period) -> Iterator[Share]:
    """Yield for each holder, at each tier, how long it held the issue within the period."""
    tenures = list(_tenures(story.life, period))
    if not tenures:
        return
    settings: dict[tuple[Holder, int], Setting] = {}
    wall: Counter[tuple[Holder, int]] = Counter()
    for holder, setting, from_ms_, to_ms_ in tenures:
        key = holder, setting.issue.tier
        settings[key] = setting
        wall[key] += to_ms_ - from_ms_
    try:
        working_time = _working(story, tenures, settings, period.to_at)
    except CalendarError:
        for key, setting in settings.items():
            counts = {"held": 1, "without_working_time": 1}
            yield Share(key[0], counts, {"wall_ms": wall[key]}, setting)
        return
    for key, setting in settings.items():
        lengths = {"working_ms": working_time[key]}
        if key in wall:
            lengths["wall_ms"] = wall[key]
        yield Share(key[0], {"held": 1}, lengths, setting)


def _tenures(life: tuple[Told, ...], period: Period) -> Iterator[_Tenure]:
    """Yield who had the next move after each event, as far as that lies in the period."""
    ends = [*(told.record.at for told in life[1:]), period.to_at]
    ruled = False
    for told, end_at in zip(life, ends, strict=True):
        ruled = ruled_after(told.event, ruled=ruled)
        from_at, until_at = max(told.record.at, period.from_at), min(end_at, period.to_at)
        if told.after.is_open and from_at < until_at:
            setting = left_by(told)
            holder, _ = claim_on(told.after, setting.handbook, ruled=ruled)
            yield holder, setting, to_ms(from_at), to_ms(until_at)


def _working(
    story: Story,
    tenures: list[_Tenure],
    settings: dict[tuple[Holder, int], Setting],
    until_at: datetime,
) -> Counter[tuple[Holder, int]]:
    """Return what each held of the time that counts (see `responsibility.partition`); what the
    platform held comes to `settings` as well."""
    counted: Counter[tuple[Holder, int]] = Counter()
    stretches = [
        held
        for held in partition(story.records, story.terms, until_at)
        if held.holder.kind is not HolderKind.CALENDAR
    ]
    for _, setting, from_ms_, to_ms_ in tenures:
        for held in stretches:
            ms = _overlap(held, from_ms_, to_ms_)
            if ms > 0:
                key = held.holder, setting.issue.tier
                settings.setdefault(key, setting)
                counted[key] += ms
    return counted


def _overlap(held: Held, start_ms: int, end_ms: int) -> int:
    return min(to_ms(held.to_at), end_ms) - max(to_ms(held.from_at), start_ms)


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="response",
        revision=1,
        title=Name(zh="响应", en="first responses"),
        counts={
            "reported": "issues reported in the period",
            "due": "of these, those whose first response came, or should have come by now",
            "answered": "of these, those that were accepted, turned away or whose enterprise was "
            "spoken with, by which a limit ended that had begun with the report",
            "in_time": "of the answered, those without a breach of these limits that is charged to "
            "a unit or post of the zone and not undone by a later target",
            "late": "of the answered, the others",
            "overdue": "of those due, those still open without an answer, with such a breach",
            "waiting": "of those reported, those still open without an answer, none yet late",
            "ended": "of those reported, those withdrawn or merged before any answer",
            "without_limit": "of those reported, those answered with no such limit running",
            "without_working_time": "of the answered, those that their calendar does not cover",
        },
        ratios={"response": ("in_time", "due")},
        lengths={
            "working_ms": "opening hours from the report to the answer",
            "wall_ms": "all time between the same two instants",
        },
        shares=response,
        kinds=frozenset({"issue_reported"}),
        excludes=True,
        ranked=True,
    ),
    Definition(
        name="time_held",
        revision=1,
        title=Name(zh="各方持有时间", en="time held"),
        counts={
            "held": "issues that a holder had at some time in the period, each once at every tier "
            "at which it had them: these are the lengths that a mean is of",
            "without_working_time": "of these, those that a calendar does not cover",
        },
        lengths={
            "working_ms": "what the holder had of the time that counts: opening hours, all time "
            "where a limit counts all time; what the platform held up is the platform's",
            "wall_ms": "all time in which the holder had the next move, nights included",
        },
        shares=time_held,
        while_open=True,
        excludes=True,
        ranked=True,
    ),
)
