"""What a command to a campaign comes to: events, or a refusal that says why."""

from datetime import date
from typing import assert_never

from domain.calendar import LAST_DAY
from domain.days import ONE_DAY
from domain.errors import InvalidRequestError
from domain.matters.acts import DuePassed
from domain.matters.campaign.commands import (
    AddTarget,
    CampaignCommand,
    CorrectStep,
    EndCampaign,
    ExcludeTarget,
    OpenCampaign,
    RecordStep,
    RecordStepForMany,
    StrikeStep,
)
from domain.matters.campaign.events import CampaignEnded, CampaignOpened
from domain.matters.campaign.rounds import close_rounds, first_cut_off, standing_cut_off
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import CUT_OFF, END, Campaign
from domain.matters.campaign.steps import (
    correct_step,
    fits,
    record_step,
    record_step_for_many,
)
from domain.matters.campaign.striking import strike_step
from domain.matters.campaign.targets import add_target, choose, exclude_target, require_running
from domain.matters.campaign.waiting import (
    campaign_of,
    is_of_targets,
    pass_targets,
    record_waiting,
    rule_of_clock,
    waits_on_coming,
)
from domain.matters.draft import MatterDraft
from domain.matters.matter import Due
from domain.matters.permissions import told_by
from domain.matters.procedure import DueRule
from domain.people import ENGINE


def open_campaign(draft: MatterDraft, command: OpenCampaign, rule: CampaignProcedure) -> None:
    """Open a campaign. `runs` and the asked details have been checked."""
    from_on, to_on = command.from_on or draft.local_day(), command.to_on
    _require_days(draft, from_on, to_on)
    chosen = choose(draft, command, rule)
    further: list[Due] = []
    if rule.cadence is not None:
        first = first_cut_off(draft, rule.cadence, from_on, to_on)
        further += [] if first is None else [first]
    if to_on is not None:
        further.append(draft.due_at(END, draft.day_end(to_on)))
    taken_from = chosen.taken_from
    record_waiting(
        draft,
        CampaignOpened(
            at=draft.at,
            by=draft.actor,
            procedure=rule.id,
            title=command.title,
            details=command.details,
            post=draft.opening_post(rule),
            targets=chosen.targets,
            from_list=None if taken_from is None else taken_from.id,
            list_revision=None if taken_from is None else taken_from.revision,
            left_out=chosen.left_out,
            from_on=from_on,
            to_on=to_on,
            waits=waits_on_coming(draft, rule, from_on),
        ),
        further,
    )


def act_on_campaign(
    draft: MatterDraft, state: Campaign, command: CampaignCommand, rule: CampaignProcedure
) -> None:
    """Carry out any other command."""
    match command:
        case RecordStep():
            record_step(draft, state, command, rule)
        case RecordStepForMany():
            record_step_for_many(draft, state, command, rule)
        case CorrectStep():
            correct_step(draft, state, command, rule)
        case StrikeStep():
            strike_step(draft, state, command, rule)
        case AddTarget():
            add_target(draft, state, command, rule)
        case ExcludeTarget():
            exclude_target(draft, state, command, rule)
        case EndCampaign():
            _end(draft, state, command)
        case OpenCampaign():
            msg = f"{state.stream} was opened before"
            raise TypeError(msg)
        case _:
            assert_never(command)


def due_rule_in_campaign(
    state: Campaign, due: Due, rule: CampaignProcedure
) -> tuple[DueRule | None, str | None]:
    """Return that nobody is told of the passing itself: a clock is of many enterprises, and the
    event that follows names them and tells whoever answers for each."""
    return None, None


def passed_in_campaign(
    draft: MatterDraft, state: Campaign, passed: DuePassed, rule: CampaignProcedure
) -> None:
    """Do what else the passing of an instant means, after it was recorded and told."""
    if passed.clock == END:
        _pass_end(draft, passed, rule)
    elif is_of_targets(passed.clock):
        end = state.due(END)
        until = draft.at if end is None else min(draft.at, end.due_at)
        pass_targets(draft, passed.clock, rule, until)
    elif passed.clock.startswith(CUT_OFF):
        close_rounds(draft, passed, rule)


def require_campaign_closable(state: Campaign, rule: CampaignProcedure) -> None:
    """Let it be closed at any time: what is left of it is there to be read."""


def require_campaign_fits(state: Campaign, rule: CampaignProcedure) -> None:
    """Refuse terms whose procedure lacks what the campaign stands on."""
    known = {each.id: each for each in rule.steps}
    done = [each for target in state.targets for each in target.done]
    lost = next((each.step for each in done if each.step not in known), None)
    for due in state.dues:
        if is_of_targets(due.id):
            lost = lost or (due.id if rule_of_clock(rule, due.id)[1] is None else None)
    if standing_cut_off(state) is not None and rule.cadence is None:
        lost = lost or CUT_OFF
    lost = lost or next((each.step for each in done if not fits(each, known[each.step])), None)
    if lost is not None:
        raise InvalidRequestError(
            "The procedure no longer holds what the campaign stands on.",
            field="procedure",
            value=lost,
        )


def _require_days(draft: MatterDraft, from_on: date, to_on: date | None) -> None:
    first, last = draft.terms.calendar.valid_from, LAST_DAY - ONE_DAY
    for field, day in (("from_on", from_on), ("to_on", to_on)):
        if day is not None and not first < day < last:
            raise InvalidRequestError(
                "The day lies outside the working calendar.",
                field=field,
                value=day,
                allowed=f"{first + ONE_DAY} to {last - ONE_DAY}",
            )
    if to_on is not None and to_on < from_on:
        raise InvalidRequestError(
            "A campaign does not end before it begins.",
            field="to_on",
            value=to_on,
            allowed=f"from {from_on} on",
        )


def _end(draft: MatterDraft, state: Campaign, command: EndCampaign) -> None:
    draft.require_runs()
    require_running(state)
    if draft.local_day() < state.from_on:
        raise InvalidRequestError(
            "The campaign has not begun: what never was is closed, not ended.",
            field="stage",
            value=draft.local_day(),
            allowed=f"from {state.from_on} on",
        )
    clocks = (due.clock for due in state.dues if due.id in (END, CUT_OFF))
    record_waiting(
        draft,
        CampaignEnded(
            at=draft.at,
            by=draft.actor,
            on=draft.local_day(),
            left=state.left,
            reason=command.reason,
            meets=tuple(clocks),
        ),
    )


def _pass_end(draft: MatterDraft, passed: DuePassed, rule: CampaignProcedure) -> None:
    """End the campaign with its last day, after whatever was due by then."""
    for due in campaign_of(draft).dues:
        if is_of_targets(due.id) and due.due_at <= passed.due_at:
            pass_targets(draft, due.clock, rule, passed.due_at)
    state = campaign_of(draft)
    rows = (told_by(row, None, draft.handbook) for row in rule.runs)
    whom = (state.post, *(name for names in rows for name in names))
    clocks = (due.clock for due in state.dues if due.id == CUT_OFF)
    record_waiting(
        draft,
        CampaignEnded(
            at=draft.at,
            by=ENGINE,
            on=state.to_on or draft.local_day(),
            left=state.left,
            tells=tuple(dict.fromkeys(whom)),
            meets=tuple(clocks),
        ),
    )
