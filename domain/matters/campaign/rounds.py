"""Daily reports: for which days they are asked, until when, and whose is missing."""

from datetime import date, datetime

from domain.days import ONE_DAY, from_ms
from domain.errors import ConflictError, InvalidRequestError
from domain.matters.acts import DuePassed
from domain.matters.campaign.events import ReportsClosed, ReportsMissing
from domain.matters.campaign.rules import CadenceRule, CampaignProcedure, RoundDays
from domain.matters.campaign.state import CUT_OFF, Campaign, Round
from domain.matters.campaign.waiting import campaign_of, told
from domain.matters.draft import MatterDraft
from domain.matters.matter import Due
from domain.people import ENGINE

DAYS_SEARCHED_MAX = 400


def first_cut_off(
    draft: MatterDraft, cadence: CadenceRule, from_on: date, to_on: date | None
) -> Due | None:
    """Return the cut-off of the first day for which a report can still come in time."""
    start = max(from_on, draft.local_day())
    if _is_asked(draft, cadence, start) and cut_off_at(draft, cadence, start) > draft.at:
        first: date | None = start
    else:
        first = next_day(draft, cadence, start)
    return _due(draft, cadence, first, to_on)


def cut_off_at(draft: MatterDraft, cadence: CadenceRule, on: date) -> datetime:
    """Return the instant at which a day's reports are counted."""
    hours, minutes = cadence.cut_off.split(":")
    return from_ms(draft.terms.calendar.at_minute(on, int(hours) * 60 + int(minutes)))


def next_day(draft: MatterDraft, cadence: CadenceRule, after: date) -> date | None:
    """Return the next day for which a report is asked; None if the calendar knows none."""
    if cadence.days is RoundDays.EVERY_DAY:
        return after + ONE_DAY
    return draft.terms.calendar.next_working_day(after, DAYS_SEARCHED_MAX)


def standing_cut_off(state: Campaign) -> Due | None:
    """Return the cut-off that is waited for; `about` is its day."""
    return next((each for each in state.dues if each.id == CUT_OFF), None)


def report_day(
    draft: MatterDraft, state: Campaign, cadence: CadenceRule, enterprise: str, on: date
) -> bool:
    """Return whether a report for a day comes late, or refuse it: for a day to come, for one that
    is too long ago, for one for which none is asked or for which it is there."""
    if on > draft.local_day():
        raise InvalidRequestError(
            "A report is not made for a day to come.",
            field="on",
            value=on,
            allowed=f"up to {draft.local_day()}",
        )
    waiting, there = standing_cut_off(state), state.round_of(on)
    if waiting is not None and waiting.about == on.isoformat():
        if there is not None and enterprise in there.reporters:
            raise _there_already(enterprise)
        return False
    accepted_on = _last_day_for(draft, cadence, on)
    if on >= state.from_on and accepted_on is not None and draft.local_day() > accepted_on:
        raise InvalidRequestError(
            "It is too late for a report for this day.",
            field="on",
            value=on,
            allowed=f"up to {accepted_on}",
        )
    if there is None or not there.closed:
        raise InvalidRequestError("No report is asked for this day.", field="on", value=on)
    if enterprise not in there.missing:
        raise _there_already(enterprise)
    return True


def close_rounds(draft: MatterDraft, passed: DuePassed, rule: CampaignProcedure) -> None:
    """Count the reports of the day whose cut-off passed, and of every further one whose cut-off
    passed too while nobody looked."""
    cadence = rule.cadence
    day = None if passed.about is None else date.fromisoformat(passed.about)
    while cadence is not None and day is not None:
        following = _due(draft, cadence, next_day(draft, cadence, day), campaign_of(draft).to_on)
        is_over = following is None or following.due_at > draft.at
        _close(draft, cadence, day, following if is_over else None)
        if is_over or following is None or following.about is None:
            return
        day = date.fromisoformat(following.about)


def _close(draft: MatterDraft, cadence: CadenceRule, on: date, following: Due | None) -> None:
    state = campaign_of(draft)
    came = frozenset((state.round_of(on) or Round(on=on)).reporters)
    closed = [each.on for each in state.rounds if each.closed]
    missing = tuple(
        each.enterprise for each in state.targets if each.is_left and each.enterprise not in came
    )
    draft.record(
        ReportsClosed(
            at=draft.at,
            by=ENGINE,
            on=on,
            expected=len(came) + len(missing),
            reported=len(came),
            late_from=[*closed, on][-cadence.late_days - 1 :][0],
            sets=() if following is None else (following,),
        )
    )
    if missing:
        draft.record(
            ReportsMissing(
                at=draft.at,
                by=ENGINE,
                on=on,
                missing=missing,
                tells=told(draft, cadence.tells, missing),
            )
        )


def _last_day_for(draft: MatterDraft, cadence: CadenceRule, on: date) -> date | None:
    """Return the last day on which a report for `on` is accepted; None if the calendar ends."""
    last: date | None = on
    for _ in range(cadence.late_days):
        last = None if last is None else next_day(draft, cadence, last)
    return last


def _due(
    draft: MatterDraft, cadence: CadenceRule, on: date | None, to_on: date | None
) -> Due | None:
    if on is None or (to_on is not None and on > to_on):
        return None
    return draft.due_at(CUT_OFF, cut_off_at(draft, cadence, on), on.isoformat())


def _is_asked(draft: MatterDraft, cadence: CadenceRule, on: date) -> bool:
    return cadence.days is RoundDays.EVERY_DAY or draft.terms.calendar.works_on(on)


def _there_already(enterprise: str) -> ConflictError:
    return ConflictError(
        "The enterprise's report for this day is there already, or was not asked for.",
        field="enterprise",
        value=enterprise,
        allowed="correct_step",
    )
