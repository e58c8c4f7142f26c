"""What was recorded of a step, taken back: the step is open again, as if it had not been taken."""

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.campaign.commands import StrikeStep
from domain.matters.campaign.events import StepStruck
from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Done, Target
from domain.matters.campaign.steps import is_finished, require_step, rows_of
from domain.matters.campaign.targets import require_target
from domain.matters.campaign.waiting import record_waiting, waits_again
from domain.matters.draft import MatterDraft


def strike_step(
    draft: MatterDraft, state: Campaign, command: StrikeStep, rule: CampaignProcedure
) -> None:
    """Take back what was last recorded of a step. What is open again is due anew, from now."""
    step = require_step(rule, command.step)
    draft.require(rows_of(draft, step, rule), command.enterprise)
    target = require_target(state, command.enterprise)
    done = _require_done(target, step, rule)
    gone = done.times == 1
    left = {each.step for each in target.done if each is not done or not gone}
    is_over = is_finished(left, rule)
    is_asked = not (is_over or target.excluded or state.ended_on)
    set_off = [each.id for each in rule.steps if each.from_step == step.id and gone]
    record_waiting(
        draft,
        StepStruck(
            at=draft.at,
            by=draft.actor,
            enterprise=target.enterprise,
            step=step.id,
            on=done.on,
            old=done.values,
            times=done.times - 1,
            finished=is_over,
            waits=waits_again(draft, rule, target, left) if is_asked else (),
            drops=tuple(set_off),
            reason=command.reason,
        ),
    )


def _require_done(target: Target, step: StepRule, rule: CampaignProcedure) -> Done:
    """Return what was recorded of a step that can be taken back, or refuse it."""
    done = target.has_done(step.id)
    if done is None:
        raise InvalidRequestError(
            "Nothing was recorded of this step that could be taken back.",
            field="step",
            value=step.id,
        )
    if rule.is_reported(step.id):
        raise InvalidRequestError(
            "A daily report is corrected, not taken back.",
            field="step",
            value=step.id,
            allowed="correct_step",
        )
    later = [each.id for each in rule.steps if step.id in each.needs and target.has_done(each.id)]
    if later and done.times == 1:
        raise ConflictError(
            "A later step rests on this one: that is taken back first.",
            field="step",
            value=step.id,
            allowed=later,
        )
    return done
