"""What the way of an issue gives to figures: its escalations, hand-overs, returns, breaches, load.

Rates are of issues that were open, and not parked, at some time in the period, each once, at
whoever had the work last, or of holdings: of each of them once for every holder that had the work.
A move falls to whoever gave the work away.
"""

from collections.abc import Iterator

from domain import events as ev
from domain.events_of_ladder import IssueRouted
from domain.figure_dimensions import found_by, left_by
from domain.figure_story import Story
from domain.figures import Definition, Period, Share
from domain.figures_of_closings import breaches_of, worker
from domain.handbook import Handbook
from domain.issue import Issue
from domain.model import Name
from domain.phases import Phase
from domain.responsibility import Holder, HolderKind, claim_on, place_of_post, ruled_after, working
from domain.retold import Told

TIERS = (1, 2, 3, 4, 5)
FIRST_PLACES = (ev.IssueAccepted, IssueRouted)


def escalations(story: Story, period: Period) -> Iterator[Share]:
    """Yield each escalation at whoever had the work, by the tier that it came to."""
    escalated = False
    for told in story.life:
        event = told.event
        if not isinstance(event, ev.IssueEscalated) or told.record.at not in period:
            continue
        escalated = True
        by_time = event.passed is not None
        counts = {
            "escalations": 1,
            f"escalations_to_{event.to_tier}": 1,
            "by_time": int(by_time),
            "by_people": int(not by_time),
        }
        yield Share(worker(told), counts, setting=found_by(told))
    yield from _population(story, period, {"escalated": escalated})


def hand_overs(story: Story, period: Period) -> Iterator[Share]:
    """Yield each time the work went sideways. The first place after the acceptance is none."""
    handed = False
    for told, giver, _ in _moves(story.life):
        sideways = told.before is not None and told.before.tier == told.after.tier
        if not sideways or isinstance(told.event, FIRST_PLACES) or told.record.at not in period:
            continue
        handed = True
        yield Share(giver, {"hand_overs": 1}, setting=found_by(told))
    yield from _population(story, period, {"handed_over": handed})


def ping_pong(story: Story, period: Period) -> Iterator[Share]:
    """Yield each time the work moved, and whether to a place where it had been before."""
    returned = False
    had: set[Holder] = set()
    begun: Told = story.life[0]
    for told, giver, taker in _moves(story.life):
        if (course := _begun(story.life, told)) is not begun:
            begun, had = course, set()
        had.add(giver)
        back = taker in had
        if told.record.at in period:
            returned = returned or back
            counts = {"moves": 1, "returns": int(back)}
            yield Share(giver, counts, setting=found_by(told))
    yield from _population(story, period, {"returned": returned})


def breaches_by_tier(story: Story, period: Period) -> Iterator[Share]:
    """Yield each breach at whom it is charged to, by the tier at which the issue was."""
    breached = False
    for fact in breaches_of(story):
        told = story.life[fact.version - 1]
        if told.record.at not in period:
            continue
        breached = True
        setting = found_by(told)
        counts = {"breaches": 1, f"breaches_tier_{setting.issue.tier}": 1}
        yield Share(fact.charged, counts, setting=setting)
    yield from _population(story, period, {"breached": breached})


def load(story: Story, period: Period) -> Iterator[Share]:
    """Yield what was opened and closed, and who has the next move at the period's end."""
    last: Told | None = None
    ruled = False
    for told in story.life:
        if told.record.at >= period.to_at:
            break
        last, ruled = told, ruled_after(told.event, ruled=ruled)
        was_open = told.before is not None and told.before.is_open
        if told.record.at not in period:
            continue
        if told.after.is_open and not was_open:
            opened = left_by(told)
            yield Share(working(told.after, opened.handbook), {"opened": 1}, setting=opened)
        elif not told.after.is_open and was_open:
            yield Share(worker(told), {"closed": 1}, setting=found_by(told))
    if last is None or not last.after.is_open:
        return
    issue, setting = last.after, left_by(last)
    if issue.phase is Phase.PARKED:
        yield Share(working(issue, setting.handbook), {"parked": 1}, setting=setting)
        return
    overdue = any(clock.is_live and clock.breached_at is not None for clock in issue.clocks)
    holder, _ = claim_on(issue, setting.handbook, ruled=ruled)
    counts = {"open": 1, f"open_tier_{issue.tier}": 1, "overdue": int(overdue)}
    yield Share(holder, counts, setting=setting)


def _moves(life: tuple[Told, ...]) -> Iterator[tuple[Told, Holder, Holder]]:
    """Yield each event by which an open issue came to another place, with both places. That a joint
    team shares the work moves it nowhere."""
    for told in life:
        before = told.before
        if before is None or not (before.is_open and told.after.is_open):
            continue
        handbook = told.terms.handbook
        giver, taker = place_of(before, handbook), place_of(told.after, handbook)
        if giver != taker:
            yield told, giver, taker


def place_of(issue: Issue, handbook: Handbook) -> Holder:
    """Return the unit that has the work, else the handler's place, joint teams aside."""
    if issue.unit is not None:
        return Holder(kind=HolderKind.UNIT, id=issue.unit)
    return place_of_post(handbook, issue.handler)


def _begun(life: tuple[Told, ...], told: Told) -> Told:
    """Return the report, or the last opening of a closed issue, before an event."""
    begun = life[0]
    for each in life[: told.version]:
        if each.before is not None and not each.before.is_open and each.after.is_open:
            begun = each
    return begun


def _population(story: Story, period: Period, found: dict[str, bool]) -> Iterator[Share]:
    """Yield an issue that was open at some time in the period, and each holder it had then."""
    there = list(_open_in(story.life, period))
    if not there:
        return
    last = there[-1]
    counts = {"issues": 1} | {name: int(known) for name, known in found.items()}
    yield Share(working(last.after, last.terms.handbook), counts, setting=left_by(last))
    holders: dict[Holder, Told] = {}
    for told in there:
        holders[working(told.after, told.terms.handbook)] = told
    for holder, told in holders.items():
        yield Share(holder, {"holdings": 1}, setting=left_by(told))


def _open_in(life: tuple[Told, ...], period: Period) -> Iterator[Told]:
    """Yield the events after which an issue was open, and not parked (R11), at some time in the
    period, or until its first instant."""
    ends = [*(told.record.at for told in life[1:]), None]
    for told, end_at in zip(life, ends, strict=True):
        reaches = end_at is None or end_at >= period.from_at
        at_work = told.after.is_open and told.after.phase is not Phase.PARKED
        if at_work and reaches and told.record.at < period.to_at:
            yield told


_ISSUES = {
    "issues": "issues open, and not parked, at some time in the period, each once, at whoever had "
    "the work last",
    "holdings": "the same, each once for every holder that had the work in the period",
}

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="escalations",
        revision=1,
        title=Name(zh="升级", en="escalations"),
        counts={"escalations": "escalations in the period, at whoever had the work before"}
        | {f"escalations_to_{tier}": f"of these, to tier {tier}" for tier in TIERS[1:]}
        | {
            "by_time": "of these, because a limit had passed",
            "by_people": "of these, by somebody's act",
        }
        | _ISSUES
        | {"escalated": "of the issues, those escalated in the period"},
        ratios={
            "per_issue": ("escalations", "issues"),
            "per_holding": ("escalations", "holdings"),
            "escalated": ("escalated", "issues"),
        },
        shares=escalations,
        while_open=True,
        excludes=True,
    ),
    Definition(
        name="hand_overs",
        revision=1,
        title=Name(zh="转办", en="hand-overs"),
        counts={
            "hand_overs": "times in the period that the work came to another unit, or post without "
            "one, at the same tier, at whoever gave it; the first place after the acceptance is "
            "none",
        }
        | _ISSUES
        | {"handed_over": "of the issues, those handed over in the period"},
        ratios={
            "per_issue": ("hand_overs", "issues"),
            "per_holding": ("hand_overs", "holdings"),
            "handed_over": ("handed_over", "issues"),
        },
        shares=hand_overs,
        while_open=True,
        excludes=True,
    ),
    Definition(
        name="ping_pong",
        revision=1,
        title=Name(zh="来回转办", en="returns to who had it before"),
        counts={
            "moves": "times in the period that the work of an open issue came to another unit, or "
            "post without one, at whoever gave it",
            "returns": "of these, to one that had it before, since the report or the last opening",
        }
        | _ISSUES
        | {"returned": "of the issues, those with a return in the period"},
        ratios={"returns": ("returns", "moves"), "returned": ("returned", "issues")},
        shares=ping_pong,
        while_open=True,
        excludes=True,
    ),
    Definition(
        name="breaches_by_tier",
        revision=1,
        title=Name(zh="各层级超时", en="breaches by tier"),
        counts={
            "breaches": "breaches recorded in the period, at whom they are charged to: a unit or "
            "post of the zone; not those that a later target has undone",
        }
        | {f"breaches_tier_{tier}": f"of these, at tier {tier}" for tier in TIERS}
        | _ISSUES
        | {"breached": "of the issues, those with such a breach"},
        ratios={
            "per_issue": ("breaches", "issues"),
            "per_holding": ("breaches", "holdings"),
            "breached": ("breached", "issues"),
        },
        shares=breaches_by_tier,
        while_open=True,
        excludes=True,
    ),
    Definition(
        name="load",
        revision=1,
        title=Name(zh="在办负荷", en="load"),
        counts={
            "opened": "issues reported or opened again in the period, at whoever got the work",
            "closed": "closings in the period, however they ended, at whoever had the work",
            "open": "issues open at the end of the period, parked ones not among them, at whoever "
            "has the next move",
        }
        | {f"open_tier_{tier}": f"of these, at tier {tier}" for tier in TIERS}
        | {
            "overdue": "of those open, those that a limit of has passed and still counts",
            "parked": "issues parked at the end of the period, at whoever has the work",
        },
        shares=load,
        while_open=True,
    ),
)
